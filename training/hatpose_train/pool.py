"""The packed training photos, decoded once and held in memory.

In: a folder with pool-people.{zip,jsonl} and pool-site.{tar,jsonl}.
Out: a list of photos, 8-bit BGR, each with its labels as they are stored.
"""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Photo:
    """A decoded photo and the line that describes it."""

    pixels: npt.NDArray[np.uint8]
    line: dict[str, Any]
    # "people", "negative" or "site": what it is drawn for
    kind: str


class Mix:
    """Photos by kind, each kind with its chance to be drawn."""

    def __init__(
        self, photos: Sequence[Photo], shares: Mapping[str, float]
    ) -> None:
        groups = {
            kind: [one for one in photos if one.kind == kind] for kind in shares
        }
        self.groups = {kind: group for kind, group in groups.items() if group}
        self.kinds = list(self.groups)
        chances = np.array([shares[kind] for kind in self.kinds])
        self.chances = chances / chances.sum()

    def photo(self, kind: str, rng: np.random.Generator) -> Photo:
        """Any photo of a kind."""
        group = self.groups[kind]
        return group[int(rng.integers(len(group)))]


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a .jsonl file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def decode(name: str, data: bytes) -> npt.NDArray[np.uint8]:
    """Pixels of a JPEG, or an error that names the photo."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"{name}: not a picture that can be decoded")
    return pixels.astype(np.uint8, copy=False)


def load_people(folder: Path, excluded: Collection[str]) -> list[Photo]:
    """Photos of pool-people whose set is not excluded."""
    photos = []
    with zipfile.ZipFile(folder / "pool-people.zip") as archive:
        for line in records(folder / "pool-people.jsonl"):
            if line["set"] in excluded:
                continue
            name = line["name"]
            pixels = decode(name, archive.read(name))
            photos.append(Photo(pixels, line, line["kind"]))
    return photos


def load_site(folder: Path, excluded: Collection[str]) -> list[Photo]:
    """Photos of pool-site; their sets are hhd and shwd."""
    wanted = {
        line["name"]: line
        for line in records(folder / "pool-site.jsonl")
        if site_set(line) not in excluded
    }
    photos = []
    with tarfile.open(folder / "pool-site.tar") as archive:
        for member in archive:
            line = wanted.get(Path(member.name).name)
            data = archive.extractfile(member) if line else None
            if line and data:
                pixels = decode(member.name, data.read())
                photos.append(Photo(pixels, line, "site"))
    return photos


def site_set(line: dict[str, Any]) -> str:
    """Set of a site photo: its name up to the first underscore."""
    return str(line["name"]).partition("_")[0]


def load(folder: Path, excluded: Collection[str] = ()) -> list[Photo]:
    """All photos of the pools in a folder, without the excluded sets."""
    photos = []
    if (folder / "pool-people.zip").exists():
        photos += load_people(folder, excluded)
    if (folder / "pool-site.tar").exists():
        photos += load_site(folder, excluded)
    if not photos:
        raise ValueError(f"{folder}: no photo left in pool-people, pool-site")
    return photos
