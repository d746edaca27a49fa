"""Any model file that we can read, as a network.

In: a path. Out: the network and lines that say what was found. The format is
told by the first bytes, not by the name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..network import Network
from .build import Built, build
from .graph import ConvertError, Graph

UNKNOWN = "unknown"
_KNOWN_IR = "human-pose-estimation-0001"
_KNOWN_IR_URL = (
    "https://github.com/openvinotoolkit/open_model_zoo/tree/master/"
    "models/intel/human-pose-estimation-0001"
)
_XML_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\0<")
_TORCH_STARTS = (b"PK\x03\x04", b"\x80")


@dataclass
class Source:
    """What a file holds; `files` are all those that it consists of."""

    kind: str
    network: Network
    lines: list[str]
    files: list[Path]


def read_source(path: str | os.PathLike[str]) -> Source:
    """Raises ConvertError, NetworkError, ModelFileError or OSError."""
    path = Path(path)
    with open(path, "rb") as file:
        start = file.read(16)
    if not start:
        raise ConvertError("empty file")
    if start.startswith(b"GGUF"):
        return _read_model(path)
    if start.lstrip().startswith(_XML_STARTS):
        source = _read_graph(path, "OpenVINO IR", _ir_reader())
        source.files.append(path.with_suffix(".bin"))
        return source
    if start.startswith(_TORCH_STARTS):
        return _read_graph(path, "PyTorch checkpoint", _checkpoint_reader())
    if path.suffix == ".bin":
        raise ConvertError("weights of an OpenVINO IR? Name its .xml instead")
    if path.suffix != ".onnx" and start[0] != 0x08:
        raise ConvertError(
            "neither OpenVINO IR, ONNX, PyTorch checkpoint nor hatpose model"
        )
    return _read_graph(path, "ONNX", _onnx_reader())


# The readers are imported when they are needed: each one needs a package of
# its own, and PyTorch takes seconds to load.


def _ir_reader() -> Callable[[Path], Graph]:
    from .openvino_ir import read_ir

    return read_ir


def _onnx_reader() -> Callable[[Path], Graph]:
    from .onnx_graph import read_onnx

    return read_onnx


def _checkpoint_reader() -> Callable[[Path], Graph]:
    from .torch_checkpoint import read_checkpoint

    return read_checkpoint


def _read_model(path: Path) -> Source:
    from ..model_file import read_model

    network = read_model(path)
    return Source(
        "hatpose model",
        network,
        [_input_line(network), _size_line(network)],
        [path],
    )


def _read_graph(
    path: Path, kind: str, reader: Callable[[Path], Graph]
) -> Source:
    graph = reader(path)
    built = build(graph)
    structure = _structure(built)
    network = replace(
        built.network,
        description=f"{structure}; converted from {kind}",
        license=UNKNOWN,
    )
    if network.name == _KNOWN_IR:
        network = replace(
            network, license="Apache-2.0", source_url=_KNOWN_IR_URL
        )
    network.check()
    origin = "as the file says"
    if not built.is_normalised:
        origin = "as is usual; the file does not say"
    lines = [
        structure,
        _size_line(network),
        f"{_input_line(network)}, {origin}",
        *graph.remarks,
    ]
    return Source(kind, network, lines, [path])


def _structure(built: Built) -> str:
    if built.stages is None:
        return "a network like Lightweight OpenPose, with layers of its own"
    noun = "stage" if built.stages == 1 else "stages"
    return f"Lightweight OpenPose with {built.stages} refinement {noun}"


def _size_line(network: Network) -> str:
    sums = sum(op.kind == "add" for op in network.operations)
    return (
        f"{len(network.operations) - sums} convolutions, {sums} sums, "
        f"{network.parameter_count()} parameters"
    )


def _input_line(network: Network) -> str:
    mean = ", ".join(f"{one:g}" for one in _merged(network.mean))
    scale = ", ".join(_fraction(one) for one in _merged(network.scale))
    return f"input {network.channels}, (x - {mean}) * {scale}"


def _merged(numbers: tuple[float, ...]) -> tuple[float, ...]:
    return numbers[:1] if len(set(numbers)) == 1 else numbers


def _fraction(number: float) -> str:
    whole = round(1 / number)
    if whole > 1 and abs(whole * number - 1) < 1e-6:
        return f"1/{whole}"
    return f"{number:g}"
