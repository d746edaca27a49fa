"""From a foreign graph to the operation list of a model file.

In: a Graph. Out: a Network whose batch normalisations and biases are folded,
whose activations are fused and whose concatenations are ranges of one value.
Layers that the original network has get the names of its state dict.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..network import (
    HEATMAP_CHANNELS,
    PAF_CHANNELS,
    Activation,
    Array,
    Kind,
    MapGroup,
    Network,
    Operation,
    Weight,
)
from . import template
from .graph import (
    Activate,
    Add,
    Affine,
    Concat,
    Conv,
    ConvertError,
    Graph,
    Input,
    Node,
)


@dataclass(eq=False)
class Layer:
    """An operation that is not yet placed.

    inputs is what it reads: one source, or two for an add. A source is a
    tuple of layers (more than one: a concatenation); None is the picture.
    """

    name: str
    kind: Kind
    inputs: tuple[Source, ...]
    channels: int
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    activation: Activation = "none"
    weight: Weight | None = None
    multiply: Array | None = None
    offset: Array | None = None

    def folded_weight(self) -> Weight | None:
        """The weight with what was multiplied behind it; int8 stays int8."""
        if self.weight is None or self.multiply is None:
            return self.weight
        if self.weight.scale is not None:
            scale = self.weight.scale.astype(np.float64) * self.multiply
            return Weight(self.weight.values, "int8", scale.astype(np.float32))
        values = self.weight.to_f32().astype(np.float64)
        values *= self.multiply.reshape(-1, 1, 1, 1)
        return Weight(values.astype(np.float32))


Source = tuple["Layer | None", ...]


@dataclass
class Built:
    """A network, and what the user should be told about it."""

    network: Network
    stages: int | None  # refinement stages; None: not the network we know
    is_normalised: bool  # the source itself had the normalisation


def build(graph: Graph) -> Built:
    """Raises ConvertError that names the node which cannot be expressed."""
    heatmaps = _output(graph, HEATMAP_CHANNELS, "heatmaps")
    pafs = _output(graph, PAF_CHANNELS, "PAFs")
    folder = _Folder(graph, (heatmaps, pafs))
    layers = folder.layers
    stages, extra_align = _name_layers(layers)
    placed = _Placer(layers)
    normalisation = folder.normalisation()
    # If the graph has none: what the family's own programs do before it.
    mean, scale = normalisation or (
        np.full(3, 128.0),
        np.full(3, 1 / 255 if extra_align else 1 / 256),
    )
    groups = [
        placed.group(folder.sources[node], node) for node in (heatmaps, pafs)
    ]
    network = Network(
        name=graph.name or "unknown",
        values=tuple(placed.values),
        operations=tuple(placed.operations),
        heatmaps=groups[0],
        pafs=groups[1],
        mean=(float(mean[0]), float(mean[1]), float(mean[2])),
        scale=(float(scale[0]), float(scale[1]), float(scale[2])),
    )
    return Built(network, stages, normalisation is not None)


def _output(graph: Graph, channels: int, what: str) -> Node:
    """The output of the last stage that has so many channels."""
    found = [node for node in graph.outputs if node.channels == channels]
    if not found:
        counts = sorted(node.channels for node in graph.outputs)
        raise ConvertError(
            f"no output of {channels} channels ({what}); outputs have {counts}"
        )
    depth: dict[Node, int] = {}
    for node in graph.nodes:
        depth[node] = 1 + max((depth[one] for one in node.inputs), default=0)
    deepest = max(depth[node] for node in found)
    last = {node for node in found if depth[node] == deepest}
    if len(last) > 1:
        names = " and ".join(sorted(node.name for node in last))
        raise ConvertError(f"{names}: which of them are the {what}?")
    return last.pop()


class _Folder:
    """Makes layers of nodes: biases, norms and activations disappear."""

    def __init__(self, graph: Graph, wanted: tuple[Node, ...]) -> None:
        self.layers: list[Layer] = []
        self.sources: dict[Node, Source] = {}
        self.multiply = np.ones(3)
        self.add = np.zeros(3)
        self.half = False
        live = _ancestors(wanted)
        self.consumers = Counter(wanted)
        for node in graph.nodes:
            if node in live:
                self.consumers.update(node.inputs)
        for node in graph.nodes:
            if node in live:
                self.sources[node] = self._source(node)

    def _source(self, node: Node) -> Source:
        inputs = tuple(self.sources[one] for one in node.inputs)
        if isinstance(node, Input):
            return (None,)
        if isinstance(node, Concat):
            return tuple(layer for source in inputs for layer in source)
        if isinstance(node, Affine):
            return self._affine(node, inputs[0])
        if isinstance(node, Activate):
            layer = self._fusable(node, inputs[0])
            layer.activation = node.activation
            return inputs[0]
        layer = _layer_of(node, inputs)
        self.layers.append(layer)
        return (layer,)

    def _affine(self, node: Affine, source: Source) -> Source:
        if source == (None,):
            self._require_single(node)
            self.multiply = self.multiply * node.multiply
            self.add = self.add * node.multiply + node.add
            self.half = self.half or node.half
            return source
        layer = self._fusable(node, source)
        if layer.kind == "add":
            raise ConvertError(
                f"{node.name}: scale or bias after a sum cannot be folded"
            )
        if (node.multiply != 1).any():
            before = 1.0 if layer.multiply is None else layer.multiply
            layer.multiply = before * node.multiply
        if layer.offset is not None:
            layer.offset = layer.offset * node.multiply + node.add
        else:
            layer.offset = np.array(node.add)
        return source

    def normalisation(self) -> tuple[Array, Array] | None:
        """Mean and scale that the graph itself applies to the picture."""
        if (self.multiply == 1).all() and (self.add == 0).all():
            return None
        if not (self.multiply > 0).all():
            raise ConvertError(
                f"scale of the input {self.multiply.tolist()}: positive "
                "numbers expected"
            )
        mean, scale = -self.add / self.multiply, self.multiply
        # A source in halves means 1/255, but can only say 257/65536.
        error = 2.0**-11 if self.half else 2.0**-22
        for exact in (1 / 255, 1 / 256):
            if (np.abs(scale / exact - 1) <= error).all():
                scale = np.full(3, exact)
        if (np.abs(mean - np.rint(mean)) <= error * np.abs(mean)).all():
            mean = np.rint(mean)
        return mean, scale

    def _fusable(self, node: Node, source: Source) -> Layer:
        """The layer right before, if `node` may become a part of it."""
        layer = source[0]
        if len(source) > 1 or layer is None or layer.activation != "none":
            raise ConvertError(
                f"{node.name}: does not follow a convolution or a sum"
            )
        self._require_single(node)
        return layer

    def _require_single(self, node: Node) -> None:
        if self.consumers[node.inputs[0]] > 1:
            raise ConvertError(
                f"{node.name}: its input {node.inputs[0].name} is used "
                "elsewhere too"
            )


def _ancestors(wanted: tuple[Node, ...]) -> set[Node]:
    live: set[Node] = set()
    waiting = list(wanted)
    while waiting:
        node = waiting.pop()
        if node not in live:
            live.add(node)
            waiting.extend(node.inputs)
    return live


def _layer_of(node: Node, inputs: tuple[Source, ...]) -> Layer:
    if isinstance(node, Add):
        return Layer(node.name, "add", inputs, node.channels)
    assert isinstance(node, Conv)
    return Layer(
        node.name,
        "depthwise" if node.groups > 1 else "conv",
        inputs,
        node.channels,
        kernel=node.weight.values.shape[2],
        stride=node.stride,
        dilation=node.dilation,
        weight=node.weight,
    )


def _name_layers(layers: list[Layer]) -> tuple[int | None, bool]:
    """Names and order of the template, if it has all layers; else safe
    names in the order of the source."""
    for stages in range(template.STAGES_MAX + 1):
        for extra_align in (False, True):
            names = _match(layers, stages, extra_align)
            if names is not None:
                for layer, name in names.items():
                    layer.name = name
                # One head after the other: fewer values live at a time.
                layers[:] = names
                return stages, extra_align
    taken: set[str] = set()
    for layer in layers:
        stem = re.sub(r"[^!-~]+", "_", layer.name)[:48] or layer.kind
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}.{number}"
        taken.add(name)
        layer.name = name
    return None, False


def _match(
    layers: list[Layer], stages: int, extra_align: bool
) -> dict[Layer, str] | None:
    """One to one, by what each layer is and reads; None if they differ."""
    known = list(template.layers(stages, extra_align))
    if len([one for one in known if one.kind != "concat"]) != len(layers):
        return None
    followers: dict[Layer, set[int]] = {layer: set() for layer in layers}
    for layer in layers:
        for source in layer.inputs:
            for before in source:
                if before is not None:
                    followers[before].add(layer.channels)
    found: dict[str, frozenset[Layer | None]] = {"input": frozenset([None])}
    names: dict[Layer, str] = {}
    for one in known:
        reads = frozenset().union(*(found[name] for name in one.inputs))
        if one.kind == "concat":
            found[one.name] = reads
            continue
        match = _candidate(layers, names, one, reads, followers)
        if match is None:
            return None
        names[match] = one.name
        found[one.name] = frozenset([match])
    return names


def _candidate(
    layers: list[Layer],
    names: dict[Layer, str],
    one: template.Layer,
    reads: frozenset[Layer | None],
    followers: dict[Layer, set[int]],
) -> Layer | None:
    """The layer of the graph that is `one`, which reads `reads`.

    The first layers of the two heads are alike; what follows tells them
    apart.
    """
    form = (one.kind, one.outputs, one.kernel, one.stride, one.dilation)
    head = {"heatmaps.0.0": 19, "pafs.0.0": 38}
    wanted = next((n for end, n in head.items() if one.name.endswith(end)), 0)
    for layer in layers:
        if layer in names or (wanted and wanted not in followers[layer]):
            continue
        if form == (
            layer.kind,
            layer.channels,
            layer.kernel,
            layer.stride,
            layer.dilation,
        ) and reads == {before for source in layer.inputs for before in source}:
            return layer
    return None


class _Placer:
    """Gives every layer its channels of a value, and writes operations.

    The sources of a concatenation are written side by side into one value.
    A layer can lie in one value only: where a second concatenation wants it
    (features of the second and third refinement stage), a copy is made by a
    depthwise convolution whose kernel is 1 in its middle.
    """

    def __init__(self, layers: list[Layer]) -> None:
        self.values = [3]
        self.operations: list[Operation] = []
        self.layers = layers
        self.joined: dict[Source, int] = {}  # concatenation -> its value
        self.completed: set[Source] = set()
        self.places: dict[Layer, tuple[int, int]] = {}
        self.concats = self._plan_concats()
        for layer in layers:
            for source in layer.inputs:
                self._complete(source)
            self._emit(layer)

    def _plan_concats(self) -> dict[Layer, tuple[Source, int]]:
        """For each layer that is born in a concatenation: which, and where."""
        planned: dict[Layer, tuple[Source, int]] = {}
        for layer in self.layers:
            for source in layer.inputs:
                first = 0
                for part in source if len(source) > 1 else ():
                    if part is not None:
                        planned.setdefault(part, (source, first))
                    first += 3 if part is None else part.channels
        return planned

    def _new_value(self, channels: int) -> int:
        self.values.append(channels)
        return len(self.values) - 1

    def _joined_value(self, source: Source) -> int:
        if source not in self.joined:
            channels = sum(3 if p is None else p.channels for p in source)
            self.joined[source] = self._new_value(channels)
        return self.joined[source]

    def _complete(self, source: Source) -> None:
        """Copies into a concatenation what was not born there."""
        if len(source) < 2 or source in self.completed:
            return
        self.completed.add(source)
        value, first = self._joined_value(source), 0
        for part in source:
            count = 3 if part is None else part.channels
            if part is None or self.places[part] != (value, first):
                self._copy(part, count, value, first)
            first += count

    def _copy(
        self, part: Layer | None, count: int, value: int, first: int
    ) -> None:
        from_value, from_first = (0, 0) if part is None else self.places[part]
        stem = "input" if part is None else part.name
        before = [one.name for one in self.operations]
        number = sum(name.startswith(f"{stem}.copy") for name in before)
        kernel = np.zeros((count, 1, 3, 3), dtype=np.float32)
        kernel[:, :, 1, 1] = 1
        self.operations.append(
            Operation(
                name=f"{stem}.copy{number + 1}",
                kind="depthwise",
                input=from_value,
                input_first=from_first,
                input_count=count,
                output=value,
                output_first=first,
                output_count=count,
                kernel=3,
                weight=Weight(kernel),
            )
        )

    def _emit(self, layer: Layer) -> None:
        if layer in self.concats:
            source, first = self.concats[layer]
            value = self._joined_value(source)
        else:
            value, first = self._new_value(layer.channels), 0
        self.places[layer] = (value, first)
        reads = [self._range(source) for source in layer.inputs]
        addend = reads[1] if layer.kind == "add" else (0, 0, 0)
        self.operations.append(
            Operation(
                name=layer.name,
                kind=layer.kind,
                input=reads[0][0],
                input_first=reads[0][1],
                input_count=reads[0][2],
                addend=addend[0],
                addend_first=addend[1],
                output=value,
                output_first=first,
                output_count=layer.channels,
                kernel=layer.kernel,
                stride=layer.stride,
                dilation=layer.dilation,
                activation=layer.activation,
                weight=layer.folded_weight(),
                bias=None
                if layer.offset is None
                else layer.offset.astype(np.float32),
            )
        )

    def _range(self, source: Source) -> tuple[int, int, int]:
        """Value, first channel and count of what a layer reads."""
        if source == (None,):
            return 0, 0, 3
        if len(source) > 1:
            value = self.joined[source]
            return value, 0, self.values[value]
        layer = source[0]
        assert layer is not None
        return (*self.places[layer], layer.channels)

    def group(self, source: Source, node: Node) -> MapGroup:
        if len(source) > 1 or source[0] is None:
            raise ConvertError(f"{node.name}: an output must be a layer")
        return MapGroup(*self._range(source))
