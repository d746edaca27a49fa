"""Models and detectors: the library's handles as Python objects.

A model may be used by any number of threads; a detector by one at a time (the
library refuses a second call meanwhile). Calls run without Python's lock, so
threads with a detector each compute side by side.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from ctypes import byref, c_size_t, c_void_p, sizeof
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _library as api
from . import codec
from .arguments import (
    HatInput,
    hats_of,
    keypoints_of,
    planes_of,
    whole_number,
)
from .closing import Closing
from .errors import (
    ArgumentError,
    HatposeError,
    ImageError,
    LimitError,
    ModelError,
)
from .picture import (
    Array,
    Encoded,
    Picture,
    Pixels,
    bytes_view,
    open_picture,
    pixels_of,
)
from .result import Origin, Result

if TYPE_CHECKING:
    from .pool import Pool

_OPTION_FIELDS = dict(api.Options._fields_)
# Options that have a word of their own here; the rest pass under the
# header's names.
_WORDS = {
    "mode": ("decode", api.DECODE),
    "precision": ("precision", api.PRECISION),
    "hat_rule": ("hat_rule", api.HAT_RULE),
}
_RENAMED = {"threads": "thread_count", "size": "net_height_px"}
_MODES = {number: word for word, number in api.DECODE.items()}
_HIDDEN = {"struct_size", "decode", *_RENAMED.values()}
_UNSIGNED_BITS: dict[Any, int] = {ctypes.c_uint32: 32, ctypes.c_uint64: 64}


class Maps(NamedTuple):
    """What the network says: planes of float32, a cell is 8 network px."""

    heatmaps: Array  # (19, height, width)
    pafs: Array  # (38, height, width)
    hats: Array  # (0 or more, height, width)


@dataclass(frozen=True)
class ModelInfo:
    """What a model file says about itself."""

    name: str
    license: str
    description: str
    source_url: str
    crc32: int
    file_bytes: int
    parameter_count: int
    operation_count: int
    has_hat_maps: bool


class LayerTime(NamedTuple):
    """One operation of the last network run."""

    name: str
    kernel: str
    precision: str
    mac_count: int
    time_us: float


class Model(Closing):
    """A network with its weights; make it with load()."""

    def __init__(self, handle: api.Handle, path: str | None) -> None:
        self._handle = handle
        self.path = path

    def info(self) -> ModelInfo:
        info = api.ModelInfo(struct_size=sizeof(api.ModelInfo))
        with self._handle as pointer:
            status = api.library().model_describe(pointer, byref(info))
        api.check(status, None, ModelError, self.path)
        return ModelInfo(
            name=info.name.decode(),
            license=info.license.decode(),
            description=info.description.decode(),
            source_url=info.source_url.decode(),
            crc32=info.crc32,
            file_bytes=info.file_bytes,
            parameter_count=info.parameter_count,
            operation_count=info.operation_count,
            has_hat_maps=info.hat_map_count > 0,
        )

    def detector(
        self,
        *,
        threads: int = 0,
        size: int = 256,
        mode: str = "best",
        **options: Any,
    ) -> Detector:
        """A detector for one thread at a time.

        threads: 0 = all cores this process may use. size: height of the
        network's input. mode: "best", "compat" (the original, to the bit) or
        "compat_exact" (its people before the cut to whole pixels). Further
        options are the fields of hatpose_options: person_threshold=0.2,
        max_people=20, precision="f32" ("auto", "bf16", "int8"),
        hat_rule="geometric" ("compat"), ...
        """
        settings = {"threads": threads, "size": size, "mode": mode, **options}
        return Detector(self, settings)

    def pool(self, contexts: int | None = None, **options: Any) -> Pool:
        """`contexts` detectors with a thread each, for many pictures."""
        from .pool import Pool

        return Pool(self, contexts, **options)

    def close(self) -> None:
        """Detectors and results that are there stay usable."""
        self._handle.close()

    def reference(self) -> api.Handle:
        """One more count on the library's model."""
        lib = api.library()
        with self._handle as pointer:
            retained = c_void_p(lib.model_retain(pointer))
        return api.Handle(retained, lib.model_release, "model")


def load(
    source: str | os.PathLike[str] | bytes | memoryview | None = None,
) -> Model:
    """Loads a model: a file's path or its bytes; None = the embedded one."""
    lib = api.library()
    out, error = c_void_p(), api.Error()
    path: str | None = None
    if source is None:
        status = lib.model_load_default(None, byref(out), byref(error))
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes_view(source)
        status = lib.model_load_memory(
            data.ctypes.data, data.nbytes, None, byref(out), byref(error)
        )
    else:
        try:
            name = os.fsencode(source)
        except (TypeError, UnicodeError):
            raise ArgumentError(
                f"a model is a path or bytes, not {source!r}"
            ) from None
        path = os.fsdecode(name)
        if b"\0" in name:
            raise ModelError("a zero byte in the name", "io", repr(path))
        status = lib.model_load_file(name, None, byref(out), byref(error))
    api.check(status, error, ModelError, path)
    return Model(api.Handle(out, lib.model_release, "model"), path)


class Detector(Closing):
    """Finds the people of one picture after the other.

    Called with a path, bytes, a file object, a PIL image, or an array of
    uint8 with its order ("rgb" or "bgr"). An array is read where it is when
    its rows lie one behind the other; a mirrored one is copied first.
    """

    def __init__(self, model: Model, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._options = _options_of(settings)
        # Results draw on their pictures after model and detector are gone.
        self._model = model.reference()
        lib = api.library()
        out, error = c_void_p(), api.Error()
        with self._model as pointer:
            status = lib.context_create(
                pointer, byref(self._options), byref(out), byref(error)
            )
        api.check(status, error, HatposeError)
        self._handle = api.Handle(out, lib.context_destroy, "detector")

    def configure(self, **options: Any) -> None:
        """Changes options, all or none; memory and plans are kept."""
        settings = self._settings | options
        new = _options_of(settings)
        error = api.Error()
        with self._handle as pointer:
            status = api.library().context_configure(
                pointer, byref(new), byref(error)
            )
        api.check(status, error, HatposeError)
        self._settings, self._options = settings, new

    @property
    def kernels(self) -> str:
        """What computes, e.g. "scalar + OpenBLAS"."""
        with self._handle as pointer:
            name: bytes = api.library().context_kernels(pointer)
        return name.decode()

    def __call__(
        self,
        source: Any,
        *,
        order: str | None = None,
        hats: Iterable[HatInput] | None = None,
    ) -> Result:
        """The people of one picture.

        hats: (left, top, width, height) or (.., score) of each hat that any
        detector saw; [] = it saw none, None = none ran.
        """
        picture = self._open(source, order)
        path = picture.path if isinstance(picture, Encoded) else None
        boxes, count = hats_of(hats)
        lib = api.library()

        def run(context: c_void_p, out: c_void_p, error: api.Error) -> int:
            ends = (boxes, count, byref(out), byref(error))
            if isinstance(picture, Pixels):
                layout = picture.layout()
                status: int = lib.detect(
                    context, picture.array.ctypes.data, byref(layout), *ends
                )
            else:
                data = picture.data
                status = lib.detect_encoded(
                    context, data.ctypes.data, data.size, *ends
                )
            return status

        return self._result(run, picture, path)

    def _open(self, source: Any, order: str | None) -> Picture:
        limit = int(self._options.max_encoded_bytes)
        return open_picture(source, order, limit)

    def _result(
        self,
        run: Callable[[c_void_p, c_void_p, api.Error], int],
        picture: Picture | None,
        path: str | None,
    ) -> Result:
        out, error = c_void_p(), api.Error()
        with self._handle as context:
            status = run(context, out, error)
        api.check(status, error, ImageError, path)
        handle = api.Handle(out, api.library().result_destroy, "result")
        return Result(handle, self._origin(picture, path))

    def _origin(self, picture: Picture | None, path: str | None) -> Origin:
        mode = _MODES[self._options.decode]
        return Origin(picture, path, self._model, self._options, mode)

    def stream(
        self, sources: Iterable[Any], *, order: str | None = None
    ) -> Iterator[Result]:
        """Results in the order of `sources`, one at a time.

        A picture that cannot be read is a result too: see its `error`.
        """
        for source in sources:
            yield self.answer(source, order=order)

    def answer(self, source: Any, *, order: str | None = None) -> Result:
        """Like a call, but a picture's fault is in the result's `error`."""
        try:
            return self(source, order=order)
        except (ImageError, LimitError) as error:
            return Result(None, self._origin(None, error.path), error)

    def maps(self, source: Any, *, order: str | None = None) -> Maps:
        """The network's maps of one picture."""
        picture = self._open(source, order)
        if isinstance(picture, Encoded):
            with self._handle as context:
                array = codec.decode(context, picture, "bgr")
            picture = pixels_of(array, "bgr")
        layout = picture.layout()
        data = picture.array.ctypes.data
        shape = api.MapShape(struct_size=sizeof(api.MapShape))
        needed, error = c_size_t(), api.Error()
        with self._handle as context:
            ends = (byref(needed), byref(error))
            start = (context, data, byref(layout), byref(shape))
            status = api.library().maps(*start, None, 0, *ends)
            api.check(status, error, ImageError)
            values = np.empty(needed.value, np.float32)
            status = api.library().maps(
                *start, values.ctypes.data, values.size, *ends
            )
        api.check(status, error, ImageError)
        planes = values.reshape(-1, shape.height_map_px, shape.width_map_px)
        paf = int(shape.heatmap_count)
        hat = paf + int(shape.paf_count)
        return Maps(planes[:paf], planes[paf:hat], planes[hat:])

    def detect_maps(
        self,
        maps: Maps,
        width: int,
        height: int,
        *,
        hats: Iterable[HatInput] | None = None,
    ) -> Result:
        """The people of maps; width and height are the picture's."""
        planes, shape = planes_of(maps)
        size = whole_number("width", width), whole_number("height", height)
        boxes, count = hats_of(hats)

        def run(context: c_void_p, out: c_void_p, error: api.Error) -> int:
            status: int = api.library().detect_maps(
                context, planes.ctypes.data, byref(shape), *size,
                boxes, count, byref(out), byref(error),
            )  # fmt: skip
            return status

        return self._result(run, None, None)

    def match(
        self,
        keypoints: Any,
        width: int,
        height: int,
        *,
        hats: Iterable[HatInput] | None = None,
    ) -> Result:
        """Who of people from elsewhere wears a hat; no network runs.

        keypoints: (n, 18, 3) of x, y, score in px of a picture of that
        size; NaN or score 0 = not found.
        """
        points = keypoints_of(keypoints)
        size = whole_number("width", width), whole_number("height", height)
        boxes, count = hats_of(hats)

        def run(context: c_void_p, out: c_void_p, error: api.Error) -> int:
            status: int = api.library().match(
                context, *size, points.ctypes.data, len(points),
                boxes, count, byref(out), byref(error),
            )  # fmt: skip
            return status

        return self._result(run, None, None)

    def read(self, source: Any, *, order: str = "rgb") -> Array:
        """Pixels of a picture file, turned as its EXIF data say."""
        picture = self._open(source, None)
        if isinstance(picture, Pixels):
            return codec.to_order(picture, order)
        with self._handle as context:
            return codec.decode(context, picture, order)

    def layer_times(self) -> list[LayerTime]:
        """Each operation of the last network run."""
        names = {number: name for name, number in api.PRECISION.items()}
        times: list[LayerTime] = []
        one = api.LayerTime(struct_size=sizeof(api.LayerTime))
        with self._handle as context:
            function = api.library().context_layer_time
            while function(context, len(times), byref(one)) == api.OK:
                times.append(
                    LayerTime(
                        one.name.decode(),
                        one.kernel.decode(),
                        names[one.precision],
                        one.mac_count,
                        one.time_us,
                    )
                )
        return times

    def close(self) -> None:
        """Frees its memory and threads; its results stay."""
        self._handle.close()


def _options_of(settings: dict[str, Any]) -> api.Options:
    options = api.Options()
    api.library().options_init(byref(options), sizeof(options))
    for name, value in settings.items():
        if value is None:
            continue
        if name in _WORDS:
            field, words = _WORDS[name]
            if not isinstance(value, str) or value not in words:
                known = ", ".join(words)
                raise ArgumentError(f"{name} is one of {known}, not {value!r}")
            setattr(options, field, words[value])
            continue
        field = _RENAMED.get(name, name)
        if field not in _OPTION_FIELDS or name in _HIDDEN:
            raise ArgumentError(f"unknown option {name}")
        _set_number(options, field, name, value)
    return options


def _set_number(
    options: api.Options, field: str, name: str, value: Any
) -> None:
    bits = _UNSIGNED_BITS.get(_OPTION_FIELDS[field])
    if bits is not None:
        setattr(options, field, whole_number(name, value, bits))
        return
    try:
        setattr(options, field, float(value))
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{name}: {value!r} is no such number") from None


_ready = threading.local()


def detect(
    source: Any,
    *,
    order: str | None = None,
    hats: Iterable[HatInput] | None = None,
    model: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Result:
    """The people of one picture; model and options as load(), detector().

    The detector of the last call in this thread is kept for the next one
    with the same model and options.
    """
    path = None if model is None else os.fspath(model)
    # A forked child has no workers: it needs a detector of its own.
    key = (os.getpid(), path, tuple(sorted(options.items())))
    if getattr(_ready, "key", None) != key:
        _ready.key = None
        _ready.detector = load(path).detector(**options)
        _ready.key = key
    detector: Detector = _ready.detector
    return detector(source, order=order, hats=hats)
