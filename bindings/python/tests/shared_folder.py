"""Files that tests may use but that are not part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]


def shared_file(name: str) -> Path:
    """The path of $HATPOSE_SHARED/name; skips the test where it is absent."""
    folder = os.environ.get("HATPOSE_SHARED") or REPOSITORY / "../shared"
    path = Path(folder).resolve() / name
    if not path.exists():
        pytest.skip(f"{name} is not in $HATPOSE_SHARED")
    return path
