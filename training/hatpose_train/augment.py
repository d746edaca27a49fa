"""One random view of a photo: where it is cut and how it looks.

In: an 8-bit BGR photo. Out: a square crop and the affine map that takes
pixel-index coordinates of the photo to those of the crop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

GREY = 128


@dataclass(frozen=True)
class Recipe:
    """Ranges of the augmentation; chances are per crop."""

    scale: tuple[float, float] = (0.6, 1.6)
    # Width over height, times what the photo has
    stretch: tuple[float, float] = (1.0, 1.0)
    rotation_degrees: float = 40.0
    rotation_chance: float = 0.5
    flip_chance: float = 0.5
    brightness: float = 0.25
    contrast: float = 0.3
    saturation: float = 0.4
    grey_chance: float = 0.05
    blur_chance: float = 0.1
    jpeg_chance: float = 0.2


Pixels = npt.NDArray[np.uint8]
Affine = npt.NDArray[np.float64]


def random_affine(
    size: tuple[int, int],
    crop: int,
    recipe: Recipe,
    rng: np.random.Generator,
) -> tuple[Affine, bool]:
    """Photo (height, width) to crop; True where left became right."""
    height, width = size
    scale = math.exp(rng.uniform(*np.log(recipe.scale)))
    angle = 0.0
    if rng.random() < recipe.rotation_chance:
        limit = recipe.rotation_degrees
        angle = math.radians(rng.uniform(-limit, limit))
    flip = bool(rng.random() < recipe.flip_chance)
    # The crop stays inside the photo as far as that is large enough, and
    # may reach out of it by an eighth of its side
    reach = crop / scale * 3 / 8
    centre = [
        rng.uniform(min(reach, side / 2), max(side - reach, side / 2))
        for side in (width, height)
    ]
    turn = scale * np.array(
        [
            [math.cos(angle), -math.sin(angle)],
            [math.sin(angle), math.cos(angle)],
        ]
    )
    if recipe.stretch[0] < recipe.stretch[1]:
        stretch = math.exp(rng.uniform(*np.log(recipe.stretch)) / 2)
        turn = turn * (stretch, 1 / stretch)
    if flip:
        turn[0] = -turn[0]
    middle = (crop - 1) / 2
    shift = middle - turn @ np.array(centre)
    return np.column_stack([turn, shift]), flip


def random_view(
    pixels: Pixels, crop: int, recipe: Recipe, rng: np.random.Generator
) -> tuple[Pixels, Affine, bool]:
    """A crop of `crop` by `crop` pixels, its map, and if it is mirrored."""
    affine, flip = random_affine(
        (pixels.shape[0], pixels.shape[1]), crop, recipe, rng
    )
    turned = cv2.warpAffine(
        pixels,
        affine,
        (crop, crop),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(GREY, GREY, GREY),
    )
    view = np.asarray(turned, np.uint8)
    return degrade(recolour(view, recipe, rng), recipe, rng), affine, flip


def recolour(view: Pixels, recipe: Recipe, rng: np.random.Generator) -> Pixels:
    """Brightness, contrast and saturation, each at random."""
    gain = 1 + rng.uniform(-recipe.contrast, recipe.contrast)
    offset = 255 * rng.uniform(-recipe.brightness, recipe.brightness) / 2
    colour = 1 + rng.uniform(-recipe.saturation, recipe.saturation)
    if rng.random() < recipe.grey_chance:
        colour = 0.0
    # One 3x4 matrix on (b, g, r, 1): towards the mean of the three channels
    # by `colour`, then gain and offset about mid-grey
    mix = gain * (colour * np.eye(3) + (1 - colour) / 3)
    shift = GREY * (1 - gain) + offset
    matrix = np.column_stack([mix, np.full(3, shift)])
    return cv2.transform(view, matrix).astype(np.uint8, copy=False)


def degrade(view: Pixels, recipe: Recipe, rng: np.random.Generator) -> Pixels:
    """Blur and JPEG, sometimes."""
    if rng.random() < recipe.blur_chance:
        blurred = cv2.GaussianBlur(view, (0, 0), rng.uniform(0.4, 1.6))
        view = np.asarray(blurred, np.uint8)
    if rng.random() < recipe.jpeg_chance:
        quality = int(rng.integers(25, 91))
        _, data = cv2.imencode(
            ".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None
        view = np.asarray(decoded, np.uint8)
    return view
