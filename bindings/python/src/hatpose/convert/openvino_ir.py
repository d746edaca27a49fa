"""OpenVINO IR (XML and raw data) into a graph.

In: the path of the .xml; its .bin lies beside it. Out: a Graph with int8
weights as they are in the file. FakeQuantize nodes are dropped, which gives
the float network; weights are (q - zero_point) * scale (docs/algorithm.md,
"Model sources").
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

import numpy as np

from ..network import Array, Weight
from .graph import ConvertError, Graph, Node, Window

XML_BYTES_MAX = 64 << 20
BIN_BYTES_MAX = 1 << 30
LAYERS_MAX = 100_000
DEPTH_MAX = 16
# Zero points of +-7.6e-6 stand in real files: what fp16 left of zero.
ZERO_POINT_DUST = 2.0**-10

_ELEMENT_TYPES: dict[str, type[np.generic]] = {
    "f64": np.float64,
    "f32": np.float32,
    "f16": np.float16,
    "i64": np.int64,
    "i32": np.int32,
    "i8": np.int8,
    "u8": np.uint8,
}
_FLOATS = ("f16", "f32", "f64", "bf16")


@dataclass
class _Layer:
    """A <layer> with its <data> attributes and the layers it reads."""

    name: str
    type: str
    data: dict[str, str] = field(default_factory=dict)
    inputs: dict[int, str] = field(default_factory=dict)  # port -> layer id


@dataclass
class _Scaled:
    """A constant: values, or (values - 0) * scale with int8 values."""

    values: Array
    scale: Array | None = None

    def to_float(self) -> Array:
        values = self.values.astype(np.float64)
        return values if self.scale is None else values * self.scale


def read_ir(path: str | os.PathLike[str]) -> Graph:
    """Raises ConvertError with one line; OSError if a file is missing."""
    path = Path(path)
    name, layers = _parse(path)
    weights = path.with_suffix(".bin")
    if weights.stat().st_size > BIN_BYTES_MAX:
        raise ConvertError(f"{weights.name}: more than 1 GiB")
    return _Importer(name, layers, weights.name, weights.read_bytes()).graph


def _parse(path: Path) -> tuple[str, dict[str, _Layer]]:
    if path.stat().st_size > XML_BYTES_MAX:
        raise ConvertError(f"{path.name}: more than 64 MiB of XML")
    reader = _XmlReader()
    try:
        reader.parser.Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        raise ConvertError(
            f"{path.name}: line {error.lineno}: "
            f"{expat.errors.messages[error.code]}"
        ) from error
    except ConvertError:
        raise
    except (LookupError, ValueError) as error:  # encodings it does not know
        raise ConvertError(f"{path.name}: {error}") from error
    if reader.tag != "net":
        raise ConvertError(f"{path.name}: no OpenVINO IR: <{reader.tag}>")
    return reader.name, reader.layers


class _XmlReader:
    """Takes layers and edges from the XML as it goes by; keeps no tree.

    A document type is refused, and with it every entity: an IR has none.
    """

    def __init__(self) -> None:
        self.tag, self.name = "", ""
        self.layers: dict[str, _Layer] = {}
        self.depth = 0
        self.current: _Layer | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _refuse_doctype(self, *_: object) -> NoReturn:
        raise ConvertError("document type in the XML: an IR has none")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth == 1:
            self.tag, self.name = tag, attributes.get("name", "")
        if self.depth > DEPTH_MAX or len(self.layers) > LAYERS_MAX:
            raise ConvertError(
                "XML is nested too deeply or has too many layers"
            )
        if tag == "layer" and self.depth == 3:
            self.current = _Layer(
                attributes.get("name", ""), attributes.get("type", "")
            )
            identity = attributes.get("id", "")
            if identity in self.layers:
                raise ConvertError(f"layer {identity}: defined twice")
            self.layers[identity] = self.current
        elif tag == "data" and self.current and self.depth == 4:
            self.current.data = attributes
        elif tag == "edge" and self.depth == 3:
            self._edge(attributes)

    def _end(self, tag: str) -> None:
        self.depth -= 1
        if tag == "layer" and self.depth == 2:
            self.current = None

    def _edge(self, attributes: dict[str, str]) -> None:
        try:
            source = attributes["from-layer"]
            layer = self.layers[attributes["to-layer"]]
            port = int(attributes["to-port"])
        except (KeyError, ValueError) as error:
            raise ConvertError(
                f"edge {attributes}: between unknown layers"
            ) from error
        if source not in self.layers:
            raise ConvertError(f"{layer.name}: reads from a missing layer")
        if port in layer.inputs:
            raise ConvertError(f"{layer.name}: two edges into port {port}")
        layer.inputs[port] = source


class _Importer:
    """Goes through the layers in order of computation."""

    def __init__(
        self, name: str, layers: dict[str, _Layer], file: str, data: bytes
    ) -> None:
        self.graph = Graph(name)
        self.file = file
        self.data = data
        self.layers = layers
        self.computed: dict[str, Node | _Scaled] = {}
        self.skipped = 0
        makers: dict[str, Callable[[_Layer, list[Node | _Scaled]], Node]] = {
            "Convolution": self._convolution,
            "GroupConvolution": self._convolution,
            "Add": self._arithmetic,
            "Subtract": self._arithmetic,
            "Multiply": self._arithmetic,
            "Divide": self._arithmetic,
            "ReLU": self._activation,
            "Elu": self._activation,
            "Concat": self._concat,
        }
        for identity in self._in_order():
            layer = layers[identity]
            inputs = [
                self.computed[layer.inputs[port]]
                for port in sorted(layer.inputs)
            ]
            self.computed[identity] = self._compute(layer, inputs, makers)
        if self.skipped:
            self.graph.remarks.append(
                f"left out {self.skipped} FakeQuantize nodes: "
                "activations stay float"
            )

    def _in_order(self) -> list[str]:
        """Ids so that each layer comes after the ones it reads."""
        missing = {
            identity: len(set(layer.inputs.values()))
            for identity, layer in self.layers.items()
        }
        readers: dict[str, list[str]] = {identity: [] for identity in missing}
        for identity, layer in self.layers.items():
            for source in set(layer.inputs.values()):
                readers[source].append(identity)
        order = [identity for identity, count in missing.items() if not count]
        for identity in order:  # grows while it is read
            for reader in readers[identity]:
                missing[reader] -= 1
                if not missing[reader]:
                    order.append(reader)
        if len(order) < len(missing):
            stuck = next(one for one, count in missing.items() if count)
            raise ConvertError(
                f"{self.layers[stuck].name}: is part of a circle"
            )
        return order

    def _compute(
        self,
        layer: _Layer,
        inputs: list[Node | _Scaled],
        makers: dict[str, Callable[[_Layer, list[Node | _Scaled]], Node]],
    ) -> Node | _Scaled:
        if layer.type == "Const":
            return _Scaled(self._constant(layer))
        if layer.type == "Parameter":
            shape = _integers(layer, "shape")
            channels = shape[1] if len(shape) == 4 else 0
            return self.graph.input(layer.name, channels)
        if not inputs:
            raise ConvertError(f"{layer.name}: {layer.type} without input")
        first = inputs[0]
        if layer.type == "FakeQuantize":
            if isinstance(first, _Scaled):
                raise ConvertError(f"{layer.name}: FakeQuantize of weights")
            self.skipped += 1
            return first
        if layer.type == "Result":
            if isinstance(first, _Scaled):
                raise ConvertError(f"{layer.name}: the output is a constant")
            self.graph.outputs.append(first)
            return first
        constants = [one for one in inputs if isinstance(one, _Scaled)]
        if len(constants) == len(inputs):
            folded = _folded(layer, constants)
            self.graph.count_items(layer.name, folded.values.size)
            return folded
        if layer.type == "Convert":
            if layer.data.get("destination_type") not in _FLOATS:
                raise ConvertError(f"{layer.name}: conversion to integers")
            return first
        if layer.type not in makers:
            raise ConvertError(
                f"{layer.name}: operation {layer.type} is not known"
            )
        return makers[layer.type](layer, inputs)

    def _constant(self, layer: _Layer) -> Array:
        kind = _ELEMENT_TYPES.get(layer.data.get("element_type", ""))
        if kind is None:
            raise ConvertError(
                f"{layer.name}: element type "
                f"{layer.data.get('element_type')!r} is not known"
            )
        shape = _integers(layer, "shape")
        (offset,) = _integers(layer, "offset", 1)
        (size,) = _integers(layer, "size", 1)
        count = 1
        for axis in shape:
            count *= axis
        if count * np.dtype(kind).itemsize != size:
            raise ConvertError(
                f"{layer.name}: shape {shape} does not make {size} bytes"
            )
        if offset + size > len(self.data):
            raise ConvertError(
                f"{self.file}: ends after {len(self.data)} bytes, "
                f"{layer.name} is at {offset} to {offset + size}"
            )
        flat: Array = np.frombuffer(self.data, kind, count, offset)
        return flat.reshape(shape)

    def _convolution(self, layer: _Layer, inputs: list[Node | _Scaled]) -> Node:
        source, kernel = _pair(layer, inputs)
        if isinstance(source, _Scaled) or not isinstance(kernel, _Scaled):
            raise ConvertError(f"{layer.name}: its weights are not constant")
        weight = _weight(layer, kernel, layer.type == "GroupConvolution")
        groups = 1
        if layer.type == "GroupConvolution":
            groups = kernel.values.shape[0]
        return self.graph.conv(
            layer.name, source, weight, groups, _window(layer, weight)
        )

    def _arithmetic(self, layer: _Layer, inputs: list[Node | _Scaled]) -> Node:
        left, right = _pair(layer, inputs)
        if isinstance(left, _Scaled) and layer.type in ("Add", "Multiply"):
            left, right = right, left
        if isinstance(left, _Scaled):
            raise ConvertError(f"{layer.name}: constant minus or by a value")
        if not isinstance(right, _Scaled):
            if layer.type != "Add":
                raise ConvertError(f"{layer.name}: {layer.type} of two values")
            return self.graph.add(layer.name, left, right)
        numbers = _per_channel(layer, right)
        one, zero = np.ones(1), np.zeros(1)
        if layer.type == "Divide" and not numbers.all():
            raise ConvertError(f"{layer.name}: division by zero")
        half = right.values.dtype == np.float16
        if layer.type in ("Divide", "Subtract"):
            numbers = 1 / numbers if layer.type == "Divide" else -numbers
        if layer.type in ("Add", "Subtract"):
            return self.graph.affine(layer.name, left, one, numbers, half)
        return self.graph.affine(layer.name, left, numbers, zero, half)

    def _activation(self, layer: _Layer, inputs: list[Node | _Scaled]) -> Node:
        source = inputs[0]
        assert isinstance(source, Node)
        if layer.type == "ReLU":
            return self.graph.activate(layer.name, source, "relu")
        if layer.data.get("alpha") not in ("1", "1.0"):
            raise ConvertError(
                f"{layer.name}: ELU with alpha {layer.data.get('alpha')}; "
                "only 1 is known"
            )
        return self.graph.activate(layer.name, source, "elu")

    def _concat(self, layer: _Layer, inputs: list[Node | _Scaled]) -> Node:
        nodes = [one for one in inputs if isinstance(one, Node)]
        if len(nodes) < len(inputs) or layer.data.get("axis") not in (
            "1",
            "-3",
        ):
            raise ConvertError(
                f"{layer.name}: only computed channels can be joined"
            )
        return self.graph.concat(layer.name, nodes)


def _pair(
    layer: _Layer, inputs: list[Node | _Scaled]
) -> tuple[Node | _Scaled, Node | _Scaled]:
    if len(inputs) != 2:
        raise ConvertError(f"{layer.name}: 2 inputs expected, {len(inputs)}")
    return inputs[0], inputs[1]


def _integers(layer: _Layer, key: str, count: int | None = None) -> list[int]:
    """A list of counts, `1,3,256,456`; -1 or a range stands for any."""
    text = layer.data.get(key)
    try:
        if text is None:
            raise ValueError
        parts = [part for part in text.split(",") if part.strip()]
        if key == "shape" and layer.type == "Parameter":
            parts = [part if part.strip().isdigit() else "0" for part in parts]
        numbers = [int(part) for part in parts]
        if min(numbers, default=0) < 0 or len(numbers) > 8:
            raise ValueError
        if count is not None and len(numbers) != count:
            raise ValueError
    except ValueError:
        raise ConvertError(
            f"{layer.name}: {key} {text and text[:40]!r} is no list of counts"
        ) from None
    return numbers


def _per_channel(layer: _Layer, constant: _Scaled) -> Array:
    """One number, or one per channel, of shape [C, 1, 1] or [1, C, 1, 1]."""
    numbers = constant.to_float()
    if numbers.size != 1 and (
        numbers.ndim not in (3, 4) or numbers.shape[-3] != numbers.size
    ):
        raise ConvertError(
            f"{layer.name}: constant of shape {list(numbers.shape)} is not "
            "per channel"
        )
    return numbers.reshape(-1)


def _folded(layer: _Layer, constants: list[_Scaled]) -> _Scaled:
    """Arithmetic of constants; int8 with zero point 0 and scale is kept."""
    first = constants[0]
    if layer.type == "Convert":
        return first
    if layer.type == "Reshape":
        return _reshaped(layer, first, constants[-1])
    if layer.type not in ("Subtract", "Multiply") or len(constants) != 2:
        raise ConvertError(
            f"{layer.name}: operation {layer.type} on constants is not known"
        )
    left, right = first, constants[1].to_float()
    is_scale = right.size in (
        1,
        left.values.shape[0] if left.values.ndim else 1,
    )
    if not is_scale or (right.size > 1 and right.shape[0] != right.size):
        raise ConvertError(
            f"{layer.name}: constant of shape {list(right.shape)} is not per "
            "output channel"
        )
    right = right.reshape(-1, *[1] * (left.values.ndim - 1))
    if layer.type == "Multiply" and left.values.dtype == np.int8:
        before = 1.0 if left.scale is None else left.scale
        return _Scaled(left.values, before * right)
    if layer.type == "Multiply":
        return _Scaled(left.to_float() * right)
    if left.scale is None and np.abs(right).max(initial=0) < ZERO_POINT_DUST:
        return left
    return _Scaled(left.to_float() - right)


def _reshaped(layer: _Layer, constant: _Scaled, shape: _Scaled) -> _Scaled:
    """[C,1,3,3] to [C,1,1,3,3]; the first axis, which has scales, stays."""
    target = [int(axis) for axis in shape.values.reshape(-1)[:8]]
    values = constant.values
    if (
        not target
        or values.ndim == 0
        or target[0] not in (values.shape[0], 0)
        or min(target) < -1
    ):
        raise ConvertError(f"{layer.name}: reshape of weights to {target}")
    try:
        values = values.reshape(values.shape[0], *target[1:])
    except ValueError:
        raise ConvertError(
            f"{layer.name}: reshape of {list(constant.values.shape)} to "
            f"{target}"
        ) from None
    scale = constant.scale
    if scale is not None:
        scale = scale.reshape(-1, *[1] * (values.ndim - 1))
    return _Scaled(values, scale)


def _weight(layer: _Layer, constant: _Scaled, grouped: bool) -> Weight:
    """[O,I,k,k], or of a grouped convolution [G,O/G,I/G,k,k]."""
    values = constant.values
    if values.ndim != 4 + grouped or not values.size:
        raise ConvertError(
            f"{layer.name}: weights of shape {list(values.shape)}"
        )
    shape = values.shape[-3:]
    if constant.scale is None or values.dtype != np.int8:
        numbers = constant.to_float().astype(np.float32)
        return Weight.from_f32(numbers.reshape(-1, *shape))
    outputs = values.size // (shape[0] * shape[1] * shape[2])
    if constant.scale.size not in (1, outputs):
        raise ConvertError(f"{layer.name}: scales are not per output channel")
    scale = np.broadcast_to(constant.scale.reshape(-1), (outputs,))
    return Weight(
        np.ascontiguousarray(values.reshape(-1, *shape)),
        "int8",
        scale.astype(np.float32),
    )


def _window(layer: _Layer, weight: Weight) -> Window:
    data = layer.data
    strides = _integers(layer, "strides", 2)
    dilations = _integers(layer, "dilations", 2)
    auto_pad = data.get("auto_pad", "explicit")
    if auto_pad == "explicit":
        pads = _integers(layer, "pads_begin", 2)
        pads += _integers(layer, "pads_end", 2)
    elif auto_pad == "valid":
        pads = [0] * 4
    elif auto_pad.startswith("same") and strides == [1, 1]:
        kernel = weight.values.shape[2]
        pads = [dilations[0] * (kernel - 1) // 2] * 4
    else:
        raise ConvertError(f"{layer.name}: auto_pad {auto_pad}")
    return Window(strides, dilations, pads)
