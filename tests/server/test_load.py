"""bench/service_load.py in small: every request of a mixed load is answered
as it should."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT


def test_mixed_load_loses_nothing(command, painted_model):
    done = subprocess.run(
        [
            sys.executable, ROOT / "bench" / "service_load.py",
            command, painted_model, ROOT / "tests" / "photos",
            "--clients", "4", "--requests", "120", "--bad", "0.5",
            "--", "--access-log", "none",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost       0" in done.stdout
    assert "afterwards 20 of 20" in done.stdout
