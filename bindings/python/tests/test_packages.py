"""Where a package of the extra `test` is missing, the tests say so."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import NEEDED
from shared_folder import REPOSITORY

# None in sys.modules is a module that cannot be found.
RUN = """
import sys
sys.modules[sys.argv[1]] = None
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[2]]))
"""


@pytest.mark.parametrize("name", NEEDED)
def test_one_line_and_no_failure(name: str) -> None:
    folder = REPOSITORY / "bindings/python/tests"
    run = subprocess.run(
        [sys.executable, "-c", RUN, name, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    said = (run.stdout + run.stderr).strip().splitlines()
    assert run.returncode == 0, said
    assert [line for line in said if f"tests skipped: no {name}" in line]
    assert len(said) <= 2
