"""Distillation of the backbone's separable blocks, one after the other.

In: a run that trained the blocks as stages, so that their kernels are right
up to the sign. Out: a run whose network has no batch normalisation any more.
What the teacher makes of some crops is computed once and kept in memory.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import cv2
import torch
from torch import Tensor, nn

from . import boundary, pool, samples
from .config import Schedule, read
from .distil import measured
from .hinges import search
from .interchange import read_gguf
from .muon import Muon
from .network import Network
from .run import load_average, rate_at, status_of

# Batches that are learned from, those of them that hinges are fitted to,
# and batches that say which round was best
LEARNED, FITTED, HELD_OUT = 20, 6, 6
# Crops by number, far from those that other runs train on
FIRST_STEP = 1 << 21
# Steps of each round
ROUNDS = (160, 160, 300)
FIT_STEPS = 14
RATE = 3e-3


class Block:
    """One block, what it reads, and what it shall make of it."""

    def __init__(
        self,
        module: nn.Sequential,
        inputs: Sequence[Tensor],
        targets: Sequence[Tensor],
        bound: boundary.Boundary,
    ) -> None:
        self.module = module.to(memory_format=torch.channels_last)
        self.inputs = inputs
        self.targets = targets
        self.bound = bound

    def error(self, number: int) -> Tensor:
        """Of one batch: squared error over variance."""
        with torch.autocast("cpu", torch.bfloat16):
            made = self.module(self.inputs[number])
            return self.bound.error(made, self.targets[number])

    @torch.no_grad()
    def held_out(self) -> float:
        """The mean error of the batches that are not learned from."""
        errors = [
            self.error(LEARNED + number).item() for number in range(HELD_OUT)
        ]
        return sum(errors) / len(errors)

    def search(self) -> None:
        """Puts the best hinges in."""
        depthwise, pointwise = self.module[0], self.module[3]
        assert isinstance(depthwise, nn.Conv2d)
        assert isinstance(pointwise, nn.Conv2d)
        search(
            depthwise,
            pointwise,
            self.inputs[:FITTED],
            self.targets[:FITTED],
            self.bound.weight,
            FIT_STEPS,
        )

    def descend(self, steps: int) -> None:
        """Goes down the gradient."""
        optimizer = Muon([{"params": list(self.module.parameters())}], RATE)
        schedule = Schedule(steps, RATE, warm_up=0)
        for step in range(steps):
            self.module.zero_grad()
            torch.autograd.backward(self.error(step % LEARNED))
            optimizer.set_rate(rate_at(schedule, step))
            optimizer.step()

    def learn(self) -> tuple[float, float]:
        """All rounds, and back to the best; the error before and after."""
        best = copy.deepcopy(self.module.state_dict())
        before = least = self.held_out()
        for steps in ROUNDS:
            for improve in (self.search, partial(self.descend, steps)):
                improve()
                error = self.held_out()
                if error < least:
                    least = error
                    best = copy.deepcopy(self.module.state_dict())
        self.module.load_state_dict(best)
        return before, least


def values(
    teacher: Network,
    bounds: dict[str, boundary.Boundary],
    crops: samples.Crops,
    names: Sequence[str],
    batch: int,
) -> dict[str, list[Tensor]]:
    """The teacher's values of all batches, in the student's units."""
    order = [step.output for step in teacher.steps()]
    last = max(order.index(name) for name in names)
    wanted = {name: bounds[name] for name in names}
    kept: dict[str, list[Tensor]] = {name: [] for name in names}
    pictures = samples.batches(
        crops, FIRST_STEP, FIRST_STEP + LEARNED + HELD_OUT, batch, 0
    )
    for picture, *_ in pictures:
        picture = picture.contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            made = teacher(picture, only=order[: last + 1])
        for name, value in boundary.targets(wanted, made).items():
            kept[name].append(value.bfloat16())
    return kept


def write(path: Path, student: Network, done: Sequence[str]) -> None:
    """A checkpoint that other runs can start from."""
    state = {
        "shape": asdict(student.shape),
        "average": student.state_dict(),
        "stages": ["model."],
        "done": list(done),
    }
    aside = path.with_suffix(".part")
    torch.save(state, aside)
    os.replace(aside, path)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.blocks", description=__doc__
    )
    parser.add_argument("config", type=Path, help="of the stages' run")
    parser.add_argument("--teacher", type=Path, required=True, metavar="GGUF")
    parser.add_argument(
        "--pool", type=Path, required=True, help="folder of packed photos"
    )
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--start", type=Path, nargs="+", required=True, metavar="CHECKPOINT"
    )
    parser.add_argument("--exclude-sets", nargs="+", default=[], metavar="SET")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(arguments)


def run(args: argparse.Namespace) -> None:
    """Every block that is not done yet."""
    config = read(args.config)
    torch.manual_seed(config.data.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "pid").write_text(f"{os.getpid()}\n")
    photos = pool.load(args.pool, args.exclude_sets)
    data = config.data
    crops = samples.Crops(
        photos, data.shares, data.crop, data.augment, data.seed
    )
    teacher = read_gguf(args.teacher).requires_grad_(False)
    student = Network(replace(config.network, batch_norm=False)).eval()
    bounds = measured(args.run, teacher, student, crops, config)
    path = args.run / "checkpoint.pt"
    done: list[str] = []
    if args.resume and path.exists():
        done = torch.load(path, "cpu", weights_only=True)["done"]
        load_average([path, *args.start], student)
    else:
        load_average(args.start, student)
    names = [step.output for step in student.steps()]
    names = [name for name in names if name.startswith("model.")]
    left = [name for name in names[1:] if name not in done]
    for name in left:
        before = names[names.index(name) - 1]
        kept = values(teacher, bounds, crops, [before, name], data.batch)
        module = student.get_submodule(name)
        assert isinstance(module, nn.Sequential)
        block = Block(module, kept[before], kept[name], bounds[name])
        first, last = block.learn()
        print(f"{name}: error {first:.4f}, now {last:.4f}", flush=True)
        done.append(name)
        write(path, student, done)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    args = options(arguments)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    return status_of("blocks", lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
