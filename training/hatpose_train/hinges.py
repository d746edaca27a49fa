"""Where the depthwise layers of separable blocks bend.

A hidden channel of a separable block is relu(k * x + b), k a kernel on one
input channel. From random numbers its direction is soon right up to its
sign, and then it stays on the wrong side: with -k and a large b it gives the
straight part of what is wanted, and no small step leads from there to k. So
the sign and the threshold are searched for: each channel gets a free
piecewise linear function of its z = k * x, all of them are fitted together,
and the one hinge relu(+-(z - t)) that explains most of a channel's function
takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Thresholds that a hinge may have, as quantiles of its channel's z; the
# outermost stand for a channel that never bends
QUANTILES = (0.002, *(n / 20 for n in range(1, 20)), 0.998)
# Where the free functions bend, as places in QUANTILES
BENDS = (5, 15)
# Rows of z that functions are compared on
ROWS_COMPARED = 4000
DAMPING = 1e-4
RATE = 0.6
# Where an output is above 0 its inputs are larger than elsewhere: the share
# of such pixels understates the second derivative, more so if it is small
ACTIVE_MIN = 0.3


@dataclass(frozen=True)
class Basis:
    """Four functions of each channel's z, which together may bend freely."""

    offset: Tensor
    mean: Tensor
    deviation: Tensor
    thresholds: Tensor

    @classmethod
    def of(cls, z: Tensor, offset: Tensor) -> Basis:
        """For z's spread; the first function is what the channel is now."""
        thresholds = torch.quantile(z, torch.tensor(QUANTILES), 0)
        deviation = z.std(0).clamp_min(1e-6)
        return cls(offset, z.mean(0), deviation, thresholds)

    def __call__(self, z: Tensor) -> Tensor:
        """Rows x 4 x channels."""
        parts = [torch.relu(z + self.offset), z - self.mean]
        parts += [torch.relu(z - self.thresholds[bend]) for bend in BENDS]
        return torch.stack(parts, 1) / self.deviation


def rows(value: Tensor) -> Tensor:
    """Pixels x channels, as floats."""
    return value.float().permute(0, 2, 3, 1).reshape(-1, value.shape[1])


def responses(layer: nn.Conv2d, value: Tensor) -> Tensor:
    """Pixels x channels of z, the layer without its bias."""
    z = F.conv2d(
        value.float(),
        layer.weight,
        None,
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.groups,
    )
    return rows(z)


def with_one(value: Tensor) -> Tensor:
    """Rows of all numbers, then a 1 for the bias."""
    flat = value.flatten(1)
    return torch.cat([flat, torch.ones(len(flat), 1)], 1)


def fitted(
    basis: Basis,
    start: Tensor,
    zs: Sequence[Tensor],
    targets: Sequence[Tensor],
    steps: int,
) -> Tensor:
    """Weights of all basis functions and a bias: outputs x (4 C + 1)."""
    gram = torch.zeros(start.shape[1], start.shape[1])
    functions = []
    for z in zs:
        made = with_one(basis(z))
        gram += made.T @ made / (len(made) * len(zs))
        functions.append(made)
    damped = gram + torch.diag(DAMPING * gram.diagonal() + 1e-8)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    active = torch.stack([(t > 1e-3).float().mean(0) for t in targets])
    scale = 1 / active.mean(0).clamp_min(ACTIVE_MIN)[:, None]
    weight = start.clone()
    for _ in range(steps):
        gradient = torch.zeros_like(weight)
        for made, target in zip(functions, targets, strict=True):
            before = made @ weight.T
            wrong = (torch.relu(before) - target) * (before > 0)
            gradient += wrong.T @ made / (len(made) * len(functions))
        weight -= RATE * scale * (gradient @ inverse)
    return weight


@dataclass
class Hinges:
    """The best hinge of each channel so far."""

    explained: Tensor
    threshold: Tensor
    sign: Tensor
    # Weight of the hinge in every output: outputs x channels
    weight: Tensor


def best_hinges(
    basis: Basis, weight: Tensor, z: Tensor, importance: Tensor
) -> Hinges:
    """For functions weight (outputs x 4 x C) of z, the nearest hinges."""
    centred = basis(z)
    centred = centred - centred.mean(0)
    # What a pair of basis functions counts over all outputs
    counts = torch.einsum("oac,o,obc->cab", weight, importance, weight)
    channels = z.shape[1]
    best = Hinges(
        torch.full((channels,), -1.0),
        torch.zeros(channels),
        torch.ones(channels),
        torch.zeros(len(weight), channels),
    )
    last = len(QUANTILES) - 1
    for place, threshold in enumerate(basis.thresholds):
        for sign in (1.0, -1.0):
            if (place, sign) in ((0, -1.0), (last, 1.0)):
                continue
            hinge = torch.relu(sign * (z - threshold))
            hinge = hinge - hinge.mean(0)
            size = hinge.square().mean(0) + 1e-10 * basis.deviation**2
            shared = torch.einsum("nac,nc->ca", centred, hinge) / len(z)
            explained = torch.einsum("ca,cab,cb->c", shared, counts, shared)
            explained = explained / size
            better = explained > best.explained
            best.explained[better] = explained[better]
            best.threshold[better] = threshold[better]
            best.sign[better] = sign
            made = torch.einsum("oac,ca->oc", weight, shared) / size
            best.weight[:, better] = made[:, better]
    return best


@torch.no_grad()
def search(
    depthwise: nn.Conv2d,
    pointwise: nn.Conv2d,
    values: Sequence[Tensor],
    targets: Sequence[Tensor],
    importance: Tensor,
    steps: int,
) -> None:
    """Puts the best hinges into a block, given its inputs and outputs.

    `importance` weighs the squared error of each output.
    """
    zs = [responses(depthwise, value) for value in values]
    wanted = [rows(target) for target in targets]
    outputs, channels = pointwise.weight.shape[:2]
    some = torch.cat(zs)
    some = some[torch.randperm(len(some))[:ROWS_COMPARED]]
    assert depthwise.bias is not None and pointwise.bias is not None
    basis = Basis.of(some, depthwise.bias)
    start = torch.zeros(outputs, 4 * channels + 1)
    start[:, :channels] = pointwise.weight[:, :, 0, 0] * basis.deviation
    start[:, -1] = pointwise.bias
    weight = fitted(basis, start, zs, wanted, steps)
    functions = weight[:, :-1].reshape(outputs, 4, channels)
    best = best_hinges(basis, functions, some, importance)
    # The bias keeps every output's mean where it was
    hinges = torch.relu(best.sign * (some - best.threshold)).mean(0)
    mean = with_one(basis(some)).mean(0)
    pointwise.bias.copy_(weight @ mean - best.weight @ hinges)
    pointwise.weight.copy_(best.weight[:, :, None, None])
    depthwise.weight.mul_(best.sign[:, None, None, None])
    depthwise.bias.copy_(-best.sign * best.threshold)
