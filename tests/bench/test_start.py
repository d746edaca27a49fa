"""bench/start.py: a start is its parts, and what is missing is one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

if "HATPOSE_COMMAND" not in os.environ:
    pytest.skip("bench tests skipped: no command", allow_module_level=True)


def start(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "bench" / "start.py"), *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_start_is_the_sum_of_its_parts() -> None:
    done = start("--rounds", "1", "--json")
    if "built without a model" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    *kinds, command = json.loads(done.stdout)
    assert {one["precision"] for one in kinds} == {"f32", "bf16"}
    for one in kinds:
        parts = [one[f"{part}_ms"] for part in ("main", "model", "context")]
        assert all(0 < part < 10_000 for part in parts)
        assert 0 < one["warm_ms"] < 10_000
        whole = sum(parts) + one["first_more_ms"]
        assert one["median_ms"] == pytest.approx(whole, abs=0.01)
        assert one["least_ms"] == one["median_ms"]
    assert command["command"] == "detect" and 0 < command["warm_ms"] < 10_000


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = start("--rounds", "1", "--models", str(tmp_path / "none.gguf"))
    assert done.returncode == 1 and done.stdout == ""
    line = done.stderr.splitlines()
    assert len(line) == 1 and "none.gguf" in line[0]
