"""python -m hatpose.evaluate coco ANNOTATIONS.json IMAGES/
python -m hatpose.evaluate hats FOLDER/
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from .. import _library as api
from ..detector import load
from ..errors import ArgumentError, HatposeError, ModelError
from ..files import write_aside
from . import hats
from .coco import Detection, Labels, Photo
from .doubtful_sheet import draw_doubtful
from .hat_maps import MapProgram, MapScore, measure_maps
from .programs import MODES, Program, program_of

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_MODEL = 4
EXIT_INTERRUPTED = 130

# For AP: the library's own default leaves out people that AP would take.
PERSON_THRESHOLD = 0.2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hatpose.evaluate",
        description="Measures a model on labelled photos.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    coco = commands.add_parser(
        "coco",
        help="AP on COCO keypoint labels",
        description="AP on COCO keypoint labels, and people found and false.",
    )
    coco.add_argument("annotations", help="COCO keypoint labels (.json)")
    coco.add_argument("images", help="folder of the photos")
    coco.add_argument("-m", "--model", help="GGUF (default: built in)")
    coco.add_argument(
        "-s", "--size", type=int, default=256, help="network height (256)"
    )
    coco.add_argument(
        "--mode",
        choices=MODES,
        default="best",
        help="best; compat: the original's demo; val: its validation",
    )
    coco.add_argument("--results", help="write the people there, as COCO")
    coco.add_argument(
        "--person-threshold",
        type=float,
        default=PERSON_THRESHOLD,
        help=f"({PERSON_THRESHOLD})",
    )
    coco.add_argument(
        "--precision",
        choices=tuple(api.PRECISION),
        default="f32",
        help="arithmetic of the network (f32)",
    )
    coco.add_argument(
        "-t", "--threads", type=int, default=0, help="0 = all cores (0)"
    )
    _add_hats(commands.add_parser("hats", help="who wears a hat"))
    return parser


def _add_hats(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Balanced accuracy of both rules on photos with labelled heads."
    )
    parser.add_argument("folder", help="images/, labels/ (YOLO), classes.txt")
    parser.add_argument("-m", "--model", help="GGUF (default: built in)")
    parser.add_argument(
        "-s", "--size", type=int, default=256, help="network height (256)"
    )
    parser.add_argument(
        "--source",
        choices=hats.SOURCES,
        default="boxes",
        help="boxes: the labels' hats; maps: the model's own (boxes)",
    )
    parser.add_argument(
        "--mode",
        choices=("best", "compat"),
        default="best",
        help="decoding of the poses (best)",
    )
    parser.add_argument(
        "--sheet",
        metavar="OUT.png",
        help="heads that geometric tells wrong or does not answer",
    )
    parser.add_argument(
        "-t", "--threads", type=int, default=0, help="0 = all cores (0)"
    )


def _detect(
    program: Program, photos: Iterable[Photo], folder: str
) -> Iterator[Detection]:
    for photo in photos:
        path = os.path.join(folder, photo.file_name)
        yield from program.run(path, photo.id)


_Item = TypeVar("_Item")


def _with_progress(photos: Sequence[_Item]) -> Iterator[_Item]:
    """Says on a terminal how far it is."""
    shown = sys.stderr.isatty()
    start = time.monotonic()
    try:
        for number, photo in enumerate(photos):
            yield photo
            if shown:
                rate = (number + 1) / (time.monotonic() - start)
                text = f"\r{number + 1}/{len(photos)}  {rate:.1f}/s\033[K"
                print(text, end="", file=sys.stderr, flush=True)
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _evaluate(arguments: argparse.Namespace) -> None:
    labels = Labels(arguments.annotations)
    with load(arguments.model) as model:
        program = program_of(
            arguments.mode,
            model,
            arguments.size,
            arguments.person_threshold,
            precision=arguments.precision,
            threads=arguments.threads,
        )
    photos = _with_progress(labels.photos)
    detections = list(_detect(program, photos, arguments.images))
    if arguments.results is not None:
        text = json.dumps(detections, separators=(",", ":"))
        write_aside(arguments.results, text.encode())
    print(labels.score(detections))


def _evaluate_hats(arguments: argparse.Namespace) -> None:
    labels = hats.Labels(arguments.folder)
    photos = _with_progress(labels.photos)
    settings = (arguments.size, arguments.mode)
    score: hats.Score | MapScore
    with load(arguments.model) as model:
        if arguments.source == "boxes":
            boxes = hats.Program(model, *settings, arguments.threads)
            score = hats.measure(boxes, labels, photos)
        elif not model.info().has_hat_maps:
            raise ArgumentError("--source maps: the model has no hat maps")
        else:
            maps = MapProgram(model, *settings, arguments.threads)
            score = measure_maps(maps, labels, photos)
    for case in score.doubtful():
        print(case)
    if arguments.sheet is not None:
        for path in draw_doubtful(score.doubtful(), arguments.sheet):
            print(f"{path} written")
    print(score)


def main(arguments: list[str] | None = None) -> int:
    try:
        parsed = _parser().parse_args(arguments)
        if parsed.command == "hats":
            _evaluate_hats(parsed)
        else:
            _evaluate(parsed)
    except HatposeError as error:
        print(f"hatpose.evaluate: {error}", file=sys.stderr)
        if isinstance(error, ModelError):
            return EXIT_MODEL
        usage = isinstance(error, ArgumentError)
        return EXIT_USAGE if usage else EXIT_FAILED
    except (OSError, ImportError) as error:
        print(f"hatpose.evaluate: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
