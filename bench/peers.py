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
import contextlib
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arguments import ROOT, read_options
from environment import prepare, python_of

# Threads of OpenMP spin for up to 0.2 s after a run.
PAUSE_S = 0.25
SLICE_S = 0.4
SLICE_RUNS = 3


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


class Worker:
    def __init__(self, python: Path | str, paths: list[str]) -> None:
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(paths)
        self.process = subprocess.Popen(
            [str(python), str(ROOT / "bench" / "worker.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=None if VERBOSE else subprocess.DEVNULL,
            env=environment, text=True,
        )  # fmt: skip

    def tell(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return {"error": f"ended with status {self.process.wait()}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


VERBOSE = False


def main() -> int:
    global VERBOSE
    options = read_options(__doc__.split("\n")[0])
    VERBOSE = options.verbose
    wanted = [one for one in options.engines if one != "hatpose"]
    there = prepare(options.venv, wanted)
    engines = [one for one in options.engines if one in [*there, "hatpose"]]
    with tempfile.TemporaryDirectory(prefix="hatpose-peers-") as folder:
        work = Path(folder)
        source, ir = _network()
        _make_files(options, source, work, there)
        cells: list[Cell] = []
        for size in options.sizes:
            picture = _picture(options, work, size)
            for precision in options.precision:
                for threads in options.threads:
                    cells += _measure(
                        options, engines, work, ir, picture,
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


def _shared() -> Path:
    return Path(os.environ.get("HATPOSE_SHARED", ROOT.parent / "shared"))


def _network() -> tuple[Path, Path | None]:
    ir = _shared() / "weights" / "human-pose-estimation-0001.xml"
    if ir.exists():
        return ir, ir
    return ROOT / "weights" / "hatpose-full.gguf", None


def _package_path() -> str:
    return str(ROOT / "bindings" / "python" / "src")


def _ours() -> tuple[str, list[str]]:
    """Python and search path of hatpose: installed, else of build/."""
    installed = importlib.util.find_spec("hatpose") is not None
    if installed and shutil.which("hatpose") is not None:
        return sys.executable, [str(ROOT / "bench")]
    os.environ.setdefault(
        "HATPOSE_LIBRARY", str(ROOT / "build" / "libhatpose.so")
    )
    return "", [str(ROOT / "bench"), _package_path()]


def _run_in(options: argparse.Namespace, script: str, *words: str) -> str:
    environment = dict(os.environ)
    environment["PYTHONPATH"] = _package_path()
    command = [str(python_of(options.venv)), str(ROOT / "bench" / script)]
    done = subprocess.run(
        [*command, *words], env=environment, text=True, stdout=subprocess.PIPE
    )
    if done.returncode != 0:
        sys.exit(f"peers: {script} {' '.join(words)} failed")
    return done.stdout


def _make_files(
    options: argparse.Namespace, source: Path, work: Path, engines: list[str]
) -> None:
    _run_in(options, "networks.py", str(source), str(work), *engines)
    if "int8" not in options.precision or "hatpose" not in options.engines:
        return
    photos = options.calibrate or _shared() / "images" / "site-valid"
    if not photos.exists():
        print("peers: no photos to calibrate int8 with", file=sys.stderr)
        return
    command = [str(python_of(options.venv)), "-m", "hatpose.calibrate"]
    environment = dict(os.environ, PYTHONPATH=_package_path())
    names = [str(work / "network.gguf"), str(photos)]
    output = ["-o", str(work / "network-int8.gguf")]
    subprocess.run(
        [*command, *names, *output], env=environment, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _picture(
    options: argparse.Namespace, work: Path, size: tuple[int, int]
) -> Path:
    """The photo at the network's size, blue first."""
    path = work / f"picture-{size[0]}x{size[1]}.npy"
    photo = options.picture
    if photo is None:
        found = sorted((_shared() / "images" / "coco-val50").rglob("*.jpg"))
        photo = found[0] if found else None
    words = [str(path), *map(str, size), *([str(photo)] if photo else [])]
    _run_in(options, "picture.py", *words)
    return path


def _measure(
    options: argparse.Namespace,
    engines: list[str],
    work: Path,
    ir: Path | None,
    picture: Path,
    what: tuple[str, tuple[int, int], int],
) -> list[Cell]:
    precision, (height, width), threads = what
    cores = sorted(os.sched_getaffinity(0))[:threads]
    runs: list[tuple[Cell, Worker]] = []
    for engine in engines:
        cell = Cell(engine, precision, height, width, threads)
        python, paths = _ours()
        if engine != "hatpose" or not python:
            python = str(python_of(options.venv))
        if engine != "hatpose":
            paths = [str(ROOT / "bench"), _package_path()]
        worker = Worker(python, paths)
        task = {
            "folder": str(work), "ir": str(ir) if ir else None,
            "height": height, "width": width, "threads": threads,
            "precision": precision, "isa": options.isa,
        }  # fmt: skip
        answer = worker.tell(
            {"task": task, "engine": engine, "cores": cores,
             "picture": str(picture)}
        )  # fmt: skip
        if "error" in answer:
            _say(f"{_title(cell)} {engine}: {answer['error']}")
            worker.close()
        else:
            runs.append((cell, worker))
    dead: list[Cell] = []
    for round_number in range(-1, options.rounds):
        for cell, worker in runs:
            if cell in dead:
                continue
            time.sleep(PAUSE_S)
            answer = worker.tell({"seconds": SLICE_S, "least": SLICE_RUNS})
            if "error" in answer:
                _say(f"{_title(cell)} {cell.engine}: {answer['error']}")
                worker.close()
                cell.times_ms.clear()
                dead.append(cell)
            elif round_number >= 0:  # before it, all warm up
                key = "processor" if threads == 1 else "wall"
                cell.times_ms += answer[key]
        _bar(_title(runs[0][0]) if runs else "", round_number, options.rounds)
    for index, (cell, worker) in enumerate(runs):
        if cell in dead:
            continue
        name = f"{precision}-{height}x{width}-{threads}-{index}.npz"
        cell.maps = work / name
        worker.tell({"save": str(cell.maps)})
        worker.close()
    return [cell for cell, _ in runs if cell.times_ms]


def _title(cell: Cell) -> str:
    return f"{cell.precision} {cell.height}x{cell.width} {cell.threads} thr"


def _say(text: str) -> None:
    print(f"peers: {text}", file=sys.stderr)


def _bar(title: str, round_number: int, rounds: int) -> None:
    if not sys.stderr.isatty():
        return
    done = round_number + 1
    end = "\n" if done == rounds else ""
    print(f"\r{title}: {done}/{rounds}", end=end, file=sys.stderr, flush=True)


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
    found = json.loads(_run_in(options, "difference.py", str(listing)))
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
