"""Who wears a hat by the model's own maps, on photos with labelled heads.

Reported heads are people whose state is known, and heads without a person.
A labelled head and a reported one belong together as in hats.py, where the
maps show a person's head by that, else by the face.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..detector import Detector, Model
from ..person import Box, Hat, HeadBox, Person
from ..result import Result
from .hats import SOURCES, Case, Head, Labels, Verdict, face_middle, pair


class Reported(NamedTuple):
    """One head that the result speaks of."""

    verdict: Verdict
    person: Person | None
    point: tuple[float, float] | None


@dataclass
class MapScore:
    """All photos together."""

    heads: int = 0
    reported: int = 0
    false: int = 0  # reported, but no labelled head
    cases: list[Case] = field(default_factory=list)

    def doubtful(self) -> list[Case]:
        return [case for case in self.cases if case.is_doubtful()]

    def people(self) -> list[Case]:
        return [case for case in self.cases if case.person is not None]

    def accuracy(self) -> float:
        """Of heads with a person: mean of worn's and bare's share right."""
        shares = []
        for worn in (True, False):
            right = [
                not case.is_doubtful()
                for case in self.people()
                if case.head.worn == worn
            ]
            if right:
                shares.append(sum(right) / len(right))
        return sum(shares) / len(shares) if shares else 0.0

    def answered(self) -> float:
        right = len(self.cases) - len(self.doubtful())
        return right / max(self.heads, 1)

    def __str__(self) -> str:
        return (
            f"maps={self.accuracy():.4f} answered={self.answered():.4f} "
            f"false={self.false / max(self.reported, 1):.4f} "
            f"people={len(self.people())} heads={self.heads}"
        )


def _middle(box: Box) -> tuple[float, float]:
    return box.left + box.width / 2, box.top + box.height / 2


def reported_heads(result: Result) -> list[Reported]:
    own = {head.person: head for head in result.heads}
    found = []
    for person in result:
        if person.hat is Hat.UNKNOWN:
            continue
        head: HeadBox | None = own.get(person.index)
        point = face_middle(person) if head is None else _middle(head.box)
        verdict = Verdict(person.hat, person.reason.value)
        found.append(Reported(verdict, person, point))
    for head in result.heads:
        if head.person is None:
            verdict = Verdict(head.hat, head.reason.value)
            found.append(Reported(verdict, None, _middle(head.box)))
    return found


class MapProgram:
    """One detector that is given no boxes."""

    def __init__(
        self, model: Model, size: int, mode: str, threads: int = 0
    ) -> None:
        self.detector: Detector = model.detector(
            size=size,
            mode=mode,
            threads=threads,
            hat_sources=SOURCES["maps"],
        )

    def judge(self, path: Path, labels: Labels, score: MapScore) -> None:
        pixels = self.detector.read(path, order="bgr")
        height, width = pixels.shape[:2]
        heads: list[Head] = labels.heads(path, width, height)
        reported = reported_heads(self.detector(pixels, order="bgr"))
        found = pair(
            [head.box for head in heads], [one.point for one in reported]
        )
        score.heads += len(heads)
        score.reported += len(reported)
        score.false += len(reported) - sum(one is not None for one in found)
        for head, index in zip(heads, found, strict=True):
            if index is not None:
                one = reported[index]
                case = Case(
                    str(path), head, one.person, [], {"geometric": one.verdict}
                )
                score.cases.append(case)


def measure_maps(
    program: MapProgram, labels: Labels, photos: Iterable[Path]
) -> MapScore:
    score = MapScore()
    for photo in photos:
        program.judge(photo, labels, score)
    return score
