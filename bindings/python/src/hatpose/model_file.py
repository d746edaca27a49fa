"""Reads and writes hatpose model files (docs/model-format.md).

In: a Network, or the path of a GGUF file. Out: the other one. The GGUF
itself is the business of the `gguf` package; here is what the keys mean, the
checksum, and that nothing half-written is ever seen under the given name.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from .network import (
    KEYPOINT_NAMES,
    LIMB_FROM,
    LIMB_PAF,
    LIMB_TO,
    STRIDE,
    Array,
    MapGroup,
    ModelFileError,
    Network,
    NetworkError,
    Operation,
    Ranges,
    Weight,
    WeightType,
)

__all__ = [
    "LIMB_PAF",
    "MapGroup",
    "ModelFileError",
    "Network",
    "NetworkError",
    "Operation",
    "Weight",
    "read_model",
    "write_model",
    "written_aside",
]

ARCHITECTURE = "lightweight-openpose"
FORMAT_VERSION = 1
FILE_BYTES_MAX = 1 << 30
CRC_KEY = "hatpose.crc32"

# Limits of the file's head; docs/model-format.md, "Limits".
KEYS_MAX = 1024
TENSORS_MAX = 3 * 1024
TEXT_BYTES_MAX = 65535
ITEMS_MAX = 65536  # of all arrays together
DIMENSIONS_MAX = 4

_U32 = gguf.GGUFValueType.UINT32
_F32 = gguf.GGUFValueType.FLOAT32
_STRING = gguf.GGUFValueType.STRING
_ARRAY = gguf.GGUFValueType.ARRAY
_SCALAR_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1,
                 10: 8, 11: 8, 12: 8}  # fmt: skip
_TENSOR_TYPES: dict[WeightType, gguf.GGMLQuantizationType] = {
    "f32": gguf.GGMLQuantizationType.F32,
    "f16": gguf.GGMLQuantizationType.F16,
    "bf16": gguf.GGMLQuantizationType.BF16,
    "int8": gguf.GGMLQuantizationType.I8,
}
# Fields of Operation that the file holds as one u32 list each.
_NUMBER_FIELDS = (
    "input", "input_first", "input_count", "addend", "addend_first",
    "output", "output_first", "output_count", "kernel", "stride", "dilation",
)  # fmt: skip


@contextmanager
def written_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A file to write; it takes its place at `path` when all went well."""
    target = Path(os.path.realpath(path))
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise ModelFileError(f"{path}: not a regular file")
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        # Named after what the user asked for, not after our own file.
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        yield aside
        os.replace(aside, target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_model(network: Network, path: str | os.PathLike[str]) -> int:
    """Checks the network and writes it; gives the size of the file in bytes.

    Nothing half-written is ever seen under the given name.
    """
    network.check()
    with written_aside(path) as aside:
        _write_gguf(network, aside)
        size = _store_crc(aside)
        if size > FILE_BYTES_MAX:
            raise ModelFileError(f"{path}: {size} bytes, more than 1 GiB")
    return size


def _write_gguf(network: Network, path: Path) -> None:
    writer = gguf.GGUFWriter(path, ARCHITECTURE)
    try:
        _add_keys(writer, network)
        for op in network.operations:
            _add_tensors(writer, op)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _add_keys(writer: gguf.GGUFWriter, network: Network) -> None:
    def numbers(key: str, items: Sequence[Any], kind: Any = _U32) -> None:
        full = f"{ARCHITECTURE}.{key}"
        writer.add_key_value(full, list(items), _ARRAY, kind)

    writer.add_string("general.name", network.name)
    writer.add_string("general.license", network.license or "")
    writer.add_string("general.description", network.description or "")
    writer.add_string("general.source.url", network.source_url or "")
    writer.add_uint32("hatpose.format_version", FORMAT_VERSION)
    writer.add_uint32(CRC_KEY, 0)
    writer.add_string(f"{ARCHITECTURE}.input.channels", network.channels)
    numbers("input.mean", network.mean, _F32)
    numbers("input.scale", network.scale, _F32)
    writer.add_uint32(f"{ARCHITECTURE}.stride", STRIDE)
    for key in ("heatmaps", "pafs", "hats"):
        group = getattr(network, key)
        if group is not None:
            numbers(f"map.{key}", (group.value, group.first, group.count))
    numbers("keypoint.names", KEYPOINT_NAMES, _STRING)
    numbers("limb.from", LIMB_FROM)
    numbers("limb.to", LIMB_TO)
    numbers("limb.paf", network.limb_paf)
    numbers("value.channels", network.values)
    if network.ranges is not None:
        for key in ("low", "high"):
            bounds = getattr(network.ranges, key).astype(np.float32)
            numbers(f"range.{key}", bounds.tolist(), _F32)
    for field in ("name", "kind", "activation"):
        items = [getattr(op, field) for op in network.operations]
        numbers(f"op.{field}", items, _STRING)
    for field in _NUMBER_FIELDS:
        numbers(
            f"op.{field}", [getattr(op, field) for op in network.operations]
        )


def _add_tensors(writer: gguf.GGUFWriter, op: Operation) -> None:
    if op.weight is not None:
        values = np.ascontiguousarray(op.weight.values)
        writer.add_tensor(
            f"{op.name}.weight",
            values,
            raw_shape=values.shape,
            raw_dtype=_TENSOR_TYPES[op.weight.type],
        )
        if op.weight.scale is not None:
            scale = np.ascontiguousarray(op.weight.scale, dtype=np.float32)
            writer.add_tensor(f"{op.name}.scale", scale)
    if op.bias is not None:
        bias = np.ascontiguousarray(op.bias, dtype=np.float32)
        writer.add_tensor(f"{op.name}.bias", bias)


def _store_crc(path: Path) -> int:
    """Puts the checksum into the finished file; gives the file's size."""
    data = bytearray(path.read_bytes())
    offset = _check_head(data)
    struct.pack_into("<I", data, offset, zlib.crc32(data))
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data[offset : offset + 4])
        file.flush()
        os.fsync(file.fileno())
    return len(data)


def read_model(path: str | os.PathLike[str]) -> Network:
    """Reads and checks a model file; ModelFileError says what is wrong."""
    try:
        if os.path.getsize(path) > FILE_BYTES_MAX:
            raise NetworkError("more than 1 GiB")
        data = Path(path).read_bytes()
        _check_crc(data, _check_head(data))
        reader = gguf.GGUFReader(path)
        network = _network_of(reader)
        network.check()
    except OSError as error:
        raise ModelFileError(f"{path}: {error.strerror or error}") from error
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        # The gguf package raises these four for a damaged file.
        reason = str(error).strip().split("\n")[0]
        raise ModelFileError(f"{path}: {reason}") from error
    return network


class _Head:
    """Walks the head of a GGUF file so that no length leaves the file.

    The gguf package trusts lengths and counts: a wrong one makes it loop for
    hours. So the head is walked here first, with limits, before it reads.
    """

    def __init__(self, data: bytes | bytearray) -> None:
        self.data = data
        self.offset = 0
        self.items = 0

    def number(self, form: str) -> int:
        size = struct.calcsize(form)
        self.skip(size)
        value: int = struct.unpack_from(form, self.data, self.offset - size)[0]
        return value

    def skip(self, size: int) -> None:
        if size > len(self.data) - self.offset:
            raise NetworkError(
                f"ends at byte {len(self.data)}, inside its head"
            )
        self.offset += size

    def text(self) -> bytes:
        size = self.number("<Q")
        if size > TEXT_BYTES_MAX:
            raise NetworkError(f"text of {size} bytes at byte {self.offset}")
        self.skip(size)
        return bytes(self.data[self.offset - size : self.offset])

    def value(self, kind: int) -> None:
        if kind == _STRING:
            self.text()
        elif kind in _SCALAR_BYTES:
            self.skip(_SCALAR_BYTES[kind])
        else:
            raise NetworkError(f"value of type {kind} at byte {self.offset}")

    def array(self) -> None:
        kind = self.number("<I")
        count = self.count("<Q", ITEMS_MAX - self.items, "items")
        self.items += count
        for _ in range(count):
            self.value(kind)

    def count(self, form: str, limit: int, what: str) -> int:
        count = self.number(form)
        if count > limit:
            raise NetworkError(f"{count} {what}, {limit} at most expected")
        return count


def _check_head(data: bytes | bytearray) -> int:
    """Bounds of the head; gives the offset of the checksum's four bytes."""
    head = _Head(data)
    if data[:4] != b"GGUF":
        raise NetworkError("not a GGUF file")
    head.skip(4)
    version = head.number("<I")
    if version != 3:
        raise NetworkError(f"GGUF version 3 expected, not {version}")
    tensors = head.count("<Q", TENSORS_MAX, "tensors")
    crc_offset = -1
    for _ in range(head.count("<Q", KEYS_MAX, "keys")):
        key = head.text()
        kind = head.number("<I")
        if key == CRC_KEY.encode() and kind == _U32:
            crc_offset = head.offset
        if kind == _ARRAY:
            head.array()
        else:
            head.value(kind)
    for _ in range(tensors):
        head.text()
        head.skip(8 * head.count("<I", DIMENSIONS_MAX, "dimensions") + 12)
    if crc_offset < 0:
        raise NetworkError(f"{CRC_KEY}: missing")
    return crc_offset


def _check_crc(data: bytes, offset: int) -> None:
    (stored,) = struct.unpack_from("<I", data, offset)
    crc = zlib.crc32(data[:offset])
    crc = zlib.crc32(bytes(4), crc)
    crc = zlib.crc32(memoryview(data)[offset + 4 :], crc)
    if crc != stored:
        raise NetworkError(
            f"{CRC_KEY}: {stored:08x} in the file, {crc:08x} computed; "
            "the file is damaged"
        )


class _Keys:
    """Typed look-up of the file's keys."""

    def __init__(self, reader: gguf.GGUFReader) -> None:
        self.reader = reader

    def get(self, key: str, types: list[Any], optional: bool = False) -> Any:
        field = self.reader.get_field(key)
        if field is None and optional:
            return None
        if field is None:
            raise NetworkError(f"{key}: missing")
        if field.types != types:
            raise NetworkError(f"{key}: wrong type")
        return field.contents()

    def has(self, key: str) -> bool:
        return self.reader.get_field(f"{ARCHITECTURE}.{key}") is not None

    def text(self, key: str, optional: bool = False) -> Any:
        return self.get(key, [_STRING], optional)

    def items(
        self, key: str, kind: Any = _U32, count: int | None = None
    ) -> tuple[Any, ...]:
        found = tuple(self.get(f"{ARCHITECTURE}.{key}", [_ARRAY, kind]))
        if count is not None and len(found) != count:
            raise NetworkError(f"{key}: {count} items expected, {len(found)}")
        return found

    def group(self, key: str) -> MapGroup:
        return MapGroup(*self.items(key, count=3))


def _network_of(reader: gguf.GGUFReader) -> Network:
    keys = _Keys(reader)
    _check_constants(keys)
    tensors = _tensors_of(reader)
    operations = _operations_of(keys, tensors)
    if tensors:
        raise NetworkError(f"{next(iter(tensors))}: no operation uses it")
    has_hats = keys.has("map.hats")
    return Network(
        name=keys.text("general.name"),
        license=keys.text("general.license", optional=True),
        description=keys.text("general.description", optional=True),
        source_url=keys.text("general.source.url", optional=True),
        channels=keys.text(f"{ARCHITECTURE}.input.channels"),
        mean=keys.items("input.mean", _F32, 3),
        scale=keys.items("input.scale", _F32, 3),
        values=keys.items("value.channels"),
        operations=operations,
        heatmaps=keys.group("map.heatmaps"),
        pafs=keys.group("map.pafs"),
        hats=keys.group("map.hats") if has_hats else None,
        limb_paf=keys.items("limb.paf", count=len(LIMB_FROM)),
        ranges=_ranges_of(keys),
    )


def _ranges_of(keys: _Keys) -> Ranges | None:
    if not keys.has("range.low") and not keys.has("range.high"):
        return None
    low, high = (
        np.array(keys.items(f"range.{key}", _F32), dtype=np.float32)
        for key in ("low", "high")
    )
    return Ranges(low, high)


def _check_constants(keys: _Keys) -> None:
    """Keys that have one legal content only."""
    expected: tuple[tuple[str, list[Any], Any], ...] = (
        ("general.architecture", [_STRING], ARCHITECTURE),
        ("hatpose.format_version", [_U32], FORMAT_VERSION),
        (f"{ARCHITECTURE}.stride", [_U32], STRIDE),
        (f"{ARCHITECTURE}.keypoint.names", [_ARRAY, _STRING], KEYPOINT_NAMES),
        (f"{ARCHITECTURE}.limb.from", [_ARRAY, _U32], LIMB_FROM),
        (f"{ARCHITECTURE}.limb.to", [_ARRAY, _U32], LIMB_TO),
    )
    for key, types, content in expected:
        found = keys.get(key, types)
        if (tuple(found) if isinstance(found, list) else found) != content:
            raise NetworkError(f"{key}: {content!r} expected")


def _tensors_of(reader: gguf.GGUFReader) -> dict[str, tuple[WeightType, Array]]:
    kinds = {number: name for name, number in _TENSOR_TYPES.items()}
    end = 0
    tensors: dict[str, tuple[WeightType, Array]] = {}
    for tensor in sorted(reader.tensors, key=lambda one: one.data_offset):
        kind = kinds.get(tensor.tensor_type)
        if kind is None:
            raise NetworkError(f"{tensor.name}: type {tensor.tensor_type.name}")
        if tensor.data_offset < end or tensor.data_offset % reader.alignment:
            raise NetworkError(f"{tensor.name}: overlaps or is not aligned")
        end = tensor.data_offset + tensor.n_bytes
        values = np.array(tensor.data)
        if kind == "bf16":
            values = values.view(np.uint16)
        tensors[tensor.name] = (kind, values)
    return tensors


def _operations_of(
    keys: _Keys, tensors: dict[str, tuple[WeightType, Array]]
) -> tuple[Operation, ...]:
    names = keys.items("op.name", _STRING)
    count = len(names)
    kinds = keys.items("op.kind", _STRING, count)
    activations = keys.items("op.activation", _STRING, count)
    numbers = {
        field: keys.items(f"op.{field}", count=count)
        for field in _NUMBER_FIELDS
    }
    operations = []
    for index, name in enumerate(names):
        operations.append(
            Operation(
                name=name,
                kind=kinds[index],
                activation=activations[index],
                **{field: numbers[field][index] for field in _NUMBER_FIELDS},
                **_weights_of(name, tensors),
            )
        )
    return tuple(operations)


def _weights_of(
    name: str, tensors: dict[str, tuple[WeightType, Array]]
) -> dict[str, Any]:
    """Takes the tensors of one operation out of `tensors`."""
    vectors: dict[str, Array | None] = {}
    for part in ("scale", "bias"):
        kind, values = tensors.pop(f"{name}.{part}", ("f32", None))
        if kind != "f32":
            raise NetworkError(f"{name}.{part}: f32 expected, not {kind}")
        vectors[part] = values
    found = tensors.pop(f"{name}.weight", None)
    weight = None
    if found is not None:
        weight = Weight(found[1], found[0], vectors["scale"])
    elif vectors["scale"] is not None:
        raise NetworkError(f"{name}.scale: there is no weight with it")
    return {"weight": weight, "bias": vectors["bias"]}
