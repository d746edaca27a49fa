"""hatpose-convert: a foreign model file into a hatpose model file.

Says on stdout what it did, and on stderr in one line what is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from ..network import (
    WEIGHT_TYPES,
    ModelFileError,
    Network,
    NetworkError,
    WeightType,
)
from .graph import ConvertError
from .source import Source, read_source

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

_EPILOG = """\
IN is one of
  OpenVINO IR         the .xml; its .bin lies beside it
  ONNX                opset 9 and newer
  PyTorch checkpoint  of Lightweight OpenPose, 0 to 3 refinement stages
  hatpose model       to change its type of weights
OUT ending in .onnx writes an ONNX model instead, for other runtimes.

Exit: 0 done   1 the conversion failed   2 wrong usage   130 Ctrl-C
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message} (--help tells more)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hatpose-convert",
        description="Makes a hatpose model file of a foreign one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
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
    is_onnx = options.output.endswith(".onnx")
    if is_onnx and options.type != "f32":
        parser.error("--type: an ONNX model is always f32")
    for key in ("name", "license"):
        if getattr(options, key) == "":
            parser.error(f"--{key}: empty")
    try:
        source = read_source(options.input)
        for file in source.files:
            if _is_same(file, options.output):
                parser.error(f"{options.output}: is the input, too")
        network = _finished(source, options)
        size = _write(network, options.output, is_onnx)
    except ImportError as error:
        return _failed(
            f"{error.name} is missing: pip install 'hatpose[convert]'"
        )
    except OSError as error:
        name = error.filename or options.input
        return _failed(f"{name}: {error.strerror or error}")
    except MemoryError:
        return _failed(f"{options.input}: not enough memory")
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except ModelFileError as error:
        return _failed(str(error))
    except (ConvertError, NetworkError) as error:
        return _failed(f"{options.input}: {error}")
    _report(source, network, options, size)
    return EXIT_OK


def _failed(message: str) -> int:
    # Names inside a hostile file may hold line ends or terminal codes.
    shown = "".join(c if c.isprintable() else "?" for c in message)
    print(f"hatpose-convert: {shown}", file=sys.stderr)
    return EXIT_FAILED


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


def _write(network: Network, output: str, is_onnx: bool) -> int:
    from ..model_file import write_model, written_aside

    if not is_onnx:
        return write_model(network, output)
    from .onnx_export import to_onnx

    data = to_onnx(network).SerializeToString()
    with written_aside(output) as aside:
        aside.write_bytes(data)
    return len(data)


def _report(
    source: Source, network: Network, options: argparse.Namespace, size: int
) -> None:
    print(f"{options.input}: {source.kind}")
    for line in source.lines:
        print(f"  {line}")
    weights = [op.weight for op in source.network.operations if op.weight]
    how = options.type
    if how == "int8":
        is_kept = all(weight.type == "int8" for weight in weights)
        how += " of the source" if is_kept else ", one scale per output channel"
    print(f"  weights {how}")
    print(f"  name {network.name}, licence {network.license or 'unknown'}")
    print(f"{options.output}: {size} bytes")


if __name__ == "__main__":
    sys.exit(main())
