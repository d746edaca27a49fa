"""The virtual environment in which the peers run.

In: names of engines. Out: a Python that has them, from PyPI, and scripts of
this folder run by it; what does not install is left out with a line on stderr.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from places import ROOT

# What every run needs: models are read, converted and compared with these.
BASE = ("numpy", "onnx", "gguf", "pillow")
PACKAGES = {
    "openvino": ("openvino",),
    "onnxruntime": ("onnxruntime",),
    "ncnn": ("ncnn",),
    "mnn": ("MNN",),
    "torch": ("torch",),
}


def python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


def prepare(folder: Path, engines: list[str]) -> list[str]:
    """Makes or completes the environment; gives the engines that are there."""
    if not python_of(folder).exists():
        say(f"making {folder}")
        venv.create(folder, with_pip=True)
    if not install(folder, BASE):
        sys.exit(1)
    return [one for one in engines if install(folder, PACKAGES[one])]


def install(folder: Path, packages: tuple[str, ...]) -> bool:
    """Adds what is not there yet; whether all of it is there now."""
    return _has(folder, packages) or _install(folder, packages)


def _has(folder: Path, packages: tuple[str, ...]) -> bool:
    code = (
        "import sys\n"
        "from importlib.metadata import version\n"
        "print([version(name) for name in sys.argv[1:]])"
    )
    command = [str(python_of(folder)), "-c", code, *packages]
    return subprocess.run(command, capture_output=True).returncode == 0


def _install(folder: Path, packages: tuple[str, ...]) -> bool:
    names = " ".join(packages)
    say(f"installing {names}")
    command = [str(python_of(folder)), "-m", "pip", "install", "-q", *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return True
    reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    say(f"{names} does not install: {reason}")
    return False


def run_script(folder: Path, script: str, *words: str) -> str:
    """What a script of this folder prints; ends the program if it fails."""
    command = [str(python_of(folder)), str(ROOT / "bench" / script)]
    done = subprocess.run(
        [*command, *words], env=with_our_package(), text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    if done.returncode != 0:
        say(f"{script} {' '.join(words)} failed")
        sys.exit(1)
    return done.stdout


def with_our_package() -> dict[str, str]:
    """Environment variables: the package of this checkout, and build/."""
    package = str(ROOT / "bindings" / "python" / "src")
    environment = dict(os.environ, PYTHONPATH=package)
    library = str(ROOT / "build" / "libhatpose.so")
    environment.setdefault("HATPOSE_LIBRARY", library)
    return environment


def say(text: str) -> None:
    print(f"{Path(sys.argv[0]).stem}: {text}", file=sys.stderr)
