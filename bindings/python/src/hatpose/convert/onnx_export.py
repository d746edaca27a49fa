"""A network as an ONNX model, for other runtimes and for comparison.

In: a Network. Out: an onnx.ModelProto whose input is a picture of any size
(0 to 255, planes in the network's order; the normalisation is inside) and
whose outputs are called `heatmaps`, `pafs` and, if there are any, `hats`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..network import Network, Operation

OPSET = 13
IR_VERSION = 7  # what came out with opset 13; old runtimes read it
INPUT = "data"
NORMALISED = "normalised"


def to_onnx(network: Network) -> onnx.ModelProto:
    """Weights of all types become f32; the network must pass its check."""
    network.check()
    writer = _Writer(network)
    outputs = []
    for name in ("heatmaps", "pafs", "hats"):
        group = getattr(network, name)
        if group is None:
            continue
        writer.node(
            "Identity",
            [writer.read(group.value, group.first, group.count)],
            name,
        )
        outputs.append(_tensor_info(name, group.count))
    graph = helper.make_graph(
        writer.nodes,
        "hatpose",
        [_tensor_info(INPUT, network.values[0])],
        outputs,
        writer.constants,
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="hatpose",
    )


def result_names(network: Network) -> list[tuple[str, int, int]]:
    """What the model computes: (name in it, value, its first channel)."""
    results = [(NORMALISED, 0, 0)]
    for op in network.operations:
        results.append((_result_name(op), op.output, op.output_first))
    return results


def _layer_name(op: Operation) -> str:
    """An operation may be called as an output is: the slash tells them."""
    return f"/{op.name}"


def _result_name(op: Operation) -> str:
    name = _layer_name(op)
    return name if op.activation == "none" else f"{name}.{op.activation}"


def _tensor_info(name: str, channels: int) -> onnx.ValueInfoProto:
    shape: list[str | int | None] = [1, channels]
    shape += [f"{name}_height", f"{name}_width"]
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


class _Writer:
    """Nodes and constants; what lies in a value is joined when it is read."""

    def __init__(self, network: Network) -> None:
        self.values = network.values
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        # value -> (first channel, name) of what was written into it
        picture = self._normalised(network)
        self.parts: dict[int, list[tuple[int, str]]] = {0: [(0, picture)]}
        self.counts = {picture: network.values[0]}
        self.reads: dict[tuple[int, int, int], str] = {}
        for op in network.operations:
            self._operation(op)

    def node(
        self, kind: str, inputs: list[str], output: str, **attributes: Any
    ) -> str:
        self.nodes.append(
            helper.make_node(kind, inputs, [output], output, **attributes)
        )
        return output

    def _normalised(self, network: Network) -> str:
        for name, numbers in (("mean", network.mean), ("scale", network.scale)):
            array = np.asarray(numbers, dtype=np.float32).reshape(1, 3, 1, 1)
            self.constants.append(numpy_helper.from_array(array, name))
        self.node("Sub", [INPUT, "mean"], "centred")
        return self.node("Mul", ["centred", "scale"], NORMALISED)

    def read(self, value: int, first: int, count: int) -> str:
        """The name of these channels; one part, or some of them joined."""
        key = (value, first, count)
        if key in self.reads:
            return self.reads[key]
        parts = sorted(self.parts[value])
        within = [
            (begin, name)
            for begin, name in parts
            if begin < first + count and begin + self.counts[name] > first
        ]
        name = within[0][1]
        if len(within) > 1:
            names = [one for _, one in within]
            name = self.node("Concat", names, f"joined_{value}_{first}", axis=1)
            self.counts[name] = sum(self.counts[one] for one in names)
        begin = within[0][0]
        if begin != first or self.counts[name] != count:
            name = self._slice(name, first - begin, count, key)
        self.reads[key] = name
        return name

    def _slice(
        self, name: str, first: int, count: int, key: tuple[int, int, int]
    ) -> str:
        output = "part_{}_{}_{}".format(*key)
        bounds = []
        for part, number in (("from", first), ("to", first + count),
                             ("axis", 1)):  # fmt: skip
            constant = helper.make_tensor(
                f"{output}_{part}", onnx.TensorProto.INT64, [1], [number]
            )
            self.constants.append(constant)
            bounds.append(constant.name)
        return self.node("Slice", [name, *bounds], output)

    def _operation(self, op: Operation) -> None:
        inputs = [self.read(op.input, op.input_first, op.input_count)]
        attributes: dict[str, Any] = {}
        kind = "Add"
        if op.kind == "add":
            inputs.append(self.read(op.addend, op.addend_first, op.input_count))
        else:
            kind = "Conv"
            inputs += self._tensors(op)
            pad = op.dilation * (op.kernel - 1) // 2
            attributes = {
                "kernel_shape": [op.kernel] * 2,
                "strides": [op.stride] * 2,
                "dilations": [op.dilation] * 2,
                "pads": [pad] * 4,
                "group": op.input_count if op.kind == "depthwise" else 1,
            }
        name = self.node(kind, inputs, _layer_name(op), **attributes)
        if op.activation != "none":
            activation = {"relu": "Relu", "elu": "Elu"}[op.activation]
            name = self.node(activation, [name], _result_name(op))
        self.counts[name] = op.output_count
        self.parts.setdefault(op.output, []).append((op.output_first, name))

    def _tensors(self, op: Operation) -> list[str]:
        assert op.weight is not None
        arrays = {f"{op.name}.weight": op.weight.to_f32()}
        if op.bias is not None:
            arrays[f"{op.name}.bias"] = op.bias
        for name, array in arrays.items():
            self.constants.append(numpy_helper.from_array(array, name))
        return list(arrays)
