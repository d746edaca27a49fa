"""The whole job, a JPEG's bytes to people: hatpose against usual programs.

    python bench/whole_job.py --modes best,compat

One thread, pinned, in processor time. Contenders are processes of their own
and take turns in slices. The pictures are made of the photos in
$HATPOSE_SHARED/images/coco-val50 when it runs: one of 640 x 428, and 20 people
side by side at 1920 x 1080. Peers decode and resize with OpenCV, bring the
input with blobFromImage, and then either decode in C (ours, by
hatpose_detect_maps) or as the original does, with OpenCV and Python. They run
in the environment of peers.py; ours is build/libhatpose.so, or what
$HATPOSE_LIBRARY names.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arguments import words
from environment import (
    install,
    prepare,
    python_of,
    run_script,
    say,
    with_our_package,
)
from places import ROOT, network, shared
from turns import Worker, take_turns

OPENCV = "opencv-python-headless"


@dataclass(frozen=True)
class Contender:
    engine: str
    precision: str
    decoder: str  # "c", or "python": the original's

    @property
    def title(self) -> str:
        if self.engine == "hatpose":
            return f"hatpose {self.precision}"
        decoder = "C" if self.decoder == "c" else "Python"
        return f"{self.engine} {self.precision}, decoding in {decoder}"


@dataclass
class Cell:
    contender: Contender
    mode: str
    picture: str
    times_ms: list[float] = field(default_factory=list)
    people: int = 0

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)


def main() -> int:
    options = _read_options()
    environment_is_there = prepare(options.venv, options.peers)
    if not install(options.venv, (OPENCV,)):
        return 1
    peers = [one for one in options.peers if one in environment_is_there]
    with tempfile.TemporaryDirectory(prefix="hatpose-job-") as folder:
        work = Path(folder)
        names = [str(network()), str(work), *peers]
        run_script(options.venv, "networks.py", *names)
        pictures = run_script(
            options.venv, "job_pictures.py", str(_photos()), str(work)
        ).split()
        cells: list[Cell] = []
        for mode in options.modes:
            contenders = _contenders(options.precision, peers, mode)
            for picture in pictures:
                cells += _measure(options, work, picture, mode, contenders)
    if options.json:
        print(json.dumps([_plain(cell) for cell in cells], indent=1))
    else:
        _print_tables(cells)
    return 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="whole_job.py",
        description=__doc__.split("\n")[0],
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--modes", type=words("best", "compat"), default="best,compat",
        help="(%(default)s)")  # fmt: skip
    add("--precision", type=words("f32", "bf16"), default="f32,bf16",
        help="of ours and of OpenVINO (%(default)s)")  # fmt: skip
    add("--peers", type=words("openvino", "onnxruntime"),
        default="openvino", help="(%(default)s)")  # fmt: skip
    add("--isa", choices=("avx2", "avx512", "amx"), help="cap, of ours")
    add("--rounds", type=int, default=5, help="slices of each (5)")
    add("--json", action="store_true", help="nothing but numbers on stdout")
    add("--venv", type=Path, default=ROOT / "build" / "peers",
        help="environment of the peers (build/peers)")  # fmt: skip
    options = parser.parse_args()
    options.venv = options.venv.resolve()
    return options


def _photos() -> Path:
    photos = shared() / "images" / "coco-val50"
    if not photos.exists():
        say(f"no photos: {photos} is not there")
        sys.exit(1)
    return photos


def _contenders(
    precisions: list[str], peers: list[str], mode: str
) -> list[Contender]:
    found = [Contender("hatpose", one, "c") for one in precisions]
    if mode == "compat" and peers and "f32" in precisions:
        found.append(Contender(peers[0], "f32", "python"))
    for peer in peers:
        found += [
            Contender(peer, one, "c")
            for one in precisions
            if one == "f32" or peer == "openvino"
        ]
    return found


def _measure(
    options: argparse.Namespace,
    work: Path,
    picture: str,
    mode: str,
    contenders: list[Contender],
) -> list[Cell]:
    runs: list[tuple[Cell, Worker]] = []
    for contender in contenders:
        task = {
            "engine": contender.engine, "precision": contender.precision,
            "decoder": contender.decoder, "mode": mode, "isa": options.isa,
            "folder": str(work), "picture": str(work / picture),
            "core": max(os.sched_getaffinity(0)),
        }  # fmt: skip
        worker = Worker(
            contender.title, python_of(options.venv), "job_worker.py",
            with_our_package(),
        )  # fmt: skip
        first = worker.tell(task)
        if first:
            cell = Cell(contender, mode, picture, worker.times_ms)
            cell.people = first["people"]
            runs.append((cell, worker))
    workers = [worker for _, worker in runs]
    take_turns(f"{picture}, {mode}", workers, options.rounds, "processor")
    left = [(cell, worker) for cell, worker in runs if not worker.failed]
    for _, worker in left:
        worker.close()
    return [cell for cell, _ in left]


def _plain(cell: Cell) -> dict[str, Any]:
    return {
        "engine": cell.contender.engine,
        "precision": cell.contender.precision,
        "decoder": cell.contender.decoder,
        "mode": cell.mode,
        "picture": cell.picture,
        "threads": 1,
        "people": cell.people,
        "median_ms": round(cell.median_ms, 4),
    }


def _print_tables(cells: list[Cell]) -> None:
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.picture, cell.mode), []).append(cell)
    for (picture, mode), members in groups.items():
        ours = {
            one.contender.precision: one.median_ms
            for one in members
            if one.contender.engine == "hatpose"
        }
        heads = "".join(f"{f'/ ours {one}':>12}" for one in ours)
        print(f"\n{picture}, {mode}, 1 thread")
        print(f"{'':<36}{'median ms':>10}{'min ms':>9}{heads}{'people':>8}")
        for cell in sorted(members, key=lambda one: one.median_ms):
            ratios = "".join(
                f"{cell.median_ms / one:>12.2f}" for one in ours.values()
            )
            print(f"{cell.contender.title:<36}{cell.median_ms:>10.2f}"
                  f"{min(cell.times_ms):>9.2f}{ratios}"
                  f"{cell.people:>8}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
