"""A contact sheet of the heads that a rule told wrong or did not answer.

The label is framed in black, the hats that the rule was given in blue; dots
are the person's joints, the face yellow.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..person import Box, Hat
from ..picture import Array
from ..sheet import COLOUR, Tile, cut_out, write_sheets
from .hats import Case

_FACE = (0, 14, 15, 16, 17)
_FACE_COLOUR, _BODY_COLOUR = (255, 220, 0), (230, 230, 230)
_LABEL_COLOUR = (0, 0, 0)
# Side of a tile in sizes of the head's box, and at least.
_AROUND, _LEAST_PX = 5.0, 64.0


def draw_doubtful(
    cases: Sequence[Case], path: str | os.PathLike[str]
) -> list[str]:
    """Writes the sheet (.png or .jpg), more than one from 60 tiles on."""
    tiles = [_tile_of(case) for case in cases]
    heading = f"{len(cases)} heads told wrong or not answered"
    return write_sheets(tiles, heading, Path(path))


def _tile_of(case: Case) -> Tile:
    said = case.verdicts["geometric"]
    label = "worn" if case.head.worn else "bare"
    lines = (
        os.path.basename(case.path),
        f"is {label}, said {said.hat.value}",
        said.reason.replace("_", " "),
    )
    return Tile(
        0, cut_out(_drawn(case), _square(case)), lines, COLOUR[said.hat]
    )


def _square(case: Case) -> Box:
    box = case.head.box
    side = max(_AROUND * max(box.width, box.height), _LEAST_PX)
    x, y = box.left + box.width / 2, box.top + box.height
    return Box(x - side / 2, y - side / 2, side, side)


def _drawn(case: Case) -> Array:
    from PIL import Image, ImageDraw, ImageOps

    with Image.open(case.path) as file:
        image = ImageOps.exif_transpose(file).convert("RGB")
    draw = ImageDraw.Draw(image)
    width = max(int(_square(case).width / 150), 1)
    for box in case.hats:
        _frame(draw, box, COLOUR[Hat.WORN], width)
    _frame(draw, case.head.box, _LABEL_COLOUR, width)
    points: Any = [] if case.person is None else case.person.keypoints
    for joint, (x, y, _) in enumerate(points):
        if np.isnan(x):
            continue
        r = 1.5 * width
        colour = _FACE_COLOUR if joint in _FACE else _BODY_COLOUR
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    pixels: Array = np.asarray(image)
    return pixels


def _frame(
    draw: Any, box: Box, colour: tuple[int, int, int], width: int
) -> None:
    right, bottom = box.left + box.width, box.top + box.height
    if box.width > 0 and box.height > 0:
        corners = (box.left, box.top, right, bottom)
        draw.rectangle(corners, outline=colour, width=width)
