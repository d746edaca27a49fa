"""The original's validation program (docs/algorithm.md, of that name).

In: a photo and a detector in the mode "compat". Out: people at the photo's
own pixels. The network runs in the library, on the photo reduced here and
rounded to 8 bits; its maps are enlarged to the size of the photo and decoded
there, which is slow and needed nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..detector import Detector, Maps
from ..network import HEATMAP_CHANNELS, PAF_CHANNELS, STRIDE
from . import cubic
from .grouping import (
    KEYPOINT_COUNT,
    PEAK_THRESHOLD,
    Array,
    Body,
    Peaks,
    find_peaks,
    group,
)

_MEAN, _SCALE = 128.0, 1 / 256
# A cubic step is at most this much larger than its largest input; a value
# passes four of them: twice down and twice across.
_OVERSHOOT = 1.375**4


@dataclass(frozen=True)
class Padding:
    """Network pixels around the reduced photo."""

    top: int
    left: int
    bottom: int
    right: int


def padding_of(height: int, width: int, net_height: int) -> Padding:
    """The input is never narrower than high; sides are multiples of 8."""
    inside = min(net_height, height)
    target_height = -(-net_height // STRIDE) * STRIDE
    target_width = -(-max(net_height, width) // STRIDE) * STRIDE
    top, left = (target_height - inside) // 2, (target_width - width) // 2
    return Padding(
        top, left, target_height - inside - top, target_width - width - left
    )


def reduce_photo(photo: Array, net_height: int) -> Array:
    """Normalised, then resized: float64, height x width x 3."""
    height, width = photo.shape[:2]
    factor = net_height / height
    # rint: ties to even.
    out_height = int(np.rint(height * factor))
    out_width = int(np.rint(width * factor))
    normal = (photo.astype(np.float64) - _MEAN) * _SCALE
    down = cubic.axis(height, out_height, 1 / factor)
    across = cubic.axis(width, out_width, 1 / factor)
    channels = photo.shape[2]
    planes = [
        cubic.resize_plane(
            normal[:, :, one],
            down,
            across,
            cubic.in_tail(one, channels, out_width),
        )
        for one in range(channels)
    ]
    return np.stack(planes, axis=2)


def to_8_bits(normal: Array) -> Array:
    pixels = np.rint(normal / _SCALE + _MEAN)
    return np.clip(pixels, 0, 255).astype(np.uint8)


class PhotoMaps:
    """The maps at the size of the photo, made where they are looked at."""

    def __init__(
        self, maps: Maps, padding: Padding, height: int, width: int
    ) -> None:
        self._maps = maps
        map_height, map_width = maps.heatmaps.shape[1:]
        net_height, net_width = map_height * STRIDE, map_width * STRIDE
        self._net_down = cubic.axis(map_height, net_height, 1 / STRIDE)
        self._net_across = cubic.axis(map_width, net_width, 1 / STRIDE)
        self._inside = (
            slice(padding.top, net_height - padding.bottom),
            slice(padding.left, net_width - padding.right),
        )
        inner_height = net_height - padding.top - padding.bottom
        inner_width = net_width - padding.left - padding.right
        self._width = width
        # A size was given, not a factor: that changes the rounding.
        self._down = cubic.axis(
            inner_height, height, 1 / (height / inner_height)
        )
        self._across = cubic.axis(inner_width, width, 1 / (width / inner_width))
        self._net_pafs: dict[int, Array] = {}

    def _at_network_size(self, plane: Array) -> Array:
        whole = cubic.resize_plane(
            plane, self._net_down, self._net_across, False
        )
        return whole[self._inside]

    def _resize(self, plane: Array, channel: int, count: int) -> Array:
        tail = cubic.in_tail(channel, count, self._width)
        inner = self._at_network_size(plane)
        return cubic.resize_plane(inner, self._down, self._across, tail)

    def heatmap(self, channel: int) -> Array:
        plane = self._maps.heatmaps[channel]
        return self._resize(plane, channel, HEATMAP_CHANNELS)

    def paf(self, channel: int) -> Array:
        return self._resize(self._maps.pafs[channel], channel, PAF_CHANNELS)

    def peaks(self, channel: int) -> Peaks:
        highest = np.abs(self._maps.heatmaps[channel]).max()
        if highest * _OVERSHOOT < PEAK_THRESHOLD:
            none = np.zeros(0, np.intp)
            return Peaks(none, none, np.zeros(0, np.float32))
        return find_peaks(self.heatmap(channel))

    def sample(self, channel: int, x: Array, y: Array) -> Array:
        """paf(channel)[y, x]"""
        if channel not in self._net_pafs:
            plane = self._maps.pafs[channel]
            self._net_pafs[channel] = self._at_network_size(plane)
        return cubic.sample_plane(
            self._net_pafs[channel],
            self._down,
            self._across,
            cubic.in_tail(channel, PAF_CHANNELS, self._width),
            x,
            y,
        )


@dataclass(frozen=True)
class ValPerson:
    """Peak positions at the photo's pixels, in our order; None = missing."""

    points: list[tuple[int, int] | None]
    score: float


def decode(maps: PhotoMaps, person_threshold: float) -> list[ValPerson]:
    peaks = [maps.peaks(channel) for channel in range(KEYPOINT_COUNT)]
    places = [
        (int(x), int(y))
        for one in peaks
        for x, y in zip(one.x, one.y, strict=True)
    ]
    bodies = group(peaks, maps.sample, person_threshold)
    return [_person_of(body, places) for body in bodies]


def _person_of(body: Body, places: list[tuple[int, int]]) -> ValPerson:
    points = [None if one < 0 else places[one] for one in body.ids]
    return ValPerson(points, body.total * max(0, body.count - 1))


def run(
    photo: Array, detector: Detector, net_height: int, person_threshold: float
) -> list[ValPerson]:
    """photo: B, G, R."""
    height, width = photo.shape[:2]
    reduced = to_8_bits(reduce_photo(photo, net_height))
    maps = detector.maps(reduced, order="bgr")
    padding = padding_of(reduced.shape[0], reduced.shape[1], net_height)
    return decode(PhotoMaps(maps, padding, height, width), person_threshold)
