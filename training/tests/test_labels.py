"""Label maps against a plain program that follows the recipe's words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hatpose_train import labels

CELLS = 12
SIDE = CELLS * 8


def plain_heatmap(points: list[tuple[float, float]]) -> np.ndarray:
    """One keypoint's map, cell by cell."""
    result = np.zeros((CELLS, CELLS))
    for x, y in points:
        first_x, first_y = max(int(x - 28), 0), max(int(y - 28), 0)
        last_x, last_y = min(int(x + 28), SIDE), min(int(y + 28), SIDE)
        for j in range(first_y // 8, last_y // 8):
            for i in range(first_x // 8, last_x // 8):
                square = (8 * i + 3.5 - x) ** 2 + (8 * j + 3.5 - y) ** 2
                if square / 98 <= 4.6052:
                    value = result[j, i] + math.exp(-square / 98)
                    result[j, i] = min(value, 1)
    return result


def plain_limb(
    start: tuple[float, float], end: tuple[float, float]
) -> np.ndarray:
    """One limb's two maps, cell by cell."""
    result = np.zeros((2, CELLS, CELLS))
    xa, ya, xb, yb = (v / 8 for v in (*start, *end))
    length = math.hypot(xb - xa, yb - ya)
    ux, uy = (xb - xa) / length, (yb - ya) / length
    rows = int(max(min(ya, yb) - 1, 0)), int(min(max(ya, yb) + 1, CELLS))
    columns = int(max(min(xa, xb) - 1, 0)), int(min(max(xa, xb) + 1, CELLS))
    for y in range(*rows):
        for x in range(*columns):
            if abs((x - xa) * uy - (y - ya) * ux) <= 1:
                result[:, y, x] = ux, uy
    return result


def person(**points: tuple[float, float]) -> np.ndarray:
    """A person with the keypoints k0=..., k1=..., all visible."""
    result = np.full((1, labels.KEYPOINTS, 3), labels.ABSENT, np.float32)
    for name, (x, y) in points.items():
        result[0, int(name[1:])] = x, y, labels.VISIBLE
    return result


def point(people: np.ndarray, number: int, kind: int) -> tuple[float, float]:
    """A keypoint as the maps' program reads it, in single precision."""
    x, y = people[number, kind, :2]
    return float(x), float(y)


@pytest.mark.parametrize("seed", range(20))
def test_heatmaps_follow_the_recipe(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = np.concatenate(
        [person(k4=tuple(rng.uniform(0, SIDE, 2))) for _ in range(3)]
    )
    maps = labels.heatmaps(people, CELLS, CELLS)
    expected = plain_heatmap([point(people, n, 4) for n in range(3)])
    np.testing.assert_allclose(maps[4], expected, atol=2e-6)
    np.testing.assert_allclose(maps[18], 1 - maps[4], atol=1e-7)
    assert not maps[[*range(4), *range(5, 18)]].any()


@pytest.mark.parametrize("seed", range(20))
def test_pafs_follow_the_recipe(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    start, end = (tuple(rng.uniform(-10, SIDE + 10, 2)) for _ in range(2))
    people = person(k1=start, k8=end)
    maps = labels.pafs(people, CELLS, CELLS)
    expected = plain_limb(point(people, 0, 1), point(people, 0, 8))
    np.testing.assert_allclose(maps[:2], expected, atol=1e-6)
    assert not maps[2:].any()


def test_the_later_of_two_crossing_limbs_stays() -> None:
    across = person(k1=(10, 40), k8=(80, 40))
    down = person(k1=(40, 10), k8=(40, 80))
    maps = labels.pafs(np.concatenate([across, down]), CELLS, CELLS)
    np.testing.assert_allclose(maps[:2, 5, 5], (0, 1), atol=1e-6)


def test_neck_is_the_middle_of_both_shoulders() -> None:
    coco = np.zeros((17, 3))
    coco[5], coco[6] = (10, 20, 2), (30, 24, 1)
    ours = labels.from_coco(coco.ravel().tolist())
    np.testing.assert_allclose(ours[1], (20, 22, labels.OCCLUDED))
    np.testing.assert_allclose(ours[5], (10, 20, labels.VISIBLE))
    np.testing.assert_allclose(ours[2], (30, 24, labels.OCCLUDED))
    coco[6, 2] = 0
    ours = labels.from_coco(coco.ravel().tolist())
    assert ours[1, 2] == labels.ABSENT


def test_mirror_swaps_left_and_right_and_undoes_itself() -> None:
    people = np.arange(54, dtype=np.float32).reshape(1, 18, 3)
    mirrored = labels.mirror(people)
    np.testing.assert_array_equal(mirrored[0, 2], people[0, 5])
    np.testing.assert_array_equal(mirrored[0, 0], people[0, 0])
    np.testing.assert_array_equal(labels.mirror(mirrored), people)


def test_limbs_are_those_of_the_model_file() -> None:
    from hatpose.network import LIMB_FROM, LIMB_PAF, LIMB_TO

    in_file = zip(LIMB_FROM, LIMB_TO, LIMB_PAF, strict=True)
    ours = ((a, b, 2 * k) for k, (a, b) in enumerate(labels.LIMBS))
    assert sorted(in_file) == sorted(ours)
