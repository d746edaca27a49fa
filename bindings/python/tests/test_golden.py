"""The original's vectors from photo to people, through the library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from golden_vectors import Vectors, own_vectors, shared_vectors

import hatpose

# Two f32 networks of 60 layers and the vectors' rounding to f16.
MAP_TOLERANCE = 2e-3

NAMES = ("land", "port", "wide")


@pytest.fixture(scope="session")
def vectors() -> Vectors:
    return shared_vectors()


def stored_maps(vectors: Vectors, case: dict) -> hatpose.Maps:
    heatmaps = vectors.maps(case["heatmaps"])
    return hatpose.Maps(
        heatmaps,
        vectors.maps(case["pafs"]),
        np.zeros((0, *heatmaps.shape[1:]), np.float32),
    )


@pytest.mark.parametrize("name", NAMES)
def test_people_of_stored_maps_are_the_originals(
    vectors: Vectors, toy_model: hatpose.Model, name: str
) -> None:
    case = vectors.case("e_end_to_end", f"{name}_demo")
    height, width = case["image"]["shape"][:2]
    maps = stored_maps(vectors, case)
    for mode, key in (
        ("compat", "keypoints_int"),
        ("compat_exact", "keypoints_before_truncation"),
    ):
        det = toy_model.detector(size=case["net_height"], mode=mode)
        result = det.detect_maps(maps, width, height)
        assert len(result) == len(case["poses"])
        for person, pose in zip(result, case["poses"], strict=True):
            points = np.array(pose[key], np.float64)
            # In whole pixels -1 means missing, whatever it was before.
            missing = np.array(pose["keypoint_scores"]) == 0
            if mode == "compat":
                missing |= (points == -1).any(axis=1)
            points[missing] = np.nan
            found = person.keypoints[:, :2].astype(np.float64)
            assert found == pytest.approx(points, rel=1e-6, nan_ok=True)
            if mode == "compat":
                assert np.array_equal(found, points, equal_nan=True)
            scores = np.array(pose["keypoint_scores"], np.float32)
            scores[missing] = np.nan
            assert np.array_equal(
                person.keypoints[:, 2], scores, equal_nan=True
            )
            assert person.score == pose["confidence"]
            assert person.keypoint_count == pose["count"]


@pytest.mark.parametrize("name", NAMES)
def test_the_networks_maps_are_the_originals(
    vectors: Vectors, real_model: hatpose.Model, name: str
) -> None:
    case = vectors.case("e_end_to_end", f"{name}_demo")
    photo = vectors.array(case["image"])
    det = real_model.detector(size=case["net_height"], mode="compat")
    maps = det.maps(photo, order="bgr")
    for ours, key in ((maps.heatmaps, "heatmaps"), (maps.pafs, "pafs")):
        theirs = vectors.maps(case[key])
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() < MAP_TOLERANCE


@pytest.mark.parametrize("name", NAMES)
def test_photo_to_people(
    vectors: Vectors, real_model: hatpose.Model, name: str
) -> None:
    """The whole way: the same people but for peaks on a knife's edge."""
    case = vectors.case("e_end_to_end", f"{name}_demo")
    photo = vectors.array(case["image"])
    det = real_model.detector(size=case["net_height"], mode="compat_exact")
    people = det(photo, order="bgr").keypoints[:, :, :2]
    sure = [pose for pose in case["poses"] if pose["count"] >= 8]
    assert sure
    for pose in sure:
        points = np.array(pose["keypoints_before_truncation"])
        points[np.array(pose["keypoint_scores"]) == 0] = np.nan
        distances = np.linalg.norm(people - points, axis=2)
        # Of people that share most joints with the pose.
        shared = (~np.isnan(distances)).sum(axis=1) >= 0.75 * pose["count"]
        best = min(np.nanmedian(one) for one in distances[shared])
        # One pixel of the enlarged maps is two of the network's input.
        assert best <= 2 / case["scale"]


@pytest.mark.parametrize(
    "case", own_vectors().cases("d_decode"), ids=lambda case: case["name"]
)
def test_people_of_drawn_maps(toy_model: hatpose.Model, case: dict) -> None:
    """Ids and counts by way of the result's peaks."""
    vectors = own_vectors()
    maps = stored_maps(vectors, case)
    height, width = (8 * side for side in maps.heatmaps.shape[1:])
    det = toy_model.detector(size=height, mode="compat_exact")
    if width < height:
        pytest.skip("a picture of this shape is padded: no size gives it")
    result = det.detect_maps(maps, width, height)
    people = case["people"]
    assert [list(person.peaks) for person in result] == [
        person["ids"] for person in people
    ]
    assert [person.keypoint_count for person in result] == [
        person["count"] for person in people
    ]
    scores = [person.score for person in result]
    assert scores == [person["score"] for person in people]
    for score in scores:
        assert math.isfinite(score)
