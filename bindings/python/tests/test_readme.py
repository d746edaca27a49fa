"""The Python that the READMEs show, run as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from shared_folder import REPOSITORY

READMES = ("README.md", "bindings/python/README.md")


def snippets(name: str) -> list[str]:
    text = (REPOSITORY / name).read_text()
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("name", READMES)
def test_python_of_the_readme_runs(
    name: str,
    real_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    found = snippets(name)
    assert found
    monkeypatch.chdir(tmp_path)
    shutil.copy(real_file, "model.gguf")
    photos = REPOSITORY / "tests/photos"
    shutil.copy(photos / "grace_hopper.jpg", "photo.jpg")
    Path("photos").mkdir()
    for photo in photos.glob("*.png"):
        shutil.copy(photo, "photos")
    # One page is one program.
    names = {"__name__": "snippet"}
    for code in found:
        exec(compile(code, name, "exec"), names)
    assert capsys.readouterr().out
