"""Scores of people against COCO keypoint labels.

AP, AP50, AP75 and AR are pycocotools' own ("keypoints", all areas, 20 people a
photo). They hardly see people who are not there, so these are counted too.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import HatposeError
from ..formats import COCO_PERSON

Array = npt.NDArray[Any]
Detection = dict[str, Any]  # COCO's result form

OKS_FOUND = 0.5
# Of a person's joints that must lie in a region for the two to overlap.
_INSIDE_MIN = 0.5
# COCO's spread of each of its 17 keypoints, as pycocotools has it.
_SIGMAS = (
    np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87,
              89, 89]) / 1000
)  # fmt: skip
_VARIANCES = (2 * _SIGMAS) ** 2


class LabelError(HatposeError):
    """A label file that cannot be used."""


@dataclass(frozen=True)
class Photo:
    id: int
    file_name: str


@dataclass(frozen=True)
class Score:
    ap: float
    ap50: float
    ap75: float
    ar: float
    images: int
    people: int
    found: int
    false: int

    def __str__(self) -> str:
        return (
            f"AP={self.ap:.4f} AP50={self.ap50:.4f} AP75={self.ap75:.4f} "
            f"AR={self.ar:.4f} images={self.images} people={self.people} "
            f"found={self.found} false={self.false}"
        )


class Labels:
    """The label file of a set of photos."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        name = os.fspath(path)
        try:
            with open(path, encoding="utf-8") as file:
                self._data = json.load(file)
            self.photos = [
                Photo(int(one["id"]), str(one["file_name"]))
                for one in self._data["images"]
            ]
            people = [
                one
                for one in self._data["annotations"]
                if one["category_id"] == COCO_PERSON
            ]
            self._of_photo: dict[int, list[dict[str, Any]]] = {}
            for one in people:
                self._of_photo.setdefault(one["image_id"], []).append(one)
            self.person_count = sum(map(_is_labelled, people))
        except OSError as error:
            raise LabelError(
                error.strerror or str(error), "io", name
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise LabelError(
                f"no COCO keypoint labels: {error!r}", "argument", name
            ) from error

    def score(self, detections: list[Detection]) -> Score:
        stats = self._average_precision(detections)
        found, false = self._count(detections)
        return Score(
            ap=float(stats[0]),
            ap50=float(stats[1]),
            ap75=float(stats[2]),
            ar=float(stats[5]),
            images=len(self.photos),
            people=self.person_count,
            found=found,
            false=false,
        )

    def _average_precision(self, detections: list[Detection]) -> Array:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval

        # pycocotools talks on stdout.
        with contextlib.redirect_stdout(io.StringIO()):
            truth = COCO()
            truth.dataset = self._data
            truth.createIndex()
            answers = COCO()
            if detections:
                # It writes areas and boxes into what it is given.
                answers = truth.loadRes([dict(one) for one in detections])
            else:
                answers.dataset = {**self._data, "annotations": []}
                answers.createIndex()
            evaluation = COCOeval(truth, answers, "keypoints")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        stats: Array = evaluation.stats
        return stats

    def _count(self, detections: list[Detection]) -> tuple[int, int]:
        of_photo: dict[int, list[Detection]] = {}
        for one in detections:
            of_photo.setdefault(one["image_id"], []).append(one)
        found, false = 0, 0
        for photo, people in of_photo.items():
            more = count_found(people, self._of_photo.get(photo, []))
            found, false = found + more[0], false + more[1]
        return found, false


def _is_labelled(annotation: dict[str, Any]) -> bool:
    return annotation["num_keypoints"] > 0 and not annotation["iscrowd"]


def count_found(
    people: list[Detection], annotations: list[dict[str, Any]]
) -> tuple[int, int]:
    """(found, false) of one photo.

    Best score first, each person takes the labelled one that fits best, at
    OKS 0.5 or more, if there is one left. A person who takes none is false,
    unless at least half of the joints found lie in the box of a crowd or of
    somebody without labelled joints: there may be someone there.
    """
    labelled = [one for one in annotations if _is_labelled(one)]
    regions = [one["bbox"] for one in annotations if not _is_labelled(one)]
    found, false = 0, 0
    for person in sorted(people, key=lambda one: -one["score"]):
        points = np.reshape(person["keypoints"], (-1, 3))
        fits = [similarity(points, one) for one in labelled]
        if fits and max(fits) >= OKS_FOUND:
            found += 1
            del labelled[int(np.argmax(fits))]
        elif not any(_overlaps(points, region) for region in regions):
            false += 1
    return found, false


def similarity(points: Array, annotation: dict[str, Any]) -> float:
    """COCO's object keypoint similarity over the labelled joints."""
    truth = np.reshape(annotation["keypoints"], (-1, 3))
    seen = truth[:, 2] > 0
    distance = ((points[:, :2] - truth[:, :2]) ** 2).sum(axis=1)
    area = annotation["area"] + np.spacing(1)
    e = distance[seen] / _VARIANCES[seen] / area / 2
    return float(np.exp(-e).mean())


def _overlaps(points: Array, region: list[float]) -> bool:
    left, top, width, height = region
    joints = points[points[:, 2] > 0]
    x, y = joints[:, 0], joints[:, 1]
    inside = (x >= left) & (x <= left + width)
    inside &= (y >= top) & (y <= top + height)
    return bool(inside.mean() >= _INSIDE_MIN) if len(joints) else False
