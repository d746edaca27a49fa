"""A moving average of the weights, which is what gets exported."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .network import Network


class Average:
    """Exponential average of everything in a module's state dict."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.state = {
            name: value.detach().clone().float()
            for name, value in module.state_dict().items()
        }

    def network(self, like: Network) -> Network:
        """A network of the average's weights, ready to be exported."""
        network = Network(like.shape)
        network.load_state_dict(self.state)
        return network.eval()

    def load(self, state: Mapping[str, Tensor], updates: int) -> None:
        """Go on from an average that was stored."""
        for name, value in self.state.items():
            value.copy_(state[name])
        self.updates = updates

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take the module's present weights in.

        The first weights are random: the decay starts low, so that they
        are forgotten at once.
        """
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        now = [v.detach().float() for v in module.state_dict().values()]
        torch._foreach_lerp_(list(self.state.values()), now, 1 - decay)
