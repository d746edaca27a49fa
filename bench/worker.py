"""One engine in a process of its own, told by lines of JSON what to do.

In, on stdin: first the task, then {"seconds": 0.4, "least": 3} for a slice of
runs, or {"save": FILE} for the maps of the last. Out, on stdout: a line for
each. What the engine itself prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import numpy as np

# Set before the engine is loaded: some read it once.
CAPS = {
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"},
    "avx512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_VNNI"},
}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    first = json.loads(sys.stdin.readline())
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
    except (NotOffered, ImportError, RuntimeError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        _answer(answers, {"error": reason or type(error).__name__})
        return
    _answer(answers, {"ready": True})
    maps = run()
    for line in sys.stdin:
        order = json.loads(line)
        if "save" in order:
            np.savez(order["save"], heatmaps=maps[0], pafs=maps[1])
            _answer(answers, {"saved": True})
            continue
        times: dict[str, list[float]] = {"wall": [], "processor": []}
        end = time.perf_counter() + order["seconds"]
        while len(times["wall"]) < order["least"] or time.perf_counter() < end:
            busy, begin = time.process_time(), time.perf_counter()
            maps = run()
            times["wall"].append(1e3 * (time.perf_counter() - begin))
            times["processor"].append(1e3 * (time.process_time() - busy))
        _answer(answers, times)


def _answer(stream: TextIO, what: dict[str, Any]) -> None:
    stream.write(json.dumps(what) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
