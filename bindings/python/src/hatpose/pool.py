"""Several detectors, a thread each, for many pictures or many callers."""

from __future__ import annotations

import os
import queue
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .arguments import HatInput, whole_number
from .closing import Closing
from .errors import ArgumentError
from .result import Result

if TYPE_CHECKING:
    from .detector import Detector, Model

# Pictures under way per context: enough that no context waits for the reader.
_AHEAD = 2


class Pool(Closing):
    """Shares `contexts` detectors of one model among threads.

    pool(picture) may be called from any number of threads; pool.map works on
    many pictures at once. Each detector computes with one thread.
    """

    def __init__(
        self, model: Model, contexts: int | None = None, **options: Any
    ) -> None:
        if contexts is None:
            contexts = len(os.sched_getaffinity(0))
        contexts = whole_number("contexts", contexts)
        if contexts < 1:
            raise ArgumentError(f"contexts: {contexts} is less than 1")
        self._contexts = contexts
        options.setdefault("threads", 1)
        self._all: list[Detector] = []
        self._free: queue.SimpleQueue[Detector] = queue.SimpleQueue()
        for _ in range(contexts):
            detector = model.detector(**options)
            self._all.append(detector)
            self._free.put(detector)
        self._threads = ThreadPoolExecutor(contexts, "hatpose")

    def __call__(
        self,
        source: Any,
        *,
        order: str | None = None,
        hats: Iterable[HatInput] | None = None,
    ) -> Result:
        """As a detector's call; waits until a detector is free."""
        detector = self._free.get()
        try:
            return detector(source, order=order, hats=hats)
        finally:
            self._free.put(detector)

    def _answer(self, source: Any, order: str | None) -> Result:
        detector = self._free.get()
        try:
            return detector.answer(source, order=order)
        finally:
            self._free.put(detector)

    def map(
        self, sources: Iterable[Any], *, order: str | None = None
    ) -> Iterator[Result]:
        """Results in the order of `sources`; see `error` of each.

        Takes only a few sources ahead of what was asked for, so memory stays
        flat however many there are.
        """
        waiting: deque[Future[Result]] = deque()
        try:
            for source in sources:
                future = self._threads.submit(self._answer, source, order)
                waiting.append(future)
                if len(waiting) >= _AHEAD * self._contexts:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """Waits for what is under way."""
        self._threads.shutdown(cancel_futures=True)
        for detector in self._all:
            detector.close()
