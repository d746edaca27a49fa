"""Too much, too slow, too many: each with its own status, and the service
answers the next client as if nothing had been."""

from __future__ import annotations

import gzip
import resource
import socket
import struct
import time

import pytest

from conftest import code_of, read_reply, wait_until

BODY_MB = 1
BODY_BYTES = BODY_MB << 20
TIMEOUT_S = 1


@pytest.fixture
def tight(serve):
    return serve(
        "--max-body", BODY_MB, "--timeout", TIMEOUT_S, "--max-pixels", 1,
        "--max-hats", 3,
    )  # fmt: skip


def head_of(count: int, *more: str) -> bytes:
    lines = [
        "POST /v1/detect HTTP/1.1", "Host: x", "Content-Type: image/png",
        f"Content-Length: {count}", *more, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def is_well(service, picture: bytes) -> bool:
    return service.detect(picture)[0] == 200


# ---- Sizes ------------------------------------------------------------------


def test_large_body_is_read_and_refused(tight, picture):
    exact = tight.detect(b"x" * BODY_BYTES)
    over = tight.detect(b"x" * (BODY_BYTES + 1))
    assert exact[0] == 400
    assert (over[0], code_of(over)) == (413, "body_too_large")
    assert is_well(tight, picture)


def test_refused_before_it_is_sent(tight):
    for head in (
        head_of(BODY_BYTES + 1, "Expect: 100-continue"),
        head_of(10**12),
    ):
        with tight.connect() as s:
            s.sendall(head)
            assert read_reply(s)[0] == 413


def test_expected_body_is_asked_for(tight, picture):
    with tight.connect() as s:
        s.sendall(head_of(len(picture), "Expect: 100-continue"))
        assert s.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(picture)
        assert read_reply(s)[0] == 200


def test_large_chunked_body(tight, picture):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    reply = tight.ask(
        "POST", "/v1/detect", chunk * 17 + b"0\r\n\r\n",
        Content_Type="image/png", Transfer_Encoding="chunked",
    )  # fmt: skip
    assert (reply[0], code_of(reply)) == (413, "body_too_large")
    assert is_well(tight, picture)


def test_endless_chunked_body_is_cut(tight, picture):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with tight.connect() as s, pytest.raises(ConnectionError):
        s.sendall(head)
        for _ in range(1000):
            s.sendall(chunk)
    assert is_well(tight, picture)


def test_bomb(tight, picture):
    bomb = gzip.compress(bytes(200 << 20), 9)
    assert len(bomb) < BODY_BYTES
    before = tight.resident_bytes()
    reply = tight.detect(bomb, Content_Encoding="gzip")
    assert (reply[0], code_of(reply)) == (413, "body_too_large")
    assert tight.resident_bytes() < before + (50 << 20)
    assert is_well(tight, picture)


def test_large_picture(tight, slow_picture):
    reply = tight.detect(slow_picture)
    assert reply[0] == 413
    assert b"pixels" in reply[2]


def test_large_heads(tight, picture):
    assert tight.ask("GET", "/" + "a" * 100_000)[0] == 414
    assert tight.ask("GET", "/healthz", X="a" * 100_000)[0] == 431
    many = {f"X{i}": "a" * 100 for i in range(1000)}
    assert tight.ask("GET", "/healthz", **many)[0] == 431
    assert is_well(tight, picture)


@pytest.mark.parametrize(
    "head",
    [
        b"\r\n\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x8a" * 100,
        b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
        b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: "
        b"99999999999999999999999\r\n\r\n",
        b"POST /v1/detect HTTP/1.1\r\nHost: x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n folded\r\nno colon\r\n\r\n",
    ],
)
def test_broken_heads(tight, picture, head):
    with tight.connect() as s:
        s.sendall(head)
        s.shutdown(socket.SHUT_WR)
        try:
            status = read_reply(s)[0]
        except ConnectionResetError:
            status = 0
    assert status in (0, 400, 408, 413, 505)
    assert is_well(tight, picture)


# ---- Slow clients -----------------------------------------------------------


def trickle(s: socket.socket, data: bytes, step_s: float) -> float:
    """Sends a byte at a time until the other side ends; for how long."""
    start = time.monotonic()
    s.settimeout(step_s)
    for i in range(len(data)):
        try:
            s.sendall(data[i : i + 1])
            s.recv(1, socket.MSG_PEEK)
            break
        except TimeoutError:
            continue
        except ConnectionError:
            break
    s.settimeout(10)
    return time.monotonic() - start


def test_slow_head_is_cut(tight):
    with tight.connect() as s:
        took = trickle(s, b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 500, 0.05)
        assert took < TIMEOUT_S + 2
        assert read_reply(s)[0] == 408


def test_slow_body_is_cut(tight):
    with tight.connect() as s:
        s.sendall(head_of(1000))
        took = trickle(s, b"x" * 500, 0.05)
        assert took < TIMEOUT_S + 2
        assert read_reply(s)[0] == 408
    assert tight.metrics()["hatpose_cut_clients_total"] == 1
    assert tight.metrics()["hatpose_aborted_total"] == 1


def test_steady_client_may_take_its_time(tight, picture):
    """Longer than the time limit, but fast enough."""
    body = picture + b"x" * (200_000 - len(picture))
    with tight.connect() as s:
        s.sendall(head_of(len(body)))
        start = time.monotonic()
        for i in range(0, len(body), 5000):
            s.sendall(body[i : i + 5000])
            time.sleep(0.05)
        assert time.monotonic() - start > 1.5 * TIMEOUT_S
        assert read_reply(s)[0] == 200


def test_silent_clients_are_cut(tight):
    with tight.connect() as nothing, tight.connect() as kept:
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_reply(kept)[0] == 200
        assert read_reply(nothing)[0] == 408
        # It might take a reply for that of its next request.
        assert kept.recv(1) == b""


def test_client_that_does_not_read_is_cut(tight):
    """Many requests in a row, and not one reply taken."""
    asking = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
    with tight.connect() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(TIMEOUT_S + 10)
        with pytest.raises((ConnectionError, TimeoutError)) as ended:
            while True:
                s.sendall(asking)
        assert ended.type is not TimeoutError
    wait_until(lambda: tight.metrics()["hatpose_connections"] == 1)


# ---- Many clients -----------------------------------------------------------


def reset(s: socket.socket) -> None:
    """Closes with a reset in place of a goodbye."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def test_resets_in_the_middle(service, picture):
    whole = head_of(len(picture)) + picture
    end = len(whole)
    for cut in (0, 1, 30, end - len(picture), end - 1, end):
        for _ in range(10):
            s = service.connect()
            s.sendall(whole[:cut])
            reset(s)
    wait_until(lambda: service.metrics()["hatpose_in_flight"] == 0)
    metrics = service.metrics()
    assert metrics["hatpose_connections"] == 1
    assert metrics["hatpose_body_bytes"] == 0
    assert is_well(service, picture)


@pytest.fixture
def many_files():
    """Our own end of a thousand connections; a shell often allows 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2048
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"only {hard} open files are allowed here")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_thousand_idle_connections(service, picture, many_files):
    before = service.resident_bytes()
    idle = [service.connect() for _ in range(1000)]
    try:
        assert is_well(service, picture)
        assert service.metrics()["hatpose_connections"] == 1001
        assert service.resident_bytes() < before + (64 << 20)
    finally:
        for s in idle:
            s.close()
    wait_until(lambda: service.metrics()["hatpose_connections"] == 1)


@pytest.mark.parametrize("places", [2, 50])
def test_idle_clients_make_room(serve, picture, places):
    """All places taken: the idle go, oldest first, and others come in."""
    service = serve("--connections", places)
    idle = [service.connect() for _ in range(places + 10)]
    try:
        wait_until(lambda: is_well(service, picture), timeout=20)
        assert service.metrics()["hatpose_cut_clients_total"] > 0
    finally:
        for s in idle:
            s.close()


def test_bodies_share_a_budget(serve, picture):
    """Eight of the largest at once; who comes then is told to come again."""
    service = serve("--max-body", BODY_MB)
    half = b"x" * (BODY_BYTES * 3 // 4)
    held = []
    for _ in range(8):
        s = service.connect()
        s.sendall(head_of(BODY_BYTES) + half)
        held.append(s)
    full = 8 * BODY_BYTES
    wait_until(lambda: service.metrics()["hatpose_body_bytes"] == full)
    reply = service.detect(picture)
    assert (reply[0], code_of(reply)) == (503, "busy")
    assert int(reply[1]["retry-after"]) >= 1
    for s in held:
        s.close()
    wait_until(lambda: is_well(service, picture), timeout=10)
