"""Lightweight OpenPose in PyTorch, to make checkpoints and ONNX files of it.

Written after docs/algorithm.md, "Network"; names of its parts give
the keys of the original's state dict.
"""

from __future__ import annotations

import torch
from torch import nn

# The networks are small; threads that wait for each other on a busy machine
# make the tests many times slower.
torch.set_num_threads(1)

BACKBONE = (
    (64, 1, 1), (128, 2, 1), (128, 1, 1), (256, 2, 1), (256, 1, 1),
    (512, 1, 1), (512, 1, 2), (512, 1, 1), (512, 1, 1), (512, 1, 1),
    (512, 1, 1),
)  # fmt: skip


def conv(inputs, outputs, kernel=3, dilation=1, norm=False, relu=True):
    pad = dilation * (kernel - 1) // 2
    parts = [nn.Conv2d(inputs, outputs, kernel, 1, pad, dilation)]
    if norm:
        parts.append(nn.BatchNorm2d(outputs))
    if relu:
        parts.append(nn.ReLU())
    return nn.Sequential(*parts)


def separable(inputs, outputs, stride, dilation):
    return nn.Sequential(
        nn.Conv2d(
            inputs, inputs, 3, stride, dilation, dilation, inputs, bias=False
        ),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def separable_elu(channels):
    return nn.Sequential(
        nn.Conv2d(
            channels, channels, 3, padding=1, groups=channels, bias=False
        ),
        nn.ELU(),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.ELU(),
    )


class Cpm(nn.Module):
    def __init__(self):
        super().__init__()
        self.align = conv(512, 128, 1)
        self.trunk = nn.Sequential(*[separable_elu(128) for _ in range(3)])
        self.conv = conv(128, 128)

    def forward(self, x):
        x = self.align(x)
        return self.conv(x + self.trunk(x))


class Stage(nn.Module):
    def __init__(self, trunk, channels):
        super().__init__()
        self.trunk = trunk
        for head, outputs in (("heatmaps", 19), ("pafs", 38)):
            layers = (
                conv(128, channels, 1),
                conv(channels, outputs, 1, relu=False),
            )
            setattr(self, head, nn.Sequential(*layers))

    def forward(self, x):
        x = self.trunk(x)
        return [self.heatmaps(x), self.pafs(x)]


class Block(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.initial = conv(inputs, 128, 1)
        self.trunk = nn.Sequential(
            conv(128, 128, norm=True), conv(128, 128, dilation=2, norm=True)
        )

    def forward(self, x):
        x = self.initial(x)
        return x + self.trunk(x)


class LightweightOpenPose(nn.Module):
    def __init__(self, stages=1):
        super().__init__()
        first = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, 1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
        )
        parts, channels = [first], 32
        for outputs, stride, dilation in BACKBONE:
            parts.append(separable(channels, outputs, stride, dilation))
            channels = outputs
        self.model = nn.Sequential(*parts)
        self.cpm = Cpm()
        trunk = nn.Sequential(*[conv(128, 128) for _ in range(3)])
        self.initial_stage = Stage(trunk, 512)
        self.refinement_stages = nn.ModuleList(
            Stage(
                nn.Sequential(
                    *[Block(128 if block else 185) for block in range(5)]
                ),
                128,
            )
            for _ in range(stages)
        )

    def forward(self, x):
        features = self.cpm(self.model(x))
        outputs = self.initial_stage(features)
        for stage in self.refinement_stages:
            outputs += stage(torch.cat([features, *outputs[-2:]], 1))
        return outputs


def random_network(stages=1, seed=1) -> LightweightOpenPose:
    """In evaluation mode, with maps of order one."""
    torch.manual_seed(seed)
    network = LightweightOpenPose(stages)
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.normal_(part.bias, std=0.1)
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1, 0.1)
            nn.init.normal_(part.bias, std=0.1)
            nn.init.normal_(part.running_mean, std=0.1)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
    for name, part in network.named_modules():
        if name.endswith(("heatmaps.1.0", "pafs.1.0")):
            part.weight.data *= 0.1
    return network.eval()


def torch_maps(network, picture):
    """Last heatmaps and PAFs of a picture of 0 to 255."""
    with torch.no_grad():
        normalised = (torch.from_numpy(picture) - 128) / 256
        heatmaps, pafs = network(normalised[None])[-2:]
    return heatmaps[0].numpy(), pafs[0].numpy()
