"""Between the PyTorch network and hatpose model files.

In: a network, or the path of a GGUF file with the layers of this family.
Out: the other one. The file has no batch normalisation, so what is read has
none, and what is written is folded first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import hatpose.network as op_list
import numpy as np
import torch
from hatpose.model_file import read_model
from torch import Tensor, nn

from .network import (
    HAT_LOOKS,
    HEATMAPS,
    PAFS,
    Cpm,
    HatHead,
    InitialStage,
    Network,
    RefinementBlock,
    RefinementStage,
    Shape,
)

# Our network input: (pixel - MEAN) * SCALE, planes b, g, r
MEAN = 128.0
SCALE = 1 / 255

# Layers whose name in a file is not that of the module
FILE_NAMES = {"cpm.reduce.0": "cpm.red"}


def fold(network: Network) -> Network:
    """The same network without batch normalisation, in float."""
    folded = Network(replace(network.shape, batch_norm=False)).eval()
    norms = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, nn.BatchNorm2d)
    }
    sources = dict(network.named_modules())
    for name, layer in folded.named_modules():
        if not isinstance(layer, nn.Conv2d):
            continue
        source = sources[name]
        assert isinstance(source, nn.Conv2d)
        stem, _, index = name.rpartition(".")
        norm = norms.get(f"{stem}.{int(index) + 1}" if index.isdigit() else "")
        weight = source.weight.detach().double()
        bias = source.bias.detach().double() if source.bias is not None else 0
        if norm is not None:
            assert norm.running_mean is not None
            assert norm.running_var is not None
            gain = norm.weight.detach().double() / torch.sqrt(
                norm.running_var.double() + norm.eps
            )
            weight = weight * gain[:, None, None, None]
            bias = (bias - norm.running_mean) * gain + norm.bias.detach()
        with torch.no_grad():
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.copy_(torch.as_tensor(bias))
    return folded


Place = tuple[int, int, int]


class Writer:
    """Goes along the network and writes one operation a layer."""

    def __init__(self, weight_type: op_list.WeightType) -> None:
        self.weight_type = weight_type
        self.values = [3]
        self.operations: list[op_list.Operation] = []

    def value(self, channels: int) -> int:
        """A new value."""
        self.values.append(channels)
        return len(self.values) - 1

    def layer(
        self,
        name: str,
        layer: nn.Conv2d,
        activation: nn.Module | None,
        source: Place,
        target: tuple[int, int] | None = None,
    ) -> Place:
        """A convolution and what follows it; gives where it lies."""
        outputs = layer.out_channels
        value, first = target or (self.value(outputs), 0)
        weight = layer.weight.detach().float().cpu().numpy()
        bias = None
        if layer.bias is not None:
            bias = layer.bias.detach().float().cpu().numpy()
        self.operations.append(
            op_list.Operation(
                name=FILE_NAMES.get(name, name),
                kind="depthwise" if layer.groups > 1 else "conv",
                input=source[0],
                input_first=source[1],
                input_count=source[2],
                output=value,
                output_first=first,
                output_count=outputs,
                kernel=layer.kernel_size[0],
                stride=layer.stride[0],
                dilation=layer.dilation[0],
                activation=activation_name(activation),
                weight=op_list.Weight.from_f32(weight, self.weight_type),
                bias=bias,
            )
        )
        return value, first, outputs

    def chain(
        self,
        name: str,
        modules: Iterable[nn.Module],
        source: Place,
        target: tuple[int, int] | None = None,
    ) -> Place:
        """Layers one after the other; only the last goes to the target."""
        layers: list[tuple[str, nn.Conv2d, nn.Module | None]] = []
        for index, module in enumerate(modules):
            if isinstance(module, nn.Conv2d):
                layers.append((f"{name}.{index}", module, None))
            elif isinstance(module, (nn.ReLU, nn.ELU)):
                layers[-1] = (*layers[-1][:2], module)
        for full, layer, activation in layers:
            last = full == layers[-1][0]
            source = self.layer(
                full, layer, activation, source, target if last else None
            )
        return source

    def add(
        self,
        name: str,
        first: Place,
        second: Place,
        activation: op_list.Activation = "none",
    ) -> Place:
        """The sum of two ranges of channels, and what follows it."""
        value = self.value(first[2])
        self.operations.append(
            op_list.Operation(
                name=name,
                kind="add",
                input=first[0],
                input_first=first[1],
                input_count=first[2],
                addend=second[0],
                addend_first=second[1],
                output=value,
                output_first=0,
                output_count=first[2],
                activation=activation,
            )
        )
        return value, 0, first[2]

    def copy(self, name: str, source: Place, target: tuple[int, int]) -> Place:
        """The same channels in another place."""
        layer = nn.Conv2d(
            source[2], source[2], 3, padding=1, groups=source[2], bias=False
        )
        nn.init.dirac_(layer.weight, groups=source[2])
        return self.layer(name, layer, None, source, target)

    def cpm(self, cpm: Cpm, source: Place, target: tuple[int, int]) -> Place:
        """Features, into their place among the first maps."""
        align = self.chain("cpm.align", cpm.align, source)
        place = align
        if isinstance(cpm.reduce, nn.Sequential):
            place = self.chain("cpm.reduce", cpm.reduce, place)
        for i, pair in enumerate(cpm.trunk):
            assert isinstance(pair, nn.Sequential)
            place = self.chain(f"cpm.trunk.{i}", pair, place)
        total = self.add("cpm.sum", align, place)
        return self.chain("cpm.conv", cpm.conv, total, target)

    def head(
        self,
        name: str,
        head: nn.Sequential,
        source: Place,
        target: tuple[int, int] | None,
    ) -> Place:
        """The two layers that make maps of one kind."""
        first, second = head
        assert isinstance(first, nn.Sequential)
        assert isinstance(second, nn.Sequential)
        place = self.chain(f"{name}.0", first, source)
        return self.chain(f"{name}.1", second, place, target)

    def heads(
        self,
        name: str,
        stage: InitialStage | RefinementStage,
        source: Place,
        concat: int | None,
    ) -> tuple[Place, Place]:
        """Heatmaps and PAFs, into a concatenation if one follows."""
        pafs = self.head(
            f"{name}.pafs",
            stage.pafs,
            source,
            None if concat is None else (concat, 0),
        )
        heat = self.head(
            f"{name}.heatmaps",
            stage.heatmaps,
            source,
            None if concat is None else (concat, PAFS),
        )
        return heat, pafs

    def hats(self, hats: HatHead, read: tuple[Place, Place, Place]) -> Place:
        """The maps of hats on heads and of bare heads."""
        looks, surroundings, refined = (
            self.layer(f"hats.{name}", layer, None, source)
            for name, layer, source in zip(
                ("looks", "surroundings", "refined"),
                hats.readers(),
                read,
                strict=True,
            )
        )
        place = self.add("hats.both", looks, surroundings)
        place = self.add("hats.sum", place, refined, "relu")
        for i, layer in enumerate(hats.trunk):
            assert isinstance(layer, nn.Sequential)
            place = self.chain(f"hats.trunk.{i}", layer, place)
        return self.chain("hats.maps", hats.maps, place)

    def refinement_trunk(
        self, name: str, stage: RefinementStage, source: Place
    ) -> Place:
        """The five blocks of a refinement stage."""
        for i, block in enumerate(stage.trunk):
            assert isinstance(block, RefinementBlock)
            prefix = f"{name}.trunk.{i}"
            first = self.chain(f"{prefix}.initial", block.initial, source)
            place = first
            for j, layer in enumerate(block.trunk):
                assert isinstance(layer, nn.Sequential)
                place = self.chain(f"{prefix}.trunk.{j}", layer, place)
            source = self.add(f"{prefix}.sum", first, place)
        return source


def activation_name(module: nn.Module | None) -> op_list.Activation:
    """What a model file calls an activation."""
    if module is None:
        return "none"
    return "relu" if isinstance(module, nn.ReLU) else "elu"


def to_model(
    network: Network, name: str, weight_type: op_list.WeightType = "f16"
) -> op_list.Network:
    """The network as the operation list of a model file."""
    network = fold(network)
    writer = Writer(weight_type)
    channels = network.shape.channels(128)
    stages = list(network.refinement_stages)
    concat = writer.value(PAFS + HEATMAPS + channels) if stages else None
    place: Place = (0, 0, 3)
    for i, block in enumerate(network.model):
        assert isinstance(block, nn.Sequential)
        place = writer.chain(f"model.{i}", block, place)
        if i == HAT_LOOKS:
            looks = place
    surroundings = place
    into = (
        (concat, PAFS + HEATMAPS)
        if concat is not None
        else (writer.value(channels), 0)
    )
    features = writer.cpm(network.cpm, place, into)
    place = features
    for i, layer in enumerate(network.initial_stage.trunk):
        assert isinstance(layer, nn.Sequential)
        place = writer.chain(f"initial_stage.trunk.{i}", layer, place)
    heat, pafs = writer.heads(
        "initial_stage", network.initial_stage, place, concat
    )
    hats: Place | None = None
    for r, stage in enumerate(stages):
        assert isinstance(stage, RefinementStage) and concat is not None
        prefix = f"refinement_stages.{r}"
        source = (concat, 0, writer.values[concat])
        place = writer.refinement_trunk(prefix, stage, source)
        last = r == len(stages) - 1
        concat = None if last else writer.value(source[2])
        if concat is not None:
            writer.copy(
                f"cpm.conv.0.copy{r + 1}", features, (concat, PAFS + HEATMAPS)
            )
        heat, pafs = writer.heads(prefix, stage, place, concat)
    if network.hats is not None:
        hats = writer.hats(network.hats, (looks, surroundings, place))
    model = op_list.Network(
        name=name,
        values=tuple(writer.values),
        operations=tuple(writer.operations),
        heatmaps=op_list.MapGroup(*heat),
        pafs=op_list.MapGroup(*pafs),
        hats=None if hats is None else op_list.MapGroup(*hats),
        mean=(MEAN, MEAN, MEAN),
        scale=(SCALE, SCALE, SCALE),
    )
    model.check()
    return model


def shape_of(model: op_list.Network) -> Shape:
    """What a model file's network is made of."""
    outputs = {op.name: op.output_count for op in model.operations}
    try:
        deep = outputs["model.11.3"] / 512
        width = outputs["cpm.conv.0"] / 128
    except KeyError as error:
        raise ValueError(
            f"{model.name}: no layer {error}: not of this family"
        ) from None
    stages = 0
    while f"refinement_stages.{stages}.pafs.1.0" in outputs:
        stages += 1
    return Shape(
        width=width,
        deep_width=None if deep == width else deep,
        refinement_stages=stages,
        cpm="intel" if "cpm.red" in outputs else "original",
        hats=model.hats is not None,
    )


def read_gguf(path: Path) -> Network:
    """The network of a model file, ready to be trained or to teach."""
    model = read_model(path)
    network = Network(shape_of(model)).eval()
    layers = {
        FILE_NAMES.get(name, name): module
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d)
    }
    for op in model.operations:
        if op.kind == "add" or ".copy" in op.name:
            continue
        layer = layers.pop(op.name, None)
        if layer is None or op.weight is None:
            raise ValueError(f"{path}: {op.name}: not of this family")
        weight = torch.from_numpy(op.weight.to_f32().copy())
        if op.name.startswith("refinement_stages.") and op.name.endswith(
            ".trunk.0.initial.0"
        ):
            weight = weight[:, concat_order(model, op)]
        if op.input == 0:
            weight = as_our_input(model, weight)
        fill(path, op, layer, weight)
    if layers:
        raise ValueError(f"{path}: {next(iter(layers))}: missing")
    return network


def fill(
    path: Path, op: op_list.Operation, layer: nn.Conv2d, weight: Tensor
) -> None:
    """Puts the numbers of a file's operation into its layer."""
    if weight.shape != layer.weight.shape:
        raise ValueError(
            f"{path}: {op.name}: weight of shape "
            f"{tuple(layer.weight.shape)} expected, {tuple(weight.shape)}"
        )
    bias = torch.zeros(len(weight))
    if op.bias is not None:
        bias = torch.from_numpy(np.array(op.bias, np.float32))
    if layer.bias is None and bool(bias.any()):
        raise ValueError(f"{path}: {op.name}: has a bias")
    with torch.no_grad():
        layer.weight.copy_(weight)
        if layer.bias is not None:
            layer.bias.copy_(bias)


def concat_order(model: op_list.Network, op: op_list.Operation) -> Tensor:
    """Where PAFs, heatmaps and features lie among an operation's inputs."""
    ranges: dict[str, Tensor] = {}
    for writer in model.operations:
        if writer.output != op.input:
            continue
        for part in ("pafs", "heatmaps", "cpm"):
            if part in writer.name:
                first = writer.output_first - op.input_first
                ranges[part] = torch.arange(first, first + writer.output_count)
    return torch.cat([ranges[p] for p in ("pafs", "heatmaps", "cpm")])


def as_our_input(model: op_list.Network, weight: Tensor) -> Tensor:
    """The first layer's weight for our normalisation and our planes."""
    if any(mean != MEAN for mean in model.mean):
        raise ValueError(f"{model.name}: input.mean: {MEAN} expected")
    scale = torch.tensor(model.scale) / SCALE
    weight = weight * scale[:, None, None]
    return weight.flip(1) if model.channels == "rgb" else weight
