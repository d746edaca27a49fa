"""A checkpoint's averaged weights as a model file, or as ONNX.

python -m hatpose_train.export RUN/checkpoint.pt OUT.gguf [--type f16]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hatpose.model_file import write_model
from hatpose.network import WEIGHT_TYPES, NetworkError

from .interchange import to_model
from .run import read_network


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.export", description=__doc__
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path, metavar="OUT.gguf|OUT.onnx")
    parser.add_argument("--type", choices=WEIGHT_TYPES, default="f16")
    parser.add_argument("--name", default="hatpose")
    parser.add_argument("--license", help="of the weights, as SPDX")
    parser.add_argument("--description", help="one line")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    args = options(arguments)
    try:
        network = read_network(args.checkpoint)
        is_onnx = args.output.suffix == ".onnx"
        model = to_model(network, args.name, "f32" if is_onnx else args.type)
        model = replace(
            model, license=args.license, description=args.description
        )
        if is_onnx:
            from hatpose.convert.onnx_export import to_onnx

            args.output.write_bytes(to_onnx(model).SerializeToString())
        else:
            write_model(model, args.output)
    except (ValueError, OSError, NetworkError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    print(f"{args.output}: {args.output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
