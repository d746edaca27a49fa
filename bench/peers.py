"""hatpose against other engines: the same network, the same picture.

    python bench/peers.py --sizes 256x456 --threads 1,2 --precision f32,bf16

Every engine is a process of its own, pinned, and they take turns in slices
of some runs, so that what else the machine does hits all alike. The network
is that of $HATPOSE_SHARED/weights (OpenVINO IR), else our default model. Ours
is the `hatpose` on PATH with its installed Python package, else build/.
One thread is timed in processor time, more threads in wall time. The figures
of a cell are the median over all runs; slices are at least --rounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arguments import read_options
from environment import prepare, python_of, run_script, say, with_our_package
from places import ir, network, shared
from turns import Worker, take_turns


@dataclass
class Cell:
    """One engine, precision, size and number of threads."""

    engine: str
    precision: str
    height: int
    width: int
    threads: int
    times_ms: list[float] = field(default_factory=list)
    maps: Path | None = None

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)


def main() -> int:
    options = read_options(__doc__.split("\n")[0])
    wanted = [one for one in options.engines if one != "hatpose"]
    there = prepare(options.venv, wanted)
    engines = [one for one in options.engines if one in [*there, "hatpose"]]
    with tempfile.TemporaryDirectory(prefix="hatpose-peers-") as folder:
        work = Path(folder)
        _make_files(options, work, there)
        cells: list[Cell] = []
        for size in options.sizes:
            picture = _picture(options, work, size)
            for precision in options.precision:
                for threads in options.threads:
                    cells += _measure(
                        options, engines, work, picture,
                        (precision, size, threads),
                    )  # fmt: skip
        differences = _differences(options, work, cells)
    if options.json:
        print(json.dumps([_plain(cell) for cell in cells], indent=1))
    else:
        _print_tables(cells, differences)
    if options.chart:
        from chart import write_chart

        write_chart(options.chart, [_plain(cell) for cell in cells])
    return 0 if any(cell.engine == "hatpose" for cell in cells) else 1


def _make_files(
    options: argparse.Namespace, work: Path, engines: list[str]
) -> None:
    names = [str(network()), str(work), *engines]
    run_script(options.venv, "networks.py", *names)
    if "int8" not in options.precision or "hatpose" not in options.engines:
        return
    photos = options.calibrate or shared() / "images" / "site-valid"
    if not photos.exists():
        say("no photos to calibrate int8 with")
        return
    command = [str(python_of(options.venv)), "-m", "hatpose.calibrate"]
    names = [str(work / "network.gguf"), str(photos)]
    output = ["-o", str(work / "network-int8.gguf")]
    subprocess.run(
        [*command, *names, *output], env=with_our_package(),
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _picture(
    options: argparse.Namespace, work: Path, size: tuple[int, int]
) -> Path:
    """The photo at the network's size, blue first."""
    path = work / f"picture-{size[0]}x{size[1]}.npy"
    photo = options.picture
    if photo is None:
        found = sorted((shared() / "images" / "coco-val50").rglob("*.jpg"))
        photo = found[0] if found else None
    words = [str(path), *map(str, size), *([str(photo)] if photo else [])]
    run_script(options.venv, "picture.py", *words)
    return path


def _measure(
    options: argparse.Namespace,
    engines: list[str],
    work: Path,
    picture: Path,
    what: tuple[str, tuple[int, int], int],
) -> list[Cell]:
    precision, (height, width), threads = what
    task = {
        "folder": str(work), "ir": str(ir()) if ir() else None,
        "height": height, "width": width, "threads": threads,
        "precision": precision, "isa": options.isa,
    }  # fmt: skip
    first = {
        "task": task, "picture": str(picture),
        "cores": sorted(os.sched_getaffinity(0))[:threads],
    }  # fmt: skip
    runs: list[tuple[Cell, Worker]] = []
    for engine in engines:
        cell = Cell(engine, precision, height, width, threads)
        worker = _start(options, cell)
        if worker.tell(first | {"engine": engine}):
            cell.times_ms = worker.times_ms
            runs.append((cell, worker))
    workers = [worker for _, worker in runs]
    clock = "processor" if threads == 1 else "wall"
    if runs:
        take_turns(_title(runs[0][0]), workers, options.rounds, clock)
    left = [(cell, worker) for cell, worker in runs if not worker.failed]
    for cell, worker in left:
        name = f"{cell.engine}-{precision}-{height}x{width}-{threads}.npz"
        if worker.tell({"save": str(work / name)}):
            cell.maps = work / name
            worker.close()
    return [cell for cell, _ in left]


def _start(options: argparse.Namespace, cell: Cell) -> Worker:
    """Ours is the installed one, where command and package are."""
    python: Path | str = python_of(options.venv)
    environment = with_our_package()
    installed = importlib.util.find_spec("hatpose") is not None
    if cell.engine == "hatpose" and installed and shutil.which("hatpose"):
        python, environment = sys.executable, dict(os.environ)
    title = f"{_title(cell)} {cell.engine}"
    quiet = not options.verbose
    return Worker(title, python, "worker.py", environment, quiet)


def _title(cell: Cell) -> str:
    return f"{cell.precision} {cell.height}x{cell.width} {cell.threads} thr"


def _plain(cell: Cell) -> dict[str, Any]:
    return {
        "engine": cell.engine,
        "precision": cell.precision,
        "height": cell.height,
        "width": cell.width,
        "threads": cell.threads,
        "median_ms": round(cell.median_ms, 4),
    }


def _differences(
    options: argparse.Namespace, work: Path, cells: list[Cell]
) -> dict[int, tuple[float, float]]:
    """Largest difference of heatmaps and PAFs to the first float peer's."""
    pairs = []
    for index, cell in enumerate(cells):
        same = [
            one
            for one in cells
            if one.precision == "f32"
            and (one.height, one.width) == (cell.height, cell.width)
        ]
        same.sort(key=lambda one: one.engine == "hatpose")
        if same and cell.maps:
            pairs.append([str(index), str(cell.maps), str(same[0].maps)])
    if not pairs:
        return {}
    listing = work / "pairs.json"
    listing.write_text(json.dumps(pairs))
    found = json.loads(run_script(options.venv, "difference.py", str(listing)))
    return {int(key): tuple(value) for key, value in found.items()}


def _print_tables(
    cells: list[Cell], differences: dict[int, tuple[float, float]]
) -> None:
    groups: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        groups.setdefault(_title(cell), []).append(index)
    for title, members in groups.items():
        print(f"\n{title}")
        print(f"{'engine':<12} {'median ms':>10} {'min ms':>9} "
              f"{'/ best peer':>12} {'heatmaps':>9} {'PAFs':>9}")  # fmt: skip
        peers = [cells[i] for i in members if cells[i].engine != "hatpose"]
        fastest = min((one.median_ms for one in peers), default=None)
        for index in sorted(members, key=lambda i: cells[i].median_ms):
            cell = cells[index]
            ratio = f"{cell.median_ms / fastest:.2f}" if fastest else "-"
            error = differences.get(index)
            shown = [f"{one:.1e}" for one in error] if error else ["-", "-"]
            print(f"{cell.engine:<12} {cell.median_ms:>10.2f} "
                  f"{min(cell.times_ms):>9.2f} {ratio:>12} "
                  f"{shown[0]:>9} {shown[1]:>9}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
