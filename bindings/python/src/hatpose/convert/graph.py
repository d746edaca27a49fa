"""A foreign network after its file format has been taken off.

In: what the importers found in their files. Out: a plain graph of five kinds
of nodes in an order in which each comes after its inputs. Every importer
makes its nodes here, so that what the model file cannot say is refused in
one place, by the name that the node has in the source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..network import Activation, Array, Weight

# Weights and folded constants of a source: a bound for hostile files, in
# which many nodes may share one constant. Released networks have 4 million.
ITEMS_MAX = 1 << 27


class ConvertError(ValueError):
    """One line that names the file or the node and what is wrong with it."""


@dataclass(eq=False)
class Node:
    """Something computed; `channels` is what it gives."""

    name: str
    inputs: tuple[Node, ...]
    channels: int


@dataclass(eq=False)
class Input(Node):
    """The picture: three planes."""


@dataclass(eq=False)
class Conv(Node):
    """Convolution without bias; depthwise if `groups` is its input count."""

    weight: Weight
    groups: int
    stride: int
    dilation: int


@dataclass(eq=False)
class Affine(Node):
    """x * multiply + add, one number per channel: biases and batch norms."""

    multiply: Array
    add: Array
    half: bool = False  # the numbers were rounded to half precision


@dataclass(eq=False)
class Activate(Node):
    """ReLU or ELU with alpha 1."""

    activation: Activation


@dataclass(eq=False)
class Add(Node):
    """Sum of two computed values."""


@dataclass(eq=False)
class Concat(Node):
    """Channels of its inputs, one after the other."""


@dataclass
class Graph:
    """Nodes in order of computation, and which of them are asked for.

    `remarks` are lines for the user about what the importer left out.
    """

    name: str = ""
    nodes: list[Node] = field(default_factory=list)
    outputs: list[Node] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    item_count: int = 0

    def count_items(self, name: str, count: int) -> None:
        """To be called for every array that is made of a constant."""
        self.item_count += count
        if self.item_count > ITEMS_MAX:
            raise ConvertError(f"{name}: more than {ITEMS_MAX} weights in all")

    def input(self, name: str, channels: int) -> Node:
        if any(isinstance(node, Input) for node in self.nodes):
            raise ConvertError(f"{name}: a second input; one is expected")
        if channels != 3:
            raise ConvertError(f"{name}: 3 input channels expected")
        return self._put(Input(name, (), channels))

    def conv(
        self,
        name: str,
        source: Node,
        weight: Weight,
        groups: int,
        window: Window,
    ) -> Node:
        self.count_items(name, weight.values.size)
        outputs, inputs, height, width = weight.values.shape
        kernel = height
        depthwise = groups == source.channels == outputs and inputs == 1
        if height != width or (groups > 1 and not depthwise):
            raise ConvertError(
                f"{name}: convolution {height}x{width} with {groups} groups; "
                "only full and depthwise ones are known"
            )
        if not depthwise and inputs != source.channels:
            raise ConvertError(
                f"{name}: weights for {inputs} input channels, "
                f"{source.channels} come in"
            )
        if kernel != 3 and (depthwise or kernel != 1):
            raise ConvertError(f"{name}: kernel {kernel}x{kernel} is not known")
        stride, dilation = window.check(name, kernel)
        return self._put(
            Conv(name, (source,), outputs, weight, groups, stride, dilation)
        )

    def affine(
        self,
        name: str,
        source: Node,
        multiply: Array,
        add: Array,
        half: bool = False,
    ) -> Node:
        node = Affine(
            name,
            (source,),
            source.channels,
            _vector(name, multiply, source.channels),
            _vector(name, add, source.channels),
            half,
        )
        return self._put(node)

    def norm(self, name: str, source: Node, norm: Norm) -> Node:
        """Batch normalisation with its statistics fixed."""
        vectors = [
            np.asarray(one, dtype=np.float64)
            for one in (norm.gamma, norm.beta, norm.mean, norm.variance)
        ]
        for vector in vectors:
            if vector.shape != (source.channels,):
                raise ConvertError(
                    f"{name}: {source.channels} numbers expected, shape "
                    f"{list(vector.shape)} given"
                )
        gamma, beta, mean, variance = vectors
        if not (variance + norm.epsilon > 0).all():
            raise ConvertError(f"{name}: a variance is negative or no number")
        multiply = gamma / np.sqrt(variance + norm.epsilon)
        return self.affine(name, source, multiply, beta - mean * multiply)

    def activate(self, name: str, source: Node, kind: Activation) -> Node:
        return self._put(Activate(name, (source,), source.channels, kind))

    def add(self, name: str, first: Node, second: Node) -> Node:
        if first.channels != second.channels:
            raise ConvertError(
                f"{name}: sum of {first.channels} and {second.channels} "
                "channels"
            )
        return self._put(Add(name, (first, second), first.channels))

    def concat(self, name: str, sources: Sequence[Node]) -> Node:
        channels = sum(source.channels for source in sources)
        return self._put(Concat(name, tuple(sources), channels))

    def _put(self, node: Node) -> Node:
        self.nodes.append(node)
        return node


def _vector(name: str, numbers: Array, channels: int) -> Array:
    numbers = np.asarray(numbers, dtype=np.float64).reshape(-1)
    if numbers.size not in (1, channels):
        raise ConvertError(
            f"{name}: {numbers.size} numbers for {channels} channels"
        )
    return np.broadcast_to(numbers, (channels,))


@dataclass
class Norm:
    """What a batch normalisation has learnt, per channel."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float


@dataclass
class Window:
    """How a convolution moves, as the source says it; two axes each."""

    strides: Sequence[int]
    dilations: Sequence[int]
    pads: Sequence[int]  # top, left, bottom, right

    def check(self, name: str, kernel: int) -> tuple[int, int]:
        """Stride and dilation, if the model file can say this window."""
        strides, dilations = set(self.strides), set(self.dilations)
        if len(strides) != 1 or not strides <= {1, 2}:
            raise ConvertError(f"{name}: strides {list(self.strides)}")
        if len(dilations) != 1 or not dilations <= {1, 2}:
            raise ConvertError(f"{name}: dilations {list(self.dilations)}")
        stride, dilation = strides.pop(), dilations.pop()
        if kernel == 1:
            dilation = 1
        if (kernel == 1 or dilation == 2) and stride == 2:
            raise ConvertError(
                f"{name}: stride 2 with kernel {kernel}, dilation {dilation}"
            )
        pad = dilation * (kernel - 1) // 2
        if list(self.pads) != [pad] * 4:
            raise ConvertError(
                f"{name}: padding {list(self.pads)}, expected {pad} on "
                "every side"
            )
        return stride, dilation
