"""Crops by number: the same seed and number always give the same crop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from . import labels
from .augment import Affine, Pixels, Recipe, random_view
from .pool import Mix, Photo

Sample = tuple[Tensor, Tensor, Tensor, Tensor]


class Crops(Dataset[Sample]):
    """Random crops of photos, drawn by kind with the shares given.

    A sample is the picture, true heatmaps, true PAFs and their mask.
    """

    def __init__(
        self,
        photos: Sequence[Photo],
        shares: Mapping[str, float],
        crop: int,
        recipe: Recipe,
        seed: int,
    ) -> None:
        self.mix = Mix(photos, shares)
        self.crop = crop
        self.recipe = recipe
        self.seed = seed

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self.seed, number))
        kind = str(rng.choice(self.mix.kinds, p=self.mix.chances))
        photo = self.mix.photo(kind, rng)
        view, affine, flip = random_view(
            photo.pixels, self.crop, self.recipe, rng
        )
        people = true_people(photo, affine, flip, self.crop)
        cells = self.crop // labels.STRIDE
        return (
            picture(view),
            torch.from_numpy(labels.heatmaps(people, cells, cells)),
            torch.from_numpy(labels.pafs(people, cells, cells)),
            torch.from_numpy(trusted(photo, affine, cells)),
        )


def true_people(
    photo: Photo, affine: Affine, flip: bool, crop: int
) -> labels.Floats:
    """Labelled people of a photo, in pixels of the crop."""
    people = [
        labels.from_coco(one["keypoints"])
        for one in photo.line.get("coco_annotations", ())
        if one["num_keypoints"] and not one["iscrowd"]
    ]
    if not people:
        return np.zeros((0, labels.KEYPOINTS, 3), np.float32)
    found = np.stack(people)
    found[..., :2] = found[..., :2] @ affine[:, :2].T + affine[:, 2]
    if flip:
        found = labels.mirror(found)
    labels.drop_outside(found, crop, crop)
    return found


def trusted(photo: Photo, affine: Affine, cells: int) -> labels.Floats:
    """1 where the labels say all there is to say, else 0.

    Where the labels list people with keypoints only, that is no more than
    these people's boxes; places of people without keypoints never count.
    """
    mask = np.zeros((cells, cells), np.float32)
    line = photo.line
    if "coco_annotations" not in line:
        return mask
    complete = "JSON" in line["label_source"] or (
        "instances" in line["label_source"]
    )
    if complete:
        mask[:] = 1
    unlabelled = list(line.get("other_person_boxes", ()))
    for one in line["coco_annotations"]:
        if one["iscrowd"] or not one["num_keypoints"]:
            unlabelled.append(one["bbox"])
        elif not complete:
            fill_box(mask, one["bbox"], affine, 1)
    for box in unlabelled:
        fill_box(mask, box, affine, 0)
    return mask


def fill_box(
    mask: labels.Floats, box: Sequence[float], affine: Affine, value: float
) -> None:
    """Sets the cells of a box [x, y, width, height] of the photo."""
    x, y, width, height = box
    corners = np.array(
        [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    )
    corners = (corners @ affine[:, :2].T + affine[:, 2]) / labels.STRIDE - 0.5
    cv2.fillConvexPoly(mask, np.rint(corners).astype(np.int32), value)


class Numbers(Sampler[int]):
    """first, first + 1, ... up to last - 1."""

    def __init__(self, first: int, last: int) -> None:
        self.first = first
        self.last = last

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last))

    def __len__(self) -> int:
        return self.last - self.first


def picture(pixels: Pixels) -> Tensor:
    """Network input: planes in the order b, g, r; (x - 128) / 255."""
    planes = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
    return (planes.float() - 128) / 255


def pixels_of(planes: Tensor) -> Pixels:
    """The picture again, 8-bit BGR, of the network's input."""
    pixels = (planes * 255 + 128).round().clamp(0, 255).byte()
    return np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())


def batches(
    crops: Dataset[Sample], first: int, last: int, batch: int, workers: int
) -> DataLoader[Sample]:
    """Steps first to last - 1 of a run, `batch` crops each."""
    return DataLoader(
        crops,
        batch,
        sampler=Numbers(first * batch, last * batch),
        num_workers=workers,
    )
