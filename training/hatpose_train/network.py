"""The network as PyTorch modules, cut into named steps.

In: pictures, normalised, batch x 3 x height x width, sides a multiple of 8.
Out: a dictionary of every step's value by its name; the maps are among them.
docs/algorithm.md section 2 has the layers; module names follow the state
dict of the original program where it has the layer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

HEATMAPS = 19
PAFS = 38
HATS = 2

# (input channels, output channels, stride, dilation) of the depthwise layer
BACKBONE = (
    (32, 64, 1, 1),
    (64, 128, 2, 1),
    (128, 128, 1, 1),
    (128, 256, 2, 1),
    (256, 256, 1, 1),
    (256, 512, 1, 1),
    (512, 512, 1, 2),
    (512, 512, 1, 1),
    (512, 512, 1, 1),
    (512, 512, 1, 1),
    (512, 512, 1, 1),
)


# Channels at width 1 of a layer that counts as deep
DEEP = 512


@dataclass(frozen=True)
class Shape:
    """What one network of the family is made of."""

    width: float = 1.0
    # Of layers that have 512 channels at width 1, where theirs differs
    deep_width: float | None = None
    refinement_stages: int = 1
    # The two families of section 2.2: "intel" or "original"
    cpm: str = "intel"
    batch_norm: bool = False
    hats: bool = False

    def channels(self, count: int) -> int:
        """Channels of a layer that has `count` at width 1."""
        width = self.width
        if self.deep_width is not None and count >= DEEP:
            width = self.deep_width
        return max(8, int(count * width / 8 + 0.5) * 8)


def convolution(
    inputs: int,
    outputs: int,
    kernel: int,
    *,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = True,
) -> nn.Conv2d:
    """A convolution padded so that only the stride changes the size."""
    return nn.Conv2d(
        inputs,
        outputs,
        kernel,
        stride,
        dilation * (kernel - 1) // 2,
        dilation,
        groups,
        bias,
    )


def normalised(layer: nn.Conv2d, batch_norm: bool) -> list[nn.Module]:
    """The layer and what normalises it, always two modules.

    Without batch normalisation the second does nothing, so that the names
    of all that follows stay those of the original state dict.
    """
    if batch_norm:
        return [layer, nn.BatchNorm2d(layer.out_channels)]
    return [layer, nn.Identity()]


def separable(
    inputs: int, outputs: int, stride: int, dilation: int, batch_norm: bool
) -> nn.Sequential:
    """Depthwise 3x3 and pointwise, each followed by ReLU."""
    depthwise = convolution(
        inputs,
        inputs,
        3,
        stride=stride,
        dilation=dilation,
        groups=inputs,
        bias=not batch_norm,
    )
    pointwise = convolution(inputs, outputs, 1, bias=not batch_norm)
    return nn.Sequential(
        *normalised(depthwise, batch_norm),
        nn.ReLU(),
        *normalised(pointwise, batch_norm),
        nn.ReLU(),
    )


class Cpm(nn.Module):
    """Backbone features to the features that all stages share."""

    def __init__(self, inputs: int, outputs: int, family: str) -> None:
        super().__init__()
        intel = family == "intel"
        self.align = nn.Sequential(
            convolution(inputs, outputs, 1), nn.ELU() if intel else nn.ReLU()
        )
        self.reduce = (
            nn.Sequential(convolution(outputs, outputs, 1), nn.ELU())
            if intel
            else nn.Identity()
        )
        self.trunk = nn.Sequential(
            *(
                nn.Sequential(
                    convolution(
                        outputs, outputs, 3, groups=outputs, bias=False
                    ),
                    nn.ELU(),
                    convolution(outputs, outputs, 1, bias=intel),
                    nn.ELU(),
                )
                for _ in range(3)
            )
        )
        self.conv = nn.Sequential(convolution(outputs, outputs, 3), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        x = self.align(x)
        features: Tensor = self.conv(x + self.trunk(self.reduce(x)))
        return features


class RefinementBlock(nn.Module):
    """1x1, then two 3x3 (the second dilated) round which it is added."""

    def __init__(self, inputs: int, outputs: int, batch_norm: bool) -> None:
        super().__init__()
        self.initial = nn.Sequential(convolution(inputs, outputs, 1), nn.ReLU())
        self.trunk = nn.Sequential(
            *(
                nn.Sequential(
                    *normalised(
                        convolution(outputs, outputs, 3, dilation=dilation),
                        batch_norm,
                    ),
                    nn.ReLU(),
                )
                for dilation in (1, 2)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.initial(x)
        around: Tensor = self.trunk(x)
        return x + around


def head(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two 1x1 layers from a stage's trunk to its maps."""
    return nn.Sequential(
        nn.Sequential(convolution(inputs, hidden, 1), nn.ReLU()),
        nn.Sequential(convolution(hidden, outputs, 1)),
    )


# Where hats read colour and texture: the last features of stride 8 that
# still see little more than a head; and where they read what is round it
HAT_LOOKS = 5
HAT_ROUND = 11
HAT_HIDDEN = 64
# Of the hat head's 3x3 layers: together they see a head and its shoulders
HAT_DILATIONS = (1, 2, 2)


class HatHead(nn.Module):
    """Hat on a head and bare head, from early, late and refined features."""

    def __init__(
        self, looks: int, surroundings: int, refined: int, hidden: int
    ) -> None:
        super().__init__()
        self.looks = convolution(looks, hidden, 1)
        self.surroundings = convolution(surroundings, hidden, 1, bias=False)
        self.refined = convolution(refined, hidden, 1, bias=False)
        self.trunk = nn.Sequential(
            *(
                nn.Sequential(
                    convolution(hidden, hidden, 3, dilation=dilation),
                    nn.ReLU(),
                )
                for dilation in HAT_DILATIONS
            )
        )
        self.maps = nn.Sequential(convolution(hidden, HATS, 1))

    def readers(self) -> tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]:
        """The layers that read features, in the order of these."""
        return self.looks, self.surroundings, self.refined

    def forward(self, x: Tensor) -> Tensor:
        readers = self.readers()
        parts = torch.split(x, [one.in_channels for one in readers], 1)
        read = [layer(part) for layer, part in zip(readers, parts, strict=True)]
        hidden = torch.relu(read[0] + read[1] + read[2])
        maps: Tensor = self.maps(self.trunk(hidden))
        return maps


class InitialStage(nn.Module):
    """Three 3x3 layers and the first estimate of the maps."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            *(
                nn.Sequential(convolution(channels, channels, 3), nn.ReLU())
                for _ in range(3)
            )
        )
        self.heatmaps = head(channels, hidden, HEATMAPS)
        self.pafs = head(channels, hidden, PAFS)


class RefinementStage(nn.Module):
    """Five blocks on features and maps, and better maps.

    The inputs are concatenated as PAFs, heatmaps, features.
    """

    def __init__(self, channels: int, batch_norm: bool) -> None:
        super().__init__()
        first = PAFS + HEATMAPS + channels
        self.trunk = nn.Sequential(
            *(
                RefinementBlock(channels if i else first, channels, batch_norm)
                for i in range(5)
            )
        )
        self.heatmaps = head(channels, channels, HEATMAPS)
        self.pafs = head(channels, channels, PAFS)


@dataclass(frozen=True)
class Step:
    """One piece of the network: reads values by name, makes one."""

    output: str
    inputs: tuple[str, ...]
    module: nn.Module = field(repr=False)


class Network(nn.Module):
    """Backbone, CPM, initial stage and refinement stages."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        ch = shape.channels
        self.model = nn.Sequential(
            nn.Sequential(
                *normalised(
                    convolution(
                        3, ch(32), 3, stride=2, bias=not shape.batch_norm
                    ),
                    shape.batch_norm,
                ),
                nn.ReLU(),
            ),
            *(
                separable(ch(i), ch(o), stride, dilation, shape.batch_norm)
                for i, o, stride, dilation in BACKBONE
            ),
        )
        self.cpm = Cpm(ch(512), ch(128), shape.cpm)
        self.initial_stage = InitialStage(ch(128), ch(512))
        self.refinement_stages = nn.ModuleList(
            RefinementStage(ch(128), shape.batch_norm)
            for _ in range(shape.refinement_stages)
        )
        self.hats = None
        if shape.hats:
            self.hats = HatHead(
                ch(BACKBONE[HAT_LOOKS - 1][1]),
                ch(BACKBONE[HAT_ROUND - 1][1]),
                ch(128),
                ch(HAT_HIDDEN),
            )
        self.reset()

    def reset(self) -> None:
        """Random weights that keep the scale of what passes through."""
        for name, layer in self.named_modules():
            if not isinstance(layer, nn.Conv2d):
                continue
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if name.endswith(("heatmaps.1.0", "pafs.1.0", "hats.maps.0")):
                nn.init.normal_(layer.weight, std=0.01)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def steps(self) -> list[Step]:
        """The network in order, in the smallest pieces that have names."""
        steps = []
        before: tuple[str, ...] = ("picture",)
        for i, block in enumerate(self.model):
            steps.append(Step(f"model.{i}", before, block))
            before = (f"model.{i}",)
        steps.append(Step("cpm", before, self.cpm))
        trunk = "initial_stage.trunk"
        steps.append(Step(trunk, ("cpm",), self.initial_stage.trunk))
        maps = [f"initial_stage.{kind}" for kind in ("pafs", "heatmaps")]
        for kind, name in zip(("pafs", "heatmaps"), maps, strict=True):
            head_module = getattr(self.initial_stage, kind)
            steps.append(Step(name, (trunk,), head_module))
        refined = trunk
        for r, stage in enumerate(self.refinement_stages):
            assert isinstance(stage, RefinementStage)
            before = (*maps, "cpm")
            for i, block in enumerate(stage.trunk):
                name = f"refinement_stages.{r}.trunk.{i}"
                steps.append(Step(name, before, block))
                before = (name,)
            maps = [f"refinement_stages.{r}.{k}" for k in ("pafs", "heatmaps")]
            for kind, name in zip(("pafs", "heatmaps"), maps, strict=True):
                steps.append(Step(name, before, getattr(stage, kind)))
            refined = before[0]
        if self.hats is not None:
            inputs = (f"model.{HAT_LOOKS}", f"model.{HAT_ROUND}", refined)
            steps.append(Step("hats", inputs, self.hats))
        return steps

    def forward(
        self,
        picture: Tensor,
        given: Mapping[str, Tensor] | None = None,
        cuts: Collection[str] = (),
        only: Collection[str] | None = None,
    ) -> dict[str, Tensor]:
        """All values by name.

        A value named in `cuts` is computed, but what follows reads the one
        of `given` in its place: so the network falls into stages that learn
        on their own. `only` leaves out all other steps.
        """
        values = {"picture": picture}
        for step in self.steps():
            if only is not None and step.output not in only:
                continue
            inputs = [
                given[name]
                if given is not None and name in cuts
                else values[name]
                for name in step.inputs
            ]
            x = inputs[0] if len(inputs) == 1 else torch.cat(inputs, dim=1)
            values[step.output] = step.module(x)
        return values

    def maps(self) -> tuple[str, str]:
        """Names of the last heatmaps and PAFs."""
        if not self.refinement_stages:
            return "initial_stage.heatmaps", "initial_stage.pafs"
        prefix = f"refinement_stages.{len(self.refinement_stages) - 1}"
        return f"{prefix}.heatmaps", f"{prefix}.pafs"
