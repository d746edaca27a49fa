"""Picture files to pixels and back, by the library's own codecs."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_size_t, c_void_p, sizeof

import numpy as np

from . import _library as api
from .arguments import whole_number
from .errors import ArgumentError, HatposeError, ImageError
from .picture import Array, Encoded, Pixels

_ORDERS = {"rgb": api.RGB8, "bgr": api.BGR8}
# From a format of a caller's array to the indices of its R, G and B.
_RGB_CHANNELS = {
    api.RGB8: [0, 1, 2],
    api.RGBA8: [0, 1, 2],
    api.BGR8: [2, 1, 0],
    api.BGRA8: [2, 1, 0],
}


@contextmanager
def picture_context(
    model: api.Handle, options: api.Options
) -> Iterator[c_void_p]:
    """A context that only reads and writes pictures, within `options`."""
    modest = api.Options.from_buffer_copy(options)
    modest.thread_count = 1
    out, error = c_void_p(), api.Error()
    lib = api.library()
    with model as pointer:
        status = lib.context_create(
            pointer, byref(modest), byref(out), byref(error)
        )
    api.check(status, error, HatposeError)
    try:
        yield out
    finally:
        lib.context_destroy(out)


def format_of(order: str) -> int:
    if order not in _ORDERS:
        raise ArgumentError(f"order is 'rgb' or 'bgr', not {order!r}")
    return _ORDERS[order]


def decode(context: c_void_p, picture: Encoded, order: str) -> Array:
    """Pixels of the turned picture: uint8, height x width x 3."""
    data = picture.data
    layout = api.Image(sizeof(api.Image), format_of(order), 0, 0, 0)
    needed, error = c_size_t(), api.Error()

    def run(pixels: int | None, capacity: int) -> None:
        status = api.library().image_decode(
            context, data.ctypes.data, data.size, byref(layout), pixels,
            capacity, byref(needed), byref(error),
        )  # fmt: skip
        api.check(status, error, ImageError, picture.path)

    run(None, 0)
    pixels = np.empty((layout.height_px, layout.width_px, 3), np.uint8)
    run(pixels.ctypes.data, pixels.nbytes)
    return pixels


def encode(context: c_void_p, pixels: Pixels, kind: int, quality: int) -> bytes:
    """A PNG or JPEG file in memory; quality is of JPEG, 1 to 100."""
    array, layout = pixels.array, pixels.layout()
    quality = whole_number("quality", quality)
    needed, error = c_size_t(), api.Error()

    def run(buffer: ctypes.Array[ctypes.c_char] | None, capacity: int) -> None:
        status = api.library().image_encode(
            context, array.ctypes.data, byref(layout), kind, quality, buffer,
            capacity, byref(needed), byref(error),
        )  # fmt: skip
        api.check(status, error, ImageError)

    run(None, 0)
    buffer = ctypes.create_string_buffer(needed.value)
    run(buffer, needed.value)
    return buffer.raw[: needed.value]


def to_order(pixels: Pixels, order: str) -> Array:
    """A packed copy of the caller's pixels in another order."""
    format_of(order)
    array = pixels.array
    if array.ndim == 2:
        return np.repeat(array[:, :, None], 3, axis=2)
    channels = _RGB_CHANNELS[pixels.format]
    if order == "bgr":
        channels = channels[::-1]
    return np.ascontiguousarray(array[:, :, channels])
