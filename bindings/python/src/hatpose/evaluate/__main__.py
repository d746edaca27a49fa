"""python -m hatpose.evaluate coco ANNOTATIONS.json IMAGES/"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator

from .. import _library as api
from ..detector import load
from ..errors import ArgumentError, HatposeError, ModelError
from ..files import write_aside
from .coco import Detection, Labels, Photo
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
    return parser


def _detect(
    program: Program, photos: Iterable[Photo], folder: str
) -> Iterator[Detection]:
    for photo in photos:
        path = os.path.join(folder, photo.file_name)
        yield from program.run(path, photo.id)


def _with_progress(photos: list[Photo]) -> Iterator[Photo]:
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


def main(arguments: list[str] | None = None) -> int:
    try:
        _evaluate(_parser().parse_args(arguments))
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
