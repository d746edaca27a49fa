"""What a caller calls a picture, as the library takes it.

In: a path, bytes, a file object, an array or a PIL image. Out: encoded bytes
or rows of pixels. An array is handed on without a copy when its rows lie one
behind the other, at whatever distance; any other costs one copy.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from . import _library as api
from .errors import ArgumentError, HatposeError, ImageError, LimitError

Array = npt.NDArray[Any]

# order -> library's format by number of channels. Alpha is dropped.
_FORMATS = {
    ("rgb", 3): api.RGB8,
    ("bgr", 3): api.BGR8,
    ("rgb", 4): api.RGBA8,
    ("bgr", 4): api.BGRA8,
    ("rgba", 4): api.RGBA8,
    ("bgra", 4): api.BGRA8,
    ("gray", 1): api.GRAY8,
}
_PIL_MODES = {"RGB": "rgb", "RGBA": "rgba", "L": "gray"}
_PIL_16_BITS = "I;16"  # and the same with the order of its bytes
_PIL_NO_RANGE = ("I", "F")  # nobody knows which number is white


@dataclass(frozen=True)
class Encoded:
    """The bytes of a picture file."""

    data: Array  # uint8, a view of the caller's bytes
    path: str | None


@dataclass(frozen=True)
class Pixels:
    """Rows of pixels; keeps the caller's array alive."""

    array: Array
    format: int

    def layout(self) -> api.Image:
        height, width = self.array.shape[:2]
        return api.Image(
            struct_size=ctypes.sizeof(api.Image),
            format=self.format,
            width_px=width,
            height_px=height,
            # The distance from a single row to the next means nothing.
            stride_bytes=self.array.strides[0] if height > 1 else 0,
        )


Picture: TypeAlias = Encoded | Pixels


def open_picture(source: Any, order: str | None, max_bytes: int) -> Picture:
    """Tells by its type what `source` is, and reads it if it is a file."""
    # First, since PIL reads its file when asked for its array interface.
    if type(source).__module__.partition(".")[0] == "PIL":
        _refuse_order(order, "a PIL image")
        return _from_pil(source)
    if hasattr(source, "__array_interface__") or hasattr(source, "__array__"):
        return pixels_of(source, order)
    if isinstance(source, (str, os.PathLike)):
        _refuse_order(order, "a file")
        return read_file(os.fspath(source), max_bytes)
    if isinstance(source, (bytes, bytearray, memoryview)):
        _refuse_order(order, "encoded bytes")
        return Encoded(bytes_view(source), None)
    if hasattr(source, "read"):
        _refuse_order(order, "a file object")
        return _from_file_object(source, max_bytes)
    raise ArgumentError(
        "a picture is a path, bytes, a file object, an array or a PIL image, "
        f"not {type(source).__name__}"
    )


def _refuse_order(order: str | None, what: str) -> None:
    if order is not None:
        raise ArgumentError(f"order is for arrays: {what} tells its own")


def bytes_view(data: bytes | bytearray | memoryview) -> Array:
    view = memoryview(data)
    if not view.c_contiguous:
        view = memoryview(view.tobytes())
    # frombuffer refuses an empty buffer; the library has its own words.
    if view.nbytes == 0:
        return np.empty(0, np.uint8)
    return np.frombuffer(view, np.uint8)


def read_file(path: str | bytes, max_bytes: int) -> Encoded:
    name = os.fsdecode(path)
    try:
        with open(path, "rb") as file:
            # One more than allowed shows that there is too much, without
            # reading all of a huge file or an endless pipe.
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise ImageError(error.strerror or str(error), "io", name) from error
    except ValueError as error:  # a zero byte in the name
        raise ImageError(str(error), "io", repr(name)) from error
    _check_bytes(len(data), max_bytes, name)
    return Encoded(bytes_view(data), name)


def _from_file_object(file: Any, max_bytes: int) -> Encoded:
    name = getattr(file, "name", None)
    path = name if isinstance(name, str) else None
    try:
        data = _read_all(file, max_bytes)
    except HatposeError:
        raise
    except OSError as error:
        raise ImageError(error.strerror or str(error), "io", path) from error
    except ValueError as error:  # it is closed
        raise ArgumentError(f"the file object: {error}") from error
    _check_bytes(len(data), max_bytes, path)
    return Encoded(bytes_view(data), path)


def _read_all(file: Any, max_bytes: int) -> bytes:
    """To the end of the file, or one byte more than allowed.

    A pipe without a buffer gives what it has, not what was asked for.
    """
    parts: list[bytes] = []
    left = max_bytes + 1
    while left > 0:
        part = file.read(left)
        if not isinstance(part, (bytes, bytearray, memoryview)):
            raise ArgumentError(
                "the file object gives no bytes: open it with 'rb'"
            )
        if len(part) == 0:
            break
        parts.append(bytes(part))
        left -= len(parts[-1])
    return b"".join(parts)


def _check_bytes(count: int, max_bytes: int, path: str | None) -> None:
    if count > max_bytes:
        raise LimitError(
            f"more than {max_bytes} bytes (max_encoded_bytes)", "limit", path
        )


def _from_pil(image: Any) -> Pixels:
    if image.mode in _PIL_NO_RANGE:
        raise ArgumentError(
            f"a PIL image of mode {image.mode} has no range: "
            "convert it to 'L' or 'RGB'"
        )
    try:  # PIL reads a file as late as here
        if image.mode.startswith(_PIL_16_BITS):
            # convert() would make all but the darkest white.
            gray = np.asarray(image) >> 8
            return pixels_of(gray.astype(np.uint8), "gray")
        if image.mode not in _PIL_MODES:
            image = image.convert("RGB")
        array = np.asarray(image)
    except (OSError, SyntaxError) as error:
        raise ImageError(f"PIL: {error}", "image_corrupt") from error
    return pixels_of(array, _PIL_MODES[image.mode])


def pixels_of(source: Any, order: str | None) -> Pixels:
    """Checks an array; copies it only where the library could not read it."""
    array = np.asarray(source)
    if array.dtype != np.uint8:
        raise ArgumentError(f"an array of uint8 is needed, not {array.dtype}")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3):
        raise ArgumentError(
            "an array of height x width x channels is needed, not of shape "
            f"{array.shape}"
        )
    channels = array.shape[2] if array.ndim == 3 else 1
    if order is None and channels > 1:
        raise ArgumentError("an array needs order='rgb' or order='bgr'")
    form = _FORMATS.get((order or "gray", channels))
    if form is None:
        raise ArgumentError(f"order={order!r} with {channels} channels")
    return Pixels(_row_strided(array, channels), form)


def _row_strided(array: Array, channels: int) -> Array:
    height, width = array.shape[:2]
    packed = (channels, 1) if array.ndim == 3 else (1,)
    # Rows that overlap (a broadcast) are legal in numpy, not in the library.
    apart = height <= 1 or array.strides[0] >= width * channels
    if array.strides[1:] == packed and apart:
        return array
    return np.ascontiguousarray(array)
