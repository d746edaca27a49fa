"""The ctypes mirror of hatpose.h: sizes, fields, constants, functions."""

from __future__ import annotations

import ctypes
import re

import pytest
from shared_folder import REPOSITORY

from hatpose import _library as api
from hatpose.person import Hat, Reason

HEADER = (REPOSITORY / "include/hatpose.h").read_text()

# Bytes on 64-bit machines, which never change (docs/abi.md).
SIZES = {
    "error": 256, "keypoint": 12, "peak": 16, "hat": 56, "head": 44,
    "host": 40, "options": 96, "image": 24, "map_shape": 24, "person": 376,
    "times": 56, "layer_time": 152,
}  # fmt: skip
STRUCTS = {
    "error": api.Error, "keypoint": api.Keypoint, "peak": api.Peak,
    "hat": api.Hat, "head": api.Head, "host": api.Host,
    "options": api.Options, "image": api.Image, "map_shape": api.MapShape,
    "model_info": api.ModelInfo, "person": api.Person, "times": api.Times,
    "layer_time": api.LayerTime,
}  # fmt: skip


def header_without_comments() -> str:
    return re.sub(r"/\*.*?\*/", "", HEADER, flags=re.DOTALL)


def header_constants() -> dict[str, int]:
    text = header_without_comments()
    pairs = re.findall(r"\bHATPOSE_(\w+) = (\d+)", text)
    return {name: int(number) for name, number in pairs}


def header_fields(name: str) -> list[str]:
    """Names of the fields of struct hatpose_NAME, in order."""
    body = re.search(
        rf"typedef struct hatpose_{name} {{(.*?)}} hatpose_{name};",
        header_without_comments(),
        re.DOTALL,
    )
    assert body is not None
    fields = []
    for statement in body[1].split(";"):
        pointer = re.search(r"\(\*(\w+)\)", statement)
        if pointer is not None:
            fields.append(pointer[1])
            continue
        for one in statement.split(","):
            found = re.search(r"(\w+)(\[\w+\])?\s*$", one)
            if found is not None:
                fields.append(found[1])
    return fields


@pytest.mark.parametrize("name", SIZES)
def test_size_is_the_abis(name: str) -> None:
    assert ctypes.sizeof(STRUCTS[name]) == SIZES[name]


@pytest.mark.parametrize("name", STRUCTS)
def test_fields_are_the_headers(name: str) -> None:
    mirrored = [field[0] for field in STRUCTS[name]._fields_]
    assert mirrored == header_fields(name)


def test_every_struct_of_the_header_is_mirrored() -> None:
    text = header_without_comments()
    assert set(re.findall(r"struct hatpose_(\w+) {", text)) == set(STRUCTS)


def test_constants_are_the_headers() -> None:
    constants = header_constants()
    words = {
        "DECODE": api.DECODE,
        "PRECISION": api.PRECISION,
        "HATS": api.HAT_RULE,
        "HAT": {hat.value: index for index, hat in enumerate(Hat)},
        "REASON": {reason.value: index for index, reason in enumerate(Reason)},
    }
    for prefix, mapping in words.items():
        for word, number in mapping.items():
            assert constants[f"{prefix}_{word.upper()}"] == number
    for name in (
        "OK", "E_ARGUMENT", "E_LIMIT", "RGB8", "BGR8", "RGBA8", "BGRA8",
        "GRAY8", "FILE_PNG", "FILE_JPEG", "FROM_CALLER", "FROM_MODEL",
        "DRAW_SKELETONS", "DRAW_BOXES", "DRAW_HATS", "DRAW_TAGS", "DRAW_BLUR",
    ):  # fmt: skip
        assert constants[name] == getattr(api, name)
    version = re.search(r"#define HATPOSE_VERSION (0x\w+?)u", HEADER)
    assert version is not None
    assert int(version[1], 16) == api.VERSION


def test_functions_have_as_many_arguments_as_in_the_header() -> None:
    lib = api.library()
    text = re.sub(r"\s+", " ", header_without_comments())
    calls = dict(re.findall(r"hatpose_(\w+)\(([^()]*)\);", text))
    for name in api._FUNCTIONS:
        arguments = calls[name].split(",")
        count = 0 if arguments == ["void"] else len(arguments)
        assert len(getattr(lib, name).argtypes) == count, name
