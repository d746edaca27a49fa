"""What several tests share: the library, a toy model, the real model."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shared_folder import REPOSITORY, shared_file

if TYPE_CHECKING:
    import hatpose

SONAME = "libhatpose.so.1"
# The extra `test`; what imports these is imported late in here.
NEEDED = ("numpy", "PIL", "gguf", "onnx", "onnxruntime", "pycocotools")


def pytest_configure() -> None:
    """This tree's package, also in subprocesses, and its newest build.

    HATPOSE_LIBRARY names another one. One line and no failure where a
    package is not installed.
    """
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            pytest.exit(f"python tests skipped: no {name}", returncode=0)
    paths = [str(REPOSITORY / "bindings/python/src")]
    paths += filter(None, [os.environ.get("PYTHONPATH")])
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    built = [*REPOSITORY.glob(f"build*/{SONAME}")]
    built += REPOSITORY.glob(f"build*/*/{SONAME}")
    newest = max(built, key=lambda path: path.stat().st_mtime, default=None)
    if newest is not None:
        os.environ.setdefault("HATPOSE_LIBRARY", str(newest))


@pytest.fixture(scope="session")
def toy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import toy

    from hatpose.model_file import write_model

    path = tmp_path_factory.mktemp("toy") / "toy.gguf"
    write_model(toy.network(), path)
    return path


@pytest.fixture(scope="session")
def toy_model(toy_file: Path) -> hatpose.Model:
    import hatpose

    return hatpose.load(toy_file)


@pytest.fixture
def detector(toy_model: hatpose.Model) -> hatpose.Detector:
    import toy

    return toy_model.detector(size=toy.HEIGHT, threads=1)


@pytest.fixture(scope="session")
def real_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network of $HATPOSE_SHARED/weights as a model file, float."""
    from hatpose.convert.cli import main as convert

    source = shared_file("weights/human-pose-estimation-0001.xml")
    path = tmp_path_factory.mktemp("real") / "real.gguf"
    assert convert([str(source), "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def real_model(real_file: Path) -> hatpose.Model:
    import hatpose

    return hatpose.load(real_file)
