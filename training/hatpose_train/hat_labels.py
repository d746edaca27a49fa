"""Truth of the hat maps, and how well peaks of maps meet labelled heads.

In: labelled boxes of a site photo. Out: two maps at stride 8, hat on a head
and bare head, each a Gaussian of height 1 at the middle of every such box;
a weight for each cell, 0 where the labels do not say what is there.
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


def maps(line: dict[str, Any], affine: Affine, cells: int) -> Floats:
    """The two maps of a photo, cells x cells."""
    found = np.zeros((len(CLASSES), cells, cells), np.float32)
    grid = np.arange(cells, dtype=np.float32) + 0.5
    for box in line.get("boxes", ()):
        if box[0] not in CLASSES:
            continue
        x, y, width, height = seen_from(box[1:], affine)
        sigma = sigma_cells(width, height)
        dx = (grid - (x + width / 2) / STRIDE) / sigma
        dy = (grid - (y + height / 2) / STRIDE) / sigma
        blob = np.exp(-0.5 * (dx[None] ** 2 + dy[:, None] ** 2))
        channel = found[CLASSES[box[0]]]
        np.maximum(channel, blob, out=channel)
    return found


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
