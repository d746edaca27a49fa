"""The pictures of whole_job.py, made of labelled photos.

python job_pictures.py PHOTOS FOLDER: writes JPEGs into FOLDER and prints their
names. PHOTOS has images/ and COCO's annotations.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

PHOTO_SIZE = (640, 428)
CROWD_SIZE, COLUMNS, ROWS = (1920, 1080), 10, 2
QUALITY = 90
# Of a person that is cut out, so that it can be found again.
KEYPOINTS_LEAST, HEIGHT_LEAST = 12, 120
MARGIN = 1.08


def main() -> None:
    photos, folder = Path(sys.argv[1]), Path(sys.argv[2])
    labels = json.loads((photos / "annotations.json").read_text())
    names = {one["id"]: one["file_name"] for one in labels["images"]}
    photo = _photo(labels, names, photos / "images")
    crowd = _crowd(labels, names, photos / "images")
    for name, picture in (("photo-640x428", photo), ("crowd-1080p", crowd)):
        picture.save(folder / f"{name}.jpg", quality=QUALITY)
        print(f"{name}.jpg")


def _photo(
    labels: dict[str, Any], names: dict[int, str], folder: Path
) -> Image.Image:
    """Of those of the size, or else of all, the one with most people."""
    counts = dict.fromkeys(names, 0)
    for one in labels["annotations"]:
        counts[one["image_id"]] += one.get("num_keypoints", 0) > 0
    sized = [
        one["id"]
        for one in labels["images"]
        if (one["width"], one["height"]) == PHOTO_SIZE
    ]
    best = max(sized or names, key=lambda one: (counts[one], -one))
    photo = Image.open(folder / names[best]).convert("RGB")
    return photo.resize(PHOTO_SIZE, Image.Resampling.BICUBIC)


def _crowd(
    labels: dict[str, Any], names: dict[int, str], folder: Path
) -> Image.Image:
    people = [
        one
        for one in labels["annotations"]
        if one.get("num_keypoints", 0) >= KEYPOINTS_LEAST
        and one["bbox"][3] >= HEIGHT_LEAST
        and not one.get("iscrowd")
    ]
    people.sort(key=lambda one: (-one["num_keypoints"], one["id"]))
    width, height = CROWD_SIZE[0] // COLUMNS, CROWD_SIZE[1] // ROWS
    crowd = Image.new("RGB", CROWD_SIZE)
    for index in range(COLUMNS * ROWS):
        one = people[index % len(people)]
        photo = Image.open(folder / names[one["image_id"]]).convert("RGB")
        left, top, box_width, box_height = one["bbox"]
        half = MARGIN * max(box_height, box_width * height / width) / 2
        x, y = left + box_width / 2, top + box_height / 2
        across = half * width / height
        cut = photo.crop(
            (int(x - across), int(y - half), int(x + across), int(y + half))
        )
        cell = cut.resize((width, height), Image.Resampling.BICUBIC)
        place = index % COLUMNS * width, index // COLUMNS * height
        crowd.paste(cell, place)
    return crowd


main()
