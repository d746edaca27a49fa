"""ONNX (opset 9 and newer) into a graph.

In: the path of an .onnx file; external data may lie beside it. Out: a Graph.
What stands for a constant is found wherever exporters put it: initialisers,
Constant nodes, and chains of Identity, Cast, Reshape and the like on them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

from ..network import Array, Weight
from .graph import ConvertError, Graph, Node, Norm, Window

FILE_BYTES_MAX = 1 << 30
OPSET_MIN = 9
# Largest constant that arithmetic on constants may make.
CONSTANT_ITEMS_MAX = 1 << 24
_FLOATS = (
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.BFLOAT16,
    onnx.TensorProto.DOUBLE,
)
_DOMAINS = ("", "ai.onnx")
_TO_NCHW = [0, 3, 1, 2]
_TO_NHWC = [0, 2, 3, 1]


@dataclass
class _Value:
    """A computed value; `axis` is where its channels are: 1, or 3 (NHWC)."""

    node: Node
    axis: int = 1


Operand = _Value | Array


def read_onnx(path: str | os.PathLike[str]) -> Graph:
    """Raises ConvertError with one line; OSError if a file is missing."""
    path = Path(path)
    if path.stat().st_size > FILE_BYTES_MAX:
        raise ConvertError("more than 1 GiB")
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except DecodeError:
        raise ConvertError("damaged, or no ONNX file") from None
    if not model.graph.node:
        raise ConvertError("damaged, or no ONNX file: it has no nodes")
    _check_opset(model)
    if model.functions:
        model = _inlined(model)
    _check_names(model.graph)
    _load_external(model.graph, path.parent)
    return _Importer(model.graph).graph


def _check_opset(model: onnx.ModelProto) -> None:
    newest = onnx.defs.onnx_opset_version()
    versions = [
        one.version for one in model.opset_import if one.domain in _DOMAINS
    ]
    if len(versions) != 1 or not OPSET_MIN <= versions[0] <= newest:
        raise ConvertError(
            f"opset {versions}: one of {OPSET_MIN} to {newest} expected"
        )


def _check_names(graph: onnx.GraphProto) -> None:
    """protobuf gives bytes for a text that is not UTF-8."""
    named = (graph.initializer, graph.input, graph.output, graph.node)
    texts = [one.name for group in named for one in group]
    for node in graph.node:
        texts += [node.op_type, node.domain, *node.input, *node.output]
        texts += [one.name for one in node.attribute]
    for text in texts:
        if not isinstance(text, str):
            raise ConvertError(f"name {text!r} is not UTF-8")


def _inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    """Functions of the model's own, written out where they are called."""
    from onnx import inliner

    try:
        return inliner.inline_local_functions(model)
    except RuntimeError as error:
        raise ConvertError(f"functions: {_line(error)}") from error


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                yield attribute.t


def _load_external(graph: onnx.GraphProto, folder: Path) -> None:
    """Reads external data, from files in the model's own folder only."""
    base = folder.resolve()
    total = 0
    for tensor in _tensors(graph):
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        entries = {one.key: one.value for one in tensor.external_data}
        location = entries.get("location", "")
        source = (base / location).resolve()
        if not location or base not in source.parents:
            raise ConvertError(
                f"{tensor.name}: external data {location!r} is outside of the "
                "model's folder"
            )
        if not source.is_file():
            raise ConvertError(
                f"{tensor.name}: external data {location!r}: no such file"
            )
        tensor.raw_data = _slice(tensor.name, source, entries)
        # Many tensors may name the same bytes.
        total += len(tensor.raw_data)
        if total > FILE_BYTES_MAX:
            raise ConvertError(f"{tensor.name}: more than 1 GiB of weights")
        del tensor.external_data[:]
        tensor.data_location = onnx.TensorProto.DEFAULT


def _slice(name: str, source: Path, entries: dict[str, str]) -> bytes:
    size = source.stat().st_size
    try:
        offset = int(entries.get("offset") or 0)
        length = int(entries.get("length") or size - offset)
    except ValueError:
        offset = length = -1
    if offset < 0 or length < 0 or offset + length > size:
        raise ConvertError(
            f"{name}: external data {entries.get('offset')!r} + "
            f"{entries.get('length')!r} does not lie in the {size} bytes of "
            f"{source.name}"
        )
    if length > FILE_BYTES_MAX:
        raise ConvertError(f"{name}: more than 1 GiB")
    with open(source, "rb") as file:
        file.seek(offset)
        return file.read(length)


def _array(tensor: onnx.TensorProto, name: str) -> Array:
    """The numbers of a tensor, if they are numbers and all there."""
    try:
        array = np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ConvertError(f"{name}: {_line(error)}") from error
    if array.dtype.kind not in "fiub":
        raise ConvertError(f"{name}: elements of type {array.dtype}")
    return array


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


class _Importer:
    """Goes through the nodes, which ONNX keeps in order of computation."""

    def __init__(self, source: onnx.GraphProto) -> None:
        self.graph = Graph()
        self.operands: dict[str, Operand] = {}
        if source.sparse_initializer:
            name = source.sparse_initializer[0].values.name
            raise ConvertError(f"{name}: sparse initialisers are not known")
        for tensor in source.initializer:
            self.operands[tensor.name] = _array(tensor, tensor.name)
        for value in source.input:
            if value.name not in self.operands:
                self.operands[value.name] = self._input(value)
        for node in source.node:
            self._node(node)
        for value in source.output:
            operand = self.operands.get(value.name)
            if not isinstance(operand, _Value):
                raise ConvertError(f"output {value.name}: is not computed")
            self.graph.outputs.append(operand.node)

    def _input(self, value: onnx.ValueInfoProto) -> _Value:
        shape = [one.dim_value for one in value.type.tensor_type.shape.dim]
        if len(shape) != 4 or 3 not in (shape[1], shape[3]):
            raise ConvertError(
                f"input {value.name}: shape {shape}, 3 planes expected"
            )
        axis = 1 if shape[1] == 3 else 3
        return _Value(self.graph.input(value.name, 3), axis)

    def _node(self, proto: onnx.NodeProto) -> None:
        if not proto.output:
            raise ConvertError(f"node {proto.name!r}: has no output")
        node = _Node(proto, self.operands)
        if proto.domain not in _DOMAINS:
            raise ConvertError(
                f"{node.name}: operation {proto.domain}.{proto.op_type} "
                "is not known"
            )
        if proto.op_type == "Constant":
            self.operands[proto.output[0]] = _constant(node)
        elif all(one is None or _is_array(one) for one in node.inputs):
            folded = _folded(node)
            self.graph.count_items(node.name, folded.size)
            self.operands[proto.output[0]] = folded
        else:
            self.operands[proto.output[0]] = self._computed(node)

    def _computed(self, node: _Node) -> _Value:
        kind = node.type
        if kind in ("Identity", "Dropout", "Cast"):
            return _passed(node)
        if kind == "Transpose":
            return _transposed(node)
        if kind in ("Add", "Sub", "Mul", "Div", "Sum"):
            return self._arithmetic(node)
        makers: dict[str, Callable[[_Node, Node], Node]] = {
            "Conv": self._conv,
            "BatchNormalization": self._norm,
            "Relu": self._relu,
            "Clip": self._clip,
            "Elu": self._elu,
            "Concat": self._concat,
        }
        if kind not in makers:
            raise ConvertError(f"{node.name}: operation {kind} is not known")
        source = node.value(0)
        if source.axis != 1:
            raise ConvertError(
                f"{node.name}: {kind} on channels that come last"
            )
        return _Value(makers[kind](node, source.node))

    def _conv(self, node: _Node, source: Node) -> Node:
        kernel = node.array(1)
        if kernel.ndim != 4:
            raise ConvertError(
                f"{node.name}: weights of shape {list(kernel.shape)}"
            )
        result = self.graph.conv(
            node.name,
            source,
            Weight.from_f32(kernel),
            node.integer("group", 1),
            _window(node, kernel),
        )
        if node.has(2):
            result = self.graph.affine(
                node.name, result, np.ones(1), node.array(2)
            )
        return result

    def _norm(self, node: _Node, source: Node) -> Node:
        if node.integer("training_mode", 0):
            raise ConvertError(f"{node.name}: exported in training mode")
        gamma, beta, mean, variance = (node.array(i) for i in range(1, 5))
        epsilon = node.number("epsilon", 1e-5)
        return self.graph.norm(
            node.name, source, Norm(gamma, beta, mean, variance, epsilon)
        )

    def _relu(self, node: _Node, source: Node) -> Node:
        return self.graph.activate(node.name, source, "relu")

    def _clip(self, node: _Node, source: Node) -> Node:
        low = node.number("min", -np.inf)
        high = node.number("max", np.inf)
        if node.has(1):
            low = node.array(1).min()
        if node.has(2):
            high = node.array(2).max()
        if low != 0 or high < float(np.finfo(np.float32).max):
            raise ConvertError(
                f"{node.name}: Clip to {low:g} .. {high:g} (a ReLU6?) "
                "is not known"
            )
        return self.graph.activate(node.name, source, "relu")

    def _elu(self, node: _Node, source: Node) -> Node:
        alpha = node.number("alpha", 1.0)
        if alpha != 1:
            raise ConvertError(
                f"{node.name}: ELU with alpha {alpha:g}; only 1 is known"
            )
        return self.graph.activate(node.name, source, "elu")

    def _concat(self, node: _Node, _: Node) -> Node:
        values = [node.value(index) for index in range(len(node.inputs))]
        if node.integer("axis", 1) not in (1, -3) or any(
            one.axis != 1 for one in values
        ):
            raise ConvertError(f"{node.name}: only channels can be joined")
        return self.graph.concat(node.name, [one.node for one in values])

    def _arithmetic(self, node: _Node) -> _Value:
        if len(node.inputs) != 2:
            raise ConvertError(f"{node.name}: sum of {len(node.inputs)} values")
        left, right = node.inputs
        if isinstance(left, _Value) and isinstance(right, _Value):
            if node.type not in ("Add", "Sum") or left.axis != right.axis:
                raise ConvertError(f"{node.name}: {node.type} of two values")
            total = self.graph.add(node.name, left.node, right.node)
            return _Value(total, left.axis)
        is_left = isinstance(left, _Value)
        value, constant = node.value(1 - is_left), node.array(is_left)
        numbers = _per_channel(node, constant, value.axis)
        multiply, add = _factors(node, numbers, is_left)
        result = self.graph.affine(
            node.name, value.node, multiply, add, constant.dtype == np.float16
        )
        return _Value(result, value.axis)


class _Node:
    """A NodeProto with its operands found and its attributes by name."""

    def __init__(
        self, proto: onnx.NodeProto, operands: dict[str, Operand]
    ) -> None:
        self.type = proto.op_type
        self.name = proto.name or f"{proto.op_type} of {proto.output[0]}"
        self.attributes = {one.name: one for one in proto.attribute}
        self.inputs: list[Operand | None] = []
        for name in proto.input:
            if name and name not in operands:
                raise ConvertError(
                    f"{self.name}: reads {name!r}, which nothing before it "
                    "makes"
                )
            self.inputs.append(operands[name] if name else None)

    def _attribute(self, name: str, kind: int) -> onnx.AttributeProto | None:
        found = self.attributes.get(name)
        if found is not None and found.type != kind:
            raise ConvertError(f"{self.name}: attribute {name}: wrong type")
        return found

    def integer(self, name: str, default: int) -> int:
        found = self._attribute(name, onnx.AttributeProto.INT)
        return default if found is None else found.i

    def number(self, name: str, default: float) -> float:
        found = self._attribute(name, onnx.AttributeProto.FLOAT)
        return default if found is None else found.f

    def integers(self, name: str) -> list[int] | None:
        found = self._attribute(name, onnx.AttributeProto.INTS)
        return None if found is None else list(found.ints)

    def text(self, name: str, default: str) -> str:
        found = self._attribute(name, onnx.AttributeProto.STRING)
        return default if found is None else found.s.decode(errors="replace")

    def has(self, index: int) -> bool:
        return index < len(self.inputs) and self.inputs[index] is not None

    def value(self, index: int) -> _Value:
        found = self.inputs[index] if self.has(index) else None
        if not isinstance(found, _Value):
            raise ConvertError(f"{self.name}: input {index} is not computed")
        return found

    def array(self, index: int) -> Array:
        found = self.inputs[index] if self.has(index) else None
        if not isinstance(found, np.ndarray):
            raise ConvertError(f"{self.name}: input {index} is not constant")
        return found


def _is_array(operand: Operand | None) -> bool:
    return isinstance(operand, np.ndarray)


def _constant(node: _Node) -> Array:
    for name, found in node.attributes.items():
        if name == "value" and found.type == onnx.AttributeProto.TENSOR:
            return _array(found.t, node.name)
        if name in ("value_float", "value_floats", "value_int", "value_ints"):
            return np.asarray(onnx.helper.get_attribute_value(found))
    raise ConvertError(f"{node.name}: a constant without numbers")


def _folded(node: _Node) -> Array:
    """What a node makes of constants."""
    arithmetic: dict[str, Callable[..., Array]] = {
        "Add": np.add,
        "Sub": np.subtract,
        "Mul": np.multiply,
        "Div": np.divide,
    }
    try:
        first = node.array(0)
        if node.type in arithmetic:
            second = node.array(1)
            shape = np.broadcast_shapes(first.shape, second.shape)
            if np.prod(shape, dtype=np.float64) > CONSTANT_ITEMS_MAX:
                raise ConvertError(f"{node.name}: makes shape {list(shape)}")
            with np.errstate(all="ignore"):  # weights are checked at the end
                return np.asarray(arithmetic[node.type](first, second))
        return _reshaped(node, first)
    except (ValueError, TypeError, IndexError) as error:
        if isinstance(error, ConvertError):
            raise
        raise ConvertError(f"{node.name}: {_line(error)}") from error


def _reshaped(node: _Node, array: Array) -> Array:
    """Operations that keep the numbers of a constant."""
    if node.type == "Identity":
        return array
    if node.type == "Cast":
        kind = onnx.helper.tensor_dtype_to_np_dtype(node.integer("to", 1))
        if kind.kind not in "fiub":
            raise ConvertError(f"{node.name}: cast to {kind}")
        return np.asarray(array.astype(kind))
    if node.type == "Reshape":
        shape = [int(axis) for axis in node.array(1).reshape(-1)[:8]]
        known = array.shape
        return array.reshape(
            [known[i] if axis == 0 else axis for i, axis in enumerate(shape)]
        )
    if node.type == "Transpose":
        return np.asarray(array.transpose(node.integers("perm")))
    if node.type in ("Squeeze", "Unsqueeze"):
        axes = node.integers("axes")
        if node.has(1):
            axes = [int(one) for one in node.array(1).reshape(-1)]
        places = None if axes is None else tuple(axes)
        if node.type == "Squeeze":
            return array.squeeze(places)
        return np.expand_dims(array, places or ())
    raise ConvertError(
        f"{node.name}: operation {node.type} on constants is not known"
    )


def _passed(node: _Node) -> _Value:
    """Operations that change nothing when the network is only used."""
    if node.type == "Cast" and node.integer("to", 1) not in _FLOATS:
        raise ConvertError(f"{node.name}: cast to integers")
    if node.type == "Dropout" and node.has(2) and node.array(2).any():
        raise ConvertError(f"{node.name}: exported in training mode")
    return node.value(0)


def _transposed(node: _Node) -> _Value:
    value = node.value(0)
    order = node.integers("perm")
    if value.axis == 3 and order == _TO_NCHW:
        return _Value(value.node, 1)
    if value.axis == 1 and order == _TO_NHWC:
        return _Value(value.node, 3)
    raise ConvertError(f"{node.name}: transpose by {order}")


def _per_channel(node: _Node, constant: Array, axis: int) -> Array:
    """One number, or one per channel along `axis` of four."""
    shape = (1,) * (4 - constant.ndim) + constant.shape
    if constant.ndim > 4 or constant.size not in (1, shape[axis]):
        raise ConvertError(
            f"{node.name}: constant of shape {list(constant.shape)} is not "
            "per channel"
        )
    numbers: Array = constant.reshape(-1).astype(np.float64)
    return numbers


def _factors(
    node: _Node, numbers: Array, is_value_left: bool
) -> tuple[Array, Array]:
    """multiply and add for `value op numbers`, or `numbers op value`."""
    one, zero = np.ones(1), np.zeros(1)
    if node.type in ("Add", "Sum"):
        return one, numbers
    if node.type == "Mul":
        return numbers, zero
    if node.type == "Sub":
        return (one, -numbers) if is_value_left else (-one, numbers)
    if not is_value_left or not numbers.all():
        raise ConvertError(f"{node.name}: division by a value or by zero")
    return 1 / numbers, zero


def _window(node: _Node, kernel: Array) -> Window:
    strides = node.integers("strides") or [1, 1]
    dilations = node.integers("dilations") or [1, 1]
    auto_pad = node.text("auto_pad", "NOTSET")
    if auto_pad == "NOTSET":
        pads = node.integers("pads") or [0] * 4
    elif auto_pad == "VALID":
        pads = [0] * 4
    elif strides == [1, 1] and len(set(dilations)) == 1:
        pads = [dilations[0] * (kernel.shape[2] - 1) // 2] * 4
    else:
        raise ConvertError(f"{node.name}: auto_pad {auto_pad}")
    return Window(strides, dilations, pads)
