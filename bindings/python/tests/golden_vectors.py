"""Test vectors of the original: the repository's, and the shared folder's.

The shared folder has more of them, cut from photos.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from shared_folder import REPOSITORY, shared_file

_TYPES = {"u8": "u1", "i32": "<i4", "f16": "<f2", "f32": "<f4", "f64": "<f8"}


class Vectors:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = json.loads((folder / "index.json").read_text())
        self._cases: dict[str, list[dict[str, Any]]] = index["cases"]

    def cases(self, group: str) -> list[dict[str, Any]]:
        return self._cases[group]

    def case(self, group: str, name: str) -> dict[str, Any]:
        return next(one for one in self.cases(group) if one["name"] == name)

    def array(self, entry: dict[str, Any]) -> np.ndarray:
        data = np.fromfile(self.folder / entry["file"], _TYPES[entry["dtype"]])
        return data.reshape(entry["shape"])

    def maps(self, entry: dict[str, Any]) -> np.ndarray:
        return self.array(entry).astype(np.float32)


def own_vectors() -> Vectors:
    return Vectors(REPOSITORY / "tests/golden")


def shared_vectors() -> Vectors:
    return Vectors(shared_file("golden/algo"))
