"""What was found in one picture: people, their joints, their hats.

All coordinates are pixels of the picture as it is seen (a JPEG turned as its
EXIF data say); (0, 0) is the centre of the top left pixel.
"""

from __future__ import annotations

import base64
import ctypes
import html
import os
from collections.abc import Iterator
from ctypes import byref, c_uint32, sizeof
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _library as api
from . import codec, formats
from .errors import ArgumentError, HatposeError
from .files import write_aside
from .person import HatBox, HeadBox, Person, hat_of, head_of, person_of
from .picture import Array, Encoded, Picture, Pixels, read_file

if TYPE_CHECKING:
    import pandas
    import supervision

_PRECISION_NAMES = {number: name for name, number in api.PRECISION.items()}
_FILE_KINDS = {
    ".png": api.FILE_PNG,
    ".jpg": api.FILE_JPEG,
    ".jpeg": api.FILE_JPEG,
}
_HTML_QUALITY = 85


class Times(NamedTuple):
    """Microseconds of each stage; 0 = did not run."""

    decode_us: float
    prepare_us: float
    network_us: float
    decode_people_us: float
    match_us: float
    total_us: float


class Result:
    """People of one picture, by falling score (compat: as the original).

    `error` is None unless a stream met a picture that it could not answer.
    """

    def __init__(
        self,
        handle: api.Handle | None,
        origin: Origin,
        error: HatposeError | None = None,
    ) -> None:
        self._handle = handle
        self._origin = origin
        self.error = error
        self.path = origin.path
        self.width, self.height = 0, 0
        self.precision = "none"
        self.times = Times(0, 0, 0, 0, 0, 0)
        self.hats: list[HatBox] = []
        self.heads: list[HeadBox] = []
        records = np.zeros(0, np.dtype(api.Person))
        if handle is not None:
            with handle as pointer:
                records = _read_people(pointer)
                self._read_rest(pointer)
        self._set_arrays(records)
        self.people = [
            person_of(index, records[index], self.keypoints[index])
            for index in range(len(records))
        ]

    def _set_arrays(self, records: Array) -> None:
        points = records["keypoints"]
        parts = [points["x"], points["y"], points["score"]]
        keypoints = np.stack(parts, axis=-1).astype(np.float32)
        self.found = keypoints[:, :, 2] > 0
        keypoints[~self.found] = np.nan
        self.keypoints = keypoints
        left, top = records["left"], records["top"]
        corners = [left, top, left + records["width"], top + records["height"]]
        self.xyxy = np.stack(corners, axis=-1)
        self.scores = records["score"].copy()
        self.ids = records["id"].copy()

    def _read_rest(self, pointer: ctypes.c_void_p) -> None:
        lib = api.library()
        width, height = c_uint32(), c_uint32()
        lib.result_size(pointer, byref(width), byref(height))
        self.width, self.height = width.value, height.value
        self.precision = _PRECISION_NAMES.get(
            lib.result_precision(pointer) or -1, "none"
        )
        times = api.Times(struct_size=sizeof(api.Times))
        api.check(lib.result_times(pointer, byref(times)), None, HatposeError)
        self.times = Times(*(getattr(times, one) for one in Times._fields))
        for index in range(lib.result_hat_count(pointer)):
            hat = api.Hat()
            status = lib.result_hat(pointer, index, byref(hat))
            api.check(status, None, HatposeError)
            self.hats.append(hat_of(hat))
        for index in range(lib.result_head_count(pointer)):
            head = api.Head()
            status = lib.result_head(pointer, index, byref(head))
            api.check(status, None, HatposeError)
            self.heads.append(head_of(head))

    def __len__(self) -> int:
        return len(self.people)

    def __iter__(self) -> Iterator[Person]:
        return iter(self.people)

    def __getitem__(self, index: int) -> Person:
        return self.people[index]

    def __bool__(self) -> bool:
        """A result is true even with nobody in the picture."""
        return True

    def __repr__(self) -> str:
        name = "" if self.path is None else f" {self.path}"
        if self.error is not None:
            return f"<Result{name}: {self.error.message}>"
        size = f"{self.width}x{self.height}"
        return f"<Result{name} {size}: {formats.summary(self)}>"

    def normalized(self) -> Array:
        """Keypoints with x and y as parts of the picture, 0..1 at its edges."""
        keypoints: Array = self.keypoints.copy()
        keypoints[:, :, 0] = (keypoints[:, :, 0] + 0.5) / max(self.width, 1)
        keypoints[:, :, 1] = (keypoints[:, :, 1] + 0.5) / max(self.height, 1)
        return keypoints

    # ---- As data

    def to_dict(self, timings: bool = False) -> dict[str, Any]:
        """The native form, as `hatpose detect --json` prints it."""
        return formats.native(self, timings)

    def to_json(
        self, form: str = "native", *, image_id: int | None = None
    ) -> str:
        """As "native", "openpose" or "coco" (needs the picture's image_id)."""
        return formats.to_json(self, form, image_id)

    def to_df(self) -> pandas.DataFrame:
        """A pandas table, a row a person."""
        return formats.to_df(self)

    def to_supervision(self) -> supervision.KeyPoints:
        """supervision.KeyPoints (supervision 0.29 or newer)."""
        return formats.to_supervision(self)

    def library_json(self, flags: int) -> str:
        """The library's own text: the native form without file and frame."""
        if self._handle is None:
            raise ArgumentError("there is no result: see error")
        needed = ctypes.c_size_t()
        function = api.library().result_to_json
        with self._handle as pointer:
            status = function(pointer, flags, None, 0, byref(needed))
            api.check(status, None, HatposeError)
            text = ctypes.create_string_buffer(needed.value)
            status = function(pointer, flags, text, needed.value, byref(needed))
        api.check(status, None, HatposeError)
        return text.value.decode()

    @property
    def mode(self) -> str:
        """How the maps were decoded: "best", "compat" or "compat_exact"."""
        return self._origin.mode

    # ---- As a picture

    def pixels(self, order: str = "rgb") -> Array:
        """The picture itself, uint8; a file is read again for this."""
        picture = self._origin.picture
        if isinstance(picture, Pixels):
            return codec.to_order(picture, order)
        if self._handle is None:
            raise ArgumentError("there is no picture: see error")
        if picture is None and self.path is not None:
            limit = int(self._origin.options.max_encoded_bytes)
            picture = read_file(self.path, limit)
        if picture is None:
            raise ArgumentError("maps have no picture")
        with self._origin.context() as context:
            return codec.decode(context, picture, order)

    def plot(
        self,
        *,
        order: str = "rgb",
        skeletons: bool = True,
        boxes: bool = False,
        hats: bool = True,
        tags: bool = True,
        blur: bool = False,
    ) -> Array:
        """The picture with its people drawn: uint8, height x width x 3.

        blur makes the heads of found people unrecognisable first; people
        who were not found stay as they are.
        """
        pixels = Pixels(self.pixels(order), codec.format_of(order))
        wanted = {
            api.DRAW_SKELETONS: skeletons,
            api.DRAW_BOXES: boxes,
            api.DRAW_HATS: hats,
            api.DRAW_TAGS: tags,
            api.DRAW_BLUR: blur,
        }
        flags = sum(flag for flag, on in wanted.items() if on)
        # No flag at all asks the library for its usual drawing.
        if flags and self._handle is not None:
            layout, error = pixels.layout(), api.Error()
            with self._handle as pointer:
                status = api.library().result_draw(
                    pointer, flags, pixels.array.ctypes.data,
                    byref(layout), byref(error),
                )  # fmt: skip
            api.check(status, error, HatposeError, self.path)
        drawn: Array = pixels.array
        return drawn

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        quality: int = 90,
        skeletons: bool = True,
        boxes: bool = False,
        hats: bool = True,
        tags: bool = True,
        blur: bool = False,
    ) -> None:
        """Writes what plot() draws as a .png or .jpg file."""
        kind = _FILE_KINDS.get(os.path.splitext(os.fspath(path))[1].lower())
        if kind is None:
            raise ArgumentError(f"{os.fspath(path)}: .png or .jpg is needed")
        if self.path is not None and _same_file(self.path, path):
            raise ArgumentError(f"{self.path}: is the picture itself")
        pixels = self.plot(
            skeletons=skeletons, boxes=boxes, hats=hats, tags=tags, blur=blur
        )
        write_aside(path, self._encode(pixels, kind, quality))

    def _encode(self, pixels: Array, kind: int, quality: int) -> bytes:
        with self._origin.context() as context:
            return codec.encode(
                context, Pixels(pixels, api.RGB8), kind, quality
            )

    def _repr_png_(self) -> bytes | None:
        if self.error is not None:
            return None
        return self._encode(self.plot(), api.FILE_PNG, 0)

    def _repr_html_(self) -> str:
        name = html.escape(self.path or "picture")
        if self.error is not None:
            return f"<p>{name}: {html.escape(self.error.message)}</p>"
        jpeg = self._encode(self.plot(), api.FILE_JPEG, _HTML_QUALITY)
        data = base64.b64encode(jpeg).decode()
        return (
            f'<figure><img style="max-width:100%" alt="{name}" '
            f'src="data:image/jpeg;base64,{data}">'
            f"<figcaption>{name} {self.width}x{self.height} "
            f"{html.escape(formats.summary(self))}</figcaption></figure>"
        )


class Origin:
    """Where a result comes from: enough to show its picture again.

    Of a file only the path is kept, so that results of many files do not
    pile up pixels.
    """

    def __init__(
        self,
        picture: Picture | None,
        path: str | None,
        model: api.Handle | None,
        options: api.Options,
        mode: str,
    ) -> None:
        is_file = isinstance(picture, Encoded) and picture.path is not None
        self.picture = None if is_file else picture
        self.path = path
        self.options = options
        self.mode = mode
        self._model = model

    def context(self) -> Any:
        if self._model is None:
            raise ArgumentError("there is no picture: see error")
        return codec.picture_context(self._model, self.options)


def _same_file(one: str, other: str | os.PathLike[str]) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):  # ValueError: a zero byte
        return False


def _read_people(pointer: ctypes.c_void_p) -> Array:
    lib = api.library()
    count = lib.result_person_count(pointer)
    people = (api.Person * count)()
    for index in range(count):
        people[index].struct_size = sizeof(api.Person)
        status = lib.result_person(pointer, index, byref(people[index]))
        api.check(status, None, HatposeError)
    records: Array = np.ctypeslib.as_array(people)
    return records
