"""From the start of a process to its first result, less one inference.

    python bench/start.py [--models FILE,...] [--rounds 15] [--json]

Fresh processes, pinned, with one thread, take turns: a small program
(start_probe.c, built here with cc) with a picture of 456 x 256, for each kind
of arithmetic, and `hatpose detect` with a photo, from its start to its end.
The model that is built in comes first, then those named. What is taken off is
the median of warm inferences: the probe's, and `hatpose bench`'s. The library
and the command are those of build/, or what $HATPOSE_LIBRARY and
$HATPOSE_COMMAND name.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environment import say
from places import ROOT

PHOTO = ROOT / "tests" / "photos" / "grace_hopper.jpg"
BUILT_IN = "-"
UNCOUNTED = 1  # the first starts bring files into memory
# Precision and cpu_off, in numbers of hatpose.h.
KINDS = (("f32", 1, 8), ("f32", 1, 0), ("bf16", 2, 0))
PARTS = ("main", "model", "context", "first", "warm")


@dataclass
class Case:
    model: str
    precision: str
    number: int
    off: int
    kernels: str = ""
    parts: list[list[float]] = field(default_factory=list)

    def median(self, part: str) -> float:
        at = PARTS.index(part)
        return statistics.median(one[at] for one in self.parts)

    def more(self) -> float:
        """What the first inference takes longer than its process's others:
        of all processes, since it is small beside what an inference varies."""
        return statistics.median(one[3] - one[4] for one in self.parts)

    def starts(self) -> list[float]:
        return [sum(one[:3]) + self.more() for one in self.parts]


@dataclass
class Command:
    model: str
    times_ms: list[float] = field(default_factory=list)
    warm_ms: list[float] = field(default_factory=list)  # next to each

    def starts(self) -> list[float]:
        both = zip(self.times_ms, self.warm_ms, strict=True)
        return [time_ms - warm_ms for time_ms, warm_ms in both]


def main() -> int:
    options = _read_options()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="hatpose-start-") as folder:
        probe = _build(Path(folder) / "start_probe")
        models = [BUILT_IN, *options.models]
        cases = _cases(probe, models)
        commands = [Command(model) for model in models]
        for turn in range(UNCOUNTED + options.rounds):
            for case in cases:
                parts = _probe(probe, case)[1]
                if turn >= UNCOUNTED:
                    case.parts.append(parts)
            for command in commands:
                took_ms = _command(command.model)
                warm_ms = _command_warm(command.model)
                if turn >= UNCOUNTED:
                    command.times_ms.append(took_ms)
                    command.warm_ms.append(warm_ms)
    if options.json:
        found = [_plain(case) for case in cases]
        print(json.dumps(found + [_plain_command(c) for c in commands],
                         indent=1))  # fmt: skip
    else:
        _print_tables(cases, commands)
    return 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="start.py",
        description=__doc__.split("\n")[0],
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--models", type=lambda text: text.split(","), default=[],
        metavar="FILE,...", help="beside the one that is built in")  # fmt: skip
    add("--rounds", type=int, default=15, help="starts of each kind (15)")
    add("--json", action="store_true", help="nothing but numbers on stdout")
    return parser.parse_args()


def _build(probe: Path) -> Path:
    default = ROOT / "build" / "libhatpose.so"
    library = Path(os.environ.get("HATPOSE_LIBRARY", default)).resolve()
    done = subprocess.run(
        ["cc", "-std=c11", "-O2", "-I", str(ROOT / "include"),
         str(ROOT / "bench" / "start_probe.c"), "-o", str(probe),
         str(library), f"-Wl,-rpath,{library.parent}"],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode != 0:
        say(f"start_probe.c is not built: {_last_line(done.stderr)}")
        sys.exit(1)
    return probe


def _cases(probe: Path, models: list[str]) -> list[Case]:
    """Each kind that this machine has; without AMX two of them are one."""
    found: list[Case] = []
    for model in models:
        seen: set[str] = set()
        for kind in KINDS:
            case = Case(model, *kind)
            case.kernels = _probe(probe, case)[0]
            if case.kernels not in seen:
                found.append(case)
            seen.add(case.kernels)
    return found


def _probe(probe: Path, case: Case) -> tuple[str, list[float]]:
    """The kernels' name, and the times of PARTS in ms."""
    words = [case.model, str(case.number), str(case.off), "1"]
    asked_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    done = _run([str(probe), str(asked_ns), *words])
    *times, kernels = done.split(maxsplit=len(PARTS))
    return kernels.strip(), [float(one) / 1e3 for one in times]


def _command_line(verb: str, model: str) -> list[str]:
    built = ROOT / "build" / "tools" / "hatpose"
    command = os.environ.get("HATPOSE_COMMAND", str(built))
    options = ["--json", "--threads", "1"]
    if model != BUILT_IN:
        options += ["--model", model]
    return [command, verb, *options, str(PHOTO)]


def _command(model: str) -> float:
    begin = time.perf_counter()
    _run(_command_line("detect", model))
    return 1e3 * (time.perf_counter() - begin)


def _command_warm(model: str) -> float:
    line = [*_command_line("bench", model), "--runs", "5"]
    answer = json.loads(_run(line))
    return float(answer["stages"]["network"]["median_ms"])


def _run(line: list[str]) -> str:
    try:
        # Closing descriptors would take a fork; without it this is a vfork.
        done = subprocess.run(
            line, capture_output=True, text=True, close_fds=False
        )
    except OSError as error:
        say(f"{line[0]}: {error.strerror}")
        sys.exit(1)
    if done.returncode != 0:
        say(_last_line(done.stderr))
        sys.exit(1)
    return done.stdout


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def _plain(case: Case) -> dict[str, Any]:
    return {
        "model": case.model,
        "precision": case.precision,
        "kernels": case.kernels,
        "least_ms": round(min(case.starts()), 3),
        "median_ms": round(statistics.median(case.starts()), 3),
        **{f"{part}_ms": round(case.median(part), 3) for part in PARTS},
        "first_more_ms": round(case.more(), 3),
    }


def _plain_command(command: Command) -> dict[str, Any]:
    return {
        "model": command.model,
        "command": "detect",
        "least_ms": round(min(command.starts()), 3),
        "median_ms": round(statistics.median(command.starts()), 3),
        "warm_ms": round(statistics.median(command.warm_ms), 3),
    }


def _print_tables(cases: list[Case], commands: list[Command]) -> None:
    print("from the start to the first result less one inference, ms; the"
          "\nparts are medians")  # fmt: skip
    print(f"{'model':<28}{'kernels':<14}{'least':>7}{'median':>8}"
          f"{'process':>9}{'model':>7}{'context':>9}{'first':>7}"
          f"{'warm':>7}")  # fmt: skip
    for case in cases:
        one = _plain(case)
        print(f"{_name(case.model):<28}{case.kernels:<14}"
              f"{one['least_ms']:>7.1f}{one['median_ms']:>8.1f}"
              f"{one['main_ms']:>9.1f}{one['model_ms']:>7.1f}"
              f"{one['context_ms']:>9.1f}{one['first_more_ms']:>7.1f}"
              f"{one['warm_ms']:>7.1f}")  # fmt: skip
    for command in commands:
        one = _plain_command(command)
        print(f"{_name(command.model):<28}{'hatpose detect':<14}"
              f"{one['least_ms']:>7.1f}{one['median_ms']:>8.1f}"
              f"{one['warm_ms']:>39.1f}")  # fmt: skip


def _name(model: str) -> str:
    return "built in" if model == BUILT_IN else Path(model).name


if __name__ == "__main__":
    sys.exit(main())
