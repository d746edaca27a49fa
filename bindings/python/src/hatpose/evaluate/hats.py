"""Who wears a hat, on photos with labelled heads: the two rules' accuracy.

A folder holds images/, labels/ (YOLO: class, middle and size as parts of the
picture) and classes.txt. Heads are the boxes of Hardhat and NO-Hardhat; they
cover the hat or the hair only.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import _library as api
from ..detector import Detector, Model
from ..errors import ArgumentError
from ..person import Box, Hat, Person
from ..result import Result

WORN_CLASS, BARE_CLASS = "Hardhat", "NO-Hardhat"
SOURCES = {"boxes": api.FROM_CALLER, "maps": api.FROM_MODEL}
RULES = ("geometric", "compat")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")
_FACE = [0, 14, 15, 16, 17]  # nose, eyes, ears
# Where a face may be, in sizes of the head's box.
_ASIDE, _ABOVE, _BELOW = 0.25, 0.25, 1.5
_NEVER = 1e9
# Photos of any shape: compat refuses wider ones where best makes them fit.
_NET_WIDTH_MAX = 16384


class Head(NamedTuple):
    """A labelled head, in pixels."""

    box: Box
    worn: bool


class Verdict(NamedTuple):
    """What a rule says of a head."""

    hat: Hat
    reason: str


@dataclass
class Case:
    """A labelled head that got a person, or a head of the hat maps."""

    path: str
    head: Head
    person: Person | None  # None: a head without a pose
    hats: list[Box]  # that the rules were given
    verdicts: dict[str, Verdict]  # by rule

    def is_doubtful(self) -> bool:
        """Told wrong by geometric, or not answered."""
        said = self.verdicts["geometric"].hat
        return said is not (Hat.WORN if self.head.worn else Hat.NOT_WORN)

    def __str__(self) -> str:
        label = "worn" if self.head.worn else "bare"
        said = ", ".join(
            f"{rule} {one.hat.value} ({one.reason})"
            for rule, one in self.verdicts.items()
        )
        box = " ".join(f"{side:.0f}" for side in self.head.box)
        return f"{self.path}: head at {box} is {label}: {said}"


@dataclass
class Score:
    """All photos together."""

    heads: int = 0
    cases: list[Case] = field(default_factory=list)

    def doubtful(self) -> list[Case]:
        return [case for case in self.cases if case.is_doubtful()]

    def answered(self) -> list[Case]:
        return [
            case
            for case in self.cases
            if case.verdicts["geometric"].hat is not Hat.UNKNOWN
        ]

    def accuracy(self, rule: str) -> float:
        """Mean of the shares of worn and of bare heads told right."""
        shares = []
        for worn in (True, False):
            said = [
                (case.verdicts[rule].hat is Hat.WORN) == worn
                for case in self.answered()
                if case.head.worn == worn
            ]
            if said:
                shares.append(sum(said) / len(said))
        return sum(shares) / len(shares) if shares else 0.0

    def coverage(self) -> float:
        return len(self.answered()) / max(len(self.cases), 1)

    def __str__(self) -> str:
        return (
            f"geometric={self.accuracy('geometric'):.4f} "
            f"compat={self.accuracy('compat'):.4f} "
            f"coverage={self.coverage():.4f} "
            f"people={len(self.cases)} heads={self.heads}"
        )


class Labels:
    """Photos of a folder and their labelled heads."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        path = self.folder / "classes.txt"
        names = path.read_text(errors="replace").split("\n")
        self.classes = [name.strip() for name in names if name.strip()]
        if WORN_CLASS not in self.classes:
            raise ArgumentError(f"{path}: has no class {WORN_CLASS}")
        images = self.folder / "images"
        self.photos = sorted(
            path
            for path in images.iterdir()
            if path.suffix.lower() in _SUFFIXES
        )
        if not self.photos:
            raise ArgumentError(f"{images}: holds no photo")

    def heads(self, photo: Path, width: int, height: int) -> list[Head]:
        path = self.folder / "labels" / f"{photo.stem}.txt"
        if not path.exists():
            return []
        heads = []
        for number, line in enumerate(
            path.read_text(errors="replace").splitlines(), 1
        ):
            if not line.strip():
                continue
            head = self._head_of(line, width, height)
            if head is None:
                raise ArgumentError(
                    f"{path}:{number}: class and four numbers expected"
                )
            heads += head
        return heads

    def _head_of(self, line: str, width: int, height: int) -> list[Head] | None:
        """The head of a line, none of another class; None: no such line."""
        try:
            label, *numbers = line.split()
            name = self.classes[int(label)]
            x, y, w, h = (float(number) for number in numbers[:4])
        except (ValueError, IndexError):
            return None
        if not all(math.isfinite(number) for number in (x, y, w, h)):
            return None
        if name not in (WORN_CLASS, BARE_CLASS):
            return []
        box = Box(
            (x - w / 2) * width, (y - h / 2) * height, w * width, h * height
        )
        return [Head(box, name == WORN_CLASS)]


def face_middle(person: Person) -> tuple[float, float] | None:
    face = person.keypoints[_FACE, :2]
    face = face[~np.isnan(face[:, 0])]
    if len(face) == 0:
        return None
    x, y = face.mean(axis=0).tolist()
    return x, y


def _distance(box: Box, point: tuple[float, float] | None) -> float:
    """From the middle of the lower edge, in sizes; _NEVER: not this head."""
    if point is None or box.width <= 0 or box.height <= 0:
        return _NEVER
    x, y = point
    dx = x - (box.left + box.width / 2)
    below = y - (box.top + box.height)
    if abs(dx) > (0.5 + _ASIDE) * box.width:
        return _NEVER
    if not -(1 + _ABOVE) * box.height <= below <= _BELOW * box.height:
        return _NEVER
    return math.hypot(dx, below) / math.sqrt(box.width * box.height)


def pair(
    boxes: Sequence[Box], points: Sequence[tuple[float, float] | None]
) -> list[int | None]:
    """For each box the index of its point: as many as possible, and then the
    least total distance."""
    costs = [[_distance(box, point) for point in points] for box in boxes]
    # As many columns again stand for "nobody".
    table = [row + [_NEVER] * len(boxes) for row in costs]
    columns = assign(table)
    return [
        column if table[row][column] < _NEVER else None
        for row, column in enumerate(columns)
    ]


def assign(costs: list[list[float]]) -> list[int]:
    """The column of each row, least total; not more rows than columns."""
    rows = len(costs)
    columns = len(costs[0]) if rows else 0
    row_of = [-1] * columns
    row_price, column_price = [0.0] * rows, [0.0] * columns
    for start in range(rows):
        distance = [math.inf] * columns
        before = [-1] * columns
        settled = [False] * columns
        row, so_far, column = start, 0.0, -1
        while row >= 0:
            for j in range(columns):
                way = so_far + costs[row][j] - row_price[row] - column_price[j]
                if not settled[j] and way < distance[j]:
                    distance[j], before[j] = way, row
            column = min(
                (j for j in range(columns) if not settled[j]),
                key=distance.__getitem__,
            )
            settled[column], so_far = True, distance[column]
            row = row_of[column]
        row_price[start] += so_far
        for j in range(columns):
            if settled[j]:
                column_price[j] -= so_far - distance[j]
                if row_of[j] >= 0:
                    row_price[row_of[j]] += so_far - distance[j]
        while column >= 0:
            row = before[column]
            previous = row_of.index(row) if row in row_of else -1
            row_of[column] = row
            column = previous if row != start else -1
    return [row_of.index(row) for row in range(rows)]


def _verdict(result: Result, index: int) -> Verdict:
    person = result.people[index]
    return Verdict(person.hat, person.reason.value)


class Program:
    """A detector for each rule; the network runs once a photo."""

    def __init__(
        self,
        model: Model,
        size: int,
        mode: str,
        threads: int = 0,
    ) -> None:
        options: dict[str, Any] = {
            "size": size,
            "mode": mode,
            "threads": threads,
            "hat_sources": SOURCES["boxes"],
            "max_net_width_px": _NET_WIDTH_MAX,
        }
        self._detectors: dict[str, Detector] = {
            rule: model.detector(hat_rule=rule, **options) for rule in RULES
        }

    def judge(self, path: Path, labels: Labels) -> tuple[int, list[Case]]:
        """How many heads are labelled, and those that got a person."""
        first = self._detectors["geometric"]
        pixels = first.read(path, order="bgr")
        height, width = pixels.shape[:2]
        heads = labels.heads(path, width, height)
        if not heads:
            return 0, []
        maps = first.maps(pixels, order="bgr")
        hats = [head.box for head in heads if head.worn]
        results = {
            rule: detector.detect_maps(maps, width, height, hats=hats)
            for rule, detector in self._detectors.items()
        }
        people = results["geometric"].people
        found = pair(
            [head.box for head in heads], [face_middle(one) for one in people]
        )
        return len(heads), [
            Case(
                str(path),
                head,
                people[index],
                hats,
                {
                    rule: _verdict(result, index)
                    for rule, result in results.items()
                },
            )
            for head, index in zip(heads, found, strict=True)
            if index is not None
        ]


def measure(program: Program, labels: Labels, photos: Iterable[Path]) -> Score:
    score = Score()
    for photo in photos:
        heads, cases = program.judge(photo, labels)
        score.heads += heads
        score.cases += cases
    return score
