"""One network in the file formats of all engines.

In: a hatpose model, or the folder of Intel's IR. Out: files that compute the
same on planes that are normalised already.

    python networks.py SOURCE FOLDER ENGINE...
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import numpy as np

from hatpose.convert.onnx_export import to_onnx
from hatpose.convert.source import read_source
from hatpose.model_file import write_model
from hatpose.network import Network, Operation


def make(source: Path, folder: Path, engines: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    network = read_source(str(source)).network.to_type("f32")
    write_model(network, folder / "network.gguf")
    given = {
        key: getattr(network, key) for key in ("mean", "scale", "channels")
    }
    (folder / "input.json").write_text(json.dumps(given))
    bare = replace(network, mean=(0.0, 0.0, 0.0), scale=(1.0, 1.0, 1.0))
    (folder / "network.onnx").write_bytes(to_onnx(bare).SerializeToString())
    if "ncnn" in engines:
        _write_ncnn(network, folder / "network")
    if "mnn" in engines:
        _write_mnn(folder / "network.onnx", folder / "network.mnn")


def _write_mnn(onnx: Path, mnn: Path) -> None:
    """In a process of its own: the converter talks, and may end it; then
    there is no file."""
    # Not the `mnnconvert` command: that reports to a host when it is done.
    code = "import sys, _tools; _tools.mnnconvert(sys.argv[1:])"
    names = ["--modelFile", str(onnx), "--MNNModel", str(mnn)]
    subprocess.run(
        [sys.executable, "-c", code, "MNNConvert", "-f", "ONNX", *names,
         "--bizCode", "bench"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


class _Ncnn:
    """ncnn's text file: a layer a line, and a copy for every further reader."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.lines: list[tuple[str, str, list[str], list[str], str]] = []
        self.parts: dict[int, list[tuple[int, int, str]]] = {}
        self.parts[0] = [(0, network.values[0], "data")]
        self.joined: dict[int, str] = {}
        self.line("Input", "data", [], ["data"], "")

    def line(
        self,
        kind: str,
        name: str,
        inputs: list[str],
        outputs: list[str],
        numbers: str,
    ) -> None:
        self.lines.append((kind, name, inputs, outputs, numbers))

    def read(self, value: int, first: int, count: int) -> str:
        parts = sorted(self.parts[value])
        for begin, size, name in parts:
            if begin == first and size == count:
                return name
        if first != 0 or count != self.network.values[value]:
            raise ValueError("ncnn: a part of a part is read")
        if value not in self.joined:
            name = f"joined_{value}"
            self.line("Concat", name, [part[2] for part in parts], [name], "")
            self.joined[value] = name
        return self.joined[value]

    def add(self, op: Operation) -> None:
        inputs = [self.read(op.input, op.input_first, op.input_count)]
        elu = op.activation == "elu"
        name = f"{op.name}_sum" if elu else op.name
        if op.kind == "add":
            inputs.append(self.read(op.addend, op.addend_first, op.input_count))
            name = f"{op.name}_sum" if op.activation != "none" else op.name
            self.line("BinaryOp", name, inputs, [name], "0=0")
            if op.activation == "relu":
                self.line("ReLU", op.name, [name], [op.name], "")
        else:
            self._convolution(op, name, inputs)
        if elu:
            self.line("ELU", op.name, [name], [op.name], "0=1.0")
        part = (op.output_first, op.output_count, op.name)
        self.parts.setdefault(op.output, []).append(part)

    def _convolution(self, op: Operation, name: str, inputs: list[str]) -> None:
        assert op.weight is not None
        numbers = [
            f"0={op.output_count}", f"1={op.kernel}", f"2={op.dilation}",
            f"3={op.stride}", f"4={op.dilation * (op.kernel - 1) // 2}",
            f"5={int(op.bias is not None)}", f"6={op.weight.values.size}",
        ]  # fmt: skip
        kind = "Convolution"
        if op.kind == "depthwise":
            kind = "ConvolutionDepthWise"
            numbers.append(f"7={op.output_count}")
        if op.activation == "relu":
            numbers.append("9=1")
        self.line(kind, name, inputs, [name], " ".join(numbers))

    def outputs(self) -> None:
        for key in ("heatmaps", "pafs"):
            group = getattr(self.network, key)
            name = self.read(group.value, group.first, group.count)
            self.line("Noop", key, [name], [key], "")

    def write(self, file: TextIO) -> None:
        uses: dict[str, int] = {}
        for _, _, inputs, _, _ in self.lines:
            for name in inputs:
                uses[name] = uses.get(name, 0) + 1
        lines, blobs = [], 0
        taken = dict.fromkeys(uses, 0)
        for kind, name, inputs, outputs, numbers in self.lines:
            read = []
            for one in inputs:
                copy = f"{one}_copy{taken[one]}" if uses[one] > 1 else one
                taken[one] += 1
                read.append(copy)
            lines.append(_ncnn_line(kind, name, read, outputs, numbers))
            blobs += len(outputs)
            for one in outputs:
                if uses.get(one, 0) > 1:
                    copies = [f"{one}_copy{i}" for i in range(uses[one])]
                    split = _ncnn_line("Split", f"{one}_split", [one], copies)
                    lines.append(split)
                    blobs += len(copies)
        file.write(f"7767517\n{len(lines)} {blobs}\n")
        file.writelines(lines)


def _ncnn_line(
    kind: str,
    name: str,
    inputs: list[str],
    outputs: list[str],
    numbers: str = "",
) -> str:
    words = [kind, name, str(len(inputs)), str(len(outputs))]
    return " ".join([*words, *inputs, *outputs, numbers]).rstrip() + "\n"


def _write_ncnn(network: Network, stem: Path) -> None:
    writer = _Ncnn(network)
    for op in network.operations:
        writer.add(op)
    writer.outputs()
    with open(stem.with_suffix(".param"), "w") as file:
        writer.write(file)
    with open(stem.with_suffix(".bin"), "wb") as file:
        for op in network.operations:
            if op.weight is None:
                continue
            file.write(np.uint32(0).tobytes())  # what follows is float32
            file.write(op.weight.to_f32().tobytes())
            if op.bias is not None:
                file.write(op.bias.astype(np.float32).tobytes())


if __name__ == "__main__":
    os.umask(0o022)
    make(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
