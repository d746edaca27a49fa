"""Pictures and models that cannot be read: one line that names the thing."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hatpose


def jpeg() -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "image_format"),
        (b"not a picture", "image_format"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image_format"),
        (b"\xff\xd8\xff", "image_corrupt"),
        (b"\x89PNG\r\n\x1a\n", "image_corrupt"),
        (jpeg()[:300], "image_corrupt"),
    ],
)
def test_bad_picture(
    detector: hatpose.Detector, tmp_path: Path, data: bytes, code: str
) -> None:
    with pytest.raises(hatpose.ImageError) as caught:
        detector(data)
    assert caught.value.code == code
    assert caught.value.path is None
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(hatpose.ImageError) as caught:
        detector(path)
    assert caught.value.code == code
    assert caught.value.path == str(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_opened(
    detector: hatpose.Detector, tmp_path: Path
) -> None:
    for path in (tmp_path / "none.jpg", tmp_path, "zero\0byte.jpg"):
        with pytest.raises(hatpose.ImageError) as caught:
            detector(path)
        assert caught.value.code == "io"


def test_limits_have_an_error_of_their_own(
    toy_model: hatpose.Model, tmp_path: Path
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg())
    for options in (
        {"max_encoded_bytes": 100},
        {"max_pixels": 4095},
        {"max_side_px": 63},
    ):
        det = toy_model.detector(**options)
        (name,) = options
        for source in (path, jpeg(), io.BytesIO(jpeg())):
            with pytest.raises(hatpose.LimitError, match=name) as caught:
                det(source)
            assert caught.value.code == "limit"


def test_an_endless_file_stops_at_the_limit(
    toy_model: hatpose.Model,
) -> None:
    det = toy_model.detector(max_encoded_bytes=1000)
    with pytest.raises(hatpose.LimitError):
        det("/dev/zero")


def test_a_huge_header_takes_no_memory(detector: hatpose.Detector) -> None:
    header = b"P6\n30000 30000\n255\n"
    with pytest.raises(hatpose.LimitError, match="max_pixels"):
        detector(header)


def test_stream_carries_on_after_a_bad_picture(
    detector: hatpose.Detector, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    good.write_bytes(jpeg())
    bad.write_bytes(b"text")
    results = list(detector.stream([good, bad, tmp_path / "no.jpg", good]))
    codes = [one.error and one.error.code for one in results]
    assert codes == [None, "image_format", "io", None]
    assert results[1].path == str(bad)
    assert len(results[1]) == 0
    assert results[1].to_dict() == {
        "file": str(bad),
        "error": {
            "code": "image_format",
            "message": results[1].error.message,
        },
    }
    with pytest.raises(hatpose.ImageError):
        results[1].to_json("coco", image_id=1)
    with pytest.raises(hatpose.ArgumentError):
        results[1].plot()
    assert results[1].error.message in repr(results[1])
    assert results[1]._repr_png_() is None
    assert results[1].error.message in results[1]._repr_html_()


def test_a_bug_of_the_caller_ends_a_stream(
    detector: hatpose.Detector,
) -> None:
    with pytest.raises(hatpose.ArgumentError):
        list(detector.stream([np.zeros((8, 8, 3), np.uint8)]))


def test_bad_models(toy_file: Path, tmp_path: Path) -> None:
    data = toy_file.read_bytes()
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    path = tmp_path / "bad.gguf"
    for bad, codes in (
        (b"", {"model_format"}),
        (b"GGUF", {"model_format", "model_corrupt"}),
        (b"text" * 99, {"model_format"}),
        (data[:-1], {"model_corrupt"}),
        (bytes(flipped), {"model_corrupt"}),
    ):
        with pytest.raises(hatpose.ModelError) as caught:
            hatpose.load(bad)
        assert caught.value.code in codes
        path.write_bytes(bad)
        with pytest.raises(hatpose.ModelError) as caught:
            hatpose.load(path)
        assert caught.value.code in codes
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    for name in (tmp_path / "none.gguf", tmp_path, "zero\0byte"):
        with pytest.raises(hatpose.ModelError) as caught:
            hatpose.load(name)
        assert caught.value.code == "io"


def test_a_models_path_is_named_once(tmp_path: Path) -> None:
    for path in (
        tmp_path / "none.gguf",
        tmp_path / ("long" * 40) / "none.gguf",
    ):
        with pytest.raises(hatpose.ModelError) as caught:
            hatpose.load(path)
        assert str(caught.value) == f"{path}: {caught.value.message}"
        assert "none.gguf" not in caught.value.message
        assert caught.value.message.startswith("cannot be opened")
    with pytest.raises(hatpose.ArgumentError):
        hatpose.load(5)


def test_model_from_memory(toy_file: Path) -> None:
    data = toy_file.read_bytes()
    doubled = bytes(byte for one in data for byte in (one, 0))
    apart = memoryview(doubled)[::2]
    for source in (data, bytearray(data), memoryview(data), apart):
        assert hatpose.load(source).info().name == "toy"


def test_exceptions_survive_pickling() -> None:
    error = hatpose.ImageError("JPEG ends", "image_corrupt", "a.jpg", 12)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is hatpose.ImageError
    assert str(again) == "a.jpg: JPEG ends"
    assert (again.code, again.path, again.offset) == (
        "image_corrupt",
        "a.jpg",
        12,
    )


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    code = "import hatpose; hatpose.load()"
    missing = tmp_path / "libhatpose.so.1"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HATPOSE_LIBRARY": str(missing)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("hatpose.errors.LibraryError:")
    assert str(missing) in last
