"""Pictures that are broken, hostile or unusual: one clear line, or an
answer; never a crash, and nothing half-written."""

import json
import os
import struct
import zlib

import pytest

import painted
from conftest import leftovers
from painted import png_chunk

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_header(width, height, depth=8, kind=2):
    return SIGNATURE + png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    )


def png_16_bit():
    row = b"\0" + struct.pack(">H", 40000) * 3 * 32
    return (
        png_header(32, 24, depth=16)
        + png_chunk(b"IDAT", zlib.compress(row * 24))
        + png_chunk(b"IEND", b"")
    )


def png_animated():
    whole = painted.png()
    control = png_chunk(b"acTL", struct.pack(">II", 2, 0))
    return whole[:33] + control + whole[33:]


def png_huge():
    return (
        png_header(30000, 30000)
        + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        + png_chunk(b"IEND", b"")
    )


def bmp_1x1():
    pixel = b"\1\2\3\0"
    return (
        b"BM" + struct.pack("<IHHI", 54 + 4, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
        + pixel
    )  # fmt: skip


def jpeg_huge(jpeg):
    """The size in the frame header turned into 30000 x 30000."""
    at = next(
        i for i in range(len(jpeg) - 9)
        if jpeg[i] == 0xFF and jpeg[i + 1] in (0xC0, 0xC1, 0xC2)
    )  # fmt: skip
    return jpeg[: at + 5] + struct.pack(">HH", 30000, 30000) + jpeg[at + 9 :]


REFUSED = {
    "empty.jpg": b"",
    "text.jpg": b"This is no picture, whatever its name says.\n",
    "one-byte.png": b"\x89",
    "no-size.png": png_header(0, 0),
    "flat.png": png_header(100, 0),
    "huge.png": png_huge(),
    "cut.png": painted.png()[:1000],
    "head-only.png": SIGNATURE,
    "zero.ppm": b"P6 0 0 255\n",
    "huge.ppm": b"P6 30000 30000 255\n",
    "negative.ppm": b"P6 -3 4 255\n",
    "cut.ppm": painted.ppm()[:5000],
    "webp.jpg": b"RIFF\x24\0\0\0WEBPVP8 ",
    "gif.gif": b"GIF89a\0\0\0\0\0\0\0",
    "page.jpg": b"<!DOCTYPE html><html></html>",
    "zeros.png": bytes(100000),
}

ANSWERED = {
    "one-pixel.ppm": b"P6 1 1 255\nabc",
    "one-pixel.bmp": bmp_1x1(),
    "column.ppm": b"P6 1 300 255\n" + bytes(900),
    "row.ppm": b"P6 300 1 255\n" + bytes(900),
    "16-bit.png": png_16_bit(),
    "animated.png": png_animated(),
    "gray.pgm": b"P5 64 48 255\n" + bytes(64 * 48),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(hatpose, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(REFUSED[name])
    answer = hatpose.detect(
        "--json", path, "--draw", tmp_path / "out", "--sheet",
        tmp_path / "sheet.jpg", "-t1",
    )  # fmt: skip
    assert answer.status == 1
    assert answer.err.startswith(f"{path}: ")
    assert answer.err.count("\n") == 1
    error = json.loads(answer.out)["error"]
    assert error["code"] in ("image_format", "image_corrupt", "limit")
    assert not (tmp_path / "out").exists()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("name", ANSWERED)
def test_answered(hatpose, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(ANSWERED[name])
    answer = hatpose.detect(
        "--json", path, "-t1", "--draw", tmp_path / "out.png"
    )
    assert answer.status == 0, answer.err
    assert json.loads(answer.out)["file"] == str(path)
    size = painted.png_size((tmp_path / "out.png").read_bytes())
    whole = json.loads(answer.out)
    assert size == (whole["width"], whole["height"])


@pytest.mark.parametrize("kept", [3, 100, 300, 0.5, 0.98])
def test_cut_jpeg(hatpose, jpeg, tmp_path, kept):
    path = tmp_path / "cut.jpg"
    path.write_bytes(jpeg[: kept if kept > 1 else int(len(jpeg) * kept)])
    answer = hatpose.detect(path)
    assert answer.status == 1
    assert answer.out == b""
    assert answer.err.startswith(f"{path}: ")
    assert answer.err.count("\n") == 1


def test_huge_jpeg_header(hatpose, jpeg, tmp_path):
    path = tmp_path / "huge.jpg"
    path.write_bytes(jpeg_huge(jpeg))
    answer = hatpose.detect("--json", path)
    assert answer.status == 1
    assert json.loads(answer.out)["error"]["code"] == "limit"


def test_flipped_bytes(hatpose, jpeg, tmp_path):
    """Any answer but a crash; a failure is one line."""
    for i in range(0, len(jpeg), max(1, len(jpeg) // 60)):
        bad = bytearray(jpeg)
        bad[i] ^= 0x55
        (tmp_path / f"{i}.jpg").write_bytes(bad)
    answer = hatpose.detect("--json", "-q", "-t1", tmp_path)
    count = len(os.listdir(tmp_path))
    assert len(answer.lines) == count
    failed = sum("error" in json.loads(x) for x in answer.lines)
    assert answer.err.count("\n") == failed
    assert answer.status == (1 if failed else 0)


def test_cmyk_jpeg(hatpose, tmp_path):
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "cmyk.jpg"
    image.new("CMYK", (64, 48), (10, 200, 30, 40)).save(path)
    answer = hatpose.detect("--json", path)
    assert answer.err.count("\n") <= 1
    if answer.status == 0:
        assert json.loads(answer.out)["width"] == 64
    else:
        assert answer.status == 1


def test_too_many_bytes(hatpose, tmp_path):
    path = tmp_path / "large.jpg"
    with open(path, "wb") as file:
        file.truncate(65 << 20)
    answer = hatpose.detect("--json", path)
    assert answer.status == 1
    assert json.loads(answer.out)["error"]["code"] == "limit"


def test_endless_stream(hatpose):
    """A picture that never ends stops at the limit."""
    import subprocess

    with open("/dev/zero", "rb") as zeros:
        process = hatpose.start(
            "detect", "-m", hatpose.model, "-", stdin=zeros,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == b""
    assert err == b"stdin: more bytes than max_encoded_bytes\n"


def test_missing_and_folder_as_file(hatpose, tmp_path):
    answer = hatpose.detect(tmp_path / "none.jpg")
    assert answer.status == 1
    assert answer.err == f"{tmp_path / 'none.jpg'}: No such file or directory\n"
    (tmp_path / "dir.jpg").mkdir()
    answer = hatpose.detect(tmp_path)
    assert answer.status == 1
    assert "no pictures" in answer.err


def test_one_bad_file_does_not_end_the_run(hatpose, photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    answer = hatpose.detect(bad, photo)
    assert answer.status == 1
    assert len(answer.lines) == 1
