"""The command under test, and what the tests of it share.

HATPOSE_COMMAND is the command's path (ctest sets it); HATPOSE_SHARED the
folder with real weights, ../shared beside the repository unless set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import needed
import painted

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT / "tests" / "photos"
SHARED = Path(os.environ.get("HATPOSE_SHARED", ROOT.parent / "shared"))


def pytest_configure() -> None:
    needed.find_packages("command")


@dataclass
class Answer:
    status: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.decode().splitlines()


class Command:
    """Runs hatpose; `detect` adds the painted model."""

    def __init__(self, path: str, model: Path) -> None:
        self.path = path
        self.model = model

    def environment(self, **more: str) -> dict[str, str]:
        env = {
            key: value
            for key, value in os.environ.items()
            if key not in ("NO_COLOR", "TERM")
        }
        # A sanitizer's report must not look like one of our statuses.
        env.setdefault("ASAN_OPTIONS", "exitcode=99")
        env.setdefault("UBSAN_OPTIONS", "exitcode=99")
        return env | more

    def run(self, *arguments, stdin=b"", env=None, **how) -> Answer:
        done = subprocess.run(
            [self.path, *(os.fsencode(a) for a in arguments)],
            input=stdin,
            capture_output=True,
            env=self.environment(**(env or {})),
            timeout=120,
            check=False,
            **how,
        )
        err = done.stderr.decode(errors="strict")
        assert done.returncode not in (99, -6, -8, -11), err
        return Answer(done.returncode, done.stdout, err)

    def detect(self, *arguments, **how) -> Answer:
        return self.run("detect", "-m", self.model, *arguments, **how)

    def start(self, *arguments, **how) -> subprocess.Popen:
        return subprocess.Popen(
            [self.path, *(os.fsencode(a) for a in arguments)],
            env=self.environment(**how.pop("env", {})),
            **how,
        )


@pytest.fixture(scope="session")
def painted_model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "painted.gguf"
    painted.write_model(path)
    return path


@pytest.fixture(scope="session")
def hatpose(painted_model) -> Command:
    path = os.environ.get("HATPOSE_COMMAND") or shutil.which("hatpose")
    if path is None:
        pytest.skip("no hatpose command: set HATPOSE_COMMAND")
    return Command(path, painted_model)


@pytest.fixture(scope="session")
def real_model(tmp_path_factory) -> Path:
    source = SHARED / "weights" / "human-pose-estimation-0001.xml"
    if not source.exists():
        pytest.skip(f"no weights at {source}")
    convert = pytest.importorskip("hatpose.convert.cli")
    path = tmp_path_factory.mktemp("model") / "real.gguf"
    assert convert.main([str(source), "-o", str(path)]) in (None, 0)
    return path


@pytest.fixture(scope="session")
def jpeg(hatpose, tmp_path_factory) -> bytes:
    """The painted picture as a JPEG; our own encoder makes it."""
    folder = tmp_path_factory.mktemp("jpeg")
    (folder / "people.ppm").write_bytes(painted.ppm())
    # At this size the network sees nobody, so nothing is drawn.
    answer = hatpose.detect(
        folder / "people.ppm", "-s", "8", "--draw", folder / "people.jpg"
    )
    assert answer.status == 0, answer.err
    assert b"nobody" in answer.out
    return (folder / "people.jpg").read_bytes()


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "people.png"
    path.write_bytes(painted.png())
    return path


def is_jpeg(data: bytes) -> bool:
    return data[:3] == b"\xff\xd8\xff" and data[-2:] == b"\xff\xd9"


def leftovers(folder: Path) -> list[str]:
    """Files that were written aside and never renamed."""
    return [p.name for p in folder.rglob("*") if p.name.startswith(".")]
