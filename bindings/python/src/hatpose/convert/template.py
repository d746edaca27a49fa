"""The layers of Lightweight OpenPose, by the names of its state dict.

docs/algorithm.md, "Network". The two released families differ in the CPM
part: the Caffe one (from which the OpenVINO file was made) has one more 1x1
layer there, and another order of concatenation, which is no matter here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..network import Activation

# Output channels and stride of the depthwise layer of model.1 .. model.11.
_BACKBONE = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
)  # fmt: skip
_DILATED = 7  # model.7 takes dilation 2 in place of a stride
_FEATURES = 128
STAGES_MAX = 3
REFINEMENT_BLOCKS = 5


@dataclass(frozen=True)
class Layer:
    """One layer; `norm` names its batch normalisation in a state dict."""

    name: str
    kind: Literal["conv", "depthwise", "add", "concat"]
    inputs: tuple[str, ...]
    outputs: int
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    activation: Activation = "none"
    bias: bool = False
    norm: str | None = None


def layers(stages: int, extra_align: bool = False) -> Iterator[Layer]:
    """All layers in order of computation; the picture is called `input`."""
    yield from _backbone()
    yield from _cpm(extra_align)
    yield from _initial_stage()
    heads = "initial_stage"
    for stage in range(stages):
        yield from _refinement_stage(f"refinement_stages.{stage}", heads)
        heads = f"refinement_stages.{stage}"


def _backbone() -> Iterator[Layer]:
    yield Layer(
        "model.0.0", "conv", ("input",), 32, kernel=3, stride=2,
        activation="relu", norm="model.0.1",
    )  # fmt: skip
    before, channels = "model.0.0", 32
    for index, (outputs, stride) in enumerate(_BACKBONE, start=1):
        name = f"model.{index}"
        yield Layer(
            f"{name}.0", "depthwise", (before,), channels, kernel=3,
            stride=stride, dilation=2 if index == _DILATED else 1,
            activation="relu", norm=f"{name}.1",
        )  # fmt: skip
        yield Layer(
            f"{name}.3", "conv", (f"{name}.0",), outputs,
            activation="relu", norm=f"{name}.4",
        )  # fmt: skip
        before, channels = f"{name}.3", outputs


def _cpm(extra_align: bool) -> Iterator[Layer]:
    yield Layer(
        "cpm.align.0", "conv", ("model.11.3",), _FEATURES,
        activation="relu", bias=True,
    )  # fmt: skip
    before = "cpm.align.0"
    if extra_align:
        yield Layer(
            "cpm.red", "conv", (before,), _FEATURES,
            activation="elu", bias=True,
        )  # fmt: skip
        before = "cpm.red"
    for index in range(3):
        name = f"cpm.trunk.{index}"
        yield Layer(
            f"{name}.0", "depthwise", (before,), _FEATURES, kernel=3,
            activation="elu",
        )  # fmt: skip
        yield Layer(
            f"{name}.2", "conv", (f"{name}.0",), _FEATURES, activation="elu"
        )
        before = f"{name}.2"
    yield Layer("cpm.sum", "add", ("cpm.align.0", before), _FEATURES)
    yield Layer(
        "cpm.conv.0", "conv", ("cpm.sum",), _FEATURES, kernel=3,
        activation="relu", bias=True,
    )  # fmt: skip


def _initial_stage() -> Iterator[Layer]:
    before = "cpm.conv.0"
    for index in range(3):
        name = f"initial_stage.trunk.{index}.0"
        yield Layer(
            name, "conv", (before,), _FEATURES, kernel=3,
            activation="relu", bias=True,
        )  # fmt: skip
        before = name
    yield from _heads("initial_stage", before, 512)


def _refinement_stage(name: str, heads: str) -> Iterator[Layer]:
    inputs = ("cpm.conv.0", f"{heads}.heatmaps.1.0", f"{heads}.pafs.1.0")
    yield Layer(f"{name}.input", "concat", inputs, _FEATURES + 19 + 38)
    before = f"{name}.input"
    for index in range(REFINEMENT_BLOCKS):
        block = f"{name}.trunk.{index}"
        yield Layer(
            f"{block}.initial.0", "conv", (before,), _FEATURES,
            activation="relu", bias=True,
        )  # fmt: skip
        before = f"{block}.initial.0"
        for step in range(2):
            layer = f"{block}.trunk.{step}"
            yield Layer(
                f"{layer}.0", "conv", (before,), _FEATURES, kernel=3,
                dilation=step + 1, activation="relu", bias=True,
                norm=f"{layer}.1",
            )  # fmt: skip
            before = f"{layer}.0"
        yield Layer(
            f"{block}.sum", "add", (f"{block}.initial.0", before), _FEATURES
        )
        before = f"{block}.sum"
    yield from _heads(name, before, _FEATURES)


def _heads(name: str, before: str, channels: int) -> Iterator[Layer]:
    for head, outputs in (("heatmaps", 19), ("pafs", 38)):
        yield Layer(
            f"{name}.{head}.0.0", "conv", (before,), channels,
            activation="relu", bias=True,
        )  # fmt: skip
        yield Layer(
            f"{name}.{head}.1.0", "conv", (f"{name}.{head}.0.0",), outputs,
            bias=True,
        )  # fmt: skip
