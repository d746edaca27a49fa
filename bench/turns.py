"""Contenders that take turns in slices of some runs.

So what else the machine does hits all of them alike. In: scripts of this
folder, each in a process of its own, that follow orders.py. Out: the times of
all their runs; who fails is left out with one line.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from environment import say
from places import ROOT

# Threads of OpenMP spin for up to 0.2 s after a run.
PAUSE_S = 0.25
SLICE = {"seconds": 0.4, "least": 3}


class Worker:
    def __init__(
        self,
        title: str,
        python: Path | str,
        script: str,
        environment: dict[str, str],
        quiet: bool = False,
    ) -> None:
        self.title = title
        self.times_ms: list[float] = []
        self.failed = False
        self.process = subprocess.Popen(
            [str(python), str(ROOT / "bench" / script)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            env=environment, text=True,
        )  # fmt: skip

    def tell(self, order: dict[str, Any]) -> dict[str, Any]:
        """The answer; none of a worker that fails, and it is closed."""
        assert self.process.stdin and self.process.stdout
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(line or "{}")
        if answer and "error" not in answer:
            return answer
        self.close()
        end = f"ended with status {self.process.returncode}"
        say(f"{self.title}: {answer.get('error', end)}")
        self.failed = True
        return {}

    def close(self) -> None:
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def take_turns(
    title: str, workers: list[Worker], rounds: int, clock: str
) -> None:
    """clock: "wall" or "processor"."""
    for round_number in range(-1, rounds):
        for worker in workers:
            if worker.failed:
                continue
            time.sleep(PAUSE_S)
            times = worker.tell(SLICE)
            if round_number >= 0 and times:  # before it, all warm up
                worker.times_ms += times[clock]
        _show_progress(title, round_number + 1, rounds)


def _show_progress(title: str, done: int, rounds: int) -> None:
    if not sys.stderr.isatty():
        return
    end = "\n" if done == rounds else ""
    print(f"\r{title}: {done}/{rounds}", end=end, file=sys.stderr, flush=True)
