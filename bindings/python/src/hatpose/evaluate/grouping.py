"""The original's peaks and grouping, to the bit.

What compat does in docs/algorithm.md, "Peaks", "Limbs" and "People". In:
heatmaps enlarged to any size, and a way to look into the PAFs. Out: people as
indices of peaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..network import KEYPOINT_NAMES, LIMB_FROM, LIMB_PAF, LIMB_TO

Array = npt.NDArray[Any]
# PAF value of a channel at whole pixels x, y (arrays of one shape).
PafSampler = Callable[[int, Array, Array], Array]

KEYPOINT_COUNT = len(KEYPOINT_NAMES)
PEAK_THRESHOLD = np.float32(0.1)
_APART_PX = 6  # of two peaks of one channel
_SAMPLES = 10
_SAMPLE_THRESHOLD = np.float32(0.05)
_VALID_MIN = 9  # more than 0.8 of the samples
_EPS = 1e-6
_PEOPLE_PARTS = 17  # the last two limbs make no people
_COUNT_MIN = 3


class Peaks(NamedTuple):
    """Of one channel, by x, then y."""

    x: Array  # int
    y: Array
    score: Array  # float32


@dataclass
class Body:
    """A person under assembly; -1 = no peak."""

    ids: list[int]
    total: float
    count: int


class Connection(NamedTuple):
    a: int  # ids count on over all channels
    b: int
    score: float


def find_peaks(heatmap: Array) -> Peaks:
    """Strict maxima among the four neighbours, at least 0.1."""
    over = np.flatnonzero(heatmap >= PEAK_THRESHOLD)
    y, x = np.divmod(over, heatmap.shape[1])
    around = np.zeros((heatmap.shape[0] + 2, heatmap.shape[1] + 2), np.float32)
    around[1:-1, 1:-1] = heatmap
    value = heatmap[y, x]
    top = np.ones(len(x), bool)
    for dy, dx in ((0, -1), (0, 1), (-1, 0), (1, 0)):
        top &= value > around[y + 1 + dy, x + 1 + dx]
    x, y = x[top], y[top]
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    kept = _apart(x, y)
    x, y = x[kept], y[kept]
    return Peaks(x, y, heatmap[y, x])


def _apart(x: Array, y: Array) -> Array:
    """A living peak removes every later one nearer than 6 px."""
    alive = np.ones(len(x), bool)
    for index in range(len(x)):
        if alive[index]:
            dx = x[index + 1 :] - x[index]
            dy = y[index + 1 :] - y[index]
            alive[index + 1 :] &= dx * dx + dy * dy >= _APART_PX * _APART_PX
    return alive


def group(
    peaks: list[Peaks], sample: PafSampler, person_threshold: float
) -> list[Body]:
    """People in the original's order; ids as find_peaks orders them."""
    first = np.cumsum([0] + [len(one.x) for one in peaks])
    scores = np.concatenate([one.score for one in peaks]).astype(np.float64)
    people: list[Body] = []
    for part, (a, b) in enumerate(zip(LIMB_FROM, LIMB_TO, strict=True)):
        if len(peaks[a].x) == 0 or len(peaks[b].x) == 0:
            continue
        found = _connections(peaks[a], peaks[b], LIMB_PAF[part], sample)
        joined = [
            Connection(int(first[a] + i), int(first[b] + j), score)
            for i, j, score in found
        ]
        if part == 0:
            people = [_new_body(a, b, one, scores) for one in joined]
        elif part < _PEOPLE_PARTS:
            _extend(people, a, b, joined, scores)
        else:
            _fill(people, a, b, joined)
    return [
        body
        for body in people
        if body.count >= _COUNT_MIN
        and not body.total / body.count < person_threshold
    ]


def _connections(
    a: Peaks, b: Peaks, paf: int, sample: PafSampler
) -> list[tuple[int, int, float]]:
    """(index in a, index in b, score), best first, each peak once."""
    scores, valid_count = _limb_scores(a, b, paf, sample)
    good = np.flatnonzero((scores > 0) & (valid_count >= _VALID_MIN))
    # Among equals the higher candidate first.
    order = good[np.argsort(scores[good], kind="stable")[::-1]]
    used_a, used_b = set(), set()
    taken = []
    for candidate in order.tolist():
        j, i = divmod(candidate, len(a.x))
        if i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            taken.append((i, j, float(scores[candidate])))
    return taken


def _limb_scores(
    a: Peaks, b: Peaks, paf: int, sample: PafSampler
) -> tuple[Array, Array]:
    """Of all pairs, b outer and a inner."""
    ax, ay = np.tile(a.x, len(b.x)), np.tile(a.y, len(b.y))
    ax, ay = ax.astype(np.float32), ay.astype(np.float32)
    dx = np.repeat(b.x, len(a.x)).astype(np.float32) - ax
    dy = np.repeat(b.y, len(a.y)).astype(np.float32) - ay
    norm = np.sqrt(dx * dx + dy * dy) + np.float32(_EPS)
    ux, uy = dx / norm, dy / norm
    k = np.arange(_SAMPLES, dtype=np.float32)[:, None]
    ninth = np.float32(1 / (_SAMPLES - 1))
    x = np.rint(ninth * dx * k + ax).astype(np.intp)
    y = np.rint(ninth * dy * k + ay).astype(np.intp)
    e = sample(paf, x, y) * ux + sample(paf + 1, x, y) * uy
    valid = e > _SAMPLE_THRESHOLD
    e = np.where(valid, e, np.float32(0))
    # The order in which numpy adds up ten singles.
    total = ((e[0] + e[1]) + (e[2] + e[3])) + ((e[4] + e[5]) + (e[6] + e[7]))
    total = (total + e[8]) + e[9]
    count = valid.sum(axis=0)
    return total.astype(np.float64) / (count + _EPS), count


def _new_body(a: int, b: int, one: Connection, scores: Array) -> Body:
    ids = [-1] * KEYPOINT_COUNT
    ids[a], ids[b] = one.a, one.b
    total = float(scores[one.a] + scores[one.b]) + one.score
    return Body(ids, total, 2)


def _extend(
    people: list[Body], a: int, b: int, joined: list[Connection], scores: Array
) -> None:
    for one in joined:
        owners = [body for body in people if body.ids[a] == one.a]
        for body in owners:
            body.ids[b] = one.b
            body.count += 1
            body.total += float(scores[one.b]) + one.score
        if not owners:
            people.append(_new_body(a, b, one, scores))


def _fill(people: list[Body], a: int, b: int, joined: list[Connection]) -> None:
    for one in joined:
        for body in people:
            if body.ids[a] == one.a and body.ids[b] == -1:
                body.ids[b] = one.b
            elif body.ids[b] == one.b and body.ids[a] == -1:
                body.ids[a] = one.a
