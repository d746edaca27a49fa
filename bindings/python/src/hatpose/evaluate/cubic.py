"""Cubic resampling as the original's validation does it, to the bit.

Weights and the order of additions are those of docs/algorithm.md,
"Enlargement" and "Validation program": nothing here may be rearranged, nor
handed to a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_A = np.float32(-0.75)
_TAPS = 4
# The original adds four elements of a row of interleaved channels at a time;
# what is left at the end of a row is added in another order.
_LANES = 4


@dataclass(frozen=True)
class Axis:
    """Four taps of each output position: where, and how much."""

    indices: Array  # (4, out)
    weights: Array  # float32 (4, out)


def axis(in_size: int, out_size: int, scale: float) -> Axis:
    """scale is input pixels per output pixel, as the caller gave it."""
    middle = (np.arange(out_size) + 0.5) * scale - 0.5
    position = middle.astype(np.float32)
    first = np.floor(position)
    x = position - first
    taps = first.astype(np.intp) + np.arange(-1, _TAPS - 1)[:, None]
    return Axis(np.clip(taps, 0, in_size - 1), _keys_weights(x))


def _keys_weights(x: Array) -> Array:
    one, two, three = np.float32(1), np.float32(2), np.float32(3)
    far = x + one
    c0 = ((_A * far - 5 * _A) * far + 8 * _A) * far - 4 * _A
    c1 = ((_A + two) * x - (_A + three)) * x * x + one
    y = one - x
    c2 = ((_A + two) * y - (_A + three)) * y * y + one
    c3 = one - c0 - c1 - c2
    return np.stack([c0, c1, c2, c3])


def _sum_left(parts: list[Array]) -> Array:
    """((p0 + p1) + p2) + p3, into p0."""
    total = parts[0]
    for part in parts[1:]:
        np.add(total, part, out=total)
    return total


def _sum_right(parts: list[Array]) -> Array:
    """p0 + (p1 + (p2 + p3)), into p3."""
    total = parts[-1]
    for part in reversed(parts[:-1]):
        np.add(part, total, out=total)
    return total


def _weighted_rows(rows: Array, along: Axis) -> list[Array]:
    parts = []
    for indices, weights in zip(along.indices, along.weights, strict=True):
        part = rows[indices]
        part *= weights.astype(rows.dtype)[:, None]
        parts.append(part)
    return parts


def resize_plane(plane: Array, down: Axis, across: Axis, tail: bool) -> Array:
    """One channel, f32 or f64. tail: its last column is added otherwise."""
    turned = np.ascontiguousarray(plane.T)
    wide = _sum_left(_weighted_rows(turned, across))
    parts = _weighted_rows(np.ascontiguousarray(wide.T), down)
    last = [part[:, -1].copy() for part in parts] if tail else []
    resized = _sum_right(parts)
    if tail:
        resized[:, -1] = _sum_left(last)
    return resized


def in_tail(channel: int, channel_count: int, out_width: int) -> bool:
    """Whether the last column of this channel is a leftover of its row."""
    leftover = out_width * channel_count % _LANES
    return channel >= channel_count - leftover


def sample_plane(
    plane: Array, down: Axis, across: Axis, tail: bool, x: Array, y: Array
) -> Array:
    """resize_plane(..)[y, x] without making all of it."""
    columns, across_weights = across.indices[:, x], across.weights[:, x]
    rows, down_weights = down.indices[:, y], down.weights[:, y]
    parts = []
    for row, weight in zip(rows, down_weights, strict=True):
        taps = [plane[row, column] for column in columns]
        for tap, across_weight in zip(taps, across_weights, strict=True):
            tap *= across_weight
        parts.append(_sum_left(taps) * weight)
    if not tail:
        return _sum_right(parts)
    leftover = _sum_left([part.copy() for part in parts])
    at_end = x == across.indices.shape[1] - 1
    return np.where(at_end, leftover, _sum_right(parts))
