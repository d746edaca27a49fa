"""Where a student meets its teacher: the scale and weight of each channel.

The teacher's channels differ in size by factors of thousands. A student
works in units of its own: at a boundary its channel is the teacher's,
divided by the root of the mean square that the teacher has there. All
activations at a boundary keep their form under such a division, so the
student needs no other layers for it. Maps keep the teacher's units. A
student that is narrower has some of the teacher's channels: those that its
own are most like.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from .network import Network


@dataclass(frozen=True)
class Boundary:
    """Of one value of the student, per channel."""

    # The teacher's channel
    channels: Tensor

    # Teacher's units in one of the student's
    scale: Tensor
    # Of the squared error in the student's units; weights times the
    # channels' variances sum to 1, so that a mean that was learned gives 1
    weight: Tensor

    def to(self, device: torch.device) -> Boundary:
        """The same on a device."""
        return Boundary(
            self.channels.to(device),
            self.scale.to(device),
            self.weight.to(device),
        )

    def target(self, value: Tensor) -> Tensor:
        """The teacher's value in the student's units."""
        if len(self.channels) < value.shape[1]:
            value = value[:, self.channels]
        return value * self.scale.reciprocal().to(value.dtype)[:, None, None]

    def error(self, value: Tensor, target: Tensor) -> Tensor:
        """Squared error over variance."""
        # Two passes over memory in the values' own type; the sum is float
        root = self.weight.sqrt().to(value.dtype)[:, None, None]
        difference = (value - target) * root
        norm = torch.linalg.vector_norm(difference, dtype=torch.float32)
        error: Tensor = norm.square() / (value.numel() // value.shape[1])
        return error


def kind(name: str) -> str:
    """The last part of a value's name: "pafs" of "initial_stage.pafs"."""
    return name.rpartition(".")[2]


def is_map(name: str) -> bool:
    """Whether a value is one of the network's outputs."""
    return kind(name) in ("heatmaps", "pafs", "hats")


@dataclass
class Moments:
    """Sums over places of a value of the teacher, and of the student's."""

    count: int = 0
    sums: Tensor | float = 0.0
    squares: Tensor | float = 0.0
    own_sums: Tensor | float = 0.0
    products: Tensor | float = 0.0

    def add(self, value: Tensor, own: Tensor | None) -> None:
        """Takes a batch in; the student's is left out where it has none."""
        rows = value.transpose(0, 1).flatten(1).double()
        self.count += rows.shape[1]
        self.sums = self.sums + rows.sum(1)
        self.squares = self.squares + rows.square().sum(1)
        if own is not None:
            own_rows = own.transpose(0, 1).flatten(1).double()
            self.own_sums = self.own_sums + own_rows.sum(1)
            self.products = self.products + own_rows @ rows.T

    def alike(self) -> Tensor:
        """The teacher's channel that goes along most with each of ours."""
        assert isinstance(self.products, Tensor)
        assert isinstance(self.own_sums, Tensor)
        means = torch.as_tensor(self.sums) / self.count
        common = self.products / self.count
        common -= torch.outer(self.own_sums / self.count, means)
        variance = torch.as_tensor(self.squares) / self.count - means.square()
        least = variance.max() * 1e-8
        return (common * variance.clamp_min(least).rsqrt()).argmax(1)


def measure(
    teacher: Network,
    student: Network,
    batches: Iterable[Tensor],
    names: Collection[str],
    variance_cap: float,
) -> dict[str, Boundary]:
    """Boundaries from what the teacher makes of some pictures.

    A channel's error counts in the teacher's own units, but no more than
    if its variance were `variance_cap` times the median's: conv5_2 has one
    of 8,000 times the median's variance, which would hide all others.
    """
    found = {name: Moments() for name in names}
    narrower = is_narrower(student, teacher)
    with torch.inference_mode():
        for batch in batches:
            values = by_our_names(teacher, student, teacher(batch))
            ours = student(batch) if narrower else {}
            for name, moments in found.items():
                own = None if is_map(name) else ours.get(name)
                moments.add(values[name], own)
    bounds = {}
    for name, moments in found.items():
        mean = torch.as_tensor(moments.sums) / moments.count
        square = torch.as_tensor(moments.squares) / moments.count
        channels = torch.arange(len(mean))
        if isinstance(moments.products, Tensor):
            channels = moments.alike()
        mean, square = mean[channels], square[channels]
        scale, weight = units(mean, square, is_map(name), variance_cap)
        bounds[name] = Boundary(channels, scale, weight)
    return bounds


def units(
    mean: Tensor, square: Tensor, plain: bool, variance_cap: float
) -> tuple[Tensor, Tensor]:
    """Scale and weight of channels with these means and mean squares."""
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
    return scale.float(), (weight / total).float()


def is_narrower(student: Network, teacher: Network) -> bool:
    """Whether the student has fewer channels anywhere."""
    ours, theirs = student.shape, teacher.shape
    return any(ours.channels(n) < theirs.channels(n) for n in (128, 512))


def by_our_names(
    teacher: Network, student: Network, values: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The teacher's values; its last maps by the names of our last ones."""
    last = zip(student.maps(), teacher.maps(), strict=True)
    return {**values, **{ours: values[n] for ours, n in last if n in values}}


def targets(
    boundaries: Mapping[str, Boundary], values: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The teacher's values in the student's units."""
    return {
        name: bound.target(values[name])
        for name, bound in boundaries.items()
        if name in values
    }
