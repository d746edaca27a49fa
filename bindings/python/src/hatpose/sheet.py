"""A contact sheet: a tile per person or lone head, no hat first.

Needs Pillow, which is imported only here.
"""

from __future__ import annotations

import datetime
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .errors import ArgumentError
from .files import write_aside
from .person import Box, Hat, HeadBox, Person
from .picture import Array
from .result import Result

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS = 6
TILES_A_SHEET = 60
CUT_PX = 160
TEXT_PX = 54  # three lines under the cut-out
HEADING_PX = 40
GAP_PX = 8
JPEG_QUALITY = 90

_HEAD_JOINTS = (0, 14, 15, 16, 17)  # nose, eyes, ears
_NECK = 1
# Weaker joints are guesses that may lie anywhere; they are not drawn either.
_LEAST_SCORE = 0.1
_RANK = {Hat.NOT_WORN: 0, Hat.UNKNOWN: 1, Hat.WORN: 2}
_WORD = {Hat.NOT_WORN: "no hat", Hat.UNKNOWN: "unknown", Hat.WORN: "hat"}
# Not told apart by red and green.
COLOUR = {
    Hat.NOT_WORN: (213, 94, 0),
    Hat.UNKNOWN: (110, 110, 110),
    Hat.WORN: (0, 90, 181),
}
_GREY = (150, 150, 150)
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


class Tile(NamedTuple):
    """One picture of a sheet; lines[1] has the frame's colour."""

    rank: int
    cut: Array | None
    lines: tuple[str, str, str]
    colour: tuple[int, int, int]


def contact_sheet(
    results: Iterable[Result],
    path: str | os.PathLike[str],
    *,
    only: Hat | str | None = None,
) -> list[str]:
    """Writes the sheet (.jpg or .png) and gives the paths written.

    From 60 tiles on there are more sheets: NAME-2.jpg, NAME-3.jpg, ...
    only: just the people of that state ("not_worn", "unknown", "worn").
    """
    target = Path(path)
    if target.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise ArgumentError(f"{target}: .jpg or .png is needed")
    wanted = None if only is None else _state_of(only)
    tiles: list[Tile] = []
    count = _Count()
    for result in results:
        count.add(result)
        tiles += _tiles_of(result, wanted)
    tiles.sort(key=lambda tile: tile.rank)
    heading = f"{count}    {datetime.date.today().isoformat()}"
    return write_sheets(tiles, heading, target)


def _state_of(only: Hat | str) -> Hat:
    try:
        return Hat(only)
    except ValueError:
        known = ", ".join(hat.value for hat in Hat)
        raise ArgumentError(f"only is one of {known}, not {only!r}") from None


class _Count:
    """The heading: how many pictures, people and heads of each state."""

    def __init__(self) -> None:
        self.pictures, self.failed = 0, 0
        self.people, self.heads = 0, 0
        self.states = dict.fromkeys(Hat, 0)

    def add(self, result: Result) -> None:
        self.pictures += 1
        self.failed += result.error is not None
        self.people += len(result)
        alone = heads_alone(result)
        self.heads += len(alone)
        for one in [*result, *alone]:
            self.states[one.hat] += 1

    def __str__(self) -> str:
        states = (Hat.WORN, Hat.NOT_WORN, Hat.UNKNOWN)
        parts = ", ".join(f"{self.states[hat]} {_WORD[hat]}" for hat in states)
        found = f"{self.people} people"
        if self.heads:
            found += f" and {self.heads} heads"
        text = f"{self.pictures} pictures, {found} ({parts})"
        return text + (f", {self.failed} failed" if self.failed else "")


def _tiles_of(result: Result, wanted: Hat | None) -> list[Tile]:
    name = os.path.basename(result.path or "picture")
    if result.error is not None:
        if wanted is not None:
            return []
        lines = (name, "failed", result.error.message)
        return [Tile(len(_RANK), None, lines, _GREY)]
    shown = [
        one
        for one in [*result, *heads_alone(result)]
        if wanted in (None, one.hat)
    ]
    if not shown:
        return []
    pixels = result.pixels()
    return [_tile_of(one, pixels, name) for one in shown]


def heads_alone(result: Result) -> list[HeadBox]:
    """Heads of people whose pose was not found."""
    return [head for head in result.heads if head.person is None]


def _tile_of(one: Person | HeadBox, pixels: Array, name: str) -> Tile:
    who = str(one.index) if isinstance(one, Person) else "head"
    state = f"{who} {_WORD[one.hat]}"
    reason = one.reason.value.replace("_", " ")
    if one.hat is not Hat.UNKNOWN:
        state += f" {one.hat_score:.0%}"
    square = head_of(one) if isinstance(one, Person) else _around(one.box)
    lines = (name, state, reason)
    return Tile(_RANK[one.hat], cut_out(pixels, square), lines, COLOUR[one.hat])


def _around(box: Box) -> Box:
    """Hat and face are in the box: a little more is enough."""
    side = 1.4 * max(box.width, box.height)
    left = box.left + (box.width - side) / 2
    return Box(left, box.top + (box.height - side) / 2, side, side)


def head_of(person: Person) -> Box:
    """A square around the head and a hat on it, from the joints found."""
    points = person.keypoints.copy()
    points[~(points[:, 2] >= np.float32(_LEAST_SCORE))] = np.nan
    head = points[list(_HEAD_JOINTS), :2]
    head = head[~np.isnan(head[:, 0])]
    longest = max(person.box.width, person.box.height)
    side = max(longest * 0.3, 16.0)
    if len(head) > 0:
        # Ears are a head's width apart, eyes half of it.
        spread = float(np.ptp(head, axis=0).max())
        side = max(2.5 * spread, min(side, longest * 0.5), 16.0)
        x, y = head.mean(axis=0).tolist()
    elif not np.isnan(points[_NECK, 0]):
        x, y = points[_NECK, :2].tolist()
        y -= 0.5 * side
    else:
        x = person.box.left + 0.5 * person.box.width
        y = person.box.top
    return Box(x - 0.5 * side, y - 0.6 * side, side, side)


def cut_out(pixels: Array, box: Box) -> Array:
    """The pixels of a box, moved into the picture where it leaves it."""
    height, width = pixels.shape[:2]
    side = int(box.width) + 1
    left = max(min(int(box.left), width - side), 0)
    top = max(min(int(box.top), height - side), 0)
    cut: Array = pixels[top : top + side, left : left + side].copy()
    return cut


def write_sheets(tiles: list[Tile], heading: str, target: Path) -> list[str]:
    """The paths written: the target, then NAME-2, NAME-3, ..."""
    written = []
    for number, first in enumerate(range(0, max(len(tiles), 1), TILES_A_SHEET)):
        name = target
        if number > 0:
            name = target.with_stem(f"{target.stem}-{number + 1}")
        sheet = _draw_tiles(tiles[first : first + TILES_A_SHEET], heading)
        write_aside(name, _file_of(sheet, target.suffix.lower()))
        written.append(str(name))
    return written


def _draw_tiles(tiles: list[Tile], heading: str) -> Image:
    from PIL import Image, ImageDraw

    rows = -(-max(len(tiles), 1) // COLUMNS)
    step_x, step_y = CUT_PX + GAP_PX, CUT_PX + TEXT_PX + GAP_PX
    size = (GAP_PX + COLUMNS * step_x, HEADING_PX + rows * step_y)
    sheet = Image.new("RGB", size, _WHITE)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP_PX, GAP_PX), heading, fill=_BLACK)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, COLUMNS)
        left, top = GAP_PX + column * step_x, HEADING_PX + row * step_y
        _draw_tile(sheet, draw, tile, left, top)
    return sheet


def _draw_tile(
    sheet: Image, draw: Any, tile: Tile, left: int, top: int
) -> None:
    from PIL import Image

    frame = (left, top, left + CUT_PX - 1, top + CUT_PX - 1)
    if tile.cut is None:
        draw.rectangle(frame, fill=_GREY)
    else:
        cut = Image.fromarray(tile.cut)
        cut.thumbnail((CUT_PX, CUT_PX))
        scale = CUT_PX / max(cut.size)
        if scale > 1:
            cut = cut.resize([max(int(side * scale), 1) for side in cut.size])
        x = left + (CUT_PX - cut.width) // 2
        y = top + (CUT_PX - cut.height) // 2
        sheet.paste(cut, (x, y))
    draw.rectangle(frame, outline=tile.colour, width=3)
    for number, line in enumerate(tile.lines):
        colour = tile.colour if number == 1 else _BLACK
        text = _shorten(draw, line)
        draw.text((left, top + CUT_PX + 2 + 17 * number), text, fill=colour)


def _shorten(draw: Any, text: str) -> str:
    """Cuts the text to the tile's width."""
    # Pillow's own font knows Latin-1; other letters become a mark.
    text = text.encode("latin-1", "replace").decode("latin-1")
    if draw.textlength(text) <= CUT_PX:
        return text
    while text and draw.textlength(text + "..") > CUT_PX:
        text = text[:-1]
    return text + ".."


def _file_of(sheet: Image, suffix: str) -> bytes:
    buffer = io.BytesIO()
    kind = "PNG" if suffix == ".png" else "JPEG"
    sheet.save(buffer, kind, quality=JPEG_QUALITY)
    return buffer.getvalue()
