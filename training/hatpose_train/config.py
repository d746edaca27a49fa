"""What a run is made of, as read from a TOML file.

Every key has a default or must be given; an unknown one is an error that
names it, so that a misspelt setting never trains with another.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .augment import Recipe
from .network import Shape


@dataclass(frozen=True)
class Data:
    """Which crops a step sees."""

    batch: int = 8
    crop: int = 192
    seed: int = 1
    # Batches that are computed once and kept in memory; 0: each step a new one
    kept: int = 0
    # Chance of each kind of photo
    shares: Mapping[str, float] = field(
        default_factory=lambda: {"people": 0.72, "negative": 0.08, "site": 0.2}
    )
    augment: Recipe = field(default_factory=Recipe)


@dataclass(frozen=True)
class Schedule:
    """Learning rate: linear warm-up, then a cosine down to a share."""

    steps: int
    rate: float
    warm_up: int = 50
    final_share: float = 0.02
    weight_decay: float = 1e-3
    # Of the moving average of the weights, per step
    average_decay: float = 0.995
    # Batch normalisation by each batch's own statistics; if false, by the
    # running ones, which then stay as they are
    batch_statistics: bool = True


@dataclass(frozen=True)
class Loss:
    """What counts how much, each as squared error over its variance."""

    # Every stage reads the teacher's values instead of those before it
    separate: bool = False
    # If 0, the teacher is asked for maps only
    features: float = 1.0
    initial_maps: float = 1.0
    maps: float = 1.0
    # Share of labelled truth in the maps' errors, where it is to be trusted
    truth: float = 0.0
    # The teacher's maps are the mean of looks at these scales, straight and
    # mirrored; empty: of one look at the crop as it is
    looks: tuple[float, ...] = ()
    # Largest variance of a channel that counts in full, in medians
    variance_cap: float = 10.0


@dataclass(frozen=True)
class Original:
    """Settings of the original program's training."""

    epochs: int = 280
    rate: float = 4e-5
    weight_decay: float = 5e-4
    # Epochs after which the rate falls to a third
    milestones: tuple[int, ...] = (100, 200, 260)
    fall: float = 0.333
    batch: int = 80
    # Parts of a batch that go through the network one after the other
    parts: int = 1
    crop: int = 368
    seed: int = 1


@dataclass(frozen=True)
class OriginalConfig:
    """All settings of a run of the original recipe."""

    network: Shape
    training: Original = field(default_factory=Original)


@dataclass(frozen=True)
class Config:
    """All of a run's settings."""

    network: Shape
    schedule: Schedule
    data: Data = field(default_factory=Data)
    loss: Loss = field(default_factory=Loss)


def build(kind: type[Any], table: Mapping[str, Any], name: str) -> Any:
    """A dataclass from a table of a TOML file."""
    known = {one.name for one in fields(kind)}
    for key in table:
        if key not in known:
            raise ValueError(f"{name}.{key}: unknown setting")
    values = dict(table)
    if kind is Data and "augment" in values:
        values["augment"] = build(Recipe, values["augment"], f"{name}.augment")
    for key in {"scale", "stretch", "looks"} & set(values):
        values[key] = tuple(values[key])
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from error


def tables(path: Path, known: Mapping[str, type[Any]]) -> dict[str, Any]:
    """The tables of a file, each as its dataclass."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    for key in found:
        if key not in known:
            raise ValueError(f"{path.name}: {key}: unknown table")
    return {
        name: build(kind, found.get(name, {}), f"{path.name}: {name}")
        for name, kind in known.items()
    }


def read(path: Path) -> Config:
    """Settings of a distillation; ValueError names what is wrong."""
    return Config(
        **tables(
            path,
            {
                "network": Shape,
                "schedule": Schedule,
                "data": Data,
                "loss": Loss,
            },
        )
    )


def read_original(path: Path) -> OriginalConfig:
    """Settings of the original recipe; ValueError names what is wrong."""
    return OriginalConfig(
        **tables(path, {"network": Shape, "training": Original})
    )
