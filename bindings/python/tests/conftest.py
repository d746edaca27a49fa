"""What several tests share: the library, a toy model, the real model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import toy
from shared_folder import REPOSITORY, shared_file

import hatpose
from hatpose.convert.cli import main as convert
from hatpose.model_file import write_model

SONAME = "libhatpose.so.1"


def pytest_configure() -> None:
    """This tree's package, also in subprocesses, and its newest build.

    HATPOSE_LIBRARY names another one.
    """
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
    path = tmp_path_factory.mktemp("toy") / "toy.gguf"
    write_model(toy.network(), path)
    return path


@pytest.fixture(scope="session")
def toy_model(toy_file: Path) -> hatpose.Model:
    return hatpose.load(toy_file)


@pytest.fixture
def detector(toy_model: hatpose.Model) -> hatpose.Detector:
    return toy_model.detector(size=toy.HEIGHT, threads=1)


@pytest.fixture(scope="session")
def real_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network of $HATPOSE_SHARED/weights as a model file, float."""
    source = shared_file("weights/human-pose-estimation-0001.xml")
    path = tmp_path_factory.mktemp("real") / "real.gguf"
    assert convert([str(source), "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def real_model(real_file: Path) -> hatpose.Model:
    return hatpose.load(real_file)
