"""A result as data for others: native, OpenPose, COCO, tables.

Numbers come from the library's own JSON text, so that every form, and the
command line, say the same digits. COCO's form is for evaluation: it has all
digits, as `hatpose detect --format coco` prints them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import ArgumentError
from .network import KEYPOINT_NAMES

if TYPE_CHECKING:
    import pandas
    import supervision

    from .result import Result

JSON_TIMINGS = 1

# COCO's 17 keypoints as indices of ours; COCO has no neck.
COCO_FROM_OURS = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
COCO_PERSON = 1
# COCO counts from the edge of the picture, we from the centre of a pixel.
COCO_SHIFT_PX = 0.5

_OPENPOSE_EMPTY = (
    "face_keypoints_2d",
    "hand_left_keypoints_2d",
    "hand_right_keypoints_2d",
    "pose_keypoints_3d",
    "face_keypoints_3d",
    "hand_left_keypoints_3d",
    "hand_right_keypoints_3d",
)


def native(result: Result, timings: bool = False) -> dict[str, Any]:
    if result.error is not None:
        error = {"code": result.error.code, "message": result.error.message}
        return {"file": result.path, "error": error}
    text = result.library_json(JSON_TIMINGS if timings else 0)
    rest: dict[str, Any] = json.loads(text)
    head = {"format": rest.pop("format"), "file": result.path, "frame": 0}
    return head | rest


def to_json(result: Result, form: str, image_id: int | None) -> str:
    if form == "native":
        return _compact(native(result))
    if result.error is not None:
        raise result.error
    if form == "openpose":
        return _compact(openpose(result))
    if form == "coco":
        if image_id is None:
            raise ArgumentError("the form coco needs an image_id")
        return _compact(coco(result, image_id))
    raise ArgumentError(f"form is native, openpose or coco, not {form!r}")


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def openpose(result: Result) -> dict[str, Any]:
    """OpenPose's JSON 1.3 of its COCO-18 model, whose order is ours."""
    people = []
    for person in native(result)["people"]:
        numbers: list[float] = []
        for name in KEYPOINT_NAMES:
            numbers += person["keypoints"][name] or [0, 0, 0]
        entry: dict[str, Any] = {"person_id": [-1]}
        entry["pose_keypoints_2d"] = numbers
        people.append(entry | {name: [] for name in _OPENPOSE_EMPTY})
    return {"version": 1.3, "people": people}


def coco(result: Result, image_id: int) -> list[dict[str, Any]]:
    """COCO's result form: 17 points, the third number is the score.

    In compat it is 1, and people are ranked as by the original's validation
    program. The command line's compat is compat_exact here.
    """
    compat = result.mode != "best"
    answers = []
    for person in result:
        numbers: list[float] = []
        for index in COCO_FROM_OURS:
            x, y, score = person.keypoints[index]
            if np.isnan(score):
                numbers += [0, 0, 0]
                continue
            # In float, as in the library.
            shift = np.float32(COCO_SHIFT_PX)
            shown = np.float32(1) if compat else score
            numbers += map(_shortest, (x + shift, y + shift, shown))
        score = person.score
        if compat:
            score *= max(0, person.keypoint_count - 1)
        answers.append(
            {
                "image_id": image_id,
                "category_id": COCO_PERSON,
                "keypoints": numbers,
                "score": _shortest(np.float64(score)),
            }
        )
    return answers


def _shortest(number: np.floating[Any]) -> float:
    """The fewest digits that mean this number; 26.0 is 26."""
    value = float(str(number))
    return int(value) if value.is_integer() else value


def summary(result: Result) -> str:
    """ "4 people: 2 hat, 1 no hat, 1 unknown"."""
    count = len(result)
    people = f"{count} {'person' if count == 1 else 'people'}"
    words = {"worn": "hat", "not_worn": "no hat", "unknown": "unknown"}
    parts = []
    for state, word in words.items():
        number = sum(person.hat == state for person in result)
        if number:
            parts.append(f"{number} {word}")
    return f"{people}: {', '.join(parts)}" if parts else people


def to_df(result: Result) -> pandas.DataFrame:
    import pandas

    columns: dict[str, Any] = {
        "file": [result.path] * len(result),
        "person": [person.index for person in result],
        "id": [person.id for person in result],
        "hat": [person.hat.value for person in result],
        "hat_score": [person.hat_score for person in result],
        "reason": [person.reason.value for person in result],
    }
    for index, side in enumerate(("left", "top", "width", "height")):
        columns[side] = [person.box[index] for person in result]
    columns["score"] = [person.score for person in result]
    for joint, name in enumerate(KEYPOINT_NAMES):
        for index, part in enumerate(("x", "y", "score")):
            columns[f"{name}_{part}"] = result.keypoints[:, joint, index]
    return pandas.DataFrame(columns)


def to_supervision(result: Result) -> supervision.KeyPoints:
    import supervision

    numbers = np.nan_to_num(result.keypoints)
    return supervision.KeyPoints(
        xy=numbers[:, :, :2],
        class_id=np.zeros(len(result), int),
        keypoint_confidence=numbers[:, :, 2],
        detection_confidence=result.scores.astype(np.float32),
        visible=result.found,
    )
