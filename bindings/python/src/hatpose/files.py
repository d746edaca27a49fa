"""Files that are there in full or not at all."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

from .errors import ArgumentError


def write_aside(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes beside the place under another name, then renames."""
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
