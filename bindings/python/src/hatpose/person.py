"""A person, a hat, a head: the parts of a result as Python objects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from . import _library as api
from .network import KEYPOINT_NAMES
from .picture import Array

_INDEX_OF = {name: index for index, name in enumerate(KEYPOINT_NAMES)}


class Hat(str, Enum):
    """State of a head. UNKNOWN is no evidence, never "no hat"."""

    UNKNOWN = "unknown"
    WORN = "worn"
    NOT_WORN = "not_worn"


class Reason(str, Enum):
    """Why a head has its state."""

    NO_EVIDENCE = "no_evidence"
    HAT_ON_HEAD = "hat_on_head"
    HEAD_BARE = "head_bare"
    HAT_IN_HAND = "hat_in_hand"
    HEAD_HIDDEN = "head_hidden"
    HEAD_TOO_SMALL = "head_too_small"


# In the order of the library's numbers.
_HATS = tuple(Hat)
_REASONS = tuple(Reason)


class Point(NamedTuple):
    """A joint that was found."""

    x: float
    y: float
    score: float


class Box(NamedTuple):
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class HatBox:
    """A hat, from the caller's detector or the model."""

    box: Box
    score: float
    person: int | None
    held_by: int | None
    from_model: bool


@dataclass(frozen=True)
class HeadBox:
    """A head as the hat maps of a model show it."""

    box: Box
    score: float
    person: int | None
    hat: Hat
    hat_score: float
    reason: Reason
    hat_index: int | None


@dataclass(frozen=True, eq=False)
class Person:
    """One person. `person["left_wrist"]` is a Point, or None if not found."""

    index: int
    id: int
    score: float
    box: Box
    keypoints: Array  # float32 (18, 3): x, y, score; NaN = not found
    keypoint_count: int
    hat: Hat
    hat_score: float
    reason: Reason
    hat_index: int | None
    area_rate: float
    peaks: tuple[int, ...]

    def __getitem__(self, name: str) -> Point | None:
        x, y, score = self.keypoints[_INDEX_OF[name]].tolist()
        return None if score != score else Point(x, y, score)


def _or_none(index: int) -> int | None:
    return None if index < 0 else int(index)


def person_of(index: int, record: Any, keypoints: Array) -> Person:
    return Person(
        index=index,
        id=int(record["id"]),
        score=float(record["score"]),
        box=Box(*(float(record[one]) for one in Box._fields)),
        keypoints=keypoints,
        keypoint_count=int(record["keypoint_count"]),
        hat=_HATS[record["hat_state"]],
        hat_score=float(record["hat_score"]),
        reason=_REASONS[record["hat_reason"]],
        hat_index=_or_none(record["hat_index"]),
        area_rate=float(record["area_rate"]),
        peaks=tuple(record["peaks"].tolist()),
    )


def hat_of(hat: api.Hat) -> HatBox:
    return HatBox(
        box=Box(hat.left, hat.top, hat.width, hat.height),
        score=hat.score,
        person=_or_none(hat.person_index),
        held_by=_or_none(hat.holder_index),
        from_model=hat.source == api.FROM_MODEL,
    )


def head_of(head: api.Head) -> HeadBox:
    return HeadBox(
        box=Box(head.left, head.top, head.width, head.height),
        score=head.score,
        person=_or_none(head.person_index),
        hat=_HATS[head.hat_state],
        hat_score=head.hat_score,
        reason=_REASONS[head.hat_reason],
        hat_index=_or_none(head.hat_index),
    )
