"""A hatpose network as a PyTorch module."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hatpose.network import MapGroup, Network, Operation


class TorchNetwork(nn.Module):
    """Runs the operation list; what lies in a value is joined when read."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(
            _layer(op) if op.weight is not None else nn.Identity()
            for op in network.operations
        )

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor]:
        parts: dict[int, dict[int, Tensor]] = {0: {0: data}}

        def read(value: int, first: int, count: int) -> Tensor:
            found = parts[value]
            if first in found and found[first].shape[1] == count:
                return found[first]
            joined = torch.cat([found[key] for key in sorted(found)], 1)
            return joined[:, first : first + count]

        for op, layer in zip(self.network.operations, self.layers, strict=True):
            result = read(op.input, op.input_first, op.input_count)
            if op.kind == "add":
                result = result + read(
                    op.addend, op.addend_first, op.input_count
                )
            else:
                result = layer(result)
            if op.activation == "relu":
                result = functional.relu(result)
            elif op.activation == "elu":
                result = functional.elu(result)
            parts.setdefault(op.output, {})[op.output_first] = result

        def group(one: MapGroup) -> Tensor:
            return read(one.value, one.first, one.count)

        return group(self.network.heatmaps), group(self.network.pafs)


def _layer(op: Operation) -> nn.Conv2d:
    assert op.weight is not None
    layer = nn.Conv2d(
        op.input_count,
        op.output_count,
        op.kernel,
        stride=op.stride,
        dilation=op.dilation,
        padding=op.dilation * (op.kernel - 1) // 2,
        groups=op.input_count if op.kind == "depthwise" else 1,
        bias=op.bias is not None,
    )
    layer.weight.data = torch.from_numpy(op.weight.to_f32())
    if op.bias is not None:
        assert layer.bias is not None
        layer.bias.data = torch.from_numpy(op.bias.copy())
    return layer
