"""The released IR, layer for layer in ONNX; FakeQuantize left out.

Knows nothing of the package: constants become f32 initialisers, and ONNX
Runtime itself computes (q - zero point) * scale. The input is normalised:
(x - 128) / 255.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import ClassVar

import numpy as np
import onnx
from onnx import helper, numpy_helper


class ReleasedInOnnx:
    """Makes it when it is made; `model` gives it."""

    KINDS: ClassVar = {
        "Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "ReLU": "Relu",
        "Elu": "Elu", "Convolution": "Conv", "GroupConvolution": "Conv",
    }  # fmt: skip

    def __init__(self, path: Path) -> None:
        root = ET.parse(path).getroot()
        self.data = path.with_suffix(".bin").read_bytes()
        self.layers = {one.get("id"): one for one in root.find("layers")}
        self.sources: dict[str, dict[int, str]] = {}
        for edge in root.find("edges"):
            ports = self.sources.setdefault(edge.get("to-layer"), {})
            ports[int(edge.get("to-port"))] = edge.get("from-layer")
        self.nodes, self.constants, self.outputs = [], [], []
        self.done: set[str] = set()
        for identity, layer in self.layers.items():
            if layer.get("type") == "Result":
                self.outputs.append(self.visit(self.inputs(identity)[0]))

    def inputs(self, identity: str) -> list[str]:
        ports = self.sources.get(identity, {})
        return [ports[port] for port in sorted(ports)]

    def visit(self, identity: str) -> str:
        """The name of what a layer gives, after it has been written."""
        layer = self.layers[identity]
        inputs = self.inputs(identity)
        kind = layer.get("type")
        if kind in ("FakeQuantize", "Convert"):
            return self.visit(inputs[0])
        if layer.get("name") == "data/mean/Fused_Add_":
            return "data"  # the reference's own input is normalised
        if identity not in self.done:
            self.done.add(identity)
            self.write(identity, layer, kind, inputs)
        return f"t{identity}"

    def write(self, identity, layer, kind, inputs) -> None:
        data = {} if layer.find("data") is None else layer.find("data").attrib
        if kind == "Const":
            self.constants.append(self.constant(f"t{identity}", data))
            return
        if kind == "Reshape":
            # [C,1,3,3] is what ONNX wants of a depthwise weight.
            source = self.visit(inputs[0])
            node = helper.make_node("Identity", [source], [f"t{identity}"])
            self.nodes.append(node)
            return
        attributes = {}
        if kind == "Concat":
            attributes = {"axis": 1}
        if kind in ("Convolution", "GroupConvolution"):
            attributes = self.window(identity, data, kind)
        names = [self.visit(one) for one in inputs]
        self.nodes.append(
            helper.make_node(
                self.KINDS.get(kind, kind), names, [f"t{identity}"],
                **attributes,
            )
        )  # fmt: skip

    def window(self, identity, data, kind) -> dict:
        numbers = {
            key: [int(one) for one in data[key].split(",")]
            for key in ("strides", "dilations", "pads_begin", "pads_end")
        }
        port = self.layers[identity].find("input").findall("port")[1]
        outputs = int(port.find("dim").text)
        return {
            "strides": numbers["strides"],
            "dilations": numbers["dilations"],
            "pads": numbers["pads_begin"] + numbers["pads_end"],
            "group": outputs if kind == "GroupConvolution" else 1,
        }

    def constant(self, name, data) -> onnx.TensorProto:
        kinds = {"f16": np.float16, "i8": np.int8, "i64": np.int64}
        start, size = int(data["offset"]), int(data["size"])
        array = np.frombuffer(
            self.data[start : start + size], kinds[data["element_type"]]
        ).astype(np.float32)
        if np.abs(array).max() < 1e-5:
            array = np.zeros_like(array)  # zero points of +-7.6e-6
        shape = [int(one) for one in data["shape"].split(",") if one]
        return numpy_helper.from_array(array.reshape(shape), name)

    def model(self) -> onnx.ModelProto:
        kind = onnx.TensorProto.FLOAT
        infos = [
            helper.make_tensor_value_info(name, kind, [1, None, None, None])
            for name in self.outputs
        ]
        graph = helper.make_graph(
            self.nodes, "released",
            [helper.make_tensor_value_info("data", kind, [1, 3, "h", "w"])],
            infos, self.constants,
        )  # fmt: skip
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6
        )
