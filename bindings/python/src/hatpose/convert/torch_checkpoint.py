"""PyTorch checkpoints of Lightweight OpenPose and its forks into a graph.

In: the path of a .pth file, of the zip or the older layout. Out: a Graph.
Only tensors are taken out of the pickle (`weights_only`); nothing in it is
ever run, and optimizer and scheduler are passed over.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..network import Array, Weight
from . import template
from .graph import ConvertError, Graph, Node, Norm, Window

FILE_BYTES_MAX = 1 << 30
VERSION_MIN = (2, 6)
NORM_EPSILON = 1e-5  # torch.nn.BatchNorm2d's own, which the original keeps
_STAGE = re.compile(r"refinement_stages\.(\d{1,3})\.")
_NORM_PARTS = ("weight", "bias", "running_mean", "running_var")


def read_checkpoint(path: str | os.PathLike[str]) -> Graph:
    """Raises ConvertError with one line; OSError if the file is missing."""
    if os.stat(path).st_size > FILE_BYTES_MAX:
        raise ConvertError("more than 1 GiB")
    return _Importer(_state_dict(_load(path))).graph


def _load(path: str | os.PathLike[str]) -> object:
    torch = _torch()
    # Not by its path: torch reports some damage as an error of the system.
    data = io.BytesIO(Path(path).read_bytes())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded: object = torch.load(
                data, map_location="cpu", weights_only=True
            )
    except Exception as error:  # a damaged file makes torch raise anything
        raise ConvertError(_refusal(error)) from None
    return loaded


def _torch() -> Any:
    """PyTorch, if it is one whose `weights_only` holds what it promises."""
    try:
        import torch
    except ImportError:
        raise ConvertError(
            "PyTorch is needed to read it: pip install 'hatpose[torch]'"
        ) from None
    numbers = re.findall(r"\d+", torch.__version__)[:2]
    if tuple(int(one) for one in numbers) < VERSION_MIN:
        # CVE-2025-32434: code runs in spite of weights_only.
        raise ConvertError(
            f"PyTorch {torch.__version__} may run code of a checkpoint; "
            "2.6 or newer is needed"
        )
    return torch


def _refusal(error: Exception) -> str:
    """Why torch does not load a file, in one line."""
    reason = str(error).split("WeightsUnpickler error: ")[-1]
    found = re.search(r"GLOBAL ([\w.]+)", reason)
    if found:
        return f"holds {found[1]}, which is no tensor; it is not run"
    if "TorchScript" in reason:
        return "a TorchScript archive; save its state_dict instead"
    reason = " ".join(reason.split())[:120] or type(error).__name__
    return f"damaged, or no checkpoint: {reason}"


def _state_dict(loaded: object) -> dict[str, Array]:
    """Names to arrays, without the prefix of DataParallel."""
    if isinstance(loaded, dict) and isinstance(loaded.get("state_dict"), dict):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, dict) or not loaded:
        raise ConvertError("no state_dict in it")
    arrays: dict[str, Array] = {}
    for key, tensor in loaded.items():
        if not isinstance(key, str) or not hasattr(tensor, "detach"):
            raise ConvertError(f"state_dict: {str(key)[:80]!r} is no tensor")
        if not key.endswith("num_batches_tracked"):
            arrays[key.removeprefix("module.")] = _array(key, tensor)
    return arrays


def _array(key: str, tensor: Any) -> Array:
    if not tensor.is_floating_point() or tensor.is_sparse:
        raise ConvertError(f"{key}: floating point numbers expected")
    array: Array = np.array(tensor.detach().float().numpy())
    return array


class _Importer:
    """Goes through the layers of the template and takes their tensors."""

    def __init__(self, state: dict[str, Array]) -> None:
        self.state = state
        self.graph = Graph()
        self.nodes: dict[str, Node] = {"input": self.graph.input("input", 3)}
        stages = self._stage_count()
        for layer in template.layers(stages):
            self.nodes[layer.name] = self._node(layer)
        if self.state:
            raise ConvertError(
                f"state_dict: {next(iter(self.state))[:80]!r} is no part of "
                f"Lightweight OpenPose with {stages} refinement stages"
            )
        last = f"refinement_stages.{stages - 1}" if stages else "initial_stage"
        for head in ("heatmaps", "pafs"):
            self.graph.outputs.append(self.nodes[f"{last}.{head}.1.0"])

    def _stage_count(self) -> int:
        stages = {int(m[1]) for m in map(_STAGE.match, self.state) if m}
        count = len(stages)
        if count > template.STAGES_MAX or stages != set(range(count)):
            raise ConvertError(
                f"refinement stages {sorted(stages)[:8]}: 0 to "
                f"{template.STAGES_MAX} of them are known"
            )
        return count

    def _take(self, key: str) -> Array:
        if key not in self.state:
            raise ConvertError(f"state_dict: {key!r} is missing")
        return self.state.pop(key)

    def _node(self, layer: template.Layer) -> Node:
        sources = [self.nodes[name] for name in layer.inputs]
        if layer.kind == "add":
            return self.graph.add(layer.name, *sources)
        if layer.kind == "concat":
            return self.graph.concat(layer.name, sources)
        weight = self._take(f"{layer.name}.weight")
        if weight.ndim != 4:
            raise ConvertError(
                f"{layer.name}.weight: shape {list(weight.shape)}"
            )
        if weight.shape[2:] != (layer.kernel, layer.kernel):
            raise ConvertError(
                f"{layer.name}.weight: kernel {layer.kernel} expected, shape "
                f"{list(weight.shape)} given"
            )
        pad = layer.dilation * (layer.kernel - 1) // 2
        window = Window([layer.stride], [layer.dilation], [pad] * 4)
        groups = sources[0].channels if layer.kind == "depthwise" else 1
        node = self.graph.conv(
            layer.name, sources[0], Weight.from_f32(weight), groups, window
        )
        return self._finish(layer, node)

    def _finish(self, layer: template.Layer, node: Node) -> Node:
        """Bias, batch normalisation and activation of a convolution."""
        bias = f"{layer.name}.bias"
        if layer.bias or bias in self.state:
            numbers = self._take(bias)
            node = self.graph.affine(bias, node, np.ones(1), numbers)
        if layer.norm:
            gamma, beta, mean, variance = (
                self._take(f"{layer.norm}.{one}") for one in _NORM_PARTS
            )
            norm = Norm(gamma, beta, mean, variance, NORM_EPSILON)
            node = self.graph.norm(layer.norm, node, norm)
        if layer.activation == "none":
            return node
        return self.graph.activate(layer.name, node, layer.activation)
