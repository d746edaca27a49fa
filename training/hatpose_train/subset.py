"""A random part of a COCO label file, for quick validation.

python -m hatpose_train.subset person_keypoints_val2017.json OUT.json
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SEED = 0
PHOTOS = 250


def subset(labels: dict[str, Any], count: int) -> dict[str, Any]:
    """The labels of `count` photos, the same ones every time."""
    photos = list(labels["images"])
    random.Random(SEED).shuffle(photos)
    photos = photos[:count]
    kept = {photo["id"] for photo in photos}
    annotations = [
        one for one in labels["annotations"] if one["image_id"] in kept
    ]
    return {**labels, "images": photos, "annotations": annotations}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.subset",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    args = parser.parse_args(arguments)
    try:
        part = subset(json.loads(args.labels.read_text()), args.photos)
        args.output.write_text(json.dumps(part))
    except (OSError, ValueError, KeyError) as error:
        print(f"subset: {args.labels}: {error}", file=sys.stderr)
        return 1
    print(f"{args.output}: {len(part['images'])} photos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
