"""What a teacher says of a crop when it may look more than once.

The same network run at several scales and mirrored, its maps averaged, is a
better teacher than any one look: 0.414 instead of 0.368 AP on coco-val50, for
photos reduced to the size that one look sees. The library runs it, ten times
as fast as PyTorch does.

In: crops as network input, sides a multiple of 8. Out: heatmaps and PAFs of
the crop's own cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import hatpose
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .labels import KEYPOINTS, LIMBS, STRIDE, mirror_order
from .samples import pixels_of


def mirrored_heatmaps() -> list[int]:
    """The heatmap that each is in a mirrored picture; the last stays."""
    return [*mirror_order(), KEYPOINTS]


def mirrored_pafs() -> tuple[list[int], Tensor]:
    """The same for PAFs, and their signs: x points the other way."""
    order = mirror_order()
    channels = []
    for start, end in LIMBS:
        limb = LIMBS.index((order[start], order[end]))
        channels += [2 * limb, 2 * limb + 1]
    signs = torch.tensor([-1.0, 1.0] * len(LIMBS))
    return channels, signs[:, None, None]


class Looks:
    """A teacher's model file, run at each scale, straight and mirrored."""

    def __init__(
        self, teacher: Path, crop: int, scales: Sequence[float], threads: int
    ) -> None:
        sizes = [round(crop * scale / STRIDE) * STRIDE for scale in scales]
        model = hatpose.load(teacher)
        # best would give each the area of a 16:9 picture
        self.detectors = [
            model.detector(size=size, threads=threads, mode="compat")
            for size in sizes
        ]
        self.cells = crop // STRIDE

    def __call__(self, pictures: Tensor) -> dict[str, Tensor]:
        """Averaged "heatmaps" and "pafs" of a batch."""
        found = [self.look(pixels_of(one)) for one in pictures.cpu()]
        kinds = zip(("heatmaps", "pafs"), zip(*found, strict=True), strict=True)
        return {k: torch.stack(v).to(pictures.device) for k, v in kinds}

    def look(self, crop: np.ndarray) -> tuple[Tensor, Tensor]:
        """Averaged heatmaps and PAFs of one crop, 8-bit BGR."""
        channels, signs = mirrored_pafs()
        heatmaps, pafs = [], []
        for detector in self.detectors:
            straight = detector.maps(crop, order="bgr")
            heatmaps.append(self.resized(straight.heatmaps))
            pafs.append(self.resized(straight.pafs))
            flipped = np.ascontiguousarray(crop[:, ::-1])
            other = detector.maps(flipped, order="bgr")
            back = self.resized(other.heatmaps).flip(-1)
            heatmaps.append(back[mirrored_heatmaps()])
            back = self.resized(other.pafs).flip(-1)
            pafs.append(back[channels] * signs)
        return torch.stack(heatmaps).mean(0), torch.stack(pafs).mean(0)

    def resized(self, planes: np.ndarray) -> Tensor:
        """Planes at the crop's own cells."""
        return functional.interpolate(
            torch.from_numpy(np.ascontiguousarray(planes))[None],
            (self.cells, self.cells),
            mode="bilinear",
            antialias=True,
        )[0]
