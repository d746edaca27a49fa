"""Files that are there in full or not at all."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

from .errors import ArgumentError, FileError


def write_aside(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes beside the place under another name, then renames.

    A failure is told of the file asked for, not of the one beside it.
    """
    try:
        _write_aside(path, data)
    except OSError as error:
        reason = error.strerror or str(error)
        told = FileError(reason, "io", os.fsdecode(path))
        told.errno = error.errno
        raise told from error
    except ValueError as error:
        if isinstance(error, ArgumentError):
            raise
        # a zero byte in the name
        raise ArgumentError(f"{os.fspath(path)!r}: {error}") from error


def _write_aside(path: str | os.PathLike[str], data: bytes) -> None:
    target = Path(os.path.realpath(path))
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise ArgumentError(f"{os.fspath(path)}: not a regular file")
    who = f"{os.getpid()}-{threading.get_ident()}"
    aside = target.with_name(f".{target.name}.{who}.part")
    handle = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(aside, target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
