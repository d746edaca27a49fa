"""hatpose-convert: a foreign model file into a hatpose model file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from ..model_file import ModelFileError, write_model
from ..network import WEIGHT_TYPES, NetworkError
from .build import build
from .graph import ConvertError
from .openvino_ir import read_ir

EXIT_FAILED = 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hatpose-convert",
        description="Makes a hatpose model file of an OpenVINO IR (.xml).",
    )
    parser.add_argument("input", metavar="IN")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.gguf")
    parser.add_argument("--type", choices=WEIGHT_TYPES, default="f32")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        built = build(read_ir(options.input))
        network = built.network.to_type(options.type)
        if network.name == "human-pose-estimation-0001":
            network = replace(network, license="Apache-2.0")
        size = write_model(network, options.output)
    except (ConvertError, NetworkError, ModelFileError) as error:
        print(f"{options.input}: {error}", file=sys.stderr)
        return EXIT_FAILED
    print(f"{options.output}: {size} bytes, {options.type}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
