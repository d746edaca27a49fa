"""The end: what has begun is finished, and the exit status says so."""

from __future__ import annotations

import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import read_reply, wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_an_idle_service(serve, number):
    service = serve()
    with service.connect():
        service.signal(number)
        assert service.end(10) == 0
    assert "stopping" in service.errors()


def test_requests_in_flight_are_finished(serve, slow_picture):
    service = serve("--workers", 1, "--deadline", 60)
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(service.detect, slow_picture) for _ in range(4)]
        wait_until(lambda: service.metrics()["hatpose_queue_length"] == 3)
        service.signal()
        replies = [job.result() for job in jobs]
    assert service.end() == 0
    assert [reply[0] for reply in replies] == [200] * 4
    assert all(reply[1]["connection"] == "close" for reply in replies)
    statuses = [r["status"] for r in service.log() if r["path"] == "/v1/detect"]
    assert statuses == [200] * 4


def test_half_sent_request_is_finished(serve, picture):
    service = serve()
    head = (
        b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
        b"Content-Length: %d\r\n\r\n" % len(picture)
    )
    with service.connect() as s:
        s.sendall(head + picture[:100])
        wait_until(lambda: service.metrics()["hatpose_in_flight"] == 1)
        service.signal()
        wait_until(lambda: "stopping" in service.errors())
        s.sendall(picture[100:])
        assert read_reply(s)[0] == 200
    assert service.end() == 0


def test_slow_client_does_not_hold_up_the_end(serve):
    service = serve("--timeout", 1)
    head = b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    with service.connect() as s:
        s.sendall(head)
        wait_until(lambda: service.metrics()["hatpose_in_flight"] == 1)
        service.signal()
        assert service.end(10) == 0


def test_drain_tells_balancers_first(serve, picture):
    service = serve("--drain", 2)
    service.signal()
    wait_until(lambda: "stopping" in service.errors())
    assert service.ask("GET", "/readyz")[0] == 503
    assert service.ask("GET", "/healthz")[0] == 200
    assert service.detect(picture)[0] == 200
    assert service.end(20) == 0


def test_door_is_closed_while_the_last_are_finished(serve, slow_picture):
    service = serve("--workers", 1)
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(service.detect, slow_picture)
        wait_until(lambda: service.metrics()["hatpose_workers_busy"] == 1)
        service.signal()
        wait_until(lambda: "stopping" in service.errors())

        def is_refused() -> bool:
            try:
                service.connect(1).close()
            except ConnectionRefusedError:
                return True
            return job.done()

        wait_until(is_refused)
        assert job.result()[0] == 200
    assert service.end() == 0


def test_second_signal_kills(serve, slow_picture):
    service = serve("--drain", 60)
    service.signal()
    wait_until(lambda: "stopping" in service.errors())
    service.signal()
    assert service.end(10) == -signal.SIGTERM


def test_taken_port(serve, command, painted_model):
    port = serve().address[1]
    again = subprocess.run(
        [command, "serve", "-m", painted_model, "--port", str(port)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert again.returncode == 2
    assert f"port {port}" in again.stderr.decode()
