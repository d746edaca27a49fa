"""Learning curves of runs as a picture.

python -m hatpose_train.curve RUN... -o CURVE.png
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes


def records(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log; a step done twice counts the last time."""
    found: dict[int, dict[str, Any]] = {}
    with (folder / "log.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            found[record["step"]] = record
    if not found:
        raise ValueError(f"{folder}: nothing in log.jsonl")
    return [found[step] for step in sorted(found)]


def draw_errors(axes: Axes, folder: Path) -> None:
    """The error of every value of a run over its steps."""
    curves: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for record in records(folder):
        for name, error in record["errors"].items():
            curves[name].append((record["step"], error))
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), label=name, linewidth=1)
    axes.set_yscale("log")
    axes.set_title(folder.name)
    axes.set_xlabel("steps")
    axes.set_ylabel("squared error / variance")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend(fontsize=6, ncol=2)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.curve",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args(arguments)
    figure, axes = pyplot.subplots(
        1, len(args.runs), figsize=(7 * len(args.runs), 6), squeeze=False
    )
    try:
        for one, folder in zip(axes[0], args.runs, strict=True):
            draw_errors(one, folder)
        figure.tight_layout()
        figure.savefig(args.output, dpi=110)
    except (OSError, ValueError, KeyError) as error:
        print(f"curve: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
