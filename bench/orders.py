"""How a contender's process is told what to do, by lines of JSON.

In, on stdin: first the task, then {"seconds": 0.4, "least": 3} for a slice of
runs. Out, on stdout: a line for each: {"error": ...} or what is asked for.
What an engine itself prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any


class Orders:
    def __init__(self) -> None:
        self.answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self.task: dict[str, Any] = json.loads(sys.stdin.readline())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (json.loads(line) for line in sys.stdin)

    def answer(self, what: dict[str, Any]) -> None:
        self.answers.write(json.dumps(what) + "\n")
        self.answers.flush()

    def refuse(self, error: Exception) -> None:
        reason = str(error).strip().split("\n")[0]
        self.answer({"error": reason or type(error).__name__})


def time_slice(
    run: Callable[[], object], order: dict[str, Any]
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"wall": [], "processor": []}
    end = time.perf_counter() + order["seconds"]
    while len(times["wall"]) < order["least"] or time.perf_counter() < end:
        busy, begin = time.process_time(), time.perf_counter()
        run()
        times["wall"].append(1e3 * (time.perf_counter() - begin))
        times["processor"].append(1e3 * (time.process_time() - busy))
    return times
