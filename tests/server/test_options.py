"""The command line of the service."""

from __future__ import annotations

import resource
import subprocess

import pytest


def run(command: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command, "serve", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["photo.jpg"], "photo.jpg"),
        (["--prot", "1"], "--port"),
        (["--port", "65536"], "65535"),
        (["--port", "http"], "http"),
        (["--compat", "v5"], "v3 or v6"),
        (["--host", ""], "--host"),
        (["--workers", "0"], "--workers"),
        (["--timeout", "0"], "--timeout"),
        (["--deadline", "nan"], "nan"),
        (["--max-body", "0"], "--max-body"),
        (["--size", "100"], "multiple of 8"),
        (["--host"], "--host"),
    ],
)
def test_wrong_usage(command, options, word):
    done = run(command, *options)
    assert done.returncode == 2
    assert word in done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stdout == ""


def test_help_names_every_option(command):
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in (
        "host", "port", "api-key-file", "workers", "compat", "no-discs",
        "queue", "deadline", "timeout", "connections", "max-body",
        "max-pixels", "max-hats", "access-log", "drain",
    ):  # fmt: skip
        assert f"--{option}" in done.stdout, option


@pytest.mark.parametrize(
    ("options", "word", "status"),
    [
        (["--host", "192.0.2.1"], "192.0.2.1", 2),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid", 2),
        (["--access-log", "/no/such/folder/log"], "/no/such/folder/log", 2),
    ],
)
def test_what_cannot_be(command, painted_model, options, word, status):
    done = run(command, "-m", str(painted_model), "--port", "0", *options)
    assert done.returncode == status
    assert word in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_more_connections_than_open_files(serve):
    """There are as many as the system lets us have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        if before[0] == resource.RLIM_INFINITY or before[0] > 300:
            resource.setrlimit(resource.RLIMIT_NOFILE, (300, before[1]))
        most = 10**6 if before[1] == resource.RLIM_INFINITY else before[1]
        service = serve("--connections", min(most, 10**6))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    metrics = service.metrics()
    if most < 10**6:
        assert metrics["hatpose_connections_limit"] == most - 64
        assert f"{most - 64} connections at most" in service.errors()
    else:
        assert metrics["hatpose_connections_limit"] == 10**6


def test_no_such_model(command):
    done = run(command, "-m", "no-such.gguf")
    assert done.returncode == 4
    assert "no-such.gguf" in done.stderr


def test_says_how_to_open_it(serve, tmp_path):
    (tmp_path / "keys").write_text("secret\n")
    closed = serve().errors()
    assert "--host 0.0.0.0" in closed
    opened = serve("--host", "0.0.0.0").errors()
    assert "--api-key-file" in opened
    locked = serve(
        "--host", "0.0.0.0", "--api-key-file", tmp_path / "keys"
    ).errors()
    assert "--api-key-file" not in locked
