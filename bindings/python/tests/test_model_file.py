"""Model files: what is written comes back, what is wrong is refused."""

from __future__ import annotations

import struct
import time
import zlib
from dataclasses import replace

import gguf
import numpy as np
import pytest

from hatpose.model_file import read_model, write_model
from hatpose.network import (
    WEIGHT_TYPES,
    MapGroup,
    ModelFileError,
    Network,
    NetworkError,
    Operation,
    Ranges,
    Weight,
)


def normal(seed: int, *shape: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.standard_normal(shape, dtype=np.float32)


def conv(name, source, target, outputs, inputs, **fields) -> Operation:
    kernel = fields.setdefault("kernel", 1)
    depthwise = fields.get("kind") == "depthwise"
    shape = (outputs, 1 if depthwise else inputs, kernel, kernel)
    fields.setdefault("kind", "conv")
    fields.setdefault("weight", Weight(normal(len(name), *shape)))
    return Operation(
        name=name, input=source, input_first=0, input_count=inputs,
        output=target, output_first=fields.pop("first", 0),
        output_count=outputs, **fields,
    )  # fmt: skip


def small_network() -> Network:
    """Each kind of operation, a joined value and a value of two strides."""
    return Network(
        name="small",
        values=(3, 4, 4, 4, 57, 4),
        operations=(
            conv("a", 0, 1, 4, 3, kernel=3, stride=2, activation="relu"),
            conv("b", 1, 2, 4, 4, kernel=3, stride=2, kind="depthwise"),
            conv("c", 2, 3, 4, 4, kernel=3, stride=2, bias=normal(7, 4)),
            conv("d", 3, 5, 4, 4, kernel=3, dilation=2, activation="elu"),
            conv("heat", 3, 4, 19, 4),
            conv("paf", 5, 4, 38, 4, first=19, bias=normal(8, 38)),
        ),
        heatmaps=MapGroup(4, 0, 19),
        pafs=MapGroup(4, 19, 38),
        mean=(1.5, 2.5, 3.5),
        scale=(0.25, 0.5, 1.0),
        channels="rgb",
        license="CC0-1.0",
        description="for tests",
        source_url="https://example.org/",
    )


def with_sum() -> Network:
    network = small_network()
    total = Operation("sum", "add", 3, 0, 4, 6, 0, 4, addend=5,
                      activation="relu")  # fmt: skip
    operations = list(network.operations)
    operations.insert(4, total)
    return replace(
        network, values=(*network.values, 4), operations=tuple(operations)
    )


def edited(index: int, **changes) -> Network:
    network = with_sum()
    operations = list(network.operations)
    operations[index] = replace(operations[index], **changes)
    return replace(network, operations=tuple(operations))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.gguf"


@pytest.mark.parametrize("kind", WEIGHT_TYPES)
def test_what_is_written_comes_back(kind, path):
    network = with_sum().to_type(kind)
    assert write_model(network, path) == path.stat().st_size
    again = read_model(path)
    for key in ("name", "values", "heatmaps", "pafs", "hats", "mean", "scale",
                "channels", "limb_paf", "license", "description",
                "source_url"):  # fmt: skip
        assert getattr(again, key) == getattr(network, key)
    assert len(again.operations) == len(network.operations)
    for ours, theirs in zip(network.operations, again.operations, strict=True):
        assert form(ours) == form(theirs)
        assert (ours.bias is None) == (theirs.bias is None)
        if ours.bias is not None:
            assert ours.bias.tobytes() == theirs.bias.tobytes()
        if ours.weight is not None:
            assert theirs.weight.type == kind
            assert ours.weight.values.tobytes() == (
                theirs.weight.values.tobytes()
            )
            assert ours.weight.to_f32().tobytes() == (
                theirs.weight.to_f32().tobytes()
            )


def with_ranges(**changes) -> Network:
    network = with_sum()
    high = np.abs(normal(9, sum(network.values)))
    ranges = {"low": -high / 2, "high": high} | changes
    return replace(network, ranges=Ranges(**ranges))


def test_ranges_come_back(path):
    network = with_ranges()
    write_model(network, path)
    again = read_model(path).ranges
    assert again is not None and network.ranges is not None
    assert again.low.tobytes() == network.ranges.low.tobytes()
    assert again.high.tobytes() == network.ranges.high.tobytes()


def form(op: Operation) -> dict:
    """All fields but the tensors."""
    return {k: v for k, v in vars(op).items() if k not in ("weight", "bias")}


def test_file_is_what_the_page_says(path):
    write_model(small_network().to_type("int8"), path)
    data = path.read_bytes()
    reader = gguf.GGUFReader(path)
    field = reader.get_field("hatpose.crc32")
    start = field.offset + 8 + len("hatpose.crc32") + 4
    zeroed = data[:start] + bytes(4) + data[start + 4 :]
    assert struct.unpack("<I", data[start : start + 4])[0] == zlib.crc32(zeroed)
    tensors = {one.name: one for one in reader.tensors}
    assert tensors["a.weight"].shape.tolist() == [3, 3, 3, 4]
    assert tensors["a.weight"].tensor_type.name == "I8"
    assert tensors["b.weight"].shape.tolist() == [3, 3, 1, 4]
    assert tensors["a.scale"].shape.tolist() == [4]
    assert tensors["a.scale"].tensor_type.name == "F32"
    assert set(tensors) == {
        *(f"{one}.weight" for one in ("a", "b", "c", "d", "heat", "paf")),
        *(f"{one}.scale" for one in ("a", "b", "c", "d", "heat", "paf")),
        "c.bias",
        "paf.bias",
    }
    kinds = reader.get_field("lightweight-openpose.op.kernel").types
    assert [one.name for one in kinds] == ["ARRAY", "UINT32"]


def test_writing_is_repeatable(path, tmp_path):
    write_model(small_network(), path)
    write_model(small_network(), tmp_path / "again.gguf")
    assert path.read_bytes() == (tmp_path / "again.gguf").read_bytes()


def test_bf16_rounds_to_nearest_even():
    bits = np.array(
        [0x3F808000, 0x3F818000, 0x3F808001, 0xBF807FFF, 0x7F7FFFFF, 0x1],
        np.uint32,
    )  # fmt: skip
    weight = Weight.from_f32(bits.view(np.float32), "bf16")
    assert weight.values.tolist() == [
        0x3F80, 0x3F82, 0x3F81, 0xBF80, 0x7F80, 0x0000,
    ]  # fmt: skip


def test_int8_is_within_half_a_step():
    values = normal(5, 6, 4, 3, 3)
    values[2] = 0
    weight = Weight.from_f32(values, "int8")
    steps = np.abs(weight.to_f32() - values) / weight.scale.reshape(-1, 1, 1, 1)
    assert steps.max() <= 0.5 + 1e-5
    assert np.abs(weight.values).max() == 127
    assert weight.scale[2] == 1 and not weight.values[2].any()


BROKEN = {
    "name": (replace(with_sum(), name=""), "general.name: 1 to 255 bytes"),
    "two_lines": (replace(with_sum(), license="a\nb"), "license: one line"),
    "long_text": (
        replace(with_sum(), description="a" * 256),
        "description: one line of printable text up to 255 bytes",
    ),
    "channels": (replace(with_sum(), channels="grb"), "input.channels"),
    "mean": (replace(with_sum(), mean=(0, 0, np.nan)), "input.mean"),
    "scale": (replace(with_sum(), scale=(1, 1, 0)), "input.scale"),
    "tiny_scale": (replace(with_sum(), scale=(1, 1, 1e-60)), "input.scale"),
    "limb": (replace(with_sum(), limb_paf=(37,) * 19), "limb.paf"),
    "first_value": (
        replace(with_sum(), values=(4, *with_sum().values[1:])),
        "value 0: the input has 3 channels",
    ),
    "no_channels": (
        replace(with_sum(), values=(*with_sum().values, 0)),
        "value 7: 1 to 4096 channels",
    ),
    "unwritten": (
        replace(with_sum(), values=(*with_sum().values, 2)),
        "value 7: channel 0 is never written",
    ),
    "no_operations": (replace(with_sum(), operations=()), "op.name: 1 to 1024"),
    "map_count": (
        replace(with_sum(), heatmaps=MapGroup(4, 0, 18)),
        "map.heatmaps: 19 channels expected, 18 given",
    ),
    "map_value": (
        replace(with_sum(), pafs=MapGroup(9, 0, 38)),
        "map.pafs: channels 0 to 37 of value 9 do not exist",
    ),
    "map_range": (
        replace(with_sum(), pafs=MapGroup(4, 20, 38)),
        "map.pafs: channels 20 to 57",
    ),
    "hats": (
        replace(with_sum(), hats=MapGroup(1, 0, 2)),
        "map.hats: stride 8 expected, value 1 has 2",
    ),
    "name_blank": (edited(0, name="a b"), "operation 'a b'"),
    "name_long": (edited(0, name="a" * 64), "operation 'aaa"),
    "name_twice": (edited(1, name="a"), "a: name used twice"),
    "kind": (edited(0, kind="pool"), "a: unknown kind 'pool'"),
    "kernel": (edited(0, kernel=5), "a: kernel 5"),
    "stride": (edited(0, stride=3), "a: stride 3"),
    "both": (edited(0, dilation=2), "a: stride 2 together with dilation 2"),
    "pointwise": (edited(5, stride=2), "heat: stride and dilation of a 1x1"),
    "activation": (edited(0, activation="tanh"), "a: unknown activation"),
    "addend": (edited(0, addend=1), "a: only an add has an addend"),
    "read_value": (edited(0, input=7), "a: no value 7"),
    "read_early": (edited(0, input=2), "a: reads value 2 before"),
    "read_range": (edited(1, input_first=1), "b: reads channels 1 to 4"),
    "read_negative": (edited(1, input_first=-1), "b: reads channels -1"),
    "write_value": (edited(0, output=0), "a: no value 0 to write"),
    "write_range": (edited(0, output_first=2), "a: writes channels 2 to 5"),
    "write_own_input": (edited(1, output=1), "b: writes value 1, which it"),
    "write_twice": (edited(2, output=2, input=1), "c: writes channels of"),
    "sum_strides": (edited(4, addend=2), "sum: adds values of stride 8 and 4"),
    "sum_weights": (edited(4, bias=normal(1, 4)), "sum: an add has no weights"),
    "no_weight": (edited(0, weight=None), "a: no weight"),
    "weight_shape": (
        edited(0, weight=Weight(normal(1, 4, 3, 1, 1))),
        "a: weight of shape (4, 3, 3, 3) expected, (4, 3, 1, 1) given",
    ),
    "scale_missing": (
        edited(0, weight=Weight(np.zeros((4, 3, 3, 3), np.int8), "int8")),
        "a: a scale goes with int8",
    ),
    "weight_nan": (
        edited(5, weight=Weight(normal(1, 19, 4, 1, 1) * np.float32(np.inf))),
        "heat.weight: 76 of 76 numbers are not finite",
    ),
    "bias_shape": (edited(2, bias=normal(1, 5)), "c.bias: 4 numbers expected"),
    "bias_nan": (
        edited(2, bias=np.full(4, np.nan, np.float32)),
        "c.bias: 4 of 4 numbers are not finite",
    ),
    "stride_16": (
        edited(3, stride=2, dilation=1),
        "d: accumulated stride 16, at most 8",
    ),
    "range_count": (
        with_ranges(low=np.zeros(3, np.float32)),
        "range.low: 80 numbers expected, shape (3,) given",
    ),
    "range_sign": (
        with_ranges(low=np.ones(80, np.float32)),
        "range.low: 0 must lie between",
    ),
    "range_nan": (
        with_ranges(high=np.full(80, np.nan, np.float32)),
        "range.high: 80 of 80 numbers are not finite",
    ),
    "strides_in_value": (
        edited(6, stride=2, kernel=3, weight=Weight(normal(1, 38, 4, 3, 3))),
        "paf: writes stride 16 into value 4, which has stride 8",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_rule_is_named_and_nothing_written(what, path):
    network, message = BROKEN[what]
    path.write_bytes(b"what was there before")
    with pytest.raises(NetworkError) as caught:
        write_model(network, path)
    assert message in str(caught.value)
    assert path.read_bytes() == b"what was there before"
    assert list(path.parent.iterdir()) == [path]


def test_half_precision_overflow_is_refused(path):
    big = Weight(np.full((19, 4, 1, 1), 70000, np.float32))
    with pytest.raises(NetworkError, match=r"heat\.weight: 76 of 76"):
        write_model(edited(5, weight=big).to_type("f16"), path)


def test_failing_disk_leaves_nothing(path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensors_to_file", fail)
    with pytest.raises(OSError, match=r"No space"):
        write_model(small_network(), path)
    assert list(path.parent.iterdir()) == []


def test_what_is_no_file_is_not_replaced(tmp_path):
    with pytest.raises(ModelFileError, match=r"not a regular file"):
        write_model(small_network(), tmp_path)
    with pytest.raises(ModelFileError, match=r"not a regular file"):
        write_model(small_network(), "/dev/null")


def refused(path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message


def test_flipped_bit_anywhere_is_refused(path):
    write_model(small_network(), path)
    data = bytearray(path.read_bytes())
    head = data.index(b"a.weight") + 400
    for at in [*range(0, head, 7), *range(head, len(data), 211)]:
        damaged = bytearray(data)
        damaged[at] ^= 1 << (at % 8)
        refused(path, damaged)


def test_truncation_anywhere_is_refused(path):
    write_model(small_network(), path)
    data = path.read_bytes()
    for size in range(0, len(data), 61):
        refused(path, data[:size])


def signed(data: bytearray) -> bytes:
    """With the checksum that a reader computes."""
    key = b"hatpose.crc32"
    at = data.index(key) + len(key) + 4
    struct.pack_into("<I", data, at, 0)
    struct.pack_into("<I", data, at, zlib.crc32(data))
    return bytes(data)


def test_damage_with_a_right_checksum_never_crashes(path):
    write_model(with_sum(), path)
    data = path.read_bytes()
    tensors = data.index(b"a.weight")
    random = np.random.default_rng(19)
    count = 0
    for _ in range(400):
        damaged = bytearray(data)
        at = int(random.integers(tensors + 400))
        damaged[at] = int(random.integers(256))
        if b"hatpose.crc32" not in damaged:
            continue
        path.write_bytes(signed(damaged))
        try:
            read_model(path)
        except ModelFileError as error:
            count += 1
            assert "\n" not in str(error)
    assert count > 100


HOSTILE = {
    "no_magic": (0, b"GGML", "not a GGUF file"),
    "version": (4, struct.pack("<I", 2), "GGUF version 3 expected"),
    "tensors": (8, struct.pack("<Q", 1 << 60), "tensors, 3072 at most"),
    "keys": (16, struct.pack("<Q", 1 << 60), "keys, 1024 at most"),
    "key_length": (24, struct.pack("<Q", 1 << 62), "text of"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_head_is_refused_at_once(what, path):
    at, change, message = HOSTILE[what]
    write_model(small_network(), path)
    data = bytearray(path.read_bytes())
    data[at : at + len(change)] = change
    started = time.monotonic()
    assert message in refused(path, signed(data))
    assert time.monotonic() - started < 5


def test_hostile_lists_are_refused_at_once(path):
    write_model(small_network(), path)
    data = bytearray(path.read_bytes())
    key = b"lightweight-openpose.value.channels"
    at = data.index(key) + len(key) + 8
    data[at : at + 8] = struct.pack("<Q", 1 << 61)
    assert "at most expected" in refused(path, signed(data))
    data[at - 4 : at] = struct.pack("<I", 9)
    data[at : at + 8] = struct.pack("<Q", 2)
    assert "value of type 9" in refused(path, signed(data))


def extra_tensor(path, name: str) -> None:
    """The small network, and one tensor more."""
    original = gguf.GGUFWriter.write_header_to_file

    def write(self, *arguments):
        self.add_tensor(name, np.zeros(4, np.float32))
        original(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gguf.GGUFWriter, "write_header_to_file", write)
        write_model(small_network(), path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.scale", "a: a scale goes with int8"),
        ("z.weight", "z.weight: no operation uses it"),
        ("a.gain", "a.gain: no operation uses it"),
    ],
)
def test_tensor_too_many_is_refused(name, message, path):
    extra_tensor(path, name)
    assert message in refused(path, path.read_bytes())


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ModelFileError, match=r"No such file"):
        read_model(tmp_path / "absent.gguf")
    with pytest.raises(ModelFileError, match=r"Is a directory"):
        read_model(tmp_path)
