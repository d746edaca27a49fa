"""What these tests and those of the service need to write their models."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "bindings" / "python" / "src"
NEEDED = ("numpy", "gguf")


def find_packages(suite: str) -> None:
    """This tree's package is found; where one is not installed that it needs,
    the suite is skipped in one line."""
    sys.path.insert(0, str(PACKAGE))
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            pytest.exit(f"{suite} tests skipped: no {name}", returncode=0)
