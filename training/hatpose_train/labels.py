"""Truth as maps: what the network shall say of labelled people.

In: keypoints of people, in pixels of the network's input.
Out: heatmaps, PAFs and hat maps at stride 8, as docs/algorithm.md section 9
has them, with what the original's labels have of oddness: the last cells of
a disc are cut off on the right and below, PAFs lie without the half cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

STRIDE = 8
KEYPOINTS = 18
SIGMA_NET_PX = 7.0
# Beyond this the Gaussian is below 0.01 and is not drawn
EXPONENT_MAX = 4.6052
PAF_THICKNESS_CELLS = 1.0

# Visibility of a keypoint
OCCLUDED, VISIBLE, ABSENT = 0, 1, 2

# Limb k has the PAF channels 2k and 2k + 1
LIMBS = (
    (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 2), (2, 3),
    (3, 4), (2, 16), (1, 5), (5, 6), (6, 7), (5, 17), (1, 0), (0, 14),
    (0, 15), (14, 16), (15, 17),
)  # fmt: skip

# Our keypoint of each of COCO's 17; the neck has none
FROM_COCO = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
NECK, RIGHT_SHOULDER, LEFT_SHOULDER = 1, 2, 5

RIGHT = (2, 3, 4, 8, 9, 10, 14, 16)
LEFT = (5, 6, 7, 11, 12, 13, 15, 17)


def from_coco(keypoints: Sequence[float]) -> Floats:
    """18 rows (x, y, visibility) of COCO's 51 numbers.

    COCO has 0 for absent, 1 for occluded, 2 for visible. The neck is the
    middle of the shoulders, if both are labelled.
    """
    coco = np.asarray(keypoints, np.float32).reshape(17, 3)
    person = np.full((KEYPOINTS, 3), ABSENT, np.float32)
    rows = list(FROM_COCO)
    person[rows, :2] = coco[:, :2]
    person[rows, 2] = np.choose(
        coco[:, 2].astype(np.int64).clip(0, 2), (ABSENT, OCCLUDED, VISIBLE)
    )
    left, right = person[LEFT_SHOULDER], person[RIGHT_SHOULDER]
    if left[2] != ABSENT and right[2] != ABSENT:
        person[NECK, :2] = (left[:2] + right[:2]) / 2
        both = left[2] == right[2] == VISIBLE
        person[NECK, 2] = VISIBLE if both else OCCLUDED
    return person


def drop_outside(people: Floats, width: int, height: int) -> None:
    """Keypoints outside the photo, or at its very corner, become absent."""
    x, y = people[..., 0], people[..., 1]
    outside = (x < 0) | (y < 0) | (x >= width) | (y >= height)
    people[..., 2][outside | ((x == 0) & (y == 0))] = ABSENT


def mirror_order() -> list[int]:
    """The keypoint that each becomes where left and right change places."""
    order = np.arange(KEYPOINTS)
    order[list(RIGHT)], order[list(LEFT)] = LEFT, RIGHT
    return [int(keypoint) for keypoint in order]


def mirror(people: Floats) -> Floats:
    """The same people with left and right named the other way round."""
    return people[:, mirror_order()]


def heatmaps(people: Floats, height: int, width: int) -> Floats:
    """19 maps of height x width cells; the last is the background."""
    maps = np.zeros((KEYPOINTS + 1, height, width), np.float32)
    for person in people:
        for kind, (x, y, visibility) in enumerate(person):
            if visibility != ABSENT:
                add_gaussian(maps[kind], float(x), float(y))
    np.minimum(maps, 1, out=maps)
    maps[-1] = 1 - maps[:-1].max(axis=0)
    return maps


def add_gaussian(target: Floats, x: float, y: float) -> None:
    """Adds one keypoint to a map; x and y in pixels of the input."""
    reach = 4 * SIGMA_NET_PX
    spans = []
    for centre, cells in ((y, target.shape[0]), (x, target.shape[1])):
        first = max(int(centre - reach), 0) // STRIDE
        last = min(int(centre + reach), cells * STRIDE) // STRIDE
        spans.append(np.arange(first, max(last, first)))
    rows, columns = spans
    middle = STRIDE / 2 - 0.5
    dy = rows * STRIDE + middle - y
    dx = columns * STRIDE + middle - x
    exponent = (dy[:, None] ** 2 + dx**2) / (2 * SIGMA_NET_PX**2)
    disc = np.where(exponent > EXPONENT_MAX, 0, np.exp(-exponent))
    target[np.ix_(rows, columns)] += disc


def pafs(people: Floats, height: int, width: int) -> Floats:
    """38 maps; where limbs of one kind cross, the later person's stays."""
    maps = np.zeros((2 * len(LIMBS), height, width), np.float32)
    for person in people:
        for limb, (a, b) in enumerate(LIMBS):
            if person[a, 2] != ABSENT and person[b, 2] != ABSENT:
                set_limb(
                    maps[2 * limb : 2 * limb + 2],
                    person[a, :2].astype(np.float64) / STRIDE,
                    person[b, :2].astype(np.float64) / STRIDE,
                )
    return maps


def set_limb(
    target: Floats,
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
) -> None:
    """Draws the unit vector from start to end (in cells) along the limb."""
    length = float(np.hypot(*(end - start)))
    if length < 1e-7:
        return
    unit = (end - start) / length
    cells = np.array(target.shape[:0:-1])
    low = np.maximum(np.minimum(start, end) - PAF_THICKNESS_CELLS, 0)
    high = np.minimum(np.maximum(start, end) + PAF_THICKNESS_CELLS, cells)
    x = np.arange(int(low[0]), max(int(high[0]), int(low[0])))
    y = np.arange(int(low[1]), max(int(high[1]), int(low[1])))[:, None]
    across = np.abs((x - start[0]) * unit[1] - (y - start[1]) * unit[0])
    part = target[:, y[:, 0][:, None], x]
    part = np.where(across <= PAF_THICKNESS_CELLS, unit[:, None, None], part)
    target[:, y, x] = part
