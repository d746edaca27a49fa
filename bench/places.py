"""Where things lie: this checkout, the shared folder, the network in it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def shared() -> Path:
    return Path(os.environ.get("HATPOSE_SHARED", ROOT.parent / "shared"))


def ir() -> Path | None:
    """Intel's network, where it is."""
    path = shared() / "weights" / "human-pose-estimation-0001.xml"
    return path if path.exists() else None


def network() -> Path:
    """What is measured: Intel's network, else our default model."""
    return ir() or ROOT / "weights" / "hatpose-full.gguf"
