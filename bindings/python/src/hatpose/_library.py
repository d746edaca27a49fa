"""The C library through ctypes: structs, functions, and where it is.

Everything here mirrors include/hatpose.h. A function called through
ctypes.CDLL runs without Python's global lock.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from ctypes import (
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_double,
    c_float,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path
from types import TracebackType
from typing import Any

from .errors import (
    ArgumentError,
    HatposeError,
    LibraryError,
    LimitError,
)

VERSION = 0x000100  # of the header that this file mirrors
SONAME = "libhatpose.so.1"
KEYPOINT_COUNT = 18
_SHOWN_PATH_BYTES = 100  # of a longer path the library's messages show the end

OK = 0
E_ARGUMENT = 1
E_LIMIT = 6

RGB8, BGR8, RGBA8, BGRA8, GRAY8 = 1, 2, 3, 4, 5
FILE_PNG, FILE_JPEG = 1, 2
DECODE = {"best": 0, "compat": 1, "compat_exact": 2}
PRECISION = {"auto": 0, "f32": 1, "bf16": 2, "int8": 3}
HAT_RULE = {"geometric": 0, "compat": 1}
FROM_CALLER, FROM_MODEL = 1, 2
DRAW_SKELETONS, DRAW_BOXES, DRAW_HATS, DRAW_TAGS, DRAW_BLUR = 1, 2, 4, 8, 16


class Error(Structure):
    _fields_ = (
        ("status", c_int32),
        ("reserved", c_uint32),
        ("offset", c_uint64),
        ("message", c_char * 240),
    )


class Keypoint(Structure):
    _fields_ = (("x", c_float), ("y", c_float), ("score", c_float))


class Peak(Structure):
    _fields_ = (
        ("x", c_float),
        ("y", c_float),
        ("score", c_float),
        ("joint", c_uint32),
    )


class Hat(Structure):
    _fields_ = (
        ("left", c_double),
        ("top", c_double),
        ("width", c_double),
        ("height", c_double),
        ("score", c_float),
        ("kind", c_uint32),
        ("person_index", c_int32),
        ("holder_index", c_int32),
        ("source", c_uint32),
        ("reserved", c_uint32),
    )


class Head(Structure):
    _fields_ = (
        ("left", c_float),
        ("top", c_float),
        ("width", c_float),
        ("height", c_float),
        ("score", c_float),
        ("hat_score", c_float),
        ("hat_state", c_int32),
        ("hat_reason", c_int32),
        ("hat_index", c_int32),
        ("person_index", c_int32),
        ("reserved", c_uint32),
    )


class Host(Structure):
    """Declared for its size only: this package lets the library use malloc."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("log_level", c_int32),
        ("user", c_void_p),
        ("allocate", c_void_p),
        ("deallocate", c_void_p),
        ("log", c_void_p),
    )


class Options(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("thread_count", c_uint32),
        ("net_height_px", c_uint32),
        ("precision", c_uint32),
        ("cpu_off", c_uint32),
        ("decode", c_uint32),
        ("hat_rule", c_uint32),
        ("hat_sources", c_uint32),
        ("paint_hats", c_uint32),
        ("keypoint_threshold", c_float),
        ("limb_threshold", c_float),
        ("person_threshold", c_float),
        ("max_people", c_uint32),
        ("max_hats", c_uint32),
        ("max_side_px", c_uint32),
        ("max_net_width_px", c_uint32),
        ("max_pixels", c_uint64),
        ("max_encoded_bytes", c_uint64),
        ("max_memory_bytes", c_uint64),
        ("accept_damaged_jpeg", c_uint32),
        ("reserved", c_uint32),
    )


class Image(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("format", c_uint32),
        ("width_px", c_uint32),
        ("height_px", c_uint32),
        ("stride_bytes", c_int64),
    )


class MapShape(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("width_map_px", c_uint32),
        ("height_map_px", c_uint32),
        ("heatmap_count", c_uint32),
        ("paf_count", c_uint32),
        ("hat_map_count", c_uint32),
    )


class ModelInfo(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("crc32", c_uint32),
        ("file_bytes", c_uint64),
        ("parameter_count", c_uint64),
        ("operation_count", c_uint32),
        ("heatmap_count", c_uint32),
        ("paf_count", c_uint32),
        ("hat_map_count", c_uint32),
        ("name", c_char * 128),
        ("license", c_char * 128),
        ("description", c_char * 256),
        ("source_url", c_char * 256),
    )


class Person(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("id", c_int32),
        ("score", c_double),
        ("hat_score", c_double),
        ("area_rate", c_double),
        ("keypoint_count", c_uint32),
        ("flags", c_uint32),
        ("hat_state", c_int32),
        ("hat_reason", c_int32),
        ("hat_index", c_int32),
        ("reserved", c_uint32),
        ("compat_x1", c_int32),
        ("compat_y1", c_int32),
        ("compat_x2", c_int32),
        ("compat_y2", c_int32),
        ("left", c_float),
        ("top", c_float),
        ("width", c_float),
        ("height", c_float),
        ("keypoints", Keypoint * KEYPOINT_COUNT),
        ("peaks", c_int32 * KEYPOINT_COUNT),
    )


class Times(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("decode_us", c_double),
        ("prepare_us", c_double),
        ("network_us", c_double),
        ("decode_people_us", c_double),
        ("match_us", c_double),
        ("total_us", c_double),
    )


class LayerTime(Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("precision", c_uint32),
        ("mac_count", c_uint64),
        ("time_us", c_double),
        ("name", c_char * 64),
        ("kernel", c_char * 64),
    )


_OUT = POINTER(c_void_p)
_ERR = POINTER(Error)
_SIZE = POINTER(c_size_t)
_IMAGE = POINTER(Image)
_HATS = (POINTER(Hat), c_uint32)

# Result type and argument types of each function used here.
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "version": (c_uint32,),
    "version_string": (c_char_p,),
    "check_abi": (c_int32, c_uint32),
    "status_string": (c_char_p, c_int32),
    "reason_string": (c_char_p, c_int32),
    "model_load_default": (c_int32, c_void_p, _OUT, _ERR),
    "model_load_file": (c_int32, c_char_p, c_void_p, _OUT, _ERR),
    "model_load_memory": (c_int32, c_void_p, c_size_t, c_void_p, _OUT, _ERR),
    "model_retain": (c_void_p, c_void_p),
    "model_release": (None, c_void_p),
    "model_describe": (c_int32, c_void_p, POINTER(ModelInfo)),
    "options_init": (None, POINTER(Options), c_uint32),
    "context_create": (c_int32, c_void_p, POINTER(Options), _OUT, _ERR),
    "context_configure": (c_int32, c_void_p, POINTER(Options), _ERR),
    "context_destroy": (None, c_void_p),
    "context_kernels": (c_char_p, c_void_p),
    "context_layer_time": (c_int32, c_void_p, c_uint32, POINTER(LayerTime)),
    "detect": (c_int32, c_void_p, c_void_p, _IMAGE, *_HATS, _OUT, _ERR),
    "detect_encoded": (
        c_int32, c_void_p, c_void_p, c_size_t, *_HATS, _OUT, _ERR,
    ),
    "maps": (
        c_int32, c_void_p, c_void_p, _IMAGE, POINTER(MapShape), c_void_p,
        c_size_t, _SIZE, _ERR,
    ),
    "detect_maps": (
        c_int32, c_void_p, c_void_p, POINTER(MapShape), c_uint32, c_uint32,
        *_HATS, _OUT, _ERR,
    ),
    "match": (
        c_int32, c_void_p, c_uint32, c_uint32, c_void_p, c_uint32,
        *_HATS, _OUT, _ERR,
    ),
    "image_decode": (
        c_int32, c_void_p, c_void_p, c_size_t, _IMAGE, c_void_p, c_size_t,
        _SIZE, _ERR,
    ),
    "image_encode": (
        c_int32, c_void_p, c_void_p, _IMAGE, c_uint32, c_uint32, c_void_p,
        c_size_t, _SIZE, _ERR,
    ),
    "result_destroy": (None, c_void_p),
    "result_size": (None, c_void_p, POINTER(c_uint32), POINTER(c_uint32)),
    "result_precision": (c_uint32, c_void_p),
    "result_times": (c_int32, c_void_p, POINTER(Times)),
    "result_person_count": (c_uint32, c_void_p),
    "result_person": (c_int32, c_void_p, c_uint32, POINTER(Person)),
    "result_hat_count": (c_uint32, c_void_p),
    "result_hat": (c_int32, c_void_p, c_uint32, POINTER(Hat)),
    "result_head_count": (c_uint32, c_void_p),
    "result_head": (c_int32, c_void_p, c_uint32, POINTER(Head)),
    "result_peak_count": (c_uint32, c_void_p),
    "result_peak": (c_int32, c_void_p, c_uint32, POINTER(Peak)),
    "result_to_json": (
        c_int32, c_void_p, c_uint32, c_void_p, c_size_t, _SIZE,
    ),
    "result_draw": (c_int32, c_void_p, c_uint32, c_void_p, _IMAGE, _ERR),
}  # fmt: skip


def _open(name: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise LibraryError(
            f"{error}; install libhatpose or set HATPOSE_LIBRARY", "library"
        ) from error


def _find() -> ctypes.CDLL:
    """HATPOSE_LIBRARY, the one inside this package, the system's."""
    chosen = os.environ.get("HATPOSE_LIBRARY")
    if chosen:
        return _open(chosen)
    carried = Path(__file__).with_name(SONAME)
    return _open(str(carried) if carried.exists() else SONAME)


def _load() -> ctypes.CDLL:
    found = _find()
    for name, (result, *arguments) in _FUNCTIONS.items():
        try:
            function = found[f"hatpose_{name}"]
        except AttributeError as error:
            raise LibraryError(
                f"has no hatpose_{name}", "abi", found._name
            ) from error
        function.restype = result
        function.argtypes = arguments
        setattr(found, name, function)
    status = found.check_abi(VERSION)
    if status != OK:
        version = found.version_string().decode()
        raise LibraryError(
            f"version {version} does not fit this package",
            "abi",
            found._name,
        )
    return found


_loaded: ctypes.CDLL | None = None
_load_lock = threading.Lock()


def library() -> ctypes.CDLL:
    """The library, loaded on first use: `library().detect(..)`."""
    global _loaded
    if _loaded is None:
        with _load_lock:
            if _loaded is None:
                _loaded = _load()
    return _loaded


def _without_path(message: bytes, path: str | None) -> bytes:
    """The library names a model's file too; once is enough."""
    if path is None:
        return message
    name = os.fsencode(path)
    if len(name) > _SHOWN_PATH_BYTES:
        name = b"..." + name[-_SHOWN_PATH_BYTES:]
    return message.removeprefix(name + b": ")


def check(
    status: int,
    error: Error | None,
    kind: type[HatposeError],
    path: str | None = None,
) -> None:
    """Raises unless status is OK; `kind` is what a failure of this call is."""
    if status == OK:
        return
    code = library().status_string(status).decode()
    message, offset = code, None
    if error is not None and error.message:
        text = _without_path(error.message, path)
        message = text.decode("utf-8", "replace")
        offset = error.offset or None
    if status == E_ARGUMENT:
        kind = ArgumentError
    elif status == E_LIMIT:
        kind = LimitError
    raise kind(message, code, path, offset)


class Handle:
    """A C object that goes when it is closed and no call is using it.

    `with handle as pointer:` marks a use, so that close() in one thread
    never pulls the object away from a call in another.
    """

    def __init__(
        self, pointer: c_void_p, destroy: Callable[[c_void_p], None], name: str
    ) -> None:
        self._pointer = pointer
        self._destroy = destroy
        self._name = name
        self._lock = threading.Lock()
        self._users = 0
        self._closed = False

    def __enter__(self) -> c_void_p:
        with self._lock:
            if self._closed:
                raise ArgumentError(f"the {self._name} is closed")
            self._users += 1
        return self._pointer

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._users -= 1
            last = self._closed and self._users == 0
        if last:
            self._destroy(self._pointer)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        with self._lock:
            last = not self._closed and self._users == 0
            self._closed = True
        if last:
            self._destroy(self._pointer)

    def __del__(self) -> None:
        self.close()
