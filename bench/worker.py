"""One engine of peers.py, in a process of its own, told by orders.py.

{"save": FILE} asks for the maps.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from orders import Orders, time_slice

# Set before the engine is loaded: some read it once.
CAPS = {
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"},
    "avx512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_VNNI"},
}


def main() -> None:
    orders = Orders()
    first = orders.task
    os.sched_setaffinity(0, first["cores"])
    os.environ.update(CAPS.get(first["task"]["isa"], {}))
    from engines import NotOffered, Task, open_engine

    words = first["task"]
    task = Task(
        **words
        | {
            "folder": Path(words["folder"]),
            "ir": Path(words["ir"]) if words["ir"] else None,
        }
    )
    picture = np.load(first["picture"])
    try:
        run = open_engine(first["engine"], task, picture)
        run()
    except (NotOffered, ImportError, OSError, RuntimeError, ValueError) as why:
        orders.refuse(why)
        return
    orders.answer({"ready": True})
    for order in orders:
        if "save" in order:
            heatmaps, pafs = run()
            np.savez(order["save"], heatmaps=heatmaps, pafs=pafs)
            orders.answer({"saved": True})
        else:
            orders.answer(time_slice(run, order))


if __name__ == "__main__":
    main()
