"""What a detector takes for a picture, and what it answers."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pytest
import toy
from PIL import Image

import hatpose
from hatpose.picture import Pixels, open_picture

NECK = (22.0, 36.0)
# Half a cell: coordinates come from cells of 8 px.
TOLERANCE_PX = 1.0


@pytest.fixture
def rgb() -> np.ndarray:
    return toy.picture(NECK)


@pytest.fixture
def png(rgb: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()


def same(one: hatpose.Result, other: hatpose.Result) -> bool:
    return one.library_json(0) == other.library_json(0)


def test_joints_are_where_they_were_drawn(
    detector: hatpose.Detector, rgb: np.ndarray
) -> None:
    result = detector(rgb, order="rgb")
    assert len(result) == 1
    places = [result[0][name] for name in toy.JOINTS]
    found = np.array([(point.x, point.y) for point in places])
    assert np.abs(found - toy.joints_of(NECK)).max() < TOLERANCE_PX
    assert result[0]["nose"] is None
    assert (result.width, result.height) == (toy.WIDTH, toy.HEIGHT)


def test_two_people(detector: hatpose.Detector) -> None:
    result = detector(toy.picture((22, 20), (26, 52)), order="rgb")
    necks = sorted(person["neck"].y for person in result)
    assert necks == pytest.approx([20, 52], abs=TOLERANCE_PX)


def test_nobody(detector: hatpose.Detector) -> None:
    result = detector(np.zeros((72, 128, 3), np.uint8), order="rgb")
    assert len(result) == 0
    assert result.keypoints.shape == (0, 18, 3)
    assert result.xyxy.shape == (0, 4)
    assert result


def test_every_kind_of_source_gives_the_same(
    detector: hatpose.Detector, rgb: np.ndarray, png: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "büro.png"
    path.write_bytes(png)
    expected = detector(rgb, order="rgb")
    assert len(expected) == 1
    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 9, np.uint8)])
    sources = [str(path), path, png, bytearray(png), memoryview(png)]
    sources += [io.BytesIO(png), Image.fromarray(rgb), Image.fromarray(alpha)]
    for source in sources:
        assert same(detector(source), expected)
    with open(path, "rb") as file:
        result = detector(file)
    assert result.path == str(path)
    assert same(result, expected)
    for array, order in (
        (rgb[:, :, ::-1].copy(), "bgr"),
        (alpha, "rgb"),
        (alpha, "rgba"),
        (alpha[:, :, [2, 1, 0, 3]], "bgr"),
        (alpha[:, :, [2, 1, 0, 3]], "bgra"),
    ):
        assert same(detector(array, order=order), expected)


def test_gray_is_three_equal_channels(detector: hatpose.Detector) -> None:
    gray = np.random.default_rng(1).integers(0, 256, (72, 128), np.uint8)
    expected = detector(np.dstack([gray] * 3), order="rgb")
    for source in (gray, gray[:, :, None], Image.fromarray(gray)):
        assert same(detector(source), expected)


def test_rows_at_any_distance_are_read_without_a_copy(
    detector: hatpose.Detector, rgb: np.ndarray
) -> None:
    base = np.full((2 * toy.HEIGHT, toy.WIDTH + 11, 3), 77, np.uint8)
    for view in (
        base[: toy.HEIGHT, 5 : 5 + toy.WIDTH],  # cut out of a larger one
        base[::2, : toy.WIDTH],  # every other row
    ):
        view[:] = rgb
        opened = open_picture(view, "rgb", 0)
        assert isinstance(opened, Pixels)
        assert opened.array.ctypes.data == view.ctypes.data
        assert np.shares_memory(opened.array, base)
        assert same(detector(view, order="rgb"), detector(rgb, order="rgb"))


def test_other_strides_cost_one_copy(
    detector: hatpose.Detector, rgb: np.ndarray
) -> None:
    turned = np.ascontiguousarray(rgb[::-1])[::-1]
    mirrored = np.ascontiguousarray(rgb[:, ::-1])[:, ::-1]
    planes = np.ascontiguousarray(rgb.transpose(2, 0, 1)).transpose(1, 2, 0)
    for view in (turned, mirrored, planes, rgb[:, :, ::-1][:, :, ::-1]):
        assert same(detector(view, order="rgb"), detector(rgb, order="rgb"))
    row = np.broadcast_to(rgb[36], rgb.shape)
    assert same(detector(row, order="rgb"), detector(row.copy(), order="rgb"))


def test_read_only_arrays_are_fine(
    detector: hatpose.Detector, rgb: np.ndarray
) -> None:
    rgb.flags.writeable = False
    assert len(detector(rgb, order="rgb")) == 1


@pytest.mark.parametrize(
    ("source", "order", "text"),
    [
        (np.zeros((8, 8, 3), np.uint8), None, "order="),
        (np.zeros((8, 8, 3), np.uint8), "hsv", "'hsv'"),
        (np.zeros((8, 8, 3), np.uint8), "rgba", "'rgba'"),
        (np.zeros((8, 8, 3)), "rgb", "float64"),
        (np.zeros((8, 8, 2), np.uint8), "rgb", "2 channels"),
        (np.zeros(8, np.uint8), "rgb", "(8,)"),
        (np.zeros((1, 8, 8, 3), np.uint8), "rgb", "(1, 8, 8, 3)"),
        (np.zeros((0, 8, 3), np.uint8), "rgb", ""),
        (b"x", "rgb", "order"),
        (3.5, None, "float"),
        (None, None, "NoneType"),
        (io.StringIO("x"), None, "rb"),
    ],
)
def test_wrong_source_is_named(
    detector: hatpose.Detector, source: object, order: str | None, text: str
) -> None:
    with pytest.raises(hatpose.ArgumentError) as caught:
        detector(source, order=order)
    assert text in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "fast"},
        {"precision": "f64"},
        {"hat_rule": "strict"},
        {"tread": 2},
        {"struct_size": 4},
        {"decode": 1},
        {"threads": -1},
        {"threads": 1.5},
        {"threads": 1 << 32},
        {"threads": 100000},
        {"size": 0},
        {"size": 100},
        {"size": 1 << 31},
        {"max_pixels": 1 << 64},
        {"person_threshold": math.nan},
        {"keypoint_threshold": math.inf},
        {"person_threshold": "much"},
        {"max_memory_bytes": 16},
    ],
)
def test_wrong_option_is_refused(
    toy_model: hatpose.Model, options: dict[str, object]
) -> None:
    with pytest.raises((hatpose.ArgumentError, hatpose.LimitError)) as caught:
        # Some are judged only when memory is needed.
        toy_model.detector(**options)(np.zeros((8, 8), np.uint8))
    assert "\n" not in str(caught.value)


def test_options_reach_the_library(
    toy_model: hatpose.Model, rgb: np.ndarray
) -> None:
    det = toy_model.detector(size=72, threads=1, person_threshold=50.0)
    assert len(det(rgb, order="rgb")) == 0
    det.configure(person_threshold=None)
    assert len(det(rgb, order="rgb")) == 1
    with pytest.raises(hatpose.ArgumentError):
        det.configure(size=71)
    assert len(det(rgb, order="rgb")) == 1
    two = toy.picture((22, 20), (26, 52))
    det.configure(max_people=1)
    assert len(det(two, order="rgb")) == 1


def test_modes(toy_model: hatpose.Model, rgb: np.ndarray) -> None:
    whole = toy_model.detector(size=72, mode="compat")(rgb, order="rgb")
    exact = toy_model.detector(size=72, mode="compat_exact")(rgb, order="rgb")
    points = whole.keypoints[whole.found]
    assert np.array_equal(points[:, :2], np.rint(points[:, :2]))
    assert np.array_equal(
        np.trunc(exact.keypoints[exact.found][:, :2]), points[:, :2]
    )
    assert whole.mode == "compat"


def test_maps_and_back(detector: hatpose.Detector, rgb: np.ndarray) -> None:
    maps = detector.maps(rgb, order="rgb")
    assert maps.heatmaps.shape == (19, toy.HEIGHT // 8, toy.WIDTH // 8)
    assert maps.pafs.shape == (38, toy.HEIGHT // 8, toy.WIDTH // 8)
    assert len(maps.hats) == 0
    assert np.all(maps.pafs[::2] == 1)
    again = detector.detect_maps(maps, toy.WIDTH, toy.HEIGHT)
    expected = detector(rgb, order="rgb")
    assert np.array_equal(again.keypoints, expected.keypoints, equal_nan=True)
    with pytest.raises(hatpose.ArgumentError):
        detector.detect_maps(maps, 2 * toy.WIDTH, toy.HEIGHT)


def test_cells_are_means_of_their_pixels(
    detector: hatpose.Detector,
) -> None:
    """No resize, no shift: red of a cell is what its 64 pixels have."""
    noise = np.random.default_rng(7).integers(
        0, 256, (toy.HEIGHT, toy.WIDTH, 3), np.uint8
    )
    cells = noise.reshape(9, 8, 16, 8, 3).mean(axis=(1, 3)) / 255
    expected = np.maximum(cells[:, :, 0] - cells[:, :, 1] - cells[:, :, 2], 0)
    heatmap = detector.maps(noise, order="rgb").heatmaps[1]
    # The picture is resized by a factor of one: pixels are what they were.
    assert np.abs(heatmap - expected).max() < 1e-5


def test_read_gives_the_pixels(
    detector: hatpose.Detector, rgb: np.ndarray, png: bytes
) -> None:
    assert np.array_equal(detector.read(png), rgb)
    assert np.array_equal(detector.read(png, order="bgr"), rgb[:, :, ::-1])


def test_a_turned_jpeg_is_turned(detector: hatpose.Detector) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn
    buffer = io.BytesIO()
    picture = Image.fromarray(toy.picture(NECK)).rotate(90, expand=True)
    picture.save(buffer, "JPEG", quality=95, exif=exif)
    result = detector(buffer.getvalue())
    assert (result.width, result.height) == (toy.WIDTH, toy.HEIGHT)
    neck = result[0]["neck"]
    assert (neck.x, neck.y) == pytest.approx(NECK, abs=TOLERANCE_PX)


@pytest.mark.parametrize("factor", [2, 3, 4, 8, 16])
def test_a_large_jpeg_is_what_its_pixels_are(
    detector: hatpose.Detector, rgb: np.ndarray, factor: int
) -> None:
    """It is read smaller than it is (best), which must not move anything."""
    buffer = io.BytesIO()
    large = rgb.repeat(factor, 0).repeat(factor, 1)
    Image.fromarray(large).save(buffer, "JPEG", quality=90)
    result = detector(buffer.getvalue())
    size = (toy.WIDTH * factor, toy.HEIGHT * factor)
    assert (result.width, result.height) == size
    pixels = detector(detector.read(buffer.getvalue()), order="rgb")
    assert len(result) == len(pixels) == 1
    distance = result.keypoints[0, :, :2] - pixels.keypoints[0, :, :2]
    assert np.nanmax(np.abs(distance)) < 0.1 * factor


def test_closed_detector_says_so(
    toy_model: hatpose.Model, rgb: np.ndarray
) -> None:
    with toy_model.detector(size=72) as det:
        result = det(rgb, order="rgb")
    with pytest.raises(hatpose.ArgumentError, match="closed"):
        det(rgb, order="rgb")
    det.close()
    assert len(result) == 1


def test_detector_outlives_its_model(toy_file: Path, rgb: np.ndarray) -> None:
    with hatpose.load(toy_file) as model:
        det = model.detector(size=72)
    assert len(det(rgb, order="rgb")) == 1
    with pytest.raises(hatpose.ArgumentError, match="closed"):
        model.detector()


def test_detect_in_one_line(toy_file: Path, rgb: np.ndarray) -> None:
    for _ in range(2):
        result = hatpose.detect(rgb, order="rgb", model=toy_file, size=72)
        assert len(result) == 1


def test_what_a_model_says(toy_file: Path, toy_model: hatpose.Model) -> None:
    info = toy_model.info()
    assert info.name == "toy"
    assert info.license == "CC0-1.0"
    assert info.file_bytes == toy_file.stat().st_size
    assert info.operation_count == 5
    assert not info.has_hat_maps


def test_layer_times(detector: hatpose.Detector, rgb: np.ndarray) -> None:
    assert detector.layer_times() == []
    result = detector(rgb, order="rgb")
    layers = detector.layer_times()
    names = [layer.name for layer in layers]
    assert names == ["mean.0", "mean.1", "mean.2", "heatmaps", "pafs"]
    assert layers[3].mac_count == 9 * 16 * 3 * 19
    assert detector.kernels
    assert result.times.total_us >= result.times.network_us > 0
    assert result.precision in ("f32", "bf16")


class Drops(io.RawIOBase):
    """A pipe without a buffer: a few bytes a time."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def read(self, size: int = -1) -> bytes:
        size = min(size, 100)
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


def test_a_file_object_may_give_less_than_asked(
    toy_model: hatpose.Model, detector: hatpose.Detector, png: bytes
) -> None:
    assert len(png) > 200
    assert same(detector(Drops(png)), detector(png))
    exact = toy_model.detector(size=toy.HEIGHT, max_encoded_bytes=len(png))
    assert same(exact(Drops(png)), detector(png))
    less = toy_model.detector(max_encoded_bytes=len(png) - 1)
    with pytest.raises(hatpose.LimitError):
        less(Drops(png))
    closed = io.BytesIO(png)
    closed.close()
    for file in (closed, io.StringIO("text")):
        with pytest.raises(hatpose.ArgumentError):
            detector(file)


def test_pil_images_of_more_than_8_bits(detector: hatpose.Detector) -> None:
    gray = np.arange(72 * 128, dtype=np.uint16).reshape(72, 128) * 7
    assert gray.max() > 60000
    for dtype, mode in (("<u2", "I;16"), (">u2", "I;16B")):
        data = gray.astype(dtype).tobytes()
        image = Image.frombytes(mode, (128, 72), data)
        picture = open_picture(image, None, 1)
        assert np.array_equal(picture.array, gray >> 8)
    for mode in ("I", "F"):
        with pytest.raises(hatpose.ArgumentError, match=f"mode {mode}"):
            detector(Image.new(mode, (128, 72)))


def test_a_pil_image_of_half_a_file(
    detector: hatpose.Detector, png: bytes
) -> None:
    with pytest.raises(hatpose.ImageError) as caught:
        detector(Image.open(io.BytesIO(png[: len(png) // 2])))
    assert caught.value.code == "image_corrupt"


def test_maps_have_a_shape_and_a_size(
    detector: hatpose.Detector, rgb: np.ndarray
) -> None:
    maps = detector.maps(rgb, order="rgb")
    heatmaps, pafs, hats = maps
    for bad in (
        (heatmaps[0], pafs, hats),
        (heatmaps[:, 1:], pafs, hats),
        (heatmaps, pafs),
        ("heatmaps", "pafs", "hats"),
        (heatmaps, [[1, 2], [3]], hats),
        None,
    ):
        with pytest.raises(hatpose.ArgumentError, match="maps"):
            detector.detect_maps(bad, toy.WIDTH, toy.HEIGHT)
    for width in (toy.WIDTH + 2**32, -1, "128", None, 128.0):
        with pytest.raises(hatpose.ArgumentError, match="width"):
            detector.detect_maps(maps, width, toy.HEIGHT)
        with pytest.raises(hatpose.ArgumentError, match="height"):
            detector.detect_maps(maps, toy.WIDTH, width)
    result = detector.detect_maps(tuple(maps), toy.WIDTH, toy.HEIGHT)
    assert len(result) == 1
