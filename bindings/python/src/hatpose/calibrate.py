"""hatpose-calibrate: how far a network's activations reach on photos.

In: a hatpose model and photos like those that it will see. Out: the same
model with the ranges that int8 arithmetic needs (docs/model-format.md). The
layers are computed by ONNX Runtime, in float32.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .command_line import CommandError, Parser, run
from .network import Array, Network, Ranges

PROGRAM = "hatpose-calibrate"
PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp")
STRIDE = 8
WIDE = 16 / 9  # an input of this shape has the given height; others its area

_EPILOG = """\
PHOTOS are files and folders (jpg, jpeg, png, bmp). A few dozen that look like
those in use are enough; of more, some are taken, evenly.

Exit: 0 done   1 failed   2 wrong usage   130 Ctrl-C
"""


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _parser() -> Parser:
    about = "Adds to a model what int8 arithmetic needs to know."
    parser = Parser(PROGRAM, about, _EPILOG)
    parser.add_argument("model", metavar="MODEL", help="hatpose model file")
    parser.add_argument("photos", metavar="PHOTOS", nargs="+")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.gguf")
    parser.add_argument(
        "--size", type=_positive, default=256, help="network height (256)"
    )
    parser.add_argument(
        "--count", type=_positive, default=48, help="photos at most (48)"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    work = partial(_calibrate, options)
    return run(PROGRAM, "calibrate", options.model, work)


def _calibrate(options: argparse.Namespace) -> list[str]:
    from .model_file import read_model, write_model

    network = read_model(options.model)
    names = photo_files(options.photos, options.count)
    show = _progress(len(names))
    pictures = _pictures(names, options.size, show)
    ranges = activation_ranges(network, pictures)
    size = write_model(replace(network, ranges=ranges), options.output)
    return [f"{options.output}: ranges of {len(names)} photos, {size} bytes"]


def _progress(count: int) -> Callable[[int], None]:
    """Says how many photos are done, on a terminal only."""

    def show(done: int) -> None:
        if sys.stderr.isatty():
            end = "\r\033[K" if done == count else ""
            print(f"\r{done}/{count} photos{end}", end="", file=sys.stderr)

    return show


def photo_files(given: Iterable[str], most: int) -> list[Path]:
    """Files, and those in folders; of more than `most` some, evenly."""
    found: list[Path] = []
    for one in map(Path, given):
        if one.is_dir():
            inside = sorted(one.rglob("*"))
            found += [p for p in inside if p.suffix.lower() in PHOTO_ENDINGS]
        else:
            found.append(one)
    if not found:
        raise CommandError(f"{next(iter(given))}: no photos there")
    if len(found) <= most:
        return found
    return [found[index * len(found) // most] for index in range(most)]


def _pictures(
    names: list[Path], size: int, show: Callable[[int], None]
) -> Iterable[Array]:
    for index, name in enumerate(names):
        yield read_picture(name, size)
        show(index + 1)


def read_picture(path: Path, size: int) -> Array:
    """(height, width, 3), RGB, of the area that `best` gives the network."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as file:
            photo = ImageOps.exif_transpose(file).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise CommandError(f"{path}: {error}") from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    scale = (size * size * WIDE / (photo.width * photo.height)) ** 0.5
    sides = [
        max(1, round(side * scale / STRIDE)) * STRIDE
        for side in (photo.width, photo.height)
    ]
    small = photo.resize((sides[0], sides[1]), Image.Resampling.BILINEAR)
    return np.asarray(small)


def activation_ranges(network: Network, pictures: Iterable[Array]) -> Ranges:
    """The least and the greatest activation of every channel."""
    import onnxruntime

    graph, outputs = _graph_with_all_outputs(network)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it knows shapes that we do not give
    session = onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"]
    )
    starts = np.concatenate([[0], np.cumsum(network.values)])
    low = np.zeros(starts[-1], np.float32)
    high = np.zeros(starts[-1], np.float32)
    for picture in pictures:
        if network.channels == "bgr":
            picture = picture[:, :, ::-1]
        planes = picture.transpose(2, 0, 1)[None].astype(np.float32)
        names = [name for name, _, _ in outputs]
        results = session.run(names, {"data": planes})
        for (_, value, first), result in zip(outputs, results, strict=True):
            begin = starts[value] + first
            part = slice(begin, begin + result.shape[1])
            low[part] = np.minimum(low[part], result.min(axis=(0, 2, 3)))
            high[part] = np.maximum(high[part], result.max(axis=(0, 2, 3)))
    for begin, end in pairwise(starts):
        _widen_silent(low[begin:end], high[begin:end])
    return Ranges(low, high)


def _widen_silent(low: Array, high: Array) -> None:
    """Channels of a value that were 0 on all photos need not stay so on
    others: they get the median reach of those that spoke."""
    silent = (low == 0) & (high == 0)
    if silent.any() and not silent.all():
        high[silent] = np.median(high[~silent])


def _graph_with_all_outputs(
    network: Network,
) -> tuple[bytes, list[tuple[str, int, int]]]:
    """An ONNX model, and (name, value, first channel) of what it gives."""
    import onnx

    from .convert.onnx_export import result_names, to_onnx

    model: Any = to_onnx(network)
    outputs = result_names(network)
    del model.graph.output[:]
    for name, _, _ in outputs:
        model.graph.output.append(
            onnx.helper.make_tensor_value_info(
                name, onnx.TensorProto.FLOAT, None
            )
        )
    data: bytes = model.SerializeToString()
    return data, outputs


if __name__ == "__main__":
    sys.exit(main())
