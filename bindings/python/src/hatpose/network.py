"""A network of this family as a checked list of operations.

In: what an importer or the training program built. Out: the same thing,
proved to keep every rule of docs/model-format.md. Nothing here knows a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
WeightType = Literal["f32", "f16", "bf16", "int8"]
Kind = Literal["conv", "depthwise", "add"]
Activation = Literal["none", "relu", "elu"]

WEIGHT_TYPES: tuple[WeightType, ...] = ("f32", "f16", "bf16", "int8")
VALUES_MAX = 1024
CHANNELS_MAX = 4096
OPERATIONS_MAX = 1024
INPUT_CHANNELS = 3
STRIDE = 8
HEATMAP_CHANNELS = 19
PAF_CHANNELS = 38
HAT_CHANNELS = 2
NAME_FORM = re.compile(r"[!-~]{1,63}")

KEYPOINT_NAMES = (
    "nose", "neck",
    "right_shoulder", "right_elbow", "right_wrist",
    "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle",
    "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
LIMB_FROM = (1, 1, 2, 3, 5, 6, 1, 8, 9, 1, 11, 12, 1, 0, 14, 0, 15, 2, 5)
LIMB_TO = (2, 5, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 0, 14, 16, 15, 17, 16, 17)
LIMB_PAF = (
    12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26,
)  # fmt: skip


class NetworkError(ValueError):
    """One line that names the thing that breaks a rule."""


class ModelFileError(NetworkError):
    """One line that names the file, too."""


@dataclass(frozen=True, eq=False)
class Weight:
    """The numbers of one weight tensor as a file stores them.

    values is float32, float16, uint16 (the bits of bf16) or int8, in numpy
    order: (outputs, inputs, kernel, kernel). scale goes with int8 only:
    weight = values * scale, one scale per output channel.
    """

    values: Array
    type: WeightType = "f32"
    scale: Array | None = None

    @staticmethod
    def from_f32(values: Array, kind: WeightType = "f32") -> Weight:
        values = np.ascontiguousarray(values, dtype=np.float32)
        if kind == "f32":
            return Weight(values)
        if kind == "f16":
            with np.errstate(over="ignore"):
                return Weight(values.astype(np.float16), "f16")
        if kind == "bf16":
            return Weight(_bf16_bits(values), "bf16")
        rows = np.abs(values.reshape(values.shape[0], -1)).max(axis=1)
        scale = rows / np.float32(127)
        scale[scale == 0] = 1  # nothing, or so little that it vanishes
        steps = values / scale.reshape(-1, 1, 1, 1)
        steps = np.clip(np.rint(steps), -127, 127)
        return Weight(steps.astype(np.int8), "int8", scale.astype(np.float32))

    def to_f32(self) -> Array:
        if self.type == "bf16":
            return (self.values.astype(np.uint32) << 16).view(np.float32)
        values: Array = self.values.astype(np.float32)
        if self.scale is not None:
            values = values * self.scale.reshape(-1, 1, 1, 1)
        return values

    def to_type(self, kind: WeightType) -> Weight:
        """The same weight in another type; unchanged if it has it already."""
        if kind == self.type:
            return self
        return Weight.from_f32(self.to_f32(), kind)


def _bf16_bits(values: Array) -> Array:
    """Upper halves of the singles, rounded to nearest, ties to even."""
    bits = values.view(np.uint32)
    rounded = bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))
    # Rounding could carry a NaN into an infinity or wrap it around.
    rounded = np.where(np.isfinite(values), rounded, bits)
    return (rounded >> 16).astype(np.uint16)


@dataclass(frozen=True, eq=False)
class Operation:
    """One line of the operation list; fields as docs/model-format.md."""

    name: str
    kind: Kind
    input: int
    input_first: int
    input_count: int
    output: int
    output_first: int
    output_count: int
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    activation: Activation = "none"
    addend: int = 0
    addend_first: int = 0
    weight: Weight | None = None
    bias: Array | None = None


@dataclass(frozen=True)
class MapGroup:
    """Channels first .. first + count - 1 of a value."""

    value: int
    first: int
    count: int


@dataclass(frozen=True, eq=False)
class Ranges:
    """How far the activations of each channel reach, for int8.

    A float32 for each channel of value 0, then of value 1, and so on.
    """

    low: Array  # 0 or less
    high: Array  # 0 or more


@dataclass(frozen=True, eq=False)
class Network:
    """All that a model file says."""

    name: str
    values: tuple[int, ...]
    operations: tuple[Operation, ...]
    heatmaps: MapGroup
    pafs: MapGroup
    hats: MapGroup | None = None
    mean: tuple[float, float, float] = (128.0, 128.0, 128.0)
    scale: tuple[float, float, float] = (1 / 256, 1 / 256, 1 / 256)
    channels: Literal["bgr", "rgb"] = "bgr"
    limb_paf: tuple[int, ...] = LIMB_PAF
    license: str | None = None
    description: str | None = None
    source_url: str | None = None
    ranges: Ranges | None = None

    def parameter_count(self) -> int:
        """Weights and biases; scales of int8 weights are not counted."""
        count = 0
        for op in self.operations:
            count += 0 if op.weight is None else op.weight.values.size
            count += 0 if op.bias is None else op.bias.size
        return count

    def to_type(self, kind: WeightType) -> Network:
        """The same network with all weights in one type."""
        operations = tuple(
            op
            if op.weight is None
            else replace(op, weight=op.weight.to_type(kind))
            for op in self.operations
        )
        return replace(self, operations=operations)

    def check(self) -> None:
        """Raises NetworkError at the first rule that is broken."""
        _check_texts(self)
        _check_input(self)
        _check_sizes(self)
        strides = _check_dataflow(self)
        _check_maps(self, strides)
        _check_ranges(self)
        for op in self.operations:
            _check_tensors(op)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise NetworkError(message)


def _check_texts(network: Network) -> None:
    _require(
        1 <= len(network.name.encode()) <= 255,
        f"general.name: 1 to 255 bytes expected, {network.name[:40]!r} given",
    )
    for key in ("name", "license", "description", "source_url"):
        text = getattr(network, key)
        _require(
            text is None
            or (text and text.isprintable() and len(text.encode()) <= 255),
            f"{key}: one line of printable text up to 255 bytes expected",
        )


def _check_input(network: Network) -> None:
    _require(
        network.channels in ("bgr", "rgb"),
        f"input.channels: bgr or rgb expected, not {network.channels!r}",
    )
    # Checked as the file will hold it: 1e-50 is positive, but not in f32.
    with np.errstate(over="ignore"):
        mean = np.asarray(network.mean, dtype=np.float32)
        scale = np.asarray(network.scale, dtype=np.float32)
    _require(
        mean.shape == (3,) and bool(np.isfinite(mean).all()),
        "input.mean: three finite numbers expected",
    )
    _require(
        scale.shape == (3,) and bool((np.isfinite(scale) & (scale > 0)).all()),
        "input.scale: three positive numbers expected",
    )


def _check_sizes(network: Network) -> None:
    count = len(network.values)
    _require(
        2 <= count <= VALUES_MAX,
        f"value.channels: 2 to {VALUES_MAX} values expected, {count} given",
    )
    for index, channels in enumerate(network.values):
        _require(
            1 <= channels <= CHANNELS_MAX,
            f"value {index}: 1 to {CHANNELS_MAX} channels expected, "
            f"{channels} given",
        )
    _require(
        network.values[0] == INPUT_CHANNELS,
        f"value 0: the input has {INPUT_CHANNELS} channels, "
        f"not {network.values[0]}",
    )
    count = len(network.operations)
    _require(
        1 <= count <= OPERATIONS_MAX,
        f"op.name: 1 to {OPERATIONS_MAX} operations expected, {count} given",
    )


def _check_dataflow(network: Network) -> list[int]:
    """Every range, order of writing and stride; gives strides of values."""
    written = [np.zeros(count, dtype=bool) for count in network.values]
    written[0][:] = True
    strides = [0] * len(network.values)
    strides[0] = 1
    names: set[str] = set()
    for op in network.operations:
        _require(
            NAME_FORM.fullmatch(op.name) is not None,
            f"operation {op.name[:70]!r}: 1 to 63 printable ASCII characters "
            "without blanks expected",
        )
        _require(op.name not in names, f"{op.name}: name used twice")
        names.add(op.name)
        _check_form(op)
        _check_read(op, written, op.input, op.input_first)
        if op.kind == "add":
            _check_read(op, written, op.addend, op.addend_first)
            _require(
                strides[op.addend] == strides[op.input],
                f"{op.name}: adds values of stride {strides[op.input]} "
                f"and {strides[op.addend]}",
            )
        _check_write(op, written, strides)
    for index, channels in enumerate(written):
        _require(
            bool(channels.all()),
            f"value {index}: channel {int(np.argmin(channels))} is never "
            "written",
        )
    return strides


def _check_form(op: Operation) -> None:
    """What an operation says of itself alone."""
    forms = {
        "conv": op.kernel in (1, 3),
        "depthwise": op.kernel == 3 and op.output_count == op.input_count,
        "add": op.kernel == 1 and op.output_count == op.input_count,
    }
    _require(op.kind in forms, f"{op.name}: unknown kind {op.kind!r}")
    _require(
        forms[op.kind],
        f"{op.name}: kernel {op.kernel} with {op.input_count} inputs and "
        f"{op.output_count} outputs is no {op.kind}",
    )
    _require(
        op.stride in (1, 2) and op.dilation in (1, 2),
        f"{op.name}: stride {op.stride}, dilation {op.dilation}: "
        "1 or 2 expected",
    )
    _require(
        op.kernel == 3 or op.stride == op.dilation == 1,
        f"{op.name}: stride and dilation of a 1x1 kernel must be 1",
    )
    _require(
        op.stride == 1 or op.dilation == 1,
        f"{op.name}: stride 2 together with dilation 2",
    )
    _require(
        op.activation in ("none", "relu", "elu"),
        f"{op.name}: unknown activation {op.activation!r}",
    )
    _require(
        op.kind == "add" or op.addend == op.addend_first == 0,
        f"{op.name}: only an add has an addend",
    )


def _check_read(
    op: Operation, written: list[Array], value: int, first: int
) -> None:
    _require(0 <= value < len(written), f"{op.name}: no value {value}")
    last = first + op.input_count
    _require(
        0 <= first and 1 <= op.input_count and last <= len(written[value]),
        f"{op.name}: reads channels {first} to {last - 1} of value {value}, "
        f"which has {len(written[value])}",
    )
    _require(
        bool(written[value][first:last].all()),
        f"{op.name}: reads value {value} before it is written",
    )


def _check_write(
    op: Operation, written: list[Array], strides: list[int]
) -> None:
    value, first = op.output, op.output_first
    _require(1 <= value < len(written), f"{op.name}: no value {value} to write")
    last = first + op.output_count
    _require(
        0 <= first and 1 <= op.output_count and last <= len(written[value]),
        f"{op.name}: writes channels {first} to {last - 1} of value {value}, "
        f"which has {len(written[value])}",
    )
    _require(
        value != op.input and (op.kind != "add" or value != op.addend),
        f"{op.name}: writes value {value}, which it reads",
    )
    _require(
        not written[value][first:last].any(),
        f"{op.name}: writes channels of value {value} a second time",
    )
    written[value][first:last] = True
    stride = strides[op.input] * op.stride
    _require(
        strides[value] in (0, stride),
        f"{op.name}: writes stride {stride} into value {value}, "
        f"which has stride {strides[value]}",
    )
    _require(
        stride <= STRIDE,
        f"{op.name}: accumulated stride {stride}, at most {STRIDE} expected",
    )
    strides[value] = stride


def _check_maps(network: Network, strides: list[int]) -> None:
    groups = (
        ("map.heatmaps", network.heatmaps, HEATMAP_CHANNELS),
        ("map.pafs", network.pafs, PAF_CHANNELS),
        ("map.hats", network.hats, HAT_CHANNELS),
    )
    for key, group, count in groups:
        if group is None:
            continue
        _require(
            group.count == count,
            f"{key}: {count} channels expected, {group.count} given",
        )
        _require(
            0 <= group.value < len(strides)
            and 0 <= group.first
            and group.first + count <= network.values[group.value],
            f"{key}: channels {group.first} to {group.first + count - 1} of "
            f"value {group.value} do not exist",
        )
        _require(
            strides[group.value] == STRIDE,
            f"{key}: stride {STRIDE} expected, value {group.value} has "
            f"{strides[group.value]}",
        )
    paf = network.limb_paf
    _require(
        len(paf) == len(LIMB_FROM)
        and all(0 <= first <= PAF_CHANNELS - 2 for first in paf),
        f"limb.paf: {len(LIMB_FROM)} channels below {PAF_CHANNELS - 1} "
        "expected",
    )


def _check_ranges(network: Network) -> None:
    if network.ranges is None:
        return
    low, high = network.ranges.low, network.ranges.high
    count = sum(network.values)
    for key, bounds in (("range.low", low), ("range.high", high)):
        _require(
            bounds.shape == (count,),
            f"{key}: {count} numbers expected, shape {bounds.shape} given",
        )
        _check_finite(key, bounds)
    _require(
        bool(((low <= 0) & (high >= 0)).all()),
        "range.low: 0 must lie between it and range.high",
    )


def _check_tensors(op: Operation) -> None:
    if op.kind == "add":
        _require(
            op.weight is None and op.bias is None,
            f"{op.name}: an add has no weights",
        )
        return
    _require(op.weight is not None, f"{op.name}: no weight")
    assert op.weight is not None
    inputs = 1 if op.kind == "depthwise" else op.input_count
    shape = (op.output_count, inputs, op.kernel, op.kernel)
    _require(
        op.weight.values.shape == shape,
        f"{op.name}: weight of shape {shape} expected, "
        f"{op.weight.values.shape} given",
    )
    _require(
        (op.weight.scale is not None) == (op.weight.type == "int8"),
        f"{op.name}: a scale goes with int8 weights and with no others",
    )
    _check_finite(f"{op.name}.weight", op.weight.to_f32())
    for key, vector in (("scale", op.weight.scale), ("bias", op.bias)):
        if vector is None:
            continue
        _require(
            vector.shape == (op.output_count,),
            f"{op.name}.{key}: {op.output_count} numbers expected, "
            f"shape {vector.shape} given",
        )
        _check_finite(f"{op.name}.{key}", vector)


def _check_finite(name: str, values: Array) -> None:
    finite = np.isfinite(values)
    _require(
        bool(finite.all()),
        f"{name}: {int((~finite).sum())} of {finite.size} numbers are not "
        "finite",
    )
