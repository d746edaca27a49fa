"""How much `hatpose serve` carries, beside what `hatpose bench` says.

    python bench/service_load.py HATPOSE MODEL PHOTOS... --clients 4

Starts the service, keeps connections open and posts the photos to it; --bad
mixes in broken requests, each of which must be answered with its status.
Prints throughput, percentiles, statuses, what got lost, the memory of the
service before and after, and whether it answers as before when the load is
gone. Exit status 1: something was lost or answered wrongly.

Only needs Python.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
START_S = 60
ANSWER_S = 120  # longer is lost
AFTERWARDS = 20  # requests, one after the other
JPEG = "image/jpeg"


@dataclass(frozen=True)
class Request:
    name: str
    method: str
    path: str
    body: bytes
    media: str
    statuses: frozenset[int]
    cut: bool = False  # half of the body, then the connection is dropped


@dataclass
class Tally:
    """What the clients saw; each adds its own under the lock."""

    statuses: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    cut: int = 0
    good_s: list[float] = field(default_factory=list)
    busy_s: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: Request, status: int, seconds: float) -> None:
        with self.lock:
            self.statuses[str(status)] += 1
            if status == 200:
                self.good_s.append(seconds)
            if status == 503:
                self.busy_s.append(seconds)
            if status not in request.statuses | {503}:
                self.wrong[f"{request.name}: {status}"] += 1


def png_of_size(width: int, height: int) -> bytes:
    """A head that promises a picture, and a few bytes of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + crc.to_bytes(4)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def good_requests(photos: Iterable[Path]) -> list[Request]:
    ok = frozenset({200})
    return [
        Request(path.name, "POST", "/v1/detect", path.read_bytes(), JPEG, ok)
        for path in photos
    ]


def bad_requests(photo: bytes) -> list[Request]:
    def bad(name, body, media=JPEG, path="/v1/detect", method="POST", **how):
        statuses = frozenset(how.pop("statuses", {400}))
        return Request(name, method, path, body, media, statuses, **how)

    data = "application/json"
    too_large = {400, 413, 422}
    return [
        bad("JPEG cut short", photo[: len(photo) // 2]),
        bad("no picture", b"this is no picture at all"),
        bad("empty body", b""),
        bad("huge picture", png_of_size(60000, 60000), "image/png",
            statuses=too_large),
        bad("broken JSON", b'{"image": "', data),
        bad("deep JSON", b"[" * 100_000, data),
        bad("wrong type in JSON", b'{"image": 7}', data),
        bad("not UTF-8", b'{"image": "\xff\xfe"}', data),
        bad("no base64", b'{"image": "****"}', data),
        bad("old route without img", b'{"hat_location": []}', data, "/"),
        bad("text", b"hello", "text/plain", statuses={400, 415}),
        bad("no such path", b"", path="/nothing/here", statuses={404}),
        bad("wrong method", b"", method="DELETE", statuses={405}),
        bad("connection dropped", photo, cut=True),
    ]  # fmt: skip


def send_half(port: int, request: Request) -> None:
    with socket.create_connection((HOST, port), timeout=ANSWER_S) as raw:
        head = (
            f"{request.method} {request.path} HTTP/1.1\r\nHost: {HOST}\r\n"
            f"Content-Type: {request.media}\r\n"
            f"Content-Length: {len(request.body)}\r\n\r\n"
        )
        raw.sendall(head.encode() + request.body[: len(request.body) // 2])
        # With no time to linger, closing resets the connection.
        raw.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )


class Client:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection(
            HOST, port, timeout=ANSWER_S
        )

    def send(self, request: Request) -> int:
        headers = {"Content-Type": request.media}
        try:
            return self.exchange(request, headers)
        except http.client.RemoteDisconnected:
            # The server may close a kept connection between two requests;
            # RFC 9112 9.3.1 lets a client send such a request again.
            self.connection.close()
            return self.exchange(request, headers)

    def exchange(self, request: Request, headers: dict[str, str]) -> int:
        self.connection.request(
            request.method, request.path, request.body, headers
        )
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def work(self, requests: Iterator[Request], tally: Tally) -> None:
        for request in requests:
            if request.cut:
                send_half(self.port, request)
                with tally.lock:
                    tally.cut += 1
                continue
            start = time.perf_counter()
            try:
                status = self.send(request)
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                with tally.lock:
                    tally.lost[f"{request.name}: {error!r}"] += 1
                continue
            tally.add(request, status, time.perf_counter() - start)


def plan(
    good: list[Request], bad: list[Request], count: int, share: float, seed: int
) -> Iterator[Request]:
    """The same order for each seed; shared by all clients."""
    chance = random.Random(seed)
    for index in range(count):
        if chance.random() < share:
            yield chance.choice(bad)
        else:
            yield good[index % len(good)]


def locked(items: Iterator[Request]) -> Callable[[], Iterator[Request]]:
    lock = threading.Lock()

    def take() -> Iterator[Request]:
        while True:
            with lock:
                item = next(items, None)
            if item is None:
                return
            yield item

    return take


def run_clients(
    port: int, count: int, requests: Iterator[Request]
) -> tuple[Tally, float]:
    tally = Tally()
    take = locked(requests)
    threads = [
        threading.Thread(target=Client(port).work, args=(take(), tally))
        for _ in range(count)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally, time.perf_counter() - start


def memory_mib(pid: int, name: str) -> float:
    """VmRSS: resident now; VmHWM: the most so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {name} of process {pid}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_until_ready(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            sys.exit(f"the service ended with status {process.returncode}")
        try:
            connection = http.client.HTTPConnection(HOST, port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"the service was not ready within {START_S} s")


@contextmanager
def service(
    command: str, model: Path, options: list[str]
) -> Iterator[tuple[int, subprocess.Popen]]:
    port = free_port()
    process = subprocess.Popen(
        [command, "serve", "--model", model, "--port", str(port), *options],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(port, process)
        yield port, process
    finally:
        process.terminate()
        status = process.wait(timeout=60)
        print(f"service ended with status {status}")


def bench_ms(
    command: str, model: Path, photos: list[Path], threads: int
) -> float:
    """Median of the whole job, as the command itself measures it."""
    done = subprocess.run(
        [command, "bench", "--json", "--model", model,
         "--threads", str(threads), "--runs", "3", *photos],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)["stages"]["total"]["median_ms"]


def percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def times(name: str, seconds: list[float], wall_s: float) -> None:
    if seconds:
        print(
            f"{name:10} {len(seconds) / wall_s:.2f}/s, "
            f"median {1000 * statistics.median(seconds):.1f} ms, "
            f"p99 {1000 * percentile(seconds, 0.99):.1f} ms, "
            f"longest {1000 * max(seconds):.1f} ms"
        )


def report(tally: Tally, wall_s: float, clients: int) -> None:
    answered = sum(tally.statuses.values())
    print(f"{answered} answers in {wall_s:.1f} s, {clients} clients")
    print("statuses  ", dict(sorted(tally.statuses.items())))
    times("pictures", tally.good_s, wall_s)
    times("busy", tally.busy_s, wall_s)
    print(f"dropped    {tally.cut} connections on purpose")
    print(f"lost       {sum(tally.lost.values())}", dict(tally.lost) or "")
    print(f"wrong      {sum(tally.wrong.values())}", dict(tally.wrong) or "")


def measure(arguments: argparse.Namespace, photos: list[Path]) -> bool:
    good = good_requests(photos)
    bad = bad_requests(good[0].body)
    with service(arguments.hatpose, arguments.model, arguments.options) as (
        port,
        process,
    ):
        warm, _ = run_clients(port, 2, iter(good * 2))
        before = memory_mib(process.pid, "VmRSS")
        tally, wall_s = run_clients(
            port,
            arguments.clients,
            plan(good, bad, arguments.requests, arguments.bad, arguments.seed),
        )
        after = memory_mib(process.pid, "VmRSS")
        calm, _ = run_clients(port, 1, iter((good * AFTERWARDS)[:AFTERWARDS]))
        report(tally, wall_s, arguments.clients)
        most = memory_mib(process.pid, "VmHWM")
        print(
            f"memory     {before:.1f} MiB before, {after:.1f} MiB after, "
            f"{most:.1f} MiB at most"
        )
        print(f"afterwards {calm.statuses['200']} of {AFTERWARDS} answered 200")
        if arguments.bench:
            compare(arguments, photos, len(tally.good_s) / wall_s)
        problems = sum(
            sum(part.wrong.values()) + sum(part.lost.values())
            for part in (warm, tally, calm)
        )
        return problems == 0 and calm.statuses["200"] == AFTERWARDS


def compare(
    arguments: argparse.Namespace, photos: list[Path], rate: float
) -> None:
    one = bench_ms(arguments.hatpose, arguments.model, photos, arguments.bench)
    print(
        f"bench      {1000 / one:.2f}/s with {arguments.bench} threads "
        f"({one:.1f} ms a picture): the service does "
        f"{rate * one / 1000:.2f} of it"
    )


def photos_in(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.jp*g")) if path.is_dir() else [path]
    if not found:
        sys.exit("no photos: name JPEG files or folders of them")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Options of the service follow after --.",
    )
    parser.add_argument("hatpose", help="the command")
    parser.add_argument("model", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--bad", type=float, default=0, help="share, 0 to 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--bench", type=int, default=0, help="compare with so many threads"
    )
    words = sys.argv[1:]
    dashes = words.index("--") if "--" in words else len(words)
    arguments = parser.parse_args(words[:dashes])
    arguments.options = words[dashes + 1 :]
    return 0 if measure(arguments, photos_in(arguments.photos)) else 1


if __name__ == "__main__":
    sys.exit(main())
