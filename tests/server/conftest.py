"""A service under test, and what its tests share.

HATPOSE_COMMAND is the command's path (ctest sets it); HATPOSE_SHARED the
folder with real photos, ../shared beside the repository unless set.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The painted people and their model are those of the command's tests.
sys.path.insert(0, str(ROOT / "tests" / "cli"))

import needed  # noqa: E402
import painted  # noqa: E402

START_S = 120  # sanitizers on a busy machine
REPORT_STATUS = 99  # of a sanitizer


def pytest_configure() -> None:
    needed.find_packages("service")


class Service:
    """`hatpose serve` on a free port, with the log in a file."""

    def __init__(self, command: str, folder: Path, *options: object) -> None:
        self.log_path = folder / "access.log"
        self.error_path = folder / "stderr"
        env = dict(os.environ)
        # A small quarantine: memory that is given back is gone.
        env.setdefault(
            "ASAN_OPTIONS", f"exitcode={REPORT_STATUS}:quarantine_size_mb=8"
        )
        env.setdefault("UBSAN_OPTIONS", f"exitcode={REPORT_STATUS}")
        with self.error_path.open("wb") as errors:
            self.process = subprocess.Popen(
                [
                    command, "serve", "--port", "0",
                    "--access-log", self.log_path, *map(str, options),
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=env,
            )  # fmt: skip
        self.url = self._wait_for_url()
        parts = urlsplit(self.url)
        self.address = (parts.hostname, parts.port)
        wait_until(lambda: self.ask("GET", "/readyz")[0] == 200)

    def _wait_for_url(self) -> str:
        def find() -> str | None:
            assert self.process.poll() is None, self.errors()
            match = re.search(r"http://\S+", self.errors())
            return match[0] if match else None

        return wait_until(find)

    def errors(self) -> str:
        return self.error_path.read_text()

    def connect(self, timeout: float = START_S) -> socket.socket:
        return socket.create_connection(self.address, timeout=timeout)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        **headers: str,
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own, with no library that
        knows better. `Content_Type` stands for Content-Type."""
        lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close"]
        lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        if body is not None and "Transfer_Encoding" not in headers:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode()
        with self.connect() as s:
            s.sendall(head + (body or b""))
            return read_reply(s, method)

    def detect(self, picture: bytes, query: str = "", **headers: str):
        headers.setdefault("Content_Type", "image/png")
        return self.ask("POST", f"/v1/detect{query}", picture, **headers)

    def metrics(self) -> dict[str, float]:
        lines = self.ask("GET", "/metrics")[2].decode().splitlines()
        pairs = (ln.rsplit(" ", 1) for ln in lines if not ln.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def log(self) -> list[dict]:
        lines = self.log_path.read_text().splitlines()
        return [json.loads(line) for line in lines]

    def resident_bytes(self) -> int:
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self, timeout: float = START_S) -> int:
        """Its exit status, once it ended of itself."""
        status = self.process.wait(timeout)
        assert status != REPORT_STATUS, self.errors()
        return status

    def stop(self) -> None:
        if self.process.poll() is None:
            self.signal()
        try:
            assert self.end() == 0, self.errors()
        finally:
            self.process.kill()
            self.process.stdout.close()


def wait_until(what: Callable[[], object], timeout: float = START_S):
    """The first true value of `what`."""
    end = time.monotonic() + timeout
    while not (value := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return value


def read_reply(
    s: socket.socket, method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    """Status 0: the connection ended without a reply."""
    with s.makefile("rb") as stream:
        line = stream.readline()
        if not line:
            return 0, {}, b""
        headers = {}
        while (field := stream.readline().rstrip(b"\r\n")) != b"":
            name, _, value = field.decode().partition(": ")
            headers[name.lower()] = value
        count = int(headers.get("content-length", 0))
        body = b"" if method == "HEAD" else stream.read(count)
        return int(line.split()[1]), headers, body


def code_of(reply: tuple[int, dict[str, str], bytes]) -> str:
    return json.loads(reply[2])["error"]["code"]


@pytest.fixture(scope="session")
def painted_model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "painted.gguf"
    painted.write_model(path)
    return path


@pytest.fixture(scope="session")
def command() -> str:
    path = os.environ.get("HATPOSE_COMMAND") or shutil.which("hatpose")
    if path is None:
        pytest.skip("no hatpose command: set HATPOSE_COMMAND")
    return path


@pytest.fixture
def serve(command, painted_model, tmp_path) -> Iterator[Callable[..., Service]]:
    """serve(options...) starts a service; all are stopped at the end, and
    must end well."""
    services: list[Service] = []

    def start(*options: object) -> Service:
        folder = tmp_path / f"service-{len(services)}"
        folder.mkdir()
        services.append(Service(command, folder, "-m", painted_model, *options))
        return services[-1]

    yield start
    for service in services:
        if service.process.returncode is None:
            service.stop()


@pytest.fixture(scope="module")
def service(command, painted_model, tmp_path_factory) -> Iterator[Service]:
    """One with the usual options, for all tests of a file."""
    started = Service(
        command, tmp_path_factory.mktemp("service"), "-m", painted_model
    )
    yield started
    started.stop()


@pytest.fixture(scope="session")
def picture() -> bytes:
    """Two people that the painted model finds."""
    return painted.png()


@pytest.fixture(scope="session")
def slow_picture() -> bytes:
    """A small file that takes a while: 16 million black pixels."""
    return painted.png(people=(), width=4000, height=4000)
