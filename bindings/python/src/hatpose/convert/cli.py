"""hatpose-convert: a foreign model file into a hatpose model file.

Says on stdout what it did, and on stderr in one line what is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..command_line import CommandError, Parser, run
from ..network import WEIGHT_TYPES, Network, NetworkError, WeightType
from .graph import ConvertError
from .source import Source, read_source

PROGRAM = "hatpose-convert"

_EPILOG = """\
IN is one of
  OpenVINO IR         the .xml; its .bin lies beside it
  ONNX                opset 9 and newer
  PyTorch checkpoint  of Lightweight OpenPose, 0 to 3 refinement stages
  hatpose model       to change its type of weights
OUT ending in .onnx writes an ONNX model instead, for other runtimes.

Exit: 0 done   1 the conversion failed   2 wrong usage   130 Ctrl-C
"""


def _parser() -> Parser:
    about = "Makes a hatpose model file of a foreign one."
    parser = Parser(PROGRAM, about, _EPILOG)
    parser.add_argument("input", metavar="IN", help="file to convert")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT.gguf", help="file to make"
    )
    parser.add_argument(
        "--type",
        choices=WEIGHT_TYPES,
        default="f32",
        help="of the weights (f32); int8 has a scale per output channel, "
        "and keeps those of a source that has them",
    )
    parser.add_argument("--name", help="name of the model")
    parser.add_argument("--license", help="licence of its weights, as SPDX")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if _is_onnx(options.output) and options.type != "f32":
        parser.error("--type: an ONNX model is always f32")
    for key in ("name", "license"):
        if getattr(options, key) == "":
            parser.error(f"--{key}: empty")
    work = partial(_convert, parser, options)
    return run(PROGRAM, "convert", options.input, work)


def _convert(parser: Parser, options: argparse.Namespace) -> list[str]:
    try:
        source = read_source(options.input)
        for file in source.files:
            if _is_same(file, options.output):
                parser.error(f"{options.output}: is the input, too")
        network = _finished(source, options)
        size = _write(network, options.output)
    except ConvertError as error:
        raise CommandError(f"{options.input}: {error}") from error
    return _report(source, network, options, size)


def _is_onnx(output: str) -> bool:
    return output.endswith(".onnx")


def _is_same(first: Path, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _finished(source: Source, options: argparse.Namespace) -> Network:
    network = source.network
    if options.name:
        network = replace(network, name=options.name)
    if options.license:
        network = replace(network, license=options.license)
    kind: WeightType = options.type
    network = network.to_type(kind)
    try:
        network.check()
    except NetworkError as error:
        raise ConvertError(f"as {kind}: {error}") from error
    return network


def _write(network: Network, output: str) -> int:
    from ..model_file import write_model, written_aside

    if not _is_onnx(output):
        return write_model(network, output)
    from .onnx_export import to_onnx

    data = to_onnx(network).SerializeToString()
    with written_aside(output) as aside:
        aside.write_bytes(data)
    return len(data)


def _report(
    source: Source, network: Network, options: argparse.Namespace, size: int
) -> list[str]:
    weights = [op.weight for op in source.network.operations if op.weight]
    how = options.type
    if how == "int8":
        is_kept = all(weight.type == "int8" for weight in weights)
        how += " of the source" if is_kept else ", one scale per output channel"
    return [
        f"{options.input}: {source.kind}",
        *(f"  {line}" for line in source.lines),
        f"  weights {how}",
        f"  name {network.name}, licence {network.license or 'unknown'}",
        f"{options.output}: {size} bytes",
    ]


if __name__ == "__main__":
    sys.exit(main())
