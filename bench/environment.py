"""The virtual environment in which the peers run.

In: names of engines. Out: a Python that has them, from PyPI; what does not
install is left out with a line on stderr.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

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
        print(f"peers: making {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True)
    install(folder, BASE)
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
    command = [python_of(folder), "-c", code, *packages]
    return subprocess.run(command, capture_output=True).returncode == 0


def _install(folder: Path, packages: tuple[str, ...]) -> bool:
    names = " ".join(packages)
    print(f"peers: installing {names}", file=sys.stderr)
    command = [python_of(folder), "-m", "pip", "install", "-q", *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return True
    reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    print(f"peers: {names} does not install: {reason}", file=sys.stderr)
    return False
