"""A narrower network from a trained one, as the start of a student.

In: a network and some pictures. Out: the network that has a part of its
channels, chosen so that the layers that read them lose least: one after the
other that explains most of what is still unexplained of these layers'
outputs. Every layer is then fitted anew, by least squares, to the outputs
that it had, from what the layers before it make now.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import torch
import torch.nn.functional as F
from hatpose.model_file import write_model
from torch import Tensor, nn

from . import pool, samples
from .config import read
from .interchange import read_gguf, to_model
from .network import BACKBONE, DEEP, HEATMAPS, PAFS, Network, Shape
from .run import status_of

# Crops that layers are fitted to, and places of them; far from those of
# other runs
CROPS = 24
FIRST_CROP = 1 << 26
ROWS = 6000
# Of the least squares: relative to the mean of the diagonal
DAMPING = 1e-3
# Where a rectified output is below 0 it does not matter how far: so often is
# the target there replaced by what the fit gives
RECTIFIED_FITS = 6


@dataclass(frozen=True)
class Group:
    """Channels that are kept or dropped together."""

    # Layers that make them; several if these are added
    writers: tuple[str, ...]
    # Layers that read them, each with the place of the first among its inputs
    readers: tuple[tuple[str, int], ...]
    # The depthwise layer that lies between
    between: str | None = None


@dataclass
class Recorded:
    """What went into a network's layers and came out of them."""

    inputs: dict[str, Tensor] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)


def groups(network: Network) -> list[Group]:
    """All groups, readers before those that write what they read."""
    found = []
    stages = len(network.refinement_stages)
    trunks = [f"refinement_stages.{r}.trunk" for r in range(stages)]
    prefixes = ["initial_stage", *(t.removesuffix(".trunk") for t in trunks)]
    heads = {
        prefix: tuple(
            (f"{prefix}.{kind}.0.0", 0) for kind in ("pafs", "heatmaps")
        )
        for prefix in prefixes
    }
    for prefix in prefixes:
        for writer, _ in heads[prefix]:
            reader = writer.removesuffix("0.0") + "1.0"
            found.append(Group((writer,), ((reader, 0),)))
    for prefix, trunk in zip(prefixes[1:], trunks, strict=True):
        readers = heads[prefix]
        for i in reversed(range(5)):
            first, *inner = (
                f"{trunk}.{i}.{one}"
                for one in ("initial.0", "trunk.0.0", "trunk.1.0")
            )
            found.append(Group((first, inner[1]), readers))
            found.append(Group((inner[0],), ((inner[1], 0),)))
            readers = ((first, 0),)
    trunk = "initial_stage.trunk"
    found.append(Group((f"{trunk}.2.0",), heads["initial_stage"]))
    for i in (1, 0):
        found.append(Group((f"{trunk}.{i}.0",), ((f"{trunk}.{i + 1}.0", 0),)))
    refined = ((f"{t}.0.initial.0", PAFS + HEATMAPS) for t in trunks)
    found.append(Group(("cpm.conv.0",), ((f"{trunk}.0.0", 0), *refined)))
    found.append(Group(("cpm.align.0", "cpm.trunk.2.2"), (("cpm.conv.0", 0),)))
    writers = ["cpm.reduce.0", "cpm.trunk.0.2", "cpm.trunk.1.2"]
    for i in (2, 1, 0):
        name = f"cpm.trunk.{i}"
        found.append(Group((writers[i],), ((f"{name}.2", 0),), f"{name}.0"))
    last = len(BACKBONE)
    found.append(Group((f"model.{last}.3",), (("cpm.align.0", 0),)))
    for i in reversed(range(last)):
        after = f"model.{i + 1}"
        writer = f"model.{i}.{3 if i else 0}"
        found.append(Group((writer,), ((f"{after}.3", 0),), f"{after}.0"))
    return found


def convolutions(network: Network) -> Iterator[tuple[str, nn.Conv2d]]:
    """All layers but those of hats, by name."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d) and not name.startswith("hats."):
            yield name, module


def record(network: Network, pictures: Tensor) -> Recorded:
    """The network's values on some pictures."""
    found = Recorded()
    handles = []
    for name, layer in convolutions(network):

        def keep(
            _: nn.Module, read: tuple[Tensor], made: Tensor, name: str = name
        ) -> None:
            found.inputs[name], found.outputs[name] = read[0], made

        handles.append(layer.register_forward_hook(keep))
    network(pictures)
    for handle in handles:
        handle.remove()
    return found


def patches(layer: nn.Conv2d, read: Tensor) -> Tensor:
    """What a layer multiplies its weight with, a row for each place."""
    columns = F.unfold(
        read,
        layer.kernel_size,
        layer.dilation,
        layer.padding,  # type: ignore[arg-type]
        layer.stride,
    )
    return columns.transpose(1, 2).flatten(0, 1)


def some(rows: Tensor) -> Tensor:
    """The numbers of some of the rows, always the same."""
    generator = torch.Generator().manual_seed(len(rows))
    return torch.randperm(len(rows), generator=generator)[:ROWS]


def pick(gram: Tensor, cross: Tensor, taps: int, count: int) -> Tensor:
    """The channels that together explain most, in order of their number.

    `gram` is the product of the patches with themselves, `taps` columns to
    a channel, `cross` that with the outputs. What the channels taken explain
    is taken out of both.
    """
    channels = len(gram) // taps
    gram, cross = gram.clone(), cross.clone()
    damping = DAMPING * gram.diagonal().mean() * torch.eye(taps).double()
    left = torch.ones(channels, dtype=torch.bool)
    for _ in range(count):
        blocks = gram.view(channels, taps, channels, taps)
        own = blocks.diagonal(dim1=0, dim2=2).permute(2, 0, 1) + damping
        each = cross.view(channels, taps, -1)
        gains = (each * torch.linalg.solve(own, each)).sum((1, 2))
        best = int(gains.masked_fill(~left, -1).argmax())
        left[best] = False
        part = slice(best * taps, (best + 1) * taps)
        share = torch.linalg.solve(own[best], gram[part].clone())
        ours = gram[:, part].clone()
        cross -= ours @ torch.linalg.solve(own[best], cross[part].clone())
        gram -= ours @ share
    return (~left).nonzero().flatten()


def wanted(
    layers: Mapping[str, nn.Conv2d],
    group: Group,
    chosen: Mapping[str, Tensor],
    count: int,
) -> Tensor:
    """What readers make of a group: a column for each of their outputs.

    Rows are those of the first reader's patches; another one of 1x1 reads
    their middle.
    """
    columns = []
    for name, first in group.readers:
        weight = layers[name].weight[chosen[name], first : first + count]
        columns.append(weight.flatten(2))
    taps = columns[0].shape[2]
    for i, weight in enumerate(columns):
        if weight.shape[2] < taps:
            columns[i] = F.pad(weight, (taps // 2, taps // 2))
    return torch.cat(columns).flatten(1).T.double()


def choose(
    network: Network, narrow: Network, values: Recorded
) -> dict[str, Tensor]:
    """The outputs of each layer that the narrow network keeps."""
    narrow_layers = dict(convolutions(narrow))
    layers = {
        name: layer
        for name, layer in convolutions(network)
        if name in narrow_layers
    }
    chosen = {
        name: torch.arange(layer.out_channels)
        for name, layer in layers.items()
        if layer.out_channels == narrow_layers[name].out_channels
    }
    for group in groups(narrow):
        count = layers[group.writers[0]].out_channels
        kept = narrow_layers[group.writers[0]].out_channels
        name, first = group.readers[0]
        read = values.inputs[name][:, first : first + count]
        rows = patches(layers[name], read)
        rows = rows[some(rows)].double()
        gram = rows.T @ rows / len(rows)
        taps = gram.shape[0] // count
        cross = gram @ wanted(layers, group, chosen, count)
        picked = pick(gram, cross, taps, kept)
        for writer in group.writers:
            chosen[writer] = picked
        if group.between is not None:
            chosen[group.between] = picked
    return chosen


def fit(layer: nn.Conv2d, read: Tensor, target: Tensor, relu: bool) -> None:
    """Gives a layer the weights that come nearest to the target."""
    rows = patches(layer, read)
    places = some(rows)
    rows = rows[places].double()
    if layer.bias is not None:
        rows = torch.cat([rows, torch.ones(len(rows), 1).double()], 1)
    goal = target.flatten(2).transpose(1, 2).flatten(0, 1)[places].double()
    gram = rows.T @ rows
    gram.diagonal().add_(DAMPING * gram.diagonal().mean())
    factor = torch.linalg.cholesky(gram)
    now = goal
    for _ in range(RECTIFIED_FITS if relu else 1):
        weight = torch.cholesky_solve(rows.T @ now, factor)
        now = torch.where(goal > 0, goal, (rows @ weight).clamp_max(0))
    taps = layer.weight[0].numel()
    layer.weight.copy_(weight[:taps].T.reshape(layer.weight.shape))
    if layer.bias is not None:
        layer.bias.copy_(weight[taps])


def rectified(network: Network) -> set[str]:
    """The layers that a ReLU follows."""
    found = set()
    for prefix, module in network.named_modules():
        if not isinstance(module, nn.Sequential):
            continue
        last = ""
        for index, one in module.named_children():
            if isinstance(one, nn.Conv2d):
                last = f"{prefix}.{index}"
            elif isinstance(one, nn.ReLU):
                found.add(last)
    return found


def is_part(shape: Shape, whole: Shape) -> bool:
    """Whether a network's channels and stages are enough for another."""
    return (
        all(shape.channels(n) <= whole.channels(n) for n in (32, 128, DEEP))
        and shape.refinement_stages <= whole.refinement_stages
        and shape.cpm == whole.cpm
        and not shape.hats
    )


@torch.no_grad()
def prune(network: Network, shape: Shape, pictures: Tensor) -> Network:
    """The network in another shape, as near to it as fits make it."""
    narrow = Network(shape).eval()
    if not is_part(shape, network.shape):
        raise ValueError(f"{shape} is no part of {network.shape}")
    values = record(network, pictures)
    # The last maps take the place of those of stages that are left out
    last = zip(narrow.maps(), network.maps(), strict=True)
    for ours, theirs in last:
        values.outputs[f"{ours}.1.0"] = values.outputs[f"{theirs}.1.0"]
    chosen = choose(network, narrow, values)
    relus = rectified(narrow)
    layers = dict(convolutions(network))
    for name, layer in convolutions(narrow):

        def before(
            module: nn.Module, read: tuple[Tensor], name: str = name
        ) -> None:
            assert isinstance(module, nn.Conv2d)
            picked = chosen[name]
            if module.groups == 1:
                target = values.outputs[name][:, picked]
                fit(module, read[0], target, name in relus)
                return
            module.weight.copy_(layers[name].weight[picked])
            bias = layers[name].bias
            if module.bias is not None and bias is not None:
                module.bias.copy_(bias[picked])

        layer.register_forward_pre_hook(before)
    narrow(pictures)
    made = Network(narrow.shape)
    made.load_state_dict(narrow.state_dict())
    return made.eval()


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.prune", description=__doc__
    )
    parser.add_argument("config", type=Path, help="of the run that follows")
    parser.add_argument("model", type=Path, metavar="GGUF")
    parser.add_argument("output", type=Path, metavar="OUT.gguf")
    parser.add_argument(
        "--pool", type=Path, required=True, help="folder of packed photos"
    )
    parser.add_argument("--exclude-sets", nargs="+", default=[], metavar="SET")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(arguments)


def run(args: argparse.Namespace) -> None:
    """All that the command line asks for."""
    config = read(args.config)
    data = config.data
    crops = samples.Crops(
        pool.load(args.pool, args.exclude_sets),
        data.shares,
        data.crop,
        data.augment,
        data.seed,
    )
    pictures = [crops[FIRST_CROP + number][0] for number in range(CROPS)]
    shape = replace(config.network, batch_norm=False)
    narrow = prune(read_gguf(args.model), shape, torch.stack(pictures))
    write_model(to_model(narrow, args.output.stem), args.output)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    args = options(arguments)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    return status_of("prune", lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
