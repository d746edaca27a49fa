"""A run on disk: its checkpoint, its log, and the line that it prints.

A run is a folder. checkpoint.pt holds all that is needed to go on, and is
replaced in one piece; log.jsonl gets a line every few steps; pid holds the
process, so that others can pause it. Here is also how a program ends.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .average import Average
from .config import Schedule
from .interchange import fold
from .network import Network, Shape

SECONDS_BETWEEN_SAVES = 180.0


def status_of(program: str, work: Callable[[], None]) -> int:
    """Does a program's work; gives its exit status.

    What is wrong with settings or files is one line; Ctrl-C gives 130, the
    shells' number for it.
    """
    try:
        work()
    except (ValueError, OSError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def rate_at(schedule: Schedule, step: int) -> float:
    """Learning rate of a step."""
    warm_up = min(1.0, (step + 1) / max(schedule.warm_up, 1))
    cosine = 0.5 * (1 + math.cos(math.pi * step / schedule.steps))
    low = schedule.final_share
    return schedule.rate * warm_up * (low + (1 - low) * cosine)


class Log:
    """Means of the errors over a few steps, to a file and the terminal."""

    def __init__(self, folder: Path, steps: int, batch: int) -> None:
        self.file = (folder / "log.jsonl").open("a", encoding="utf-8")
        self.steps = steps
        self.batch = batch
        self.sums: dict[str, Tensor] = {}
        self.count = 0
        self.began = time.monotonic()

    def add(self, errors: Mapping[str, Tensor]) -> None:
        """Take one step's errors in; they stay on their device."""
        for name, error in errors.items():
            value = error.detach()
            self.sums[name] = self.sums.get(name, torch.zeros_like(value))
            self.sums[name] += value
        self.count += 1

    def write(self, step: int, more: Mapping[str, float]) -> None:
        """A line about the steps since the last one."""
        now = time.monotonic()
        a_second = self.count / (now - self.began)
        left = (self.steps - step) / a_second
        errors = {
            name: round(total.item() / self.count, 5)
            for name, total in self.sums.items()
        }
        record = {
            "step": step,
            "time": round(time.time()),
            "crops_per_s": round(a_second * self.batch, 2),
            "left_s": round(left),
            **more,
            "errors": errors,
        }
        self.file.write(json.dumps(record) + "\n")
        self.file.flush()
        numbers = " ".join(f"{error:.3f}" for error in errors.values())
        extra = "".join(f" {key} {value:.3f}" for key, value in more.items())
        print(
            f"{step}/{self.steps}: {a_second * self.batch:.1f} crops/s, "
            f"{left / 60:.0f} min left;{extra} errors {numbers}",
            flush=True,
        )
        self.sums = {}
        self.count = 0
        self.began = now


class Checkpoint:
    """Writes and reads a run's checkpoint.pt."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checkpoint.pt"
        self.saved = time.monotonic()

    def due(self) -> bool:
        """Whether the last one is old enough for another."""
        return time.monotonic() - self.saved > SECONDS_BETWEEN_SAVES

    def write(
        self,
        student: Network,
        average: Average,
        optimizer: torch.optim.Optimizer,
        step: int,
        more: Mapping[str, Any],
    ) -> None:
        """The run as it stands after `step` steps."""
        aside = self.path.with_suffix(".part")
        torch.save(
            {
                "shape": asdict(student.shape),
                "state_dict": student.state_dict(),
                "average": average.state,
                "updates": average.updates,
                "optimizer": optimizer.state_dict(),
                "step": step,
                **more,
            },
            aside,
        )
        os.replace(aside, self.path)
        self.saved = time.monotonic()

    def read(
        self,
        student: Network,
        average: Average,
        optimizer: torch.optim.Optimizer,
    ) -> int:
        """Puts everything back; gives the number of steps done."""
        state = torch.load(self.path, "cpu", weights_only=True)
        student.load_state_dict(state["state_dict"])
        average.load(state["average"], state["updates"])
        optimizer.load_state_dict(state["optimizer"])
        step: int = state["step"]
        return step


def averages(path: Path, batch_norm: bool) -> tuple[Any, dict[str, Tensor]]:
    """A checkpoint, and its average for a network with or without norms."""
    run = torch.load(path, "cpu", weights_only=True)
    average: dict[str, Tensor] = run["average"]
    shape = Shape(**run["shape"])
    if shape.batch_norm and not batch_norm:
        network = Network(shape)
        network.load_state_dict(average)
        average = fold(network).state_dict()
    return run, average


def load_average(paths: list[Path], student: Network) -> None:
    """Start a student from the averages of one run, or several.

    Runs that trained only some stages together make a whole: each gives
    what it trained. Batch normalisation that the student has not is folded.
    """
    state = student.state_dict()
    missing = set(state)
    for path in paths:
        run, average = averages(path, student.shape.batch_norm)
        stages = tuple(run["stages"])
        for name, value in average.items():
            if name not in missing or not name.startswith(stages):
                continue
            if state[name].shape != value.shape:
                raise ValueError(f"{path}: {name}: not of this network")
            state[name] = value.to(state[name].dtype)
            missing.discard(name)
    if missing:
        raise ValueError(f"{paths[0]}: {min(missing)}: missing")
    student.load_state_dict(state)


def read_network(path: Path) -> Network:
    """The network that a checkpoint's average makes."""
    run = torch.load(path, "cpu", weights_only=True)
    network = Network(Shape(**run["shape"]))
    load_average([path], network)
    return network.eval()
