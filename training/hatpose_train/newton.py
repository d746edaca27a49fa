"""Newton's steps for the last layer of a separable block.

Squared error behind a 1x1 convolution has the second derivative that its
inputs' second moments give, the same for all outputs but for a factor. The
layer before it is left to Adam.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .hinges import ACTIVE_MIN, rows, with_one
from .muon import Muon

MOMENTUM = 0.9
MOMENTS_KEPT = 0.95
DAMPING = 1e-3
STEPS_BETWEEN_INVERSES = 10
# The inverse is soon known roughly, from the first steps
FIRST_INVERSES = (1, 2, 4)


class Newton:
    """Steps for a block's two layers; gradients of importance-weighted
    squared error, means over pixels."""

    def __init__(
        self,
        depthwise: nn.Conv2d,
        pointwise: nn.Conv2d,
        importance: Tensor,
        rate: float,
        adam_rate: float,
    ) -> None:
        self.layer = pointwise
        self.importance = importance
        self.rate = rate
        self.adam_rate = adam_rate
        self.adam = Muon([{"params": list(depthwise.parameters())}], adam_rate)
        self.steps = 0
        self.moments: Tensor | None = None
        self.active = torch.ones(pointwise.out_channels)
        self.inverse = torch.zeros(0)
        self.momentum = torch.zeros(0)
        self.handle = pointwise.register_forward_hook(self._see)

    def close(self) -> None:
        """Looks at the layer no more."""
        self.handle.remove()

    @torch.no_grad()
    def _see(
        self, _: nn.Module, inputs: tuple[Tensor, ...], output: Tensor
    ) -> None:
        """Takes in what goes through the layer, in every second step."""
        if self.steps % 2 and self.moments is not None:
            return
        with torch.autocast(output.device.type, enabled=False):
            made = with_one(rows(inputs[0]))
            moments = made.T @ made / len(made)
            active = (output > 0).float().mean((0, 2, 3))
        if self.moments is None:
            self.moments, self.active = moments, active
            self.momentum = torch.zeros(len(active), len(moments))
        self.moments.lerp_(moments, 1 - MOMENTS_KEPT)
        self.active.lerp_(active, 1 - MOMENTS_KEPT)

    @torch.no_grad()
    def step(self, share: float) -> None:
        """One step at a share of the rates."""
        assert self.moments is not None
        assert self.layer.bias is not None and self.layer.bias.grad is not None
        assert self.layer.weight.grad is not None
        anew = self.steps % STEPS_BETWEEN_INVERSES == 0
        if anew or self.steps in FIRST_INVERSES:
            damping = DAMPING * self.moments.diagonal().mean()
            damped = self.moments + damping * torch.eye(len(self.moments))
            self.inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
        gradient = torch.cat(
            [
                self.layer.weight.grad.flatten(1),
                self.layer.bias.grad[:, None],
            ],
            1,
        )
        bend = 2 * self.importance * self.active.clamp_min(ACTIVE_MIN)
        newton = (gradient / bend[:, None]) @ self.inverse
        self.momentum.lerp_(newton, 1 - MOMENTUM)
        moved = self.rate * share * self.momentum
        self.layer.weight.sub_(moved[:, :-1, None, None])
        self.layer.bias.sub_(moved[:, -1])
        self.adam.set_rate(self.adam_rate * share)
        self.adam.step()
        self.steps += 1
