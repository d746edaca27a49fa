"""Bars of times as an SVG picture. In: what peers.py --json prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

BAR, GAP, LEFT, RIGHT, FULL = 16, 5, 110, 90, 420
OURS, PEER, TEXT = "#1f6feb", "#9aa4b2", "#24292f"


def write_chart(path: Path, cells: list[dict[str, Any]]) -> None:
    groups: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        threads = cell["threads"]
        title = (
            f"{cell['precision']}, {cell['height']}x{cell['width']}, "
            f"{threads} thread{'s' if threads > 1 else ''}"
        )
        groups.setdefault(title, []).append(cell)
    lines: list[str] = []
    y = 10
    for title, members in groups.items():
        y += 18
        lines.append(_text(10, y, title, "bold"))
        y += 8
        slowest = max(one["median_ms"] for one in members)
        for one in sorted(members, key=lambda one: one["median_ms"]):
            lines += _bar(y, one, slowest)
            y += BAR + GAP
        y += 8
    size = f'width="{LEFT + FULL + RIGHT}" height="{y}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
    style = f'font-family="sans-serif" font-size="12" fill="{TEXT}">'
    back = '<rect width="100%" height="100%" fill="white"/>'
    path.write_text("\n".join([head + style, back, *lines, "</svg>"]) + "\n")


def _text(x: float, y: float, text: str, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )


def _bar(y: int, cell: dict[str, Any], slowest: float) -> list[str]:
    length = FULL * cell["median_ms"] / slowest
    colour = OURS if cell["engine"] == "hatpose" else PEER
    return [
        _text(10, y + BAR - 4, cell["engine"]),
        f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" '
        f'fill="{colour}"/>',
        _text(LEFT + length + 6, y + BAR - 4, f"{cell['median_ms']:.1f} ms"),
    ]


if __name__ == "__main__":
    write_chart(Path(sys.argv[2]), json.loads(Path(sys.argv[1]).read_text()))
