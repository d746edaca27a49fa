"""AP of a network in training, with the library's own decoder.

In: a network, a folder to write its model file into, COCO labels and photos.
Out: AP, as `python -m hatpose.evaluate coco` would print for that file.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import hatpose
from hatpose.evaluate.coco import Labels
from hatpose.evaluate.programs import program_of
from hatpose.model_file import write_model

from .interchange import to_model
from .network import Network

# As in hatpose.evaluate: the library's default leaves out people that AP
# would take
PERSON_THRESHOLD = 0.2
DEFAULT_STEPS = 5000


@dataclass(frozen=True)
class Validation:
    """What is measured, and how often."""

    annotations: Path
    images: Path
    every_steps: int
    size: int = 256

    def measure(self, network: Network, folder: Path) -> float:
        """AP of the network as it would be exported."""
        path = folder / "validation.gguf"
        write_model(to_model(network, "validation"), path)
        labels = Labels(self.annotations)
        with hatpose.load(path) as model:
            program = program_of("best", model, self.size, PERSON_THRESHOLD)
            found = [
                one
                for photo in labels.photos
                for one in program.run(
                    str(self.images / photo.file_name), photo.id
                )
            ]
        return float(labels.score(found).ap)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What a program that trains asks about validation."""
    parser.add_argument("--val-labels", type=Path, metavar="JSON")
    parser.add_argument("--val-images", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--val-steps",
        type=int,
        default=DEFAULT_STEPS,
        help=f"steps between two measurements ({DEFAULT_STEPS})",
    )


def chosen(args: argparse.Namespace) -> Validation | None:
    """The validation that the command line asks for, if any."""
    if args.val_labels is None and args.val_images is None:
        return None
    if args.val_labels is None or args.val_images is None:
        raise ValueError("--val-labels and --val-images go together")
    if args.val_steps < 1:
        raise ValueError("--val-steps: 1 or more expected")
    return Validation(args.val_labels, args.val_images, args.val_steps)
