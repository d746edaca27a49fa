"""bench/peers.py: numbers on stdout and nothing else, wrong usage one line."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

for name in ("numpy", "PIL", "gguf", "onnx", "onnxruntime"):
    pytest.importorskip(name, reason=f"bench tests skipped: no {name}")

ROOT = Path(__file__).resolve().parents[2]
CELL = {"engine", "precision", "height", "width", "threads", "median_ms"}


def peers(*words: str) -> subprocess.CompletedProcess[str]:
    # This interpreter's environment has all that these engines need, and
    # nothing is added to it.
    command = [sys.executable, str(ROOT / "bench" / "peers.py")]
    return subprocess.run(
        [*command, "--venv", sys.prefix, *words],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ, PIP_NO_INDEX="1"),
    )


def test_json_is_all_there_is(tmp_path: Path) -> None:
    chart = tmp_path / "chart.svg"
    done = peers(
        "--engines", "hatpose,onnxruntime", "--sizes", "64x96,72x80",
        "--threads", "1", "--rounds", "1", "--json", "--chart", str(chart),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cells = json.loads(done.stdout)
    assert all(set(cell) == CELL for cell in cells)
    found = {(cell["engine"], cell["height"], cell["width"]) for cell in cells}
    assert found == {
        (engine, *size)
        for engine in ("hatpose", "onnxruntime")
        for size in ((64, 96), (72, 80))
    }
    assert all(0 < cell["median_ms"] < 10_000 for cell in cells)
    assert chart.read_text().count("<rect") == len(cells) + 1


def test_table_says_how_far_the_maps_are_apart() -> None:
    done = peers(
        "--engines", "hatpose,onnxruntime", "--sizes", "64x96",
        "--threads", "1", "--rounds", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    ours = next(line for line in lines if line and line[0] == "hatpose")
    assert float(ours[-1]) < 1e-3 and float(ours[-2]) < 1e-3


def test_a_peer_that_does_not_install_is_one_line() -> None:
    absent = [
        (engine, package)
        for engine, package in (("ncnn", "ncnn"), ("mnn", "MNN"))
        if importlib.util.find_spec(package) is None
    ]
    if not absent:
        pytest.skip("all peers are installed")
    engine, package = absent[0]
    done = peers(
        "--engines", f"hatpose,{engine}", "--sizes", "64x96",
        "--threads", "1", "--rounds", "1", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    installing, refused = done.stderr.splitlines()
    assert installing == f"peers: installing {package}"
    assert refused.startswith(f"peers: {package} does not install: ")
    assert [cell["engine"] for cell in json.loads(done.stdout)] == ["hatpose"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--sizes", "64", "'64' is no HxW"),
        ("--sizes", "60x64", "multiples of 8"),
        ("--precision", "f64", "none of f32"),
        ("--engines", "tvm", "none of hatpose"),
        ("--threads", "0", "cores here"),
    ],
)
def test_wrong_usage(option: str, value: str, message: str) -> None:
    done = peers(option, value)
    assert done.returncode == 2
    assert message in done.stderr and done.stdout == ""
