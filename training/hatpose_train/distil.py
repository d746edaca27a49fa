"""Distillation: a student learns its teacher's values.

Stage by stage first, each stage from the teacher's own input, then end to
end. What is learned, from what and for how long is in the config.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from . import boundary, pool, samples
from .average import Average
from .config import Config, read
from .interchange import read_gguf
from .looks import Looks
from .muon import Muon, paced
from .network import Network
from .objective import Truth, objective
from .run import Checkpoint, Log, load_average, rate_at, status_of
from .validation import Validation, add_options, chosen

STEPS_BETWEEN_LINES = 25
# Pictures that the boundaries are measured on; far from those trained on,
# as crops are numbered from 0
MEASURED_BATCHES = 16
FIRST_MEASURED_STEP = 1 << 24
# End to end, a step may not be led by one strange crop
GRADIENT_NORM_MAX = 5.0


@dataclass(frozen=True)
class Lesson:
    """A batch: what the trained stages read, and what they shall make."""

    picture: Tensor
    given: dict[str, Tensor]
    targets: dict[str, Tensor]
    truth: Truth


@dataclass
class Distillation:
    """Teacher, student, and what turns one into the other."""

    config: Config
    teacher: Network
    student: Network
    bounds: dict[str, boundary.Boundary]
    names: list[str]
    device: torch.device
    looks: Looks | None = None

    @property
    def learned(self) -> list[str]:
        """The values that are compared with the teacher's."""
        loss = self.config.loss
        if loss.separate or loss.features:
            return self.names
        return [name for name in self.names if boundary.is_map(name)]

    def teach(self, picture: Tensor) -> dict[str, Tensor]:
        """The teacher's values by the student's names."""
        made = {}
        learned = self.learned
        if not self.looks or not all(map(boundary.is_map, learned)):
            made = self.teacher(picture, only=self.readable())
            made = boundary.by_our_names(self.teacher, self.student, made)
        if self.looks:
            maps = self.looks(picture)
            for name in {*made, *learned}:
                if boundary.is_map(name):
                    made[name] = maps[boundary.kind(name)]
        return made

    @torch.no_grad()
    def prepare(self, batch: Sequence[Tensor]) -> Lesson:
        """All of a batch that does not change as the student learns."""
        picture, *truth = (part.to(self.device) for part in batch)
        picture = picture.contiguous(memory_format=torch.channels_last)
        steps = self.student.steps()
        read = {
            n for one in steps if one.output in self.names for n in one.inputs
        }
        before = read - set(self.names) - {"picture"}
        with torch.autocast(self.device.type, torch.bfloat16):
            made = self.teach(picture)
            targets = boundary.targets(self.bounds, made)
            if self.config.loss.separate:
                given = {name: targets[name] for name in read - {"picture"}}
            elif before:
                order = [one.output for one in steps]
                last = max(order.index(name) for name in before)
                values = self.student(picture, only=order[: last + 1])
                given = {name: values[name] for name in before}
            else:
                given = {}
        learned = self.learned
        wanted = {n: t for n, t in targets.items() if n in learned}
        # Half the memory where lessons are kept
        picture, *truth = (part.bfloat16() for part in (picture, *truth))
        return Lesson(picture, given, wanted, Truth(*truth))

    def learn(self) -> None:
        """Puts the student into the mode in which it is trained."""
        self.student.train()
        if self.config.schedule.batch_statistics:
            return
        for module in self.student.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eval()

    def readable(self) -> list[str]:
        """The teacher's values up to the last that is learned."""
        order = [step.output for step in self.teacher.steps()]
        ours = zip(self.student.maps(), self.teacher.maps(), strict=True)
        theirs = dict(ours)
        last = max(order.index(theirs.get(n, n)) for n in self.names)
        return order[: last + 1]

    def error(self, lesson: Lesson) -> tuple[Tensor, dict[str, Tensor]]:
        """The objective of a batch, and the error of each value."""
        with torch.autocast(self.device.type, torch.bfloat16):
            values = self.student(
                lesson.picture, lesson.given, lesson.given, self.names
            )
        return objective(
            self.config.loss, self.bounds, values, lesson.targets, lesson.truth
        )

    def lessons(
        self, crops: samples.Crops, first: int, workers: int
    ) -> Iterator[Lesson]:
        """One for each step from the first; kept ones come again and again."""
        data, last = self.config.data, self.config.schedule.steps
        if not data.kept:
            for batch in samples.batches(
                crops, first, last, data.batch, workers
            ):
                yield self.prepare(batch)
            return
        kept = [
            self.prepare(batch)
            for batch in samples.batches(
                crops, 0, data.kept, data.batch, workers
            )
        ]
        for step in range(first, last):
            time, place = divmod(step, data.kept)
            order = np.random.default_rng((data.seed, time))
            yield kept[order.permutation(data.kept)[place]]


def is_of(name: str, stages: Sequence[str]) -> bool:
    """Whether a value is that of one of the stages or of its parts."""
    return any(f"{name}.".startswith(f"{s.rstrip('.')}.") for s in stages)


def values_of(student: Network, stages: Sequence[str]) -> list[str]:
    """The values of all stages of these names, and of their parts."""
    names = [
        step.output
        for step in student.steps()
        if step.output != "hats" and is_of(step.output, stages)
    ]
    if not names:
        raise ValueError(f"--stages {' '.join(stages)}: no such stage")
    return names


def measured(
    folder: Path,
    teacher: Network,
    student: Network,
    crops: samples.Crops,
    config: Config,
) -> dict[str, boundary.Boundary]:
    """The boundaries of a run: from its folder, or measured and kept."""
    path = folder / "boundaries.pt"
    if not path.exists():
        batches = samples.batches(
            crops,
            FIRST_MEASURED_STEP,
            FIRST_MEASURED_STEP + MEASURED_BATCHES,
            config.data.batch,
            0,
        )
        names = [step.output for step in student.steps()]
        found = boundary.measure(
            teacher,
            student,
            (batch[0] for batch in batches),
            names,
            config.loss.variance_cap,
        )
        parts = {n: (b.channels, b.scale, b.weight) for n, b in found.items()}
        torch.save(parts, path)
    stored = torch.load(path, "cpu", weights_only=True)
    return {n: boundary.Boundary(*parts) for n, parts in stored.items()}


def train(
    work: Distillation,
    crops: samples.Crops,
    checkpoint: Checkpoint,
    args: argparse.Namespace,
    validation: Validation | None,
) -> None:
    """All steps from the checkpoint's, or from the first."""
    config, student = work.config, work.student
    schedule = config.schedule
    optimizer = Muon(paced(student), schedule.rate, schedule.weight_decay)
    average = Average(student, schedule.average_decay)
    step = 0
    if args.resume and checkpoint.path.exists():
        step = checkpoint.read(student, average, optimizer)
    more = {"stages": args.stages}
    log = Log(checkpoint.path.parent, schedule.steps, config.data.batch)
    work.learn()
    for lesson in work.lessons(crops, step, args.workers):
        optimizer.set_rate(rate_at(schedule, step))
        total, errors = work.error(lesson)
        optimizer.zero_grad()
        torch.autograd.backward(total)
        if not config.loss.separate:
            torch.nn.utils.clip_grad_norm_(
                student.parameters(), GRADIENT_NORM_MAX
            )
        optimizer.step()
        average.update(student)
        log.add(errors)
        step += 1
        measures = {}
        if validation and step % validation.every_steps == 0:
            network = average.network(student)
            measures["AP"] = validation.measure(network, args.run)
        shown = step % STEPS_BETWEEN_LINES == 0 or step == schedule.steps
        if measures or shown:
            log.write(step, measures)
        if checkpoint.due():
            checkpoint.write(student, average, optimizer, step, more)
    checkpoint.write(student, average, optimizer, step, more)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.distil", description=__doc__
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("--teacher", type=Path, required=True, metavar="GGUF")
    parser.add_argument(
        "--pool", type=Path, required=True, help="folder of packed photos"
    )
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--exclude-sets", nargs="+", default=[], metavar="SET")
    parser.add_argument(
        "--stages",
        nargs="+",
        default=["model", "cpm", "initial_stage", "refinement_stages"],
        metavar="NAME",
        help="train these only, e.g. cpm, model, model.3; another process "
        "may train the others",
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--start",
        type=Path,
        nargs="+",
        metavar="CHECKPOINT",
        help="weights of another run, or of several that share the stages",
    )
    start.add_argument(
        "--init", type=Path, metavar="GGUF", help="weights of a model file"
    )
    add_options(parser)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that make crops"
    )
    return parser.parse_args(arguments)


def prepare(
    args: argparse.Namespace, config: Config
) -> tuple[Distillation, samples.Crops]:
    """Everything loaded, nothing trained."""
    photos = pool.load(args.pool, args.exclude_sets)
    data = config.data
    crops = samples.Crops(
        photos, data.shares, data.crop, data.augment, data.seed
    )
    device = torch.device(args.device)
    teacher = read_gguf(args.teacher).requires_grad_(False)
    student = Network(config.network)
    if args.start:
        load_average(args.start, student)
    elif args.init:
        given = read_gguf(args.init)
        if given.shape != student.shape:
            raise ValueError(
                f"{args.init}: {given.shape} is not the config's network"
            )
        student = given
    elif boundary.is_narrower(student, teacher):
        raise ValueError(
            f"{args.config}: a network narrower than its teacher learns from "
            "--init or --start: its channels are to be like the teacher's"
        )
    bounds = measured(args.run, teacher, student.eval(), crops, config)
    work = Distillation(
        config,
        teacher.to(device).to(memory_format=torch.channels_last),
        student.to(device).to(memory_format=torch.channels_last),
        {name: bound.to(device) for name, bound in bounds.items()},
        values_of(student, args.stages),
        device,
        Looks(args.teacher, data.crop, config.loss.looks, args.threads)
        if config.loss.looks
        else None,
    )
    return work, crops


def run(args: argparse.Namespace) -> None:
    """All that the command line asks for."""
    config = read(args.config)
    torch.manual_seed(config.data.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "pid").write_text(f"{os.getpid()}\n")
    work, crops = prepare(args, config)
    train(work, crops, Checkpoint(args.run), args, chosen(args))


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    args = options(arguments)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    return status_of("distil", lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
