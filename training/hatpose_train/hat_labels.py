"""Truth of the hat maps, and how well peaks of maps meet labelled heads.

In: labelled boxes of a site photo, or labelled keypoints of people, whose
heads have boxes then, too. Out: two maps at stride 8, hat on a head and bare
head, each a Gaussian of height 1 at the middle of every such box; a weight
for each cell, 0 where the labels do not say what is there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .augment import Affine
from .labels import STRIDE, Floats
from .samples import fill_box

# Channel of each class of box
CLASSES = {"hardhat": 0, "head_bare": 1}
# The Gaussian's sigma: a share of the box's size (root of its area), but no
# less than what the grid can show
SIGMA_SHARE = 0.3
SIGMA_CELLS_MIN = 0.7
# Round a labelled head in a photo whose other heads may lack a label
KNOWN_AROUND = 1.5
# How far from the box's middle a peak may lie, in half sides of the box
REACH = 1.25
# Keypoints of COCO, and a head's side in distances between two of them
NOSE, LEFT_EAR, RIGHT_EAR, LEFT_SHOULDER, RIGHT_SHOULDER = 0, 3, 4, 5, 6
FACE = slice(5)
SIDES = (
    (1, 2, 2.2),
    (LEFT_EAR, RIGHT_EAR, 1.15),
    (LEFT_SHOULDER, RIGHT_SHOULDER, 0.42),
)
SIDE_OF_PROFILE = 1.5
# Smaller in the view, the keypoints say too little of where a head is
SMALLEST_PX = 5
# A head is taller than wide, and its middle above that of the face
TALLER = 1.15
ABOVE_FACE = 0.12


def sigma_cells(width: float, height: float) -> float:
    """Of the Gaussian of a head's box, given in pixels of the input."""
    size = math.sqrt(width * height) / STRIDE
    return max(SIGMA_SHARE * size, SIGMA_CELLS_MIN)


def grown(box: Sequence[float], factor: float) -> list[float]:
    """A box [x, y, width, height] about the same middle."""
    x, y, width, height = box
    return [
        x - width * (factor - 1) / 2,
        y - height * (factor - 1) / 2,
        width * factor,
        height * factor,
    ]


def seen_from(box: Sequence[float], affine: Affine) -> list[float]:
    """The box round a box after an affine map."""
    x, y, width, height = box
    corners = np.array(
        [[x, y], [x + width, y], [x, y + height], [x + width, y + height]]
    )
    corners = (corners - 0.5) @ affine[:, :2].T + affine[:, 2] + 0.5
    low, high = corners.min(0), corners.max(0)
    return [*low.tolist(), *(high - low).tolist()]


def side_of(person: Floats) -> float:
    """Of a head by rows (x, y, visibility) of COCO; 0: not to be told."""

    def apart(one: int, other: int) -> float:
        if not (person[one, 2] and person[other, 2]):
            return 0.0
        return float(np.hypot(*(person[one, :2] - person[other, :2])))

    sides = [share * apart(one, other) for one, other, share in SIDES]
    for ear, hidden in ((LEFT_EAR, RIGHT_EAR), (RIGHT_EAR, LEFT_EAR)):
        if not person[hidden, 2]:
            sides.append(SIDE_OF_PROFILE * apart(NOSE, ear))
    return max(sides)


def heads_of_people(line: dict[str, Any]) -> list[list[float]]:
    """Boxes round the heads of people whose keypoints are labelled."""
    heads = []
    for one in line.get("coco_annotations", ()):
        if one["iscrowd"] or not one["num_keypoints"]:
            continue
        person = np.asarray(one["keypoints"], np.float32).reshape(17, 3)
        seen = person[FACE][person[FACE, 2] > 0, :2]
        side = side_of(person)
        if len(seen) < 2 or side <= 0:
            continue
        middle, up = seen.mean(0), np.array([0, -1], np.float32)
        shoulders = person[[LEFT_SHOULDER, RIGHT_SHOULDER]]
        if shoulders[:, 2].all():
            neck = middle - shoulders[:, :2].mean(0)
            up = neck / max(float(np.hypot(*neck)), 1.0)
        x, y = (middle + ABOVE_FACE * side * up).tolist()
        height = TALLER * side
        heads.append([x - side / 2, y - height / 2, side, height])
    return heads


def heads_of(line: dict[str, Any]) -> list[list[float]]:
    """Boxes round all heads that a photo's labels speak of."""
    boxes = [box[1:] for box in line.get("boxes", ()) if box[0] in CLASSES]
    return boxes + heads_of_people(line)


def has_head(person: Sequence[float], heads: Sequence[Sequence[float]]) -> bool:
    """Whether the middle of a labelled head lies in a person's box."""
    x, y, width, height = grown(person, 1.1)
    return any(
        x <= head[0] + head[2] / 2 <= x + width
        and y <= head[1] + head[3] / 2 <= y + height
        for head in heads
    )


def known(line: dict[str, Any], affine: Affine, cells: int) -> Floats:
    """1 where the labels of a photo say whether a head is there, else 0."""
    boxes = line.get("boxes", ())
    heads = [box[1:] for box in boxes if box[0] in CLASSES]
    # A photo without boxes is one that has nobody
    complete = line.get("all_heads", "mostly") == "mostly"
    mask = np.full((cells, cells), float(complete), np.float32)
    for box in boxes:
        if box[0] == "person" and not has_head(box[1:], heads):
            fill_box(mask, box[1:], affine, 0)
    for head in heads:
        fill_box(mask, grown(head, KNOWN_AROUND), affine, 1)
    return mask


def draw_head(channel: Floats, box: Sequence[float], affine: Affine) -> None:
    """Adds the Gaussian of a head's box to a map."""
    grid = np.arange(len(channel), dtype=np.float32) + 0.5
    x, y, width, height = seen_from(box, affine)
    sigma = sigma_cells(width, height)
    dx = (grid - (x + width / 2) / STRIDE) / sigma
    dy = (grid - (y + height / 2) / STRIDE) / sigma
    blob = np.exp(-0.5 * (dx[None] ** 2 + dy[:, None] ** 2))
    np.maximum(channel, blob, out=channel)


def maps(line: dict[str, Any], affine: Affine, cells: int) -> Floats:
    """The two maps of a photo, cells x cells."""
    found = np.zeros((len(CLASSES), cells, cells), np.float32)
    for box in line.get("boxes", ()):
        if box[0] in CLASSES:
            draw_head(found[CLASSES[box[0]]], box[1:], affine)
    return found


def of_people(
    line: dict[str, Any], affine: Affine, cells: int
) -> tuple[Floats, Floats]:
    """Where labelled people have their heads, and 1 where that is known.

    Nobody has labelled what is on these heads.
    """
    found, mask = np.zeros((2, cells, cells), np.float32)
    for box in heads_of_people(line):
        _, _, width, height = seen_from(box, affine)
        if width * height >= SMALLEST_PX**2:
            draw_head(found, box, affine)
            fill_box(mask, grown(box, KNOWN_AROUND), affine, 1)
    return found, mask


class Peak(NamedTuple):
    """A head that the maps show, in pixels of the input."""

    x: float
    y: float
    channel: int
    score: float


def peaks(found: npt.NDArray[np.floating[Any]], threshold: float) -> list[Peak]:
    """Cells where the larger of both maps is the largest of nine cells."""
    best = found.max(0)
    padded = np.pad(best, 1, constant_values=-np.inf)
    around = np.stack(
        [
            padded[dy : dy + best.shape[0], dx : dx + best.shape[1]]
            for dy in range(3)
            for dx in range(3)
        ]
    ).max(0)
    rows, columns = np.nonzero((best >= around) & (best > threshold))
    return [
        Peak(
            (column + 0.5) * STRIDE,
            (row + 0.5) * STRIDE,
            int(found[:, row, column].argmax()),
            float(best[row, column]),
        )
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]


@dataclass
class Score:
    """Peaks against labelled heads, all photos together."""

    heads: int = 0
    met: int = 0
    right: int = 0
    reported: int = 0

    def add(self, shown: Sequence[Peak], line: dict[str, Any]) -> None:
        """One photo; the strongest peak takes a head first."""
        heads = [box for box in line["boxes"] if box[0] in CLASSES]
        self.heads += len(heads)
        self.reported += len(shown)
        for peak in sorted(shown, key=lambda peak: -peak.score):
            for head in heads:
                x, y, width, height = grown(head[1:], REACH)
                if 0 <= peak.x - x <= width and 0 <= peak.y - y <= height:
                    self.met += 1
                    self.right += CLASSES[head[0]] == peak.channel
                    heads.remove(head)
                    break

    def __str__(self) -> str:
        return (
            f"answered={self.right / max(self.heads, 1):.3f} "
            f"right={self.right / max(self.met, 1):.3f} "
            f"false={1 - self.met / max(self.reported, 1):.3f} "
            f"heads={self.heads}"
        )
