"""docs/deploy/: valid where somebody knows the format, and in step with what
the command takes and the service gives."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

DEPLOY = ROOT / "docs" / "deploy"
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
METRIC = re.compile(r"\bhatpose_[a-z_]+\b")


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}")
    return found


def check(*arguments: object) -> None:
    done = subprocess.run(
        [*map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_manifest_follows_kubernetes_schema():
    check(tool("kubernetes-validate"), "--strict", DEPLOY / "kubernetes.yaml")


def test_dockerfile_has_no_complaints():
    check(tool("hadolint"), DEPLOY / "Dockerfile")


def test_unit_is_valid_and_closed(tmp_path):
    analyze = tool("systemd-analyze")
    unit = tmp_path / "hatpose.service"
    # verify wants programs and manuals that are there.
    text = (DEPLOY / "hatpose.service").read_text()
    text = re.sub(r"^Documentation=.*\n", "", text, flags=re.M)
    unit.write_text(text.replace("/usr/bin/hatpose", shutil.which("true")))
    check(analyze, "verify", unit)
    check(analyze, "security", "--offline=true", "--threshold=15", unit)


def test_options_exist(command):
    """Of lines that start the service."""
    known = subprocess.run(
        [command, "serve", "--help"], capture_output=True, text=True, check=True
    ).stdout
    used = set()
    for name, mark in (
        ("hatpose.service", "hatpose serve"),
        ("Dockerfile", "ENTRYPOINT"),
        ("kubernetes.yaml", "args:"),
    ):
        lines = (DEPLOY / name).read_text().splitlines()
        starts = [line for line in lines if mark in line]
        assert starts, name
        used |= {o for line in starts for o in OPTION.findall(line)}
    assert used >= {"--host", "--workers"}
    assert used <= set(OPTION.findall(known))


def test_metrics_exist(service):
    given = METRIC.findall(service.ask("GET", "/metrics")[2].decode())
    pages = [*DEPLOY.glob("*.yaml"), ROOT / "docs" / "service.md"]
    for page in pages:
        used = set(METRIC.findall(page.read_text()))
        assert used, page
        assert used <= set(given), page
