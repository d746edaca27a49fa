"""COCO's photos and prepared labels, by the original's recipe.

In: the list that prepare_labels makes, and the folder of the photos.
Out: samples as in samples.py: picture, heatmaps, PAFs, mask. The order of
what is done to a photo is that of docs/algorithm.md section 9.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from pycocotools import mask as coco_mask
from torch.utils.data import Dataset

from . import labels
from .augment import GREY, Pixels
from .samples import Sample, picture

# A person of the network's height is drawn at this share of it, times
# something from SCALES
TARGET = 0.6
SCALES = (0.5, 1.1)
ROTATION_DEGREES = 40.0
SHIFT_NET_PX = 40
FLIP_CHANCE = 0.5


@dataclass(frozen=True)
class View:
    """A photo on its way to a sample; points are pixel indices of it."""

    pixels: Pixels
    mask: labels.Floats
    people: labels.Floats
    centre: npt.NDArray[np.float64]


def crowd_mask(
    sample: dict[str, Any], height: int, width: int
) -> labels.Floats:
    """1, and 0 where a crowd is."""
    mask = np.ones((height, width), np.float32)
    for crowd in sample["crowds"]:
        if isinstance(crowd["counts"], list):
            crowd = coco_mask.frPyObjects(crowd, *crowd["size"])
        mask[coco_mask.decode(crowd) > 0] = 0
    return mask


def scaled(view: View, factor: float) -> View:
    """Photo, mask and points, times factor."""
    pixels = cv2.resize(view.pixels, None, fx=factor, fy=factor)
    mask = cv2.resize(view.mask, None, fx=factor, fy=factor)
    return View(
        np.asarray(pixels, np.uint8),
        np.asarray(mask, np.float32),
        view.people * np.array([factor, factor, 1], np.float32),
        view.centre * factor,
    )


def rotated(view: View, degrees: float) -> View:
    """Turned about the middle, on a canvas that holds all of it."""
    height, width = view.mask.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    wide = width * cosine + height * sine
    high = width * sine + height * cosine
    turn[:, 2] += (wide / 2 - width / 2, high / 2 - height / 2)
    size = (int(wide), int(high))
    people = view.people.copy()
    people[..., :2] = people[..., :2] @ turn[:, :2].T + turn[:, 2]
    pixels = cv2.warpAffine(view.pixels, turn, size, borderValue=(GREY,) * 3)
    mask = cv2.warpAffine(view.mask, turn, size, borderValue=(1,))
    return View(
        np.asarray(pixels, np.uint8),
        np.asarray(mask, np.float32),
        people,
        turn[:, :2] @ view.centre + turn[:, 2],
    )


def cropped(view: View, side: int, shift: tuple[int, int]) -> View:
    """side x side pixels round the centre; grey and counted outside."""
    start = [
        int(middle + by - side / 2)
        for middle, by in zip(view.centre, shift, strict=True)
    ]
    pixels = np.full((side, side, 3), GREY, np.uint8)
    mask = np.ones((side, side), np.float32)
    height, width = view.mask.shape
    left, top = (max(0, -first) for first in start)
    right = min(side, width - start[0])
    bottom = min(side, height - start[1])
    if left < right and top < bottom:
        source = np.s_[
            start[1] + top : start[1] + bottom,
            start[0] + left : start[0] + right,
        ]
        pixels[top:bottom, left:right] = view.pixels[source]
        mask[top:bottom, left:right] = view.mask[source]
    people = view.people - np.array([*start, 0], np.float32)
    # The original keeps its mask as whole numbers from here on
    return View(pixels, np.floor(mask), people, view.centre - start)


def flipped(view: View) -> View:
    """Mirrored, with left and right named the other way round."""
    side = view.mask.shape[1]
    people = labels.mirror(view.people)
    people[..., 0] = side - 1 - people[..., 0]
    return replace(
        view,
        pixels=np.ascontiguousarray(view.pixels[:, ::-1]),
        mask=np.ascontiguousarray(view.mask[:, ::-1]),
        people=people,
    )


class CocoSamples(Dataset[Sample]):
    """One sample per prepared person and epoch."""

    def __init__(
        self, prepared: Path, images: Path, side: int, seed: int
    ) -> None:
        self.samples = json.loads(prepared.read_text())
        self.images = images
        self.side = side
        self.seed = seed
        self.epoch = -1
        self.order: npt.NDArray[np.int64] = np.arange(0)

    def __len__(self) -> int:
        return len(self.samples)

    def sample(self, number: int) -> dict[str, Any]:
        """Every person once an epoch, each epoch in an order of its own."""
        epoch, place = divmod(number, len(self.samples))
        if epoch != self.epoch:
            order = np.random.default_rng((self.seed, epoch, 0))
            self.order = order.permutation(len(self.samples))
            self.epoch = epoch
        found: dict[str, Any] = self.samples[int(self.order[place])]
        return found

    def __getitem__(self, number: int) -> Sample:
        """Sample `number`; epochs follow each other without a gap."""
        rng = np.random.default_rng((self.seed, number))
        sample = self.sample(number)
        path = self.images / sample["file_name"]
        read = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if read is None:
            raise ValueError(f"{path}: not a picture that can be decoded")
        pixels = np.asarray(read, np.uint8)
        return self.finished(self.view(sample, pixels, rng))

    def view(
        self,
        sample: dict[str, Any],
        pixels: Pixels,
        rng: np.random.Generator,
    ) -> View:
        """Everything at random that the recipe has."""
        height, width = pixels.shape[:2]
        people = np.array(sample["people"], np.float32)
        labels.drop_outside(people, width, height)
        view = View(
            pixels,
            crowd_mask(sample, height, width),
            people,
            np.array(sample["centre"], np.float64),
        )
        view = scaled(view, TARGET / sample["scale"] * rng.uniform(*SCALES))
        view = rotated(view, rng.uniform(-ROTATION_DEGREES, ROTATION_DEGREES))
        shift = [
            math.trunc(rng.uniform(-SHIFT_NET_PX, SHIFT_NET_PX))
            for _ in range(2)
        ]
        view = cropped(view, self.side, (shift[0], shift[1]))
        return flipped(view) if rng.random() < FLIP_CHANCE else view

    def finished(self, view: View) -> Sample:
        """The view as the network and the losses want it."""
        cells = self.side // labels.STRIDE
        mask = cv2.resize(
            view.mask, (cells, cells), interpolation=cv2.INTER_AREA
        )
        return (
            picture(view.pixels),
            torch.from_numpy(labels.heatmaps(view.people, cells, cells)),
            torch.from_numpy(labels.pafs(view.people, cells, cells)),
            torch.from_numpy(mask),
        )
