"""ONNX files of many exporters' manners against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from foreign_models import OnnxWriter, draw
from onnx import helper, numpy_helper
from reference_maps import random_picture, reference_maps, require_maps

from hatpose.convert.graph import ConvertError
from hatpose.convert.onnx_export import to_onnx
from hatpose.convert.source import read_source
from hatpose.network import NetworkError

FLOAT = onnx.TensorProto.FLOAT

MANNERS = {
    "opset9_inputs": {"opset": 9, "constants": "input"},
    "opset11_nodes_folded": {
        "opset": 11,
        "constants": "node",
        "norms": "folded",
    },
    "opset13_identity": {"opset": 13, "constants": "identity"},
    "opset15_mean_scale": {"opset": 15, "picture": "sub_mul"},
    "opset17_planes_last": {
        "opset": 17,
        "picture": "div_add",
        "planes_last": True,
    },
    "opset18_folded": {"opset": 18, "norms": "folded"},
}


def saved(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def normalised(picture: np.ndarray) -> np.ndarray:
    return (picture - np.float32(128)) / np.float32(256)


@pytest.mark.parametrize("manner", MANNERS)
def test_manner_of_export_gives_the_same_maps(manner, tmp_path):
    options = MANNERS[manner]
    model = draw(OnnxWriter(**options)).model()
    source = read_source(saved(model, tmp_path))
    picture = random_picture()
    fed = picture if options.get("picture") else normalised(picture)
    if options.get("planes_last"):
        fed = np.ascontiguousarray(fed.transpose(1, 2, 0))
    maps = reference_maps(model, fed)
    require_maps(source.network, picture, *maps[-2:])
    names = [op.name for op in source.network.operations]
    assert names[0] == "model.0.0"
    assert names[-1] == "refinement_stages.0.pafs.1.0"
    says = "as the file says" if options.get("picture") else "does not say"
    assert any(says in line for line in source.lines)


@pytest.mark.parametrize("stages", [0, 2, 3])
def test_stages_share_the_features(stages, tmp_path):
    model = draw(OnnxWriter(norms="folded"), stages).model()
    source = read_source(saved(model, tmp_path))
    picture = random_picture()
    maps = reference_maps(model, normalised(picture))
    require_maps(source.network, picture, *maps[-2:])
    copies = [
        op.name
        for op in source.network.operations
        if op.name.startswith("cpm.conv.0.copy")
    ]
    assert len(copies) == max(0, stages - 1)
    assert f"with {stages} refinement" in source.lines[0]


def test_caffe_family_is_normalised_by_255(tmp_path):
    model = draw(OnnxWriter(norms="folded"), is_caffe=True).model()
    source = read_source(saved(model, tmp_path))
    assert source.network.scale == (1 / 255,) * 3
    assert any(op.name == "cpm.red" for op in source.network.operations)
    picture = random_picture()
    fed = (picture - np.float32(128)) * np.float32(1 / 255)
    require_maps(source.network, picture, *reference_maps(model, fed)[-2:])


def test_external_data_beside_the_model(tmp_path):
    model = draw(OnnxWriter(norms="folded")).model()
    fed = normalised(random_picture())
    maps = reference_maps(model, fed)
    path = tmp_path / "model.onnx"
    onnx.save(
        model, path, save_as_external_data=True, location="model.onnx.data",
        size_threshold=64,
    )  # fmt: skip
    assert path.stat().st_size < 1 << 20
    network = read_source(path).network
    require_maps(network, random_picture(), *maps[-2:])


def test_export_gives_the_same_maps_and_comes_back(tmp_path):
    model = draw(OnnxWriter(picture="sub_mul"), 2, is_caffe=True).model()
    network = read_source(saved(model, tmp_path)).network
    picture = random_picture()
    exported = to_onnx(network)
    onnx.checker.check_model(exported)
    require_maps(network, picture, *reference_maps(exported, picture))
    again = read_source(saved(exported, tmp_path)).network
    assert again.mean == network.mean
    assert np.allclose(again.scale, network.scale, rtol=1e-7)
    # The copy of the features comes back as a layer like any other.
    assert again.parameter_count() == network.parameter_count()


class Small:
    """The smallest graph that converts, for tests that break it.

    conv 3x3 stride 2, three times, then one conv for each group of maps.
    """

    def __init__(self) -> None:
        self.random = np.random.default_rng(3)
        self.nodes, self.initializers = [], []
        body = "data"
        for index, channels in enumerate((3, 8, 8)):
            body = self.conv(f"down{index}", body, channels, 8, 3, stride=2)
            body = self.node("Relu", f"relu{index}", [body])
        self.body = body
        self.conv("heat", body, 8, 19)
        self.conv("paf", body, 8, 38)
        self.opset = 13

    def array(self, name: str, array: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def node(self, kind, name, inputs, **attributes) -> str:
        self.nodes.append(
            helper.make_node(kind, inputs, [name], name, **attributes)
        )
        return name

    def conv(self, name, source, inputs, outputs, kernel=1, stride=1,
             **attributes):  # fmt: skip
        shape = (outputs, inputs, kernel, kernel)
        weight = self.random.standard_normal(shape, dtype=np.float32) / 3
        attributes.setdefault("pads", [kernel // 2] * 4)
        return self.node(
            "Conv", name, [source, self.array(f"{name}.w", weight)],
            strides=[stride] * 2, **attributes,
        )  # fmt: skip

    def find(self, name: str):
        return next(node for node in self.nodes if node.name == name)

    def model(self, outputs=("heat", "paf"), shape=(1, 3, "h", "w")):
        graph = helper.make_graph(
            self.nodes,
            "small",
            [helper.make_tensor_value_info("data", FLOAT, shape)],
            [
                helper.make_tensor_value_info(one, FLOAT, [1, None, None, None])
                for one in outputs
            ],
            self.initializers,
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", self.opset)],
            ir_version=7,
        )


def replaced(small: Small, name: str, *nodes) -> None:
    """Other nodes in place of the one called `name`."""
    at = small.nodes.index(small.find(name))
    small.nodes[at : at + 1] = nodes


def test_small_graph_converts_with_names_of_its_own(tmp_path):
    model = Small().model()
    source = read_source(saved(model, tmp_path))
    maps = reference_maps(model, normalised(random_picture()))
    require_maps(source.network, random_picture(), *maps)
    names = [op.name for op in source.network.operations]
    assert names == ["down0", "down1", "down2", "heat", "paf"]
    assert "layers of its own" in source.lines[0]


def broken_relu6(small):
    limits = [small.array("six", np.array(6, np.float32))]
    zero = small.array("zero", np.array(0, np.float32))
    replaced(small, "relu1",
             helper.make_node("Clip", ["down1", zero, *limits], ["relu1"],
                              "clipped"))  # fmt: skip
    return small.model(), "clipped: Clip to 0 .. 6"


def broken_elu(small):
    replaced(small, "relu1", helper.make_node(
        "Elu", ["down1"], ["relu1"], "bent", alpha=0.5))  # fmt: skip
    return small.model(), "bent: ELU with alpha 0.5"


def broken_unknown_operation(small):
    replaced(small, "relu1", helper.make_node(
        "HardSwish", ["down1"], ["relu1"], "swished"))  # fmt: skip
    small.opset = 14
    return small.model(), "swished: operation HardSwish is not known"


def broken_foreign_domain(small):
    replaced(small, "relu1", helper.make_node(
        "Relu", ["down1"], ["relu1"], "fused", domain="com.corp"))  # fmt: skip
    return small.model(), "fused: operation com.corp.Relu"


def broken_padding(small):
    for attribute in small.find("down0").attribute:
        if attribute.name == "pads":
            attribute.ints[:] = [0, 0, 1, 1]
    return small.model(), "down0: padding [0, 0, 1, 1], expected 1 on every"


def broken_same_upper_with_stride(small):
    node = small.find("down0")
    kept = [one for one in node.attribute if one.name != "pads"]
    del node.attribute[:]
    node.attribute.extend(
        [*kept, helper.make_attribute("auto_pad", "SAME_UPPER")]
    )
    return small.model(), "down0: auto_pad SAME_UPPER"


def broken_groups(small):
    small.find("down1").attribute.append(helper.make_attribute("group", 2))
    return small.model(), "down1: convolution 3x3 with 2 groups"


def broken_kernel(small):
    replaced(small, "paf")
    small.conv("paf", small.body, 8, 38, kernel=5)
    return small.model(), "paf: kernel 5x5"


def broken_channels(small):
    replaced(small, "paf")
    small.conv("paf", small.body, 7, 38)
    return small.model(), "paf: weights for 7 input channels"


def broken_outputs(small):
    return small.model(outputs=("heat",)), "no output of 38 channels (PAFs)"


def broken_ambiguous(small):
    small.conv("paf_too", small.body, 8, 38)
    return small.model(("heat", "paf", "paf_too")), "paf and paf_too: which"


def broken_stride(small):
    small.conv("more", small.body, 8, 8, 3, stride=2)
    small.conv("far", "more", 8, 19)
    return small.model(("far", "paf")), "more: accumulated stride 16, at most"


def broken_input(small):
    return small.model(shape=(1, 4, "h", "w")), "input data: shape"


def broken_reader(small):
    small.find("heat").input[0] = "nowhere"
    return small.model(), "heat: reads 'nowhere'"


def broken_computed_weights(small):
    small.find("heat").input[1] = "down0"
    return small.model(), "heat: input 1 is not constant"


def broken_not_finite(small):
    weight = numpy_helper.to_array(small.initializers[1]).copy()
    weight[0, 0, 0, 0] = np.inf
    small.initializers[1].CopyFrom(numpy_helper.from_array(weight, "down1.w"))
    return small.model(), "down1.weight: 1 of 576 numbers are not finite"


def broken_variance(small):
    vector = np.full(38, -1, np.float32)
    names = [small.array(f"v{index}", vector) for index in range(4)]
    small.node("BatchNormalization", "norm", ["paf", *names])
    return small.model(("heat", "norm")), "norm: a variance is negative"


def broken_fork_before_relu(small):
    small.node("Add", "both", ["down1", "relu1"])
    small.find("down2").input[0] = "both"
    small.nodes.insert(4, small.nodes.pop())
    return small.model(), "relu1: its input down1 is used elsewhere too"


def broken_missing_data(small):
    small.initializers[0].raw_data = b"abc"
    return small.model(), "down0.w: "


def broken_huge_shape(small):
    small.initializers[0].dims[0] = 1 << 40
    return small.model(), "down0.w: "


def broken_huge_constant(small):
    wide = small.array("wide", np.zeros((1, 1 << 14), np.float32))
    high = small.array("high", np.zeros((1 << 14, 1), np.float32))
    small.node("Mul", "grown", [wide, high])
    return small.model(), "grown: makes shape [16384, 16384]"


def broken_opset(small):
    small.opset = 8
    return small.model(), "opset [8]: one of 9 to"


def broken_negative_scale(small):
    small.array("flip", np.array(-1, np.float32))
    first = helper.make_node("Mul", ["data", "flip"], ["flipped"], "flipper")
    small.nodes.insert(0, first)
    small.find("down0").input[0] = "flipped"
    return small.model(), "scale of the input"


def broken_training_mode(small):
    vector = np.ones(38, np.float32)
    names = [small.array(f"v{index}", vector) for index in range(4)]
    small.node("BatchNormalization", "norm", ["paf", *names], training_mode=1)
    small.opset = 15
    return small.model(("heat", "norm")), "norm: exported in training mode"


def broken_cast(small):
    replaced(small, "relu1", helper.make_node(
        "Cast", ["down1"], ["relu1"], "cut", to=onnx.TensorProto.INT8),
    )  # fmt: skip
    return small.model(), "cut: cast to integers"


def broken_dropout(small):
    ratio = small.array("ratio", np.array(0.5, np.float32))
    training = small.array("training", np.array(True))
    replaced(small, "relu1", helper.make_node(
        "Dropout", ["down1", ratio, training], ["relu1"], "drop"),
    )  # fmt: skip
    return small.model(), "drop: exported in training mode"


def broken_many_copies(small):
    high = small.array("high", np.ones((1 << 12, 1 << 12), np.float32))
    for index in range(9):
        high = small.node("Identity", f"copy{index}", [high])
    return small.model(), "copy7: more than 134217728 weights in all"


def broken_loop(small):
    inner = helper.make_graph([], "inner", [], [])
    replaced(small, "relu1", helper.make_node(
        "If", ["down1"], ["relu1"], "branch",
        then_branch=inner, else_branch=inner))  # fmt: skip
    return small.model(), "branch: operation If is not known"


BROKEN = {
    name.removeprefix("broken_"): make
    for name, make in list(globals().items())
    if name.startswith("broken_")
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_graph_is_named(how, tmp_path):
    model, message = BROKEN[how](Small())
    with pytest.raises((ConvertError, NetworkError)) as caught:
        read_source(saved(model, tmp_path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def with_external_weight(folder: Path, **entries: str) -> Path:
    model = Small().model()
    tensor = model.graph.initializer[0]
    (folder / "weights").write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return saved(model, folder)


def test_external_data_is_read_where_it_is_said(tmp_path):
    path = with_external_weight(tmp_path, location="weights", offset="0")
    weight = read_source(path).network.operations[0].weight.values
    assert weight.tobytes() == (tmp_path / "weights").read_bytes()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"location": "../weights"}, "outside of the model's folder"),
        ({"location": "/etc/hostname"}, "outside of the model's folder"),
        ({"location": "link/hostname"}, "outside of the model's folder"),
        ({"location": ""}, "outside of the model's folder"),
        ({"location": "absent"}, "no such file"),
        ({"location": "weights", "offset": "-4"}, "does not lie in"),
        ({"location": "weights", "offset": "8"}, "down0.w: "),
        ({"location": "weights", "length": "9999"}, "does not lie in"),
        ({"location": "weights", "length": "x"}, "does not lie in"),
    ],
)
def test_external_data_elsewhere_is_refused(entries, message, tmp_path):
    (tmp_path / "link").symlink_to("/etc")
    path = with_external_weight(tmp_path, **entries)
    with pytest.raises(ConvertError, match=r"down0\.w: ") as caught:
        read_source(path)
    assert message in str(caught.value)


def test_truncated_file_is_refused_at_every_length(tmp_path):
    data = Small().model().SerializeToString()
    path = tmp_path / "model.onnx"
    for size in range(0, len(data), 97):
        path.write_bytes(data[:size])
        with pytest.raises((ConvertError, NetworkError)):
            read_source(path)


def test_damaged_bytes_never_crash(tmp_path):
    data = bytearray(Small().model().SerializeToString())
    random = np.random.default_rng(11)
    path = tmp_path / "model.onnx"
    refused = 0
    for _ in range(300):
        at = int(random.integers(len(data)))
        damaged = bytearray(data)
        damaged[at] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        try:
            read_source(path)
        except (ConvertError, NetworkError) as error:
            refused += 1
            assert "\n" not in str(error)
    assert 0 < refused < 300
