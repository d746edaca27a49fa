"""Threads: who may call what, what runs side by side, what memory does."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import toy

import hatpose

# Large enough to keep a detector busy for some tenths of a second.
BUSY = np.zeros((4000, 4000, 3), np.uint8)


def resident_kib() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def busy_detector(model: hatpose.Model) -> hatpose.Detector:
    return model.detector(size=1024, threads=1)


def test_a_second_call_meanwhile_is_refused(
    toy_model: hatpose.Model,
) -> None:
    det = busy_detector(toy_model)
    stop = threading.Event()
    faults: list[Exception] = []

    def work() -> None:
        while not stop.is_set():
            try:
                det(BUSY, order="rgb")
            except hatpose.ArgumentError as error:
                faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30
    while not faults and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults
    # It is free again, and right.
    small = toy.picture((22, 36))
    det.configure(size=toy.HEIGHT)
    assert len(det(small, order="rgb")) == 1


def test_closing_leaves_a_running_call_alone(toy_model: hatpose.Model) -> None:
    for _ in range(3):
        det = busy_detector(toy_model)
        results: list[hatpose.Result] = []
        thread = threading.Thread(
            target=lambda det=det, results=results: results.append(
                det(BUSY, order="rgb")
            )
        )
        thread.start()
        time.sleep(0.02)
        det.close()
        thread.join()
        assert [one.width for one in results] == [4000]


def test_python_runs_while_the_library_computes(
    toy_model: hatpose.Model,
) -> None:
    det = busy_detector(toy_model)
    det(BUSY, order="rgb")
    done = threading.Event()
    spans: list[float] = []

    def work() -> None:
        start = time.monotonic()
        det(BUSY, order="rgb")
        spans.append(time.monotonic() - start)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    longest, last = 0.0, time.monotonic()
    while not done.is_set():
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        time.sleep(0.0005)
    thread.join()
    # With the lock held all the time there would be one gap as long as the
    # call; on a busy machine some gap is normal.
    assert longest < 0.7 * spans[0]


def test_pool_answers_in_order(
    toy_model: hatpose.Model, tmp_path: Path
) -> None:
    pictures = [toy.picture((22, 12 + 2 * index)) for index in range(24)]
    with toy_model.pool(contexts=3, size=toy.HEIGHT) as pool:
        results = list(pool.map(pictures, order="rgb"))
        one = pool(pictures[3], order="rgb")
        bad = list(pool.map([b"", tmp_path / "no.jpg"]))
    alone = toy_model.detector(size=toy.HEIGHT, threads=2)
    for picture, result in zip(pictures, results, strict=True):
        expected = alone(picture, order="rgb")
        assert result.library_json(0) == expected.library_json(0)
    assert one.library_json(0) == results[3].library_json(0)
    assert [result.error.code for result in bad] == ["image_format", "io"]
    with pytest.raises((hatpose.ArgumentError, RuntimeError)):
        list(pool.map(pictures, order="rgb"))
    with pytest.raises(hatpose.ArgumentError):
        toy_model.pool(contexts=0)


def test_pool_takes_only_a_few_ahead(toy_model: hatpose.Model) -> None:
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield np.zeros((8, 8), np.uint8)

    with toy_model.pool(contexts=2) as pool:
        results = pool.map(endless())
        for _ in range(10):
            next(results)
        assert taken <= 10 + 4
        results.close()


def test_one_model_for_many_threads(toy_model: hatpose.Model) -> None:
    picture = toy.picture((22, 36))
    expected = toy_model.detector(size=72)(picture, order="rgb")
    texts: list[str] = []

    def work() -> None:
        det = toy_model.detector(size=72, threads=1)
        for _ in range(20):
            texts.append(det(picture, order="rgb").library_json(0))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == [expected.library_json(0)] * 80


def test_memory_stays_flat(toy_model: hatpose.Model, toy_file: Path) -> None:
    picture = toy.picture((22, 20), (26, 52))
    det = toy_model.detector(size=toy.HEIGHT, threads=1)

    def work(count: int) -> None:
        for _ in range(count):
            result = det(picture, order="rgb")
            result.to_json()
            result.plot()
        for _ in range(count // 10):
            with hatpose.load(toy_file) as model, model.detector() as other:
                other(picture, order="rgb")

    work(100)
    before = resident_kib()
    work(1000)
    # A leaked result would be 1000 times some KiB, a leaked picture 27 MiB.
    assert resident_kib() - before < 3000


def test_a_forked_child_can_leave(toy_model: hatpose.Model) -> None:
    det = toy_model.detector(size=72, threads=2)
    result = det(toy.picture((22, 36)), order="rgb")
    child = os.fork()
    if child == 0:
        del result
        det.close()
        os._exit(7)
    deadline = time.monotonic() + 20
    status = (0, 0)
    while status[0] == 0 and time.monotonic() < deadline:
        status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    if status[0] == 0:
        os.kill(child, 9)
        os.waitpid(child, 0)
        pytest.fail("the child hangs when it destroys the context")
    assert os.waitstatus_to_exitcode(status[1]) == 7
