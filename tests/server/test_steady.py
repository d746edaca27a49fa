"""A long day: memory stays, nothing is lost, a stuck log holds nobody up."""

from __future__ import annotations

import http.client
import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest

from conftest import Service, read_reply, wait_until

REQUESTS = 1200
CLIENTS = 6


def bad_body(rng: random.Random, picture: bytes) -> bytes:
    kind = rng.randrange(4)
    if kind == 0:
        return b""
    if kind == 1:
        return picture[: rng.randrange(len(picture))]
    if kind == 2:
        return rng.randbytes(rng.randrange(5000))
    cut = rng.randrange(len(picture))
    return picture[:cut] + rng.randbytes(8) + picture[cut + 8 :]


def one_client(service: Service, seed: int, count: int, picture: bytes):
    """Statuses of good requests, and of bad ones."""
    rng = random.Random(seed)
    good, bad = [], []
    connection = http.client.HTTPConnection(*service.address, timeout=60)
    for _ in range(count):
        is_good = rng.random() < 0.5
        body = picture if is_good else bad_body(rng, picture)
        kind = rng.choice(["image/png", "application/json", "text/plain"])
        headers = {"Content-Type": "image/png" if is_good else kind}
        connection.request("POST", "/v1/detect", body, headers)
        reply = connection.getresponse()
        reply.read()
        (good if is_good else bad).append(reply.status)
        if rng.random() < 0.02:
            connection.close()
    connection.close()
    return good, bad


def run(service: Service, picture: bytes, count: int, seed: int):
    each = count // CLIENTS
    with ThreadPoolExecutor(CLIENTS) as pool:
        jobs = [
            pool.submit(one_client, service, seed + i, each, picture)
            for i in range(CLIENTS)
        ]
        return [job.result() for job in jobs]


def test_memory_is_flat(serve, picture):
    service = serve("--workers", 2)
    run(service, picture, REQUESTS // 2, 1)
    before = service.resident_bytes()
    answers = run(service, picture, REQUESTS, 100)
    after = service.resident_bytes()
    good = [status for statuses, _ in answers for status in statuses]
    bad = [status for _, statuses in answers for status in statuses]
    assert len(good) + len(bad) == REQUESTS
    assert set(good) == {200}
    assert all(status == 200 or 400 <= status < 500 for status in bad)
    assert after < before + (8 << 20), (before, after)
    metrics = service.metrics()
    assert metrics["hatpose_body_bytes"] == 0
    assert metrics["hatpose_log_dropped_total"] == 0


def test_stuck_log_holds_nobody_up(command, painted_model, tmp_path):
    """Nobody reads our standard output: lines are lost, requests are not."""
    service = Service(
        command, tmp_path, "-m", painted_model, "--access-log", "-"
    )  # the later option wins
    asking = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    try:
        with service.connect() as s, s.makefile("rb") as stream:
            for _ in range(50):
                s.sendall(asking * 100)
                assert [read_status(stream) for _ in range(100)] == [200] * 100
        assert service.metrics()["hatpose_log_dropped_total"] > 0
        service.signal()
        assert service.end(20) == 0
    finally:
        service.process.kill()
        service.process.stdout.close()


def read_status(stream: BinaryIO) -> int:
    """Of one of several replies on the same connection."""
    status = int(stream.readline().split()[1])
    count = 0
    while (line := stream.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length: "):
            count = int(line.split()[1])
    assert len(stream.read(count)) == count
    return status


def test_log_goes_to_stdout(command, painted_model, tmp_path):
    service = Service(
        command, tmp_path, "-m", painted_model, "--access-log", "-"
    )
    service.ask("GET", "/version")
    service.signal()
    out = service.process.communicate(timeout=20)[0]
    assert b'"path":"/version"' in out


def test_requests_client(serve, picture):
    """The library that the old service's clients use."""
    requests = pytest.importorskip("requests")
    service = serve()
    with requests.Session() as session:
        for _ in range(3):
            reply = session.post(
                f"{service.url}/v1/detect",
                data=picture,
                headers={"Content-Type": "image/png"},
            )
            assert reply.status_code == 200
            assert len(reply.json()["people"]) == 2
        reply = session.post(
            f"{service.url}/v1/detect", files={"image": ("a.png", picture)}
        )
        assert reply.status_code == 200


def test_descriptors_do_not_leak(serve, picture):
    service = serve()
    folder = f"/proc/{service.process.pid}/fd"
    service.detect(picture)
    before = len(os.listdir(folder))
    for _ in range(50):
        service.detect(picture)
        with service.connect() as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            read_reply(s)
    wait_until(lambda: len(os.listdir(folder)) <= before)


def test_ipv6(serve):
    addresses = Path("/proc/net/if_inet6")
    if not addresses.exists() or "0" * 31 + "1" not in addresses.read_text():
        pytest.skip("no IPv6 on this machine")
    service = serve("--host", "::1")
    assert service.url.startswith("http://[::1]:")
    assert service.ask("GET", "/healthz")[0] == 200
