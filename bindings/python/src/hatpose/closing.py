"""What is closed at the end of its `with` block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar

_Own = TypeVar("_Own", bound="Closing")


class Closing(ABC):
    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self: _Own) -> _Own:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
