"""What goes wrong, as exceptions.

Each has the library's word for it in `code` ("image_corrupt"), one line of
English as its text, and where they are known the file in `path` and the byte
in `offset`.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "FileError",
    "HatposeError",
    "ImageError",
    "LibraryError",
    "LimitError",
    "ModelError",
]


class HatposeError(Exception):
    """All that this package raises on its own."""

    def __init__(
        self,
        message: str,
        code: str = "internal",
        path: str | None = None,
        offset: int | None = None,
    ) -> None:
        super().__init__(message if path is None else f"{path}: {message}")
        self.message = message
        self.code = code
        self.path = path
        self.offset = offset

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.message, self.code, self.path, self.offset)


class ArgumentError(HatposeError, ValueError):
    """The caller's bug: a wrong value, a closed or a busy detector."""

    def __init__(
        self,
        message: str,
        code: str = "argument",
        path: str | None = None,
        offset: int | None = None,
    ) -> None:
        super().__init__(message, code, path, offset)


class ImageError(HatposeError):
    """A picture that cannot be read."""


class ModelError(HatposeError):
    """A model that cannot be used."""


class LimitError(HatposeError):
    """Over a limit of the detector; the text names it."""


class FileError(HatposeError, OSError):
    """A file that cannot be written; `errno` is the system's number."""

    def __reduce__(self) -> tuple[object, ...]:
        return (*super().__reduce__(), {"errno": self.errno})


class LibraryError(HatposeError, ImportError):
    """The shared library is not there or does not fit this package."""
