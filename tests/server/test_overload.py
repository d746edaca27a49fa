"""More work than workers: 503 at once, then as before."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from conftest import code_of, wait_until


def send_all(service, picture: bytes, count: int) -> list:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: service.detect(picture), range(count)))


def test_full_queue_says_come_again(serve, picture, slow_picture):
    service = serve("--workers", 1, "--queue", 2, "--deadline", 60)
    replies = send_all(service, slow_picture, 8)
    answered = [r for r in replies if r[0] == 200]
    refused = [r for r in replies if r[0] == 503]
    assert len(answered) + len(refused) == 8
    assert len(answered) >= 3 and refused
    for reply in refused:
        assert code_of(reply) == "busy"
        assert int(reply[1]["retry-after"]) >= 1
    assert service.detect(picture)[0] == 200
    metrics = service.metrics()
    assert metrics['hatpose_faults_total{code="busy"}'] == len(refused)


def test_who_waits_too_long_is_told(serve, picture, slow_picture):
    service = serve("--workers", 1, "--deadline", 0.05)
    worker = threading.Thread(target=service.detect, args=(slow_picture,))
    worker.start()
    wait_until(lambda: service.metrics()["hatpose_workers_busy"] == 1)
    start = time.monotonic()
    reply = service.detect(picture)
    took = time.monotonic() - start
    busy = service.metrics()["hatpose_workers_busy"]
    worker.join()
    assert (reply[0], code_of(reply)) == (503, "deadline")
    # Told while the worker was still busy with the other.
    assert busy == 1 or took < 0.5
    wait_until(lambda: service.detect(picture)[0] == 200)


def test_probes_answer_under_load(serve, slow_picture):
    service = serve("--workers", 1, "--queue", 4)
    with ThreadPoolExecutor(5) as pool:
        busy = [pool.submit(service.detect, slow_picture) for _ in range(5)]
        wait_until(lambda: service.metrics()["hatpose_queue_length"] >= 2)
        assert service.ask("GET", "/healthz")[0] == 200
        assert service.ask("GET", "/readyz")[0] == 200
        assert all(job.result()[0] in (200, 503) for job in busy)


def test_replies_go_to_those_who_asked(serve, picture, slow_picture):
    """Answers come out of order; each finds its client."""
    service = serve("--workers", 2, "--deadline", 60)
    pictures = [picture, slow_picture, picture, b"no picture"] * 3
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(service.detect, pictures))
    for sent, reply in zip(pictures, replies, strict=True):
        if sent == b"no picture":
            assert reply[0] in (400, 415, 422)
        else:
            people = json.loads(reply[2])["people"]
            assert len(people) == (2 if sent is picture else 0)
