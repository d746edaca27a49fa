"""Makes foreign model files of Lightweight OpenPose with random weights.

`draw` tells a writer the network, layer by layer as docs/algorithm.md,
"Network", has it, without any of the package's own knowledge of it. One
writer makes ONNX, the other one OpenVINO IR together with the ONNX model that
says what it must compute.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

BACKBONE = (
    (64, 1, 1), (128, 2, 1), (128, 1, 1), (256, 2, 1), (256, 1, 1),
    (512, 1, 1), (512, 1, 2), (512, 1, 1), (512, 1, 1), (512, 1, 1),
    (512, 1, 1),
)  # fmt: skip
EPSILON = 1e-5


@dataclass
class Numbers:
    """What a convolution and the batch norm behind it have learnt."""

    weight: np.ndarray
    bias: np.ndarray | None
    norm: tuple[np.ndarray, ...] | None  # gamma, beta, mean, variance

    def folded(self) -> Numbers:
        if self.norm is None:
            return self
        gamma, beta, mean, variance = (
            one.astype(np.float64) for one in self.norm
        )
        factor = gamma / np.sqrt(variance + EPSILON)
        bias = 0.0 if self.bias is None else self.bias
        return Numbers(
            (self.weight * factor.reshape(-1, 1, 1, 1)).astype(np.float32),
            ((bias - mean) * factor + beta).astype(np.float32),
            None,
        )


class Drawing:
    """Draws layers of random numbers whose outputs stay of order one."""

    def __init__(self, writer, seed: int) -> None:
        self.writer = writer
        self.random = np.random.default_rng(seed)
        self.counts = {}

    def conv(self, source, outputs, kernel=1, stride=1, dilation=1,
             depthwise=False, bias=True, norm=False, activation="",
             spread=1.0):  # fmt: skip
        inputs = 1 if depthwise else self.counts.get(source, 3)
        shape = (outputs, inputs, kernel, kernel)
        spread *= (2 / (inputs * kernel * kernel)) ** 0.5
        numbers = Numbers(self.normal(*shape) * np.float32(spread), None, None)
        if bias:
            numbers.bias = self.normal(outputs) * np.float32(0.1)
        if norm:
            numbers.norm = (
                1 + self.normal(outputs) * np.float32(0.1),
                self.normal(outputs) * np.float32(0.1),
                self.normal(outputs) * np.float32(0.1),
                self.random.uniform(0.5, 1.5, outputs).astype(np.float32),
            )
        groups = outputs if depthwise else 1
        result = self.writer.conv(source, numbers, groups, stride, dilation)
        if activation:
            result = self.writer.activation(activation, result)
        self.counts[result] = outputs
        return result

    def normal(self, *shape) -> np.ndarray:
        return self.random.standard_normal(shape, dtype=np.float32)

    def add(self, first, second):
        result = self.writer.add(first, second)
        self.counts[result] = self.counts[first]
        return result

    def concat(self, sources):
        result = self.writer.concat(sources)
        self.counts[result] = sum(self.counts[one] for one in sources)
        return result


def draw(writer, stages: int = 1, is_caffe: bool = False, seed: int = 1):
    """The whole network; the writer then has all that it needs to save."""
    net = Drawing(writer, seed)
    features = draw_features(net, writer.input(), is_caffe)
    trunk = features
    for _ in range(3):
        trunk = net.conv(trunk, 128, 3, activation="Relu")
    maps = draw_heads(net, trunk, 512)
    outputs = [maps]
    for _ in range(stages):
        joined = [features, *maps]
        trunk = net.concat(joined[::-1] if is_caffe else joined)
        for _ in range(5):
            first = net.conv(trunk, 128, activation="Relu")
            inner = net.conv(first, 128, 3, norm=True, activation="Relu")
            inner = net.conv(
                inner, 128, 3, dilation=2, norm=True, activation="Relu"
            )
            trunk = net.add(first, inner)
        maps = draw_heads(net, trunk, 128)
        outputs.append(maps)
    writer.outputs([one for pair in outputs for one in pair])
    return writer


def draw_features(net: Drawing, picture, is_caffe: bool):
    body = net.conv(
        picture, 32, 3, stride=2, bias=False, norm=True, activation="Relu"
    )
    channels = 32
    for outputs, stride, dilation in BACKBONE:
        body = net.conv(
            body, channels, 3, stride, dilation,
            depthwise=True, bias=False, norm=True, activation="Relu",
        )  # fmt: skip
        body = net.conv(body, outputs, bias=False, norm=True, activation="Relu")
        channels = outputs
    align = net.conv(body, 128, activation="Elu" if is_caffe else "Relu")
    trunk = net.conv(align, 128, activation="Elu") if is_caffe else align
    for _ in range(3):
        trunk = net.conv(
            trunk, 128, 3, depthwise=True, bias=is_caffe, activation="Elu"
        )
        trunk = net.conv(trunk, 128, bias=is_caffe, activation="Elu")
    return net.conv(net.add(align, trunk), 128, 3, activation="Relu")


def draw_heads(net: Drawing, trunk, channels: int):
    return [
        net.conv(
            net.conv(trunk, channels, activation="Relu"), outputs, spread=0.1
        )
        for outputs in (19, 38)
    ]


class OnnxWriter:
    """Writes ONNX in one of the ways in which exporters write it.

    constants: where weights go, `initializer`, `node` (Constant nodes),
    `identity` (behind an Identity) or `input` (also listed as inputs).
    norms: `separate` or `folded`. picture: how the input is normalised in
    the graph, and whether its planes come last.
    """

    def __init__(self, opset=13, constants="initializer", norms="separate",
                 picture="", planes_last=False) -> None:  # fmt: skip
        self.opset = opset
        self.constants = constants
        self.norms = norms
        self.picture = picture
        self.planes_last = planes_last
        self.nodes, self.initializers, self.inputs = [], [], []
        self.names: list[str] = []

    def node(self, kind, inputs, **attributes) -> str:
        output = f"t{len(self.nodes)}"
        # Exporters leave nodes without a name; every third one has none.
        name = f"{kind}_{len(self.nodes)}" if len(self.nodes) % 3 else ""
        self.nodes.append(
            helper.make_node(kind, inputs, [output], name, **attributes)
        )
        return output

    def constant(self, array: np.ndarray) -> str:
        name = f"onnx::const_{len(self.initializers)}_{len(self.nodes)}"
        tensor = numpy_helper.from_array(array, name)
        if self.constants == "node":
            return self.node("Constant", [], value=tensor)
        self.initializers.append(tensor)
        if self.constants == "input":
            self.inputs.append(
                helper.make_tensor_value_info(
                    name, tensor.data_type, array.shape
                )
            )
        if self.constants == "identity":
            return self.node("Identity", [name])
        return name

    def input(self) -> str:
        shape = [1, "h", "w", 3] if self.planes_last else [1, 3, "h", "w"]
        self.inputs.insert(
            0,
            helper.make_tensor_value_info(
                "data", onnx.TensorProto.FLOAT, shape
            ),
        )
        result = self.normalised("data")
        if self.planes_last:
            result = self.node("Transpose", [result], perm=[0, 3, 1, 2])
        return result

    def normalised(self, result: str) -> str:
        planes = (1, 1, 1, 3) if self.planes_last else (1, 3, 1, 1)
        mean = np.full(planes, 128, np.float32)
        if self.picture == "sub_mul":
            result = self.node("Sub", [result, self.constant(mean)])
            scale = np.float32(1 / 255).reshape(())
            return self.node("Mul", [result, self.constant(scale)])
        if self.picture == "div_add":
            steps = np.full(planes, 256, np.float32)
            result = self.node("Div", [result, self.constant(steps)])
            half = self.constant(np.full(planes, -0.5, np.float32))
            return self.node("Add", [half, result])
        return result

    def conv(self, source, numbers, groups, stride, dilation) -> str:
        if self.norms == "folded":
            numbers = numbers.folded()
        pad = dilation * (numbers.weight.shape[2] - 1) // 2
        inputs = [source, self.constant(numbers.weight)]
        if numbers.bias is not None:
            inputs.append(self.constant(numbers.bias))
        result = self.node(
            "Conv", inputs, group=groups, strides=[stride] * 2,
            dilations=[dilation] * 2, pads=[pad] * 4,
            kernel_shape=numbers.weight.shape[2:],
        )  # fmt: skip
        if numbers.norm is not None:
            vectors = [self.constant(one) for one in numbers.norm]
            result = self.node(
                "BatchNormalization", [result, *vectors], epsilon=EPSILON
            )
        return result

    def activation(self, kind, source) -> str:
        return self.node(kind, [source])

    def add(self, first, second) -> str:
        return self.node("Add", [first, second])

    def concat(self, sources) -> str:
        return self.node("Concat", sources, axis=1)

    def outputs(self, names) -> None:
        self.names = list(names)

    def model(self) -> onnx.ModelProto:
        outputs = [
            helper.make_tensor_value_info(
                name, onnx.TensorProto.FLOAT, [1, None, None, None]
            )
            for name in self.names
        ]
        graph = helper.make_graph(
            self.nodes, "torch_jit", self.inputs, outputs, self.initializers
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", self.opset)],
            ir_version=4,
        )


class IrWriter:
    """Writes OpenVINO IR, and in `reference` what it means in ONNX.

    weights: `int8` (q - zero point) * scale with FakeQuantize on activations,
    or `f16`, `f32`.
    """

    def __init__(self, weights: str = "int8") -> None:
        self.weights = weights
        self.float = np.float32 if weights == "f32" else np.float16
        self.reference = OnnxWriter()
        self.twins: dict[str, str] = {}  # layer id -> name in the reference
        self.root = ET.Element("net", name="random", version="10")
        self.layers = ET.SubElement(self.root, "layers")
        self.edges = ET.Element("edges")
        self.data = bytearray()
        self.count = 0

    def layer(self, kind, sources, **data) -> str:
        identity = str(self.count)
        self.count += 1
        layer = ET.SubElement(
            self.layers, "layer", id=identity, name=f"{kind}/{identity}",
            type=kind, version="opset1",
        )  # fmt: skip
        if data:
            ET.SubElement(
                layer, "data", {key: str(one) for key, one in data.items()}
            )
        for port, source in enumerate(sources):
            ET.SubElement(
                self.edges, "edge",
                {"from-layer": source, "from-port": "9",
                 "to-layer": identity, "to-port": str(port)},
            )  # fmt: skip
        return identity

    def constant(self, array: np.ndarray) -> str:
        names = {"float16": "f16", "float32": "f32", "int8": "i8",
                 "int64": "i64"}  # fmt: skip
        identity = self.layer(
            "Const", [], element_type=names[array.dtype.name],
            shape=",".join(map(str, array.shape)),
            offset=len(self.data), size=array.nbytes,
        )  # fmt: skip
        self.data += array.tobytes()
        return identity

    def rounded(self, array) -> np.ndarray:
        return np.asarray(array).astype(self.float)

    def input(self) -> str:
        result = self.layer(
            "Parameter", [], shape="1,3,64,72", element_type="f16"
        )
        scale = self.constant(self.rounded(1 / 255).reshape(1, 1, 1, 1))
        shift = self.rounded(np.full((1, 3, 1, 1), -128 / 255))
        result = self.layer("Multiply", [result, scale])
        result = self.layer("Add", [result, self.constant(shift)])
        self.reference.picture = "sub_mul"
        self.twins[result] = self.reference.input()
        return result

    def quantized(self, source: str) -> str:
        if self.weights != "int8":
            return source
        bounds = [self.constant(self.rounded([one])) for one in (-3, 5, -3, 5)]
        return self.layer("FakeQuantize", [source, *bounds], levels=256)

    def conv(self, source, numbers, groups, stride, dilation) -> str:
        numbers = numbers.folded()
        weight, exact = self.kernel(numbers.weight, groups)
        pad = dilation * (numbers.weight.shape[2] - 1) // 2
        result = self.layer(
            "GroupConvolution" if groups > 1 else "Convolution",
            [self.quantized(source), weight],
            strides=f"{stride},{stride}", dilations=f"{dilation},{dilation}",
            pads_begin=f"{pad},{pad}", pads_end=f"{pad},{pad}",
            auto_pad="explicit",
        )  # fmt: skip
        bias = None
        if numbers.bias is not None:
            bias = self.rounded(numbers.bias)
            constant = self.constant(bias.reshape(1, -1, 1, 1))
            result = self.layer("Add", [result, constant])
            bias = bias.astype(np.float32)
        self.twins[result] = self.reference.conv(
            self.twins[source], Numbers(exact, bias, None), groups, stride,
            dilation,
        )  # fmt: skip
        return result

    def kernel(self, weight: np.ndarray, groups: int) -> tuple:
        """The layer that gives the weight, and the weight that it gives."""
        if self.weights != "int8":
            exact = self.rounded(weight)
            shaped = exact
            if groups > 1:
                shaped = exact.reshape(groups, 1, *exact.shape[1:])
            return self.constant(shaped), exact.astype(np.float32)
        columns = (-1, 1, 1, 1)
        scale = self.rounded(
            np.abs(weight).max(axis=(1, 2, 3)).reshape(columns) / 127
        )
        wide = scale.astype(np.float32)
        steps = np.clip(np.rint(weight / wide), -127, 127).astype(np.int8)
        dust = np.full(scale.shape, 7.6e-6, np.float16)
        result = self.layer(
            "Convert", [self.constant(steps)], destination_type="f16"
        )
        result = self.layer("Subtract", [result, self.constant(dust)])
        result = self.layer("Multiply", [result, self.constant(scale)])
        if groups > 1:
            shape = np.array([groups, 1, *weight.shape[1:]], np.int64)
            result = self.layer(
                "Reshape", [result, self.constant(shape)], special_zero="true"
            )
        return result, steps * wide

    def activation(self, kind, source) -> str:
        if kind == "Elu":
            result = self.layer("Elu", [source], alpha="1.0")
        else:
            result = self.layer("ReLU", [source])
        self.twins[result] = self.reference.activation(kind, self.twins[source])
        return result

    def add(self, first, second) -> str:
        result = self.layer(
            "Add", [self.quantized(first), self.quantized(second)]
        )
        self.twins[result] = self.reference.add(
            self.twins[first], self.twins[second]
        )
        return result

    def concat(self, sources) -> str:
        result = self.layer(
            "Concat", [self.quantized(one) for one in sources], axis=1
        )
        self.twins[result] = self.reference.concat(
            [self.twins[one] for one in sources]
        )
        return result

    def outputs(self, names) -> None:
        for name in names[-2:]:
            self.layer("Result", [name])
        self.reference.outputs([self.twins[name] for name in names[-2:]])

    def save(self, path: Path) -> None:
        root = ET.Element("net", self.root.attrib)
        root.extend([self.layers, self.edges])
        ET.ElementTree(root).write(path, xml_declaration=True)
        path.with_suffix(".bin").write_bytes(bytes(self.data))
