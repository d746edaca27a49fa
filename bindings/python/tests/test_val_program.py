"""The original's validation in numpy, to the bit."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from golden_vectors import Vectors, own_vectors, shared_vectors

import hatpose
from hatpose.evaluate import cubic, val_program
from hatpose.evaluate.grouping import find_peaks, group
from hatpose.formats import COCO_FROM_OURS

THRESHOLD = 0.2


@pytest.fixture(params=["own", "shared"])
def vectors(request: pytest.FixtureRequest) -> Vectors:
    return own_vectors() if request.param == "own" else shared_vectors()


def crc(planes: list[np.ndarray]) -> str:
    """Of channels side by side, as the original holds them."""
    return f"{zlib.crc32(np.stack(planes, axis=2).tobytes()):08x}"


def test_cubic(vectors: Vectors) -> None:
    for case in vectors.cases("b_resize_cubic"):
        source = vectors.array(case["src"])
        expected = vectors.array(case["dst"])
        height, width, channels = source.shape
        out_height, out_width = expected.shape[:2]
        down = across = 1 / case.get("factor", 1)
        if "factor" not in case:
            down, across = 1 / (out_height / height), 1 / (out_width / width)
        rows = cubic.axis(height, out_height, down)
        columns = cubic.axis(width, out_width, across)
        for channel in range(channels):
            plane = source[:, :, channel]
            tail = cubic.in_tail(channel, channels, out_width)
            ours = cubic.resize_plane(plane, rows, columns, tail)
            assert np.array_equal(ours, expected[:, :, channel]), case["name"]
            y, x = np.mgrid[:out_height, :out_width]
            points = cubic.sample_plane(
                plane, rows, columns, tail, x.ravel(), y.ravel()
            )
            assert np.array_equal(points, ours.ravel()), case["name"]


def test_peaks(vectors: Vectors) -> None:
    for case in vectors.cases("c_peaks"):
        peaks = find_peaks(vectors.array(case["map"]))
        places = np.stack([peaks.x, peaks.y], axis=1).tolist()
        assert places == case["xy"], case["name"]
        assert peaks.score.tolist() == case["score"], case["name"]


def test_people(vectors: Vectors) -> None:
    for case in vectors.cases("d_decode"):
        enlarged = []
        for key in ("heatmaps", "pafs"):
            planes = vectors.maps(case[key])
            height, width = planes.shape[1:]
            rows = cubic.axis(height, 4 * height, 0.25)
            columns = cubic.axis(width, 4 * width, 0.25)
            enlarged.append(
                [
                    cubic.resize_plane(one, rows, columns, False)
                    for one in planes
                ]
            )
            assert crc(enlarged[-1]) == case["upsampled_hwc_crc32_f32"][key]
        heatmaps, pafs = enlarged
        peaks = [find_peaks(heatmap) for heatmap in heatmaps[:18]]
        people = group(
            peaks, lambda paf, x, y, pafs=pafs: pafs[paf][y, x], THRESHOLD
        )
        found = [(one.ids, one.total, one.count) for one in people]
        expected = [
            (one["ids"], one["score"], one["count"]) for one in case["people"]
        ]
        assert found == expected, case["name"]


def test_reduced_photos() -> None:
    vectors = shared_vectors()
    for case in vectors.cases("p_preprocess"):
        if case["program"] != "val":
            continue
        photo = vectors.array(case["image"])
        reduced = val_program.reduce_photo(photo, case["net_height"])
        height, width = reduced.shape[:2]
        pad = val_program.padding_of(height, width, case["net_height"])
        sides = (pad.top, pad.bottom), (pad.left, pad.right), (0, 0)
        tensor = np.pad(reduced, sides).astype(np.float32).transpose(2, 0, 1)
        assert np.array_equal(tensor, vectors.array(case["tensor"]))


def test_rounding_to_8_bits_keeps_whole_pixels() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    reduced = val_program.reduce_photo(pixels, 16)
    assert np.array_equal(val_program.to_8_bits(reduced), pixels)


def test_padding_is_the_libraries(toy_model: hatpose.Model) -> None:
    """A picture as high as the network gets the same padding there."""
    for width in (5, 63, 64, 65, 100, 111):
        picture = np.zeros((64, width, 3), np.uint8)
        picture[:, :, 0] = 255
        det = toy_model.detector(size=64, mode="compat")
        # Joint 1 of the toy network is how red a cell is.
        seen = det.maps(picture, order="rgb").heatmaps[1]
        pad = val_program.padding_of(64, width, 64)
        mask = np.zeros((64, pad.left + width + pad.right))
        mask[:, pad.left : pad.left + width] = 1
        cells = mask.reshape(8, 8, -1, 8).mean(axis=(1, 3))
        assert seen == pytest.approx(cells, abs=1e-5)


@pytest.mark.parametrize("name", ["land", "port", "wide"])
def test_people_of_stored_maps(name: str) -> None:
    vectors = shared_vectors()
    case = vectors.case("e_end_to_end", f"{name}_val")
    photo = vectors.array(case["image"])
    reduced = val_program.reduce_photo(photo, case["net_height"])
    pad = val_program.padding_of(*reduced.shape[:2], case["net_height"])
    planes = [vectors.maps(case[key]) for key in ("heatmaps", "pafs")]
    stored = hatpose.Maps(*planes, planes[0][:0])
    maps = val_program.PhotoMaps(stored, pad, *photo.shape[:2])
    sums = case["full_size_crc32_f32"]
    assert crc([maps.heatmap(one) for one in range(19)]) == sums["heatmaps"]
    assert crc([maps.paf(one) for one in range(38)]) == sums["pafs"]
    people = val_program.decode(maps, THRESHOLD)
    assert len(people) == len(case["coco"])
    for person, expected in zip(people, case["coco"], strict=True):
        assert person.score == expected["score"]
        numbers: list[float] = []
        for index in COCO_FROM_OURS:
            point = person.points[index]
            numbers += (
                (0, 0, 0)
                if point is None
                else (point[0] + 0.5, point[1] + 0.5, 1)
            )
        assert numbers == expected["keypoints"]
