"""What a caller hands over besides pictures, as the library takes it.

In: numbers, hats, maps and keypoints of any Python kind. Out: the library's
structs and packed arrays. What cannot be one is an ArgumentError.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from . import _library as api
from .errors import ArgumentError
from .network import KEYPOINT_NAMES
from .picture import Array

HatInput = Sequence[float]

_JOINTS = len(KEYPOINT_NAMES)
_MAP_GROUPS = 3  # heatmaps, pafs, hats
# What Python and numpy raise for a value that is no number.
_NO_NUMBER = (TypeError, ValueError, OverflowError)


def whole_number(name: str, value: Any, bits: int = 32) -> int:
    """A number of 0 or more; ctypes would cut a larger one without a word."""
    try:
        number: int = value.__index__()
    except (AttributeError, *_NO_NUMBER):
        raise ArgumentError(f"{name}: {value!r} is no such number") from None
    if not 0 <= number < 1 << bits:
        raise ArgumentError(f"{name}: {value!r} is out of range")
    return number


def hats_of(
    hats: Iterable[HatInput] | None,
) -> tuple[ctypes.Array[api.Hat] | None, int]:
    if hats is None:
        return None, 0
    try:
        given = iter(hats)
    except TypeError:
        raise ArgumentError(f"hats is a list of boxes, not {hats!r}") from None
    boxes = [_hat_of(one) for one in given]
    # Not NULL even when empty: a detector ran and saw none.
    return (api.Hat * max(len(boxes), 1))(*boxes), len(boxes)


def _hat_of(one: HatInput) -> api.Hat:
    try:
        numbers = [float(value) for value in one]
    except _NO_NUMBER:
        numbers = []
    if len(numbers) not in (4, 5):
        raise ArgumentError(
            f"a hat is (left, top, width, height[, score]), not {one!r}"
        )
    hat = api.Hat(*numbers)
    if len(numbers) == 4:
        hat.score = 1.0
    return hat


def planes_of(maps: Iterable[Any]) -> tuple[Array, api.MapShape]:
    """All planes one behind the other, and how many of each group."""
    try:
        groups = [np.asarray(group, np.float32) for group in maps]
    except _NO_NUMBER as error:
        raise ArgumentError(f"maps: {error}") from None
    shapes = [group.shape for group in groups]
    sizes = {shape[1:] for shape in shapes}
    flat = any(len(shape) != 3 for shape in shapes)
    if len(groups) != _MAP_GROUPS or flat or len(sizes) != 1:
        raise ArgumentError(
            "maps are heatmaps, pafs and hats, each (count, height, width), "
            f"not of shapes {shapes}"
        )
    ((height, width),) = sizes
    heatmaps, pafs, hats = groups
    shape = api.MapShape(
        struct_size=ctypes.sizeof(api.MapShape),
        width_map_px=whole_number("width of maps", width),
        height_map_px=whole_number("height of maps", height),
        heatmap_count=whole_number("heatmaps", len(heatmaps)),
        paf_count=whole_number("pafs", len(pafs)),
        hat_map_count=whole_number("hat maps", len(hats)),
    )
    return np.concatenate(groups), shape


def keypoints_of(keypoints: Any) -> Array:
    """(n, 18, 3) with zeros for what was not found."""
    try:
        points = np.array(keypoints, np.float32)
    except _NO_NUMBER as error:
        raise ArgumentError(f"keypoints: {error}") from None
    if points.size == 0:
        points = np.empty((0, _JOINTS, 3), np.float32)
    if points.ndim != 3 or points.shape[1:] != (_JOINTS, 3):
        raise ArgumentError(f"keypoints are (n, 18, 3), not {points.shape}")
    points[np.isnan(points).any(axis=2)] = 0
    return points
