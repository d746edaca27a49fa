"""Hats of any detector as arguments: what comes out for people and boxes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import toy

import hatpose
from hatpose import Hat, Reason

# A head 40 px wide from the front, and shoulders.
HEAD = {
    "nose": (0, 8), "neck": (0, 52), "right_eye": (-8, 0), "left_eye": (8, 0),
    "right_ear": (-20, 4), "left_ear": (20, 4), "right_shoulder": (-40, 56),
    "left_shoulder": (40, 56),
}  # fmt: skip
NAMES = list(hatpose.KEYPOINT_NAMES)
ON_SECOND = (375, 55, 50, 44)


@pytest.fixture
def people() -> np.ndarray:
    keypoints = np.full((2, 18, 3), np.nan, np.float32)
    for person, middle in zip(keypoints, (200, 400), strict=True):
        for name, (x, y) in HEAD.items():
            person[NAMES.index(name)] = (middle + x, 100 + y, 0.9)
    return keypoints


def test_hat_finds_its_person(
    detector: hatpose.Detector, people: np.ndarray
) -> None:
    hats = [(10, 300, 50, 44), (*ON_SECOND, 0.75)]
    result = detector.match(people, 640, 480, hats=hats)
    bare, worn = result
    assert (worn.hat, worn.reason) == (Hat.WORN, Reason.HAT_ON_HEAD)
    assert worn.hat_index == 1 and 0.5 < worn.hat_score <= 1
    assert (bare.hat, bare.reason) == (Hat.NOT_WORN, Reason.HEAD_BARE)
    assert bare.hat_index is None
    assert [hat.person for hat in result.hats] == [None, 1]
    assert [hat.score for hat in result.hats] == [1.0, 0.75]
    assert tuple(result.hats[1].box) == ON_SECOND
    assert not result.hats[1].from_model
    native = json.loads(result.to_json())
    assert native["people"][1]["hat"]["state"] == "worn"
    assert native["hats"][1]["person"] == 1
    assert native["hats"][1]["source"] == "caller"


def test_no_detector_is_not_no_hat(
    detector: hatpose.Detector, people: np.ndarray
) -> None:
    for one in detector.match(people, 640, 480):
        assert (one.hat, one.reason) == (Hat.UNKNOWN, Reason.NO_EVIDENCE)
    for one in detector.match(people, 640, 480, hats=[]):
        assert (one.hat, one.reason) == (Hat.NOT_WORN, Reason.HEAD_BARE)


def test_rules_differ(toy_model: hatpose.Model, people: np.ndarray) -> None:
    people[1, :, 0] -= 170  # a neighbour 30 px aside
    hats = [(205, 55, 50, 44)]
    geometric = toy_model.detector().match(people, 640, 480, hats=hats)
    assert [one.hat for one in geometric] == [Hat.NOT_WORN, Hat.WORN]
    compat = toy_model.detector(hat_rule="compat")
    both = compat.match(people, 640, 480, hats=hats)
    assert [one.hat for one in both] == [Hat.WORN, Hat.WORN]
    # Box of the joints of the second one: 80 x 56 px.
    assert both[1].area_rate == 80 * 56 / (640 * 480)
    people[0] = np.nan
    with pytest.raises(hatpose.ArgumentError, match="person 0"):
        compat.match(people, 640, 480, hats=hats)


def test_hats_of_a_picture(detector: hatpose.Detector) -> None:
    rgb = toy.picture((40, 36))
    result = detector(rgb, order="rgb", hats=[(1, 2, 3, 4)])
    assert len(result.hats) == 1 and result.times.match_us > 0
    # Neck, shoulder and elbow alone say nothing of a head.
    assert result[0].reason is Reason.HEAD_HIDDEN
    with pytest.raises(hatpose.ArgumentError):
        detector(rgb, order="rgb", hats=[(1, 2, 3)])
    with pytest.raises(hatpose.ArgumentError, match="hat 0"):
        detector(rgb, order="rgb", hats=[(1, 2, float("nan"), 4)])


@pytest.mark.parametrize(
    "hats", [["abcd"], [1, 2, 3, 4], 5, [(1, 2, 3, None)], [(1, 2, 3, 10**400)]]
)
def test_hats_are_boxes(detector: hatpose.Detector, hats: object) -> None:
    with pytest.raises(hatpose.ArgumentError, match="hat"):
        detector.match([], 640, 480, hats=hats)


def test_a_picture_of_people_has_a_size(
    detector: hatpose.Detector, people: np.ndarray
) -> None:
    for width, height, name in (
        (640 + 2**32, 480, "width"),
        (-1, 480, "width"),
        (640, 480.5, "height"),
        (640, None, "height"),
    ):
        with pytest.raises(hatpose.ArgumentError, match=name):
            detector.match(people, width, height)
    assert detector.match(people, np.int64(640), 480).width == 640


def test_people_have_a_shape(detector: hatpose.Detector) -> None:
    assert len(detector.match([], 640, 480, hats=[(1, 2, 3, 4)])) == 0
    with pytest.raises(hatpose.ArgumentError, match="18, 3"):
        detector.match(np.zeros((2, 17, 3)), 640, 480)
    for keypoints in ("abc", [[1, 2], [3]], None):
        with pytest.raises(hatpose.ArgumentError, match="keypoints"):
            detector.match(keypoints, 640, 480)
