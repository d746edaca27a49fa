"""What peers.py is asked for, read from its command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from environment import PACKAGES
from places import ROOT

ENGINES = ("hatpose", *PACKAGES)
PRECISIONS = ("f32", "bf16", "int8")
SIZES = "256x256,256x456,368x656"
STRIDE = 8


def read_options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="peers.py", description=description, allow_abbrev=False
    )
    add = parser.add_argument
    add("--sizes", type=_sizes, default=SIZES, metavar="HxW,...",
        help="of the network's input (%(default)s)")  # fmt: skip
    add("--threads", type=_counts, metavar="N,...", help="(1,2)")
    add("--precision", type=words(*PRECISIONS), default="f32",
        metavar="P,...", help="f32, bf16, int8 (f32)")  # fmt: skip
    add("--engines", type=words(*ENGINES), default=",".join(ENGINES),
        metavar="E,...", help=", ".join(ENGINES))  # fmt: skip
    add("--isa", choices=("avx2", "avx512", "amx"),
        help="cap, of peers too where they know one")  # fmt: skip
    add("--rounds", type=int, default=5, help="slices of each engine (5)")
    add("--picture", type=Path, help="a photo for the input")
    add("--calibrate", type=Path, metavar="FOLDER",
        help="photos for the int8 ranges of ours")  # fmt: skip
    add("--json", action="store_true", help="nothing but numbers on stdout")
    add("--chart", type=Path, metavar="FILE.svg", help="draw bars")
    add("--venv", type=Path, default=ROOT / "build" / "peers",
        help="environment of the peers (build/peers)")  # fmt: skip
    add("-v", "--verbose", action="store_true", help="what engines print")
    options = parser.parse_args()
    if options.threads is None:
        options.threads = [1, 2][: _core_count()]
    options.venv = options.venv.resolve()
    return options


def _core_count() -> int:
    return len(os.sched_getaffinity(0))


def words(*known: str) -> Callable[[str], list[str]]:
    """Reader of a list of known words, with commas."""

    def read(text: str) -> list[str]:
        items = text.split(",")
        for item in items:
            if item not in known:
                raise argparse.ArgumentTypeError(
                    f"{item!r} is none of {', '.join(known)}"
                )
        return items

    return read


def _sizes(text: str) -> list[tuple[int, int]]:
    """Ours pads an input that is higher than wide: then sizes differ."""
    found = []
    for item in text.split(","):
        height, _, width = item.partition("x")
        if not (height.isdigit() and width.isdigit()):
            raise argparse.ArgumentTypeError(f"{item!r} is no HxW")
        size = int(height), int(width)
        if size[0] % STRIDE or size[1] % STRIDE or not 0 < size[0] <= size[1]:
            raise argparse.ArgumentTypeError(
                f"{item}: multiples of {STRIDE}, not higher than wide"
            )
        found.append(size)
    return found


def _counts(text: str) -> list[int]:
    most = _core_count()
    items = text.split(",")
    if not all(item.isdigit() and 1 <= int(item) <= most for item in items):
        raise argparse.ArgumentTypeError(f"{text}: 1 to {most} cores here")
    return [int(item) for item in items]
