"""COCO's labels as a list of training samples.

python -m hatpose_train.prepare_labels person_keypoints_train2017.json OUT.json

One sample is a person in the middle of a crop, with all that is labelled in
the photo. The rules are those of docs/algorithm.md section 9.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .labels import from_coco

KEYPOINTS_MIN = 5
AREA_MIN_PX = 32 * 32
# Of the earlier person's width: nearer people share one sample
DISTANCE_MIN = 0.3
NETWORK_SIDE = 368

Annotation = dict[str, Any]


def centre(person: Annotation) -> tuple[float, float]:
    """The middle of a person's box."""
    x, y, width, height = person["bbox"]
    return x + width / 2, y + height / 2


def accepted(people: Sequence[Annotation]) -> list[Annotation]:
    """People who get a sample of their own, in the order of the file."""
    taken: list[Annotation] = []
    for person in people:
        if person["num_keypoints"] < KEYPOINTS_MIN:
            continue
        if person["area"] < AREA_MIN_PX:
            continue
        close = any(
            math.dist(centre(person), centre(other))
            < DISTANCE_MIN * other["bbox"][2]
            for other in taken
        )
        if not close:
            taken.append(person)
    return taken


def samples_of(
    photo: dict[str, Any], people: list[Annotation], crowds: list[Any]
) -> list[dict[str, Any]]:
    """The samples of one photo; the person in the middle comes first."""
    found = []
    for person in accepted(people):
        ordered = [person, *(one for one in people if one is not person)]
        found.append(
            {
                "file_name": photo["file_name"],
                "centre": centre(person),
                "scale": person["bbox"][3] / NETWORK_SIDE,
                "people": [
                    from_coco(one["keypoints"]).round(2).tolist()
                    for one in ordered
                ],
                "crowds": crowds,
                "size": [photo["width"], photo["height"]],
            }
        )
    return found


def prepare(labels: dict[str, Any]) -> list[dict[str, Any]]:
    """All samples of a COCO label file."""
    people: dict[int, list[Annotation]] = defaultdict(list)
    crowds: dict[int, list[Any]] = defaultdict(list)
    for one in labels["annotations"]:
        if one["iscrowd"]:
            crowds[one["image_id"]].append(one["segmentation"])
        elif one["num_keypoints"]:
            people[one["image_id"]].append(one)
    photos = {photo["id"]: photo for photo in labels["images"]}
    return [
        sample
        for number, group in people.items()
        for sample in samples_of(photos[number], group, crowds[number])
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.prepare_labels",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args(arguments)
    try:
        found = prepare(json.loads(args.labels.read_text()))
        args.output.write_text(json.dumps(found, separators=(",", ":")))
    except (OSError, ValueError, KeyError) as error:
        print(f"prepare_labels: {args.labels}: {error}", file=sys.stderr)
        return 1
    print(f"{args.output}: {len(found)} samples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
