"""OpenVINO IR, made here and the released one, against ONNX Runtime."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import onnx
import pytest
from foreign_models import IrWriter, OnnxWriter, draw
from onnx import numpy_helper
from reference_maps import random_picture, reference_maps, require_maps
from released_in_onnx import ReleasedInOnnx
from shared_folder import shared_file

from hatpose.convert.graph import ConvertError
from hatpose.convert.source import read_source
from hatpose.network import NetworkError

RELEASED = "weights/human-pose-estimation-0001.xml"


@pytest.mark.parametrize("weights", ["int8", "f16", "f32"])
def test_caffe_family_gives_the_same_maps(weights, tmp_path):
    writer = draw(IrWriter(weights), is_caffe=True)
    writer.save(tmp_path / "net.xml")
    source = read_source(tmp_path / "net.xml")
    assert source.network.mean == (128.0,) * 3
    assert source.network.scale == (1 / 255,) * 3
    assert source.network.name == "random"
    assert source.network.license == "unknown"
    picture = random_picture()
    maps = reference_maps(writer.reference.model(), picture)
    require_maps(source.network, picture, *maps)


def test_torch_family_gives_the_same_maps(tmp_path):
    writer = draw(IrWriter(), stages=2)
    writer.save(tmp_path / "net.xml")
    source = read_source(tmp_path / "net.xml")
    assert "with 2 refinement stages" in source.lines[0]
    picture = random_picture()
    maps = reference_maps(writer.reference.model(), picture)
    require_maps(source.network, picture, *maps)


def test_int8_weights_are_kept(tmp_path):
    writer = draw(IrWriter("int8"), is_caffe=True)
    writer.save(tmp_path / "net.xml")
    network = read_source(tmp_path / "net.xml").network.to_type("int8")
    model = writer.reference.model()
    exact = [numpy_helper.to_array(one) for one in model.graph.initializer]
    exact = [one for one in exact if one.ndim == 4 and one.size > 3]
    ours = [op.weight for op in network.operations if op.weight is not None]
    assert len(ours) == len(exact) == 58
    assert all(one.type == "int8" for one in ours)
    as_bytes = {one.tobytes() for one in exact}
    assert {one.to_f32().tobytes() for one in ours} == as_bytes


def photo(size: tuple[int, int]) -> np.ndarray:
    """Planes B, G, R of a photo with people, brought to height and width."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    folder = shared_file("images/street")
    with image.open(folder / "street_three_walkers.jpg") as opened:
        pixels = np.asarray(opened.convert("RGB").resize(size[::-1]))
    return pixels[:, :, ::-1].transpose(2, 0, 1).astype(np.float32)


@pytest.mark.parametrize("size", [(256, 456), (203, 171)])
def test_released_file_gives_the_same_maps(size):
    path = shared_file(RELEASED)
    source = read_source(path)
    network = source.network
    assert network.name == "human-pose-estimation-0001"
    assert network.license == "Apache-2.0"
    assert network.mean == (128.0,) * 3
    assert network.scale == (1 / 255,) * 3
    assert network.parameter_count() == 4099058
    picture = photo(size)
    pafs, heatmaps = reference_maps(
        ReleasedInOnnx(path).model(),
        (picture - np.float32(128)) / np.float32(255),
    )
    assert heatmaps[:18].max() > 0.5
    require_maps(network, picture, heatmaps, pafs)


def test_released_int8_weights_are_in_the_model_to_the_bit():
    path = shared_file(RELEASED)
    network = read_source(path).network.to_type("int8")
    root = ET.parse(path).getroot()
    data = path.with_suffix(".bin").read_bytes()
    integers = []
    for one in root.find("layers"):
        numbers = one.find("data")
        if one.get("type") == "Const" and numbers.get("element_type") == "i8":
            start, size = int(numbers.get("offset")), int(numbers.get("size"))
            integers.append(data[start : start + size])
    weights = [op.weight for op in network.operations if op.weight is not None]
    ours = [one.values.tobytes() for one in weights]
    assert sorted(ours) == sorted(integers)
    assert sum(map(len, ours)) == 4086848


@pytest.mark.full
@pytest.mark.parametrize("is_half", [True, False])
def test_file_of_openvino_itself_gives_the_same_maps(is_half, tmp_path):
    openvino = pytest.importorskip(
        "openvino", reason="OpenVINO is not installed"
    )
    model = draw(OnnxWriter(picture="sub_mul"), stages=2).model()
    onnx.save(model, tmp_path / "net.onnx")
    path = tmp_path / "net.xml"
    openvino.save_model(
        openvino.convert_model(tmp_path / "net.onnx"),
        path,
        compress_to_fp16=is_half,
    )
    compiled = openvino.Core().compile_model(
        path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    picture = random_picture()
    results = compiled(picture[None])
    maps = [results[one][0] for one in compiled.outputs]
    require_maps(read_source(path).network, picture, *maps[-2:])


SMALL_LAYERS = """
<layer id="0" name="data" type="Parameter">
  <data element_type="f32" shape="1,3,64,64"/></layer>
<layer id="1" name="w1" type="Const">
  <data element_type="f32" shape="8,3,3,3" offset="0" size="864"/></layer>
<layer id="2" name="down1" type="Convolution"><data {window}/></layer>
<layer id="3" name="w2" type="Const">
  <data element_type="f32" shape="8,8,3,3" offset="0" size="2304"/></layer>
<layer id="4" name="down2" type="Convolution"><data {window}/></layer>
<layer id="5" name="relu" type="ReLU"/>
<layer id="6" name="down3" type="Convolution"><data {window}/></layer>
<layer id="7" name="w3" type="Const">
  <data element_type="f32" shape="19,8,3,3" offset="0" size="5472"/></layer>
<layer id="8" name="heat" type="Convolution"><data {same}/></layer>
<layer id="9" name="w4" type="Const">
  <data element_type="f32" shape="38,8,3,3" offset="0" size="10944"/></layer>
<layer id="10" name="paf" type="Convolution"><data {same}/></layer>
<layer id="11" name="out1" type="Result"/>
<layer id="12" name="out2" type="Result"/>
""".format(
    window='strides="2,2" dilations="1,1" pads_begin="1,1" pads_end="1,1"',
    same='strides="1,1" dilations="1,1" auto_pad="same_upper"',
)
SMALL_EDGES = (
    (0, 2, 0), (1, 2, 1), (2, 4, 0), (3, 4, 1), (4, 5, 0), (5, 6, 0),
    (3, 6, 1), (6, 8, 0), (7, 8, 1), (6, 10, 0), (9, 10, 1), (8, 11, 0),
    (10, 12, 0),
)  # fmt: skip


def small_xml() -> str:
    edges = "".join(
        f'<edge from-layer="{source}" from-port="0" to-layer="{target}" '
        f'to-port="{port}"/>\n'
        for source, target, port in SMALL_EDGES
    )
    return (
        f'<net name="small" version="11"><layers>{SMALL_LAYERS}</layers>'
        f"<edges>{edges}</edges></net>"
    )


def write_small(folder: Path, text: str, size: int = 10944) -> Path:
    random = np.random.default_rng(9)
    numbers = random.standard_normal(10944 // 4, dtype=np.float32) / 5
    (folder / "net.bin").write_bytes(numbers.tobytes()[:size])
    (folder / "net.xml").write_text(text)
    return folder / "net.xml"


def test_small_file_converts(tmp_path):
    network = read_source(write_small(tmp_path, small_xml())).network
    names = [op.name for op in network.operations]
    assert names == ["down1", "down2", "down3", "heat", "paf"]


REFUSED = {
    "clamp": ('type="ReLU"', 'type="Clamp"', "relu: operation Clamp"),
    "elu": (
        'type="ReLU"/>',
        'type="Elu"><data alpha="0.3"/></layer>',
        "relu: ELU with alpha 0.3",
    ),
    "outside": ('offset="0" size="10944"', 'offset="1" size="10944"',
                "net.bin: ends after 10944 bytes, w4 is at 1 to 10945"),
    "negative": ('offset="0" size="864"', 'offset="-8" size="864"',
                 "w1: offset '-8' is no list of counts"),
    "shape": ('shape="8,3,3,3"', 'shape="8,3,3,4"', "w1: shape [8, 3, 3, 4]"),
    "huge": ('shape="8,3,3,3"', 'shape="99999999999,99999999,3,3"', "w1: "),
    "digits": ('shape="8,3,3,3"', f'shape="{"9" * 9999}"', "w1: shape"),
    "empty": ('shape="8,3,3,3" offset="0" size="864"',
              'shape="0,3,3,3" offset="0" size="0"', "down1: weights of"),
    "type": ('element_type="f32" shape="8,3,3,3"',
             'element_type="u1" shape="8,3,3,3"', "w1: element type 'u1'"),
    "no_offset": ('offset="0" size="864"', 'size="864"',
                  "w1: offset None is no list"),
    "padding": ('pads_end="1,1"', 'pads_end="0,1"', "down1: padding"),
    "stride": ('strides="2,2"', 'strides="3,3"', "down1: strides [3, 3]"),
    "edge": ('from-layer="1"', 'from-layer="77"', "down1: reads from a miss"),
    "target": ('to-layer="2"', 'to-layer="x"', "between unknown layers"),
    "circle": ('from-layer="0" from-port="0" to-layer="2"',
               'from-layer="5" from-port="0" to-layer="2"',
               "is part of a circle"),
    "twice": ('to-layer="2" to-port="1"', 'to-layer="2" to-port="0"',
              "down1: two edges into port 0"),
    "same_id": ('id="3"', 'id="1"', "layer 1: defined twice"),
    "no_input": ('to-layer="11"', 'to-layer="12"', ""),
    "computed": ('from-layer="1" from-port="0" to-layer="2"',
                 'from-layer="0" from-port="0" to-layer="2"',
                 "down1: its weights are not constant"),
    "planes": ('shape="1,3,64,64"', 'shape="1,4,64,64"',
               "data: 3 input channels expected"),
    "root": ("net", "set", "no OpenVINO IR: <set>"),
    "unclosed": ("</layers>", "", "line"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_wrong_file_is_refused_by_name(what, tmp_path):
    old, new, message = REFUSED[what]
    text = small_xml()
    assert old in text
    if what == "root":
        text = re.sub(r"(</?)net", r"\1set", text)
    else:
        text = text.replace(old, new, 1)
    with pytest.raises(ConvertError) as caught:
        read_source(write_small(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_entities_are_refused_at_once(tmp_path):
    bomb = "".join(
        f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">\n' for n in range(12)
    )
    text = (
        f'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY e0 "x">\n{bomb}]>'
        '<net name="&e12;"/>'
    )
    started = time.monotonic()
    with pytest.raises(ConvertError, match="document type"):
        read_source(write_small(tmp_path, text))
    assert time.monotonic() - started < 5


def test_external_entity_is_refused(tmp_path):
    text = '<!DOCTYPE net [<!ENTITY e SYSTEM "file:///etc/passwd">]><net/>'
    with pytest.raises(ConvertError, match="document type"):
        read_source(write_small(tmp_path, text))


@pytest.mark.parametrize("encoding", ["foo", "utf-32", "shift_jis", "rot13"])
def test_strange_encodings_are_refused(encoding, tmp_path):
    text = f'<?xml version="1.0" encoding="{encoding}"?>{small_xml()}'
    with pytest.raises(ConvertError, match=r"net\.xml: "):
        read_source(write_small(tmp_path, text))


def test_deep_nesting_is_refused(tmp_path):
    text = "<net>" * 100000
    with pytest.raises(ConvertError, match="nested too deeply"):
        read_source(write_small(tmp_path, text))


def test_missing_weights_are_named(tmp_path):
    path = write_small(tmp_path, small_xml())
    path.with_suffix(".bin").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        read_source(path)
    assert Path(caught.value.filename).name == "net.bin"


def test_truncated_files_are_refused_at_every_length(tmp_path):
    text = small_xml()
    for size in range(1, len(text) - 1, 41):
        with pytest.raises(ConvertError):
            read_source(write_small(tmp_path, text[:size]))
    for size in range(0, 10944, 501):
        with pytest.raises(ConvertError, match=r"net\.bin: ends after"):
            read_source(write_small(tmp_path, text, size))


def test_damaged_bytes_never_crash(tmp_path):
    text = small_xml()
    random = np.random.default_rng(13)
    refused = 0
    for _ in range(300):
        at = int(random.integers(len(text)))
        other = chr(int(random.integers(32, 127)))
        path = write_small(tmp_path, text[:at] + other + text[at + 1 :])
        try:
            read_source(path)
        except (ConvertError, NetworkError) as error:
            refused += 1
            assert "\n" not in str(error)
    assert 0 < refused < 300
