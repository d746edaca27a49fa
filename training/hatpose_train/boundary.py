"""Where a student meets its teacher: the scale and weight of each channel.

The teacher's channels differ in size by factors of thousands. A student
works in units of its own: at a boundary its channel is the teacher's,
divided by the root of the mean square that the teacher has there. All
activations at a boundary keep their form under such a division, so the
student needs no other layers for it. Maps keep the teacher's units.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from .network import Network


@dataclass(frozen=True)
class Boundary:
    """Of one value of the teacher, per channel."""

    # Teacher's units in one of the student's
    scale: Tensor
    # Of the squared error in the student's units; weights times the
    # channels' variances sum to 1, so that a mean that was learned gives 1
    weight: Tensor

    def to(self, device: torch.device) -> Boundary:
        """The same on a device."""
        return Boundary(self.scale.to(device), self.weight.to(device))

    def target(self, value: Tensor) -> Tensor:
        """The teacher's value in the student's units."""
        return value * self.scale.reciprocal().to(value.dtype)[:, None, None]

    def error(self, value: Tensor, target: Tensor) -> Tensor:
        """Squared error over variance."""
        # Two passes over memory in the values' own type; the sum is float
        root = self.weight.sqrt().to(value.dtype)[:, None, None]
        difference = (value - target) * root
        norm = torch.linalg.vector_norm(difference, dtype=torch.float32)
        return norm.square() / (value.numel() // value.shape[1])


def kind(name: str) -> str:
    """The last part of a value's name: "pafs" of "initial_stage.pafs"."""
    return name.rpartition(".")[2]


def is_map(name: str) -> bool:
    """Whether a value is one of the network's outputs."""
    return kind(name) in ("heatmaps", "pafs", "hats")


def measure(
    teacher: Network,
    batches: Iterable[Tensor],
    names: Collection[str],
    variance_cap: float,
) -> dict[str, Boundary]:
    """Boundaries from what the teacher makes of some pictures.

    A channel's error counts in the teacher's own units, but no more than
    if its variance were `variance_cap` times the median's: conv5_2 has one
    of 8,000 times the median's variance, which would hide all others.
    """
    moments: dict[str, tuple[Tensor, Tensor, int]] = {}
    for batch in batches:
        with torch.inference_mode():
            values = teacher(batch)
        for name in names:
            value = values[name].double()
            mean = value.mean((0, 2, 3))
            square = value.square().mean((0, 2, 3))
            old = moments.get(name)
            if old is not None:
                mean, square = mean + old[0], square + old[1]
            moments[name] = (mean, square, 1 if old is None else old[2] + 1)
    return {
        name: boundary(mean / n, square / n, is_map(name), variance_cap)
        for name, (mean, square, n) in moments.items()
    }


def boundary(
    mean: Tensor, square: Tensor, plain: bool, variance_cap: float
) -> Boundary:
    """The boundary of channels with these means and mean squares."""
    variance = square - mean.square()
    living = variance > variance.max() * 1e-8
    median = variance[living].median()
    if plain:
        scale = torch.ones_like(variance)
    else:
        # A channel that is always zero must not be blown up
        scale = square.clamp_min(median * 1e-3).sqrt()
    weight = scale.square()
    if not plain:
        weight = weight * (
            variance_cap * median / variance.clamp_min(variance_cap * median)
        )
    total = (weight * variance / scale.square()).sum()
    return Boundary(scale.float(), (weight / total).float())


def targets(
    boundaries: Mapping[str, Boundary], values: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The teacher's values in the student's units."""
    return {
        name: bound.target(values[name])
        for name, bound in boundaries.items()
        if name in values
    }
