"""The three programs that are measured: photo in, COCO detections out.

best: the library's own decoding. compat: the original's demo, coordinates as
before its cut to whole pixels. val: the original's validation program.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ..detector import Model
from ..formats import COCO_FROM_OURS, COCO_PERSON, COCO_SHIFT_PX
from ..result import Result
from . import val_program
from .coco import Detection

MODES = ("best", "compat", "val")
# Photos of any shape: compat refuses wider ones where best makes them fit.
_NET_WIDTH_MAX = 16384


class Program(ABC):
    @abstractmethod
    def run(self, path: str, image_id: int) -> list[Detection]: ...


def program_of(
    mode: str,
    model: Model,
    size: int,
    person_threshold: float,
    **options: Any,
) -> Program:
    options["person_threshold"] = person_threshold
    if mode == "best":
        return _Best(model, size=size, mode="best", **options)
    options["max_net_width_px"] = _NET_WIDTH_MAX
    if mode == "compat":
        return _Compat(model, size=size, mode="compat_exact", **options)
    return _Val(model, size, options)


def _detection(
    image_id: int, points: list[tuple[float, float] | None], score: float
) -> Detection:
    """points: ours, 18 of them; a joint that is found has visibility 1."""
    numbers: list[float] = []
    for index in COCO_FROM_OURS:
        point = points[index]
        if point is None:
            numbers += [0, 0, 0]
        else:
            x, y = point
            numbers += [x + COCO_SHIFT_PX, y + COCO_SHIFT_PX, 1]
    return {
        "image_id": image_id,
        "category_id": COCO_PERSON,
        "keypoints": numbers,
        "score": score,
    }


class _Best(Program):
    def __init__(self, model: Model, **options: Any) -> None:
        self._detector = model.detector(**options)

    def run(self, path: str, image_id: int) -> list[Detection]:
        result = self._detector(path)
        scores = self._scores(result)
        detections = []
        for person, score in zip(result, scores, strict=True):
            points: list[tuple[float, float] | None] = [
                (x, y) if x == x else None
                for x, y, _ in person.keypoints.tolist()
            ]
            detections.append(_detection(image_id, points, score))
        return detections

    def _scores(self, result: Result) -> list[float]:
        return [person.score for person in result]


class _Compat(_Best):
    def _scores(self, result: Result) -> list[float]:
        # The rank of the original's validation program.
        return [
            person.score * max(0, person.keypoint_count - 1)
            for person in result
        ]


class _Val(Program):
    def __init__(
        self, model: Model, size: int, options: dict[str, Any]
    ) -> None:
        # The photo comes already reduced to the height of the network.
        self._detector = model.detector(size=size, mode="compat", **options)
        self._size = size
        self._threshold = options["person_threshold"]

    def run(self, path: str, image_id: int) -> list[Detection]:
        photo = self._detector.read(path, order="bgr")
        people = val_program.run(
            photo, self._detector, self._size, self._threshold
        )
        return [
            _detection(image_id, list(person.points), person.score)
            for person in people
        ]
