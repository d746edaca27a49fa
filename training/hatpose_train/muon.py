"""The optimizer: Muon for matrices, Adam for all else.

A stage that learns its teacher's values is nearly a regression on channels
that go together. The gradient is large along the few directions in which
they do, and Adam, which scales each weight alone, leaves the others for
later. Muon takes the momentum of a layer as a matrix and makes its singular
values equal, so that all directions move alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

# Coefficients of the quintic Newton-Schulz iteration by Keller Jordan: it
# brings every singular value near 1 rather than exactly there, but fast
QUINTIC = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix with its singular values near 1."""
    a, b, c = QUINTIC
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    found: Tensor = (x.T if tall else x).float()
    return found


# Shares of the learning rate. What batch normalisation follows has no size
# of its own and bears large steps; the last layers of the heads have small
# weights, as maps are small beside features.
PACE_NORMALISED = 1.0
PACE_PLAIN = 0.15
PACE_MAPS = 0.02


def paced(network: nn.Module) -> list[dict[str, Any]]:
    """A network's parameters in groups of equal pace."""
    modules = dict(network.named_modules())
    groups: dict[float, list[Tensor]] = defaultdict(list)
    for name, module in modules.items():
        pace = PACE_PLAIN
        stem, _, index = name.rpartition(".")
        after = f"{stem}.{int(index) + 1}" if index.isdigit() else ""
        if name.endswith(("heatmaps.1.0", "pafs.1.0", "hats.maps.0")):
            pace = PACE_MAPS
        elif isinstance(module, nn.BatchNorm2d) or isinstance(
            modules.get(after), nn.BatchNorm2d
        ):
            pace = PACE_NORMALISED
        groups[pace] += module.parameters(recurse=False)
    return [
        {"params": parameters, "pace": pace}
        for pace, parameters in groups.items()
    ]


def is_matrix(parameter: Tensor) -> bool:
    """Whether a parameter is the weight of a convolution over channels."""
    return parameter.dim() == 4 and parameter.shape[1] > 1


class Muon(torch.optim.Optimizer):
    """Steps of root mean square 0.2 times the learning rate for matrices.

    That is about what Adam's steps have, so one learning rate serves both.
    """

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        rate: float,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            list(groups),
            {"lr": rate, "weight_decay": weight_decay, "pace": 1.0},
        )

    def set_rate(self, rate: float) -> None:
        """The learning rate from now on, times each group's pace."""
        for group in self.param_groups:
            group["lr"] = rate * group["pace"]

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.zeros(())
                    state["momentum"] = torch.zeros_like(parameter)
                    if not is_matrix(parameter):
                        state["square"] = torch.zeros_like(parameter)
                state["step"] += 1
                rate = group["lr"]
                if parameter.dim() == 4:
                    parameter.mul_(1 - rate * group["weight_decay"])
                if is_matrix(parameter):
                    self._matrix(parameter, gradient, state, rate)
                else:
                    self._adam(parameter, gradient, state, rate)

    @staticmethod
    def _matrix(
        parameter: Tensor,
        gradient: Tensor,
        state: dict[str, Tensor],
        rate: float,
    ) -> None:
        momentum = state["momentum"].lerp_(gradient, 0.05)
        ahead = gradient.lerp(momentum, 0.95)
        update = orthogonal(ahead.reshape(len(ahead), -1))
        size = 0.2 * max(update.shape) ** 0.5
        parameter.sub_(update.reshape(parameter.shape), alpha=rate * size)

    @staticmethod
    def _adam(
        parameter: Tensor,
        gradient: Tensor,
        state: dict[str, Tensor],
        rate: float,
    ) -> None:
        step = state["step"].item()
        momentum = state["momentum"].lerp_(gradient, 0.1)
        square = state["square"].lerp_(gradient.square(), 0.01)
        size = (square / (1 - 0.99**step)).sqrt_().add_(1e-8)
        parameter.addcdiv_(momentum, size, value=-rate / (1 - 0.9**step))
