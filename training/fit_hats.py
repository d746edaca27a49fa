"""Fits the numbers of the geometric rule for hats on labelled site photos.

    python training/fit_hats.py POOL.jsonl POOL.tar --model MODEL.gguf

POOL.jsonl has a line a photo (name, boxes of hardhat and head_bare in
pixels), POOL.tar the photos. Poses come from the model, once: they are kept
in --poses. The rule is written down here a second time, as arrays over all
people; with --check the library's answers are compared with it. What is
printed goes into src/hat/frame.c and src/hat/gear.c by hand.

Some detectors' boxes hold the hat alone, others the face as well; the labels
of the pool are mostly of the second kind. So each photo is used twice, the
second time with its boxes cut to the hat (HAT_ASPECT).

Loss: each pair of a labelled person and a hat of its photo is either its own
hat or not; the rule takes it for its own with probability
1 / (1 + exp((cost - gate) / 2)).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hatpose
import numpy as np
from hatpose.evaluate.hats import assign, pair
from hatpose.person import Box

GATE = 9.0
FOLDS = 5
PRIOR = 0.02  # weight of staying near the first values
SHIFT, SHIFT_WEIGHT = 0.9, 0.5
HAT_ASPECT = 0.7  # a hat's height, in its widths, is at most that
HAT, BARE = "hardhat", "head_bare"
NOSE, NECK, EYES, EARS = 0, 1, (14, 15), (16, 17)
FACE = (0, 14, 15, 16, 17)
SHOULDERS, HIPS = (2, 5), (8, 11)
BODY = tuple(range(2, 14))

# Name: first value, least, most. In the order of frame.c and gear.c.
NUMBERS: dict[str, tuple[float, float, float]] = {
    "eyes": (2.35, 1.5, 3.5),
    "eye_ear": (1.0, 0.7, 1.8),
    "nose_ear": (0.95, 0.6, 1.6),
    "nose_neck": (0.80, 0.4, 1.2),
    "shoulders": (0.56, 0.3, 0.8),
    "torso": (0.36, 0.2, 0.5),
    "face_least": (0.6, 0.4, 1.1),
    "face_most": (1.5, 1.1, 2.5),
    "line_weight": (0.7, 0.0, 2.0),
    "eyes_weight": (0.5, 0.0, 2.0),
    "up_ears": (0.65, 0.3, 1.1),
    "up_eyes": (0.52, 0.2, 1.0),
    "up_nose": (0.75, 0.3, 1.3),
    "up_neck": (1.65, 1.0, 2.3),
    "back": (0.3, 0.02, 1.5),
    "size": (1.4, 0.8, 2.6),
    "drop": (0.3, 0.05, 0.7),
    "over_sigma": (0.36, 0.15, 0.8),
    "under_sigma": (0.42, 0.15, 0.8),
    "side_sigma": (0.42, 0.15, 0.8),
    "size_sigma": (0.45, 0.15, 0.9),
    "loose": (1.5, 1.0, 2.5),
}
Numbers = dict[str, float]
EYES_FULL = 0.425  # as in frame.c: not fitted

# What stands in frame.c, gear.c and rule_geometric.c.
LIBRARY: Numbers = {
    "eyes": 2.1,
    "eye_ear": 0.96,
    "nose_ear": 1.15,
    "nose_neck": 0.9,
    "shoulders": 0.37,
    "torso": 0.36,
    "face_least": 0.73,
    "face_most": 1.1,
    "line_weight": 0.7,
    "eyes_weight": 0.69,
    "up_ears": 0.47,
    "up_eyes": 0.45,
    "up_nose": 0.64,
    "up_neck": 1.65,
    "back": 0.32,
    "size": 1.8,
    "drop": 0.23,
    "over_sigma": 0.29,
    "under_sigma": 0.54,
    "side_sigma": 0.27,
    "size_sigma": 0.42,
    "loose": 1.13,
}


@dataclass
class Photo:
    """One photo: its people, boxes of hats, and whose they are."""

    name: str
    keypoints: Any  # (people, 18, 3)
    hats: Any  # (hats, 4)
    # Of each person: index of its hat, -1 = bare head, -2 = no label.
    truth: list[int]


# ---- Data


def poses_of(arguments: argparse.Namespace) -> dict[str, list[Any]]:
    """Keypoints of each photo by name; made once."""
    path = Path(arguments.poses)
    poses: dict[str, list[Any]] = {}
    if path.exists():
        with path.open() as lines:
            for line in lines:
                one = json.loads(line)
                poses[one["name"]] = one["people"]
        return poses
    detector = hatpose.load(arguments.model).detector(size=arguments.size)
    with tarfile.open(arguments.photos) as archive, path.open("w") as out:
        for member in archive:
            file = archive.extractfile(member)
            if file is None or not member.name.endswith(".jpg"):
                continue
            result = detector(file.read())
            people = [person.keypoints.tolist() for person in result]
            name = Path(member.name).name
            poses[name] = people
            line = json.dumps({"name": name, "people": people})
            out.write(line.replace("NaN", "null") + "\n")
    return poses


def photos_of(arguments: argparse.Namespace) -> list[Photo]:
    poses = poses_of(arguments)
    photos = []
    with open(arguments.labels) as lines:
        for line in lines:
            one = json.loads(line)
            if one["name"].startswith(arguments.only) and one["name"] in poses:
                photos.append(photo_of(one, poses[one["name"]]))
    return photos + [hats_alone(photo) for photo in photos]


def photo_of(label: dict[str, Any], people: list[Any]) -> Photo:
    keypoints = np.array(
        [[[np.nan if v is None else v for v in k] for k in p] for p in people],
        np.float64,
    ).reshape(-1, 18, 3)
    heads = [box for box in label["boxes"] if box[0] in (HAT, BARE)]
    hats = [box[1:] for box in heads if box[0] == HAT]
    points = [middle_of(one) for one in keypoints]
    truth = [-2] * len(keypoints)
    number = 0
    found = pair([Box(*box[1:]) for box in heads], points)
    for box, index in zip(heads, found, strict=True):
        worn = box[0] == HAT
        if index is not None:
            truth[index] = number if worn else -1
        number += worn
    return Photo(
        label["name"], keypoints, np.array(hats, float).reshape(-1, 4), truth
    )


def hats_alone(photo: Photo) -> Photo:
    """The same photo as a detector of hats without faces sees it."""
    hats = photo.hats.copy()
    hats[:, 3] = np.minimum(hats[:, 3], HAT_ASPECT * hats[:, 2])
    return Photo(photo.name, photo.keypoints, hats, photo.truth)


def middle_of(keypoints: Any) -> tuple[float, float] | None:
    face = keypoints[list(FACE), :2]
    face = face[~np.isnan(face[:, 0])]
    return None if len(face) == 0 else tuple(face.mean(axis=0).tolist())


# ---- The rule, over all people of some photos at once


def _mean(points: Any, joints: tuple[int, ...]) -> Any:
    """Mean of those found; NaN when none is."""
    some = points[:, list(joints)]
    found = ~np.isnan(some[..., 0])
    total = np.where(found[..., None], some, 0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Any = total / found.sum(axis=1)[:, None]
    return mean


def _length(vector: Any) -> Any:
    return np.hypot(vector[:, 0], vector[:, 1])


def _unit(vector: Any) -> Any:
    """Length 1; 0 where there is none."""
    length = _length(vector)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        unit: Any = np.where(length > 0, vector / length, 0.0)
    return np.nan_to_num(unit)


def _apart(points: Any, a: int, b: int) -> Any:
    return np.nan_to_num(_length(points[:, a] - points[:, b]))


class Rule:
    """Frames and expected places of heads, as frame.c finds them."""

    def __init__(self, points: Any, numbers: Numbers) -> None:
        self.points, self.numbers = points, numbers
        self.neck = points[:, NECK].copy()
        both = ~np.isnan(points[:, list(SHOULDERS), 0]).any(axis=1)
        instead = both & np.isnan(self.neck[:, 0])
        self.neck[instead] = _mean(points, SHOULDERS)[instead]
        self.face = _mean(points, FACE)
        self.hips = _mean(points, HIPS)
        self.face_count = (~np.isnan(points[:, list(FACE), 0])).sum(axis=1)
        self.scale = self._scale()
        self.up = self._up()
        self.place = self._place()
        self.loose = np.where(self.face_count < 2, numbers["loose"], 1.0)

    def _scale(self) -> Any:
        p, n = self.points, self.numbers
        face = np.max(
            [
                _apart(p, *EARS),
                n["eyes"] * _apart(p, *EYES),
                n["eye_ear"] * _apart(p, EYES[0], EARS[0]),
                n["eye_ear"] * _apart(p, EYES[1], EARS[1]),
                n["nose_ear"] * _apart(p, NOSE, EARS[0]),
                n["nose_ear"] * _apart(p, NOSE, EARS[1]),
            ],
            axis=0,
        )
        body = np.max(
            [
                n["nose_neck"] * _apart(p, NOSE, NECK),
                n["shoulders"] * _apart(p, *SHOULDERS),
                2 * n["shoulders"] * _apart(p, NECK, SHOULDERS[0]),
                2 * n["shoulders"] * _apart(p, NECK, SHOULDERS[1]),
                n["torso"] * np.nan_to_num(_length(self.neck - self.hips)),
            ],
            axis=0,
        )
        within = np.minimum(
            np.maximum(face, n["face_least"] * body), n["face_most"] * body
        )
        one = np.maximum(face, body)
        return np.where((face == 0) | (body == 0), one, within)

    def _rough(self) -> Any:
        rough = np.tile([0.0, -1.0], (len(self.points), 1))
        over = _mean(self.points, EYES) - self.points[:, NOSE]
        top = np.where(np.isnan(self.face), self.neck, self.face)
        away = top - _mean(self.points, BODY)
        torso = self.neck - self.hips
        for better in (away, over, torso, self.face - self.neck):
            known = ~np.isnan(better[:, 0])
            rough[known] = better[known]
        return rough

    def _up(self) -> Any:
        p, n, s = self.points, self.numbers, np.maximum(self.scale, 1e-9)
        rough = self._rough()
        direction = self.face - self.neck
        known = ~np.isnan(direction[:, 0])
        weight = np.minimum(1, np.nan_to_num(_length(direction)) / (0.8 * s))
        up = np.where(
            known[:, None], _unit(direction) * weight[:, None], _unit(rough)
        )
        for joints, full in ((EARS, s), (EYES, EYES_FULL * s)):
            line = p[:, joints[1]] - p[:, joints[0]]
            normal = np.stack([-line[:, 1], line[:, 0]], axis=1)
            side = np.where((normal * rough).sum(axis=1) < 0, -1.0, 1.0)
            weight = np.minimum(1, np.nan_to_num(_length(line)) / full)
            weight = n["line_weight"] * weight * side
            up = up + _unit(normal) * weight[:, None]
        over = _mean(p, EYES) - p[:, NOSE]
        weight = np.minimum(1, np.nan_to_num(_length(over)) / (0.35 * s))
        up = up + _unit(over) * (n["eyes_weight"] * weight)[:, None]
        return _unit(up)

    def _place(self) -> Any:
        n = self.numbers
        total = np.zeros((len(self.points), 2))
        weights = np.zeros(len(self.points))
        for joints, up, both, one in (
            (EARS, n["up_ears"], 1.0, 0.6),
            (EYES, n["up_eyes"], 1.0, 0.6),
            ((NOSE,), n["up_nose"], 0.5, 0.5),
        ):
            count = (~np.isnan(self.points[:, list(joints), 0])).sum(axis=1)
            weight = np.where(count == len(joints), both, one) * (count > 0)
            total += weight[:, None] * np.nan_to_num(
                self._over(_mean(self.points, joints), up)
            )
            weights += weight
        alone = weights == 0
        total[alone] = self._over(self.points[:, NECK], n["up_neck"])[alone]
        place = total / np.where(alone, 1, weights)[:, None]
        return place + n["back"] * self._backward()

    def _backward(self) -> Any:
        """From nose (or eyes) to ears, across up: long in profile."""
        front = self.points[:, NOSE].copy()
        hidden = np.isnan(front[:, 0])
        front[hidden] = _mean(self.points, EYES)[hidden]
        away = np.nan_to_num(_mean(self.points, EARS) - front)
        along = (away * self.up).sum(axis=1)
        return away - along[:, None] * self.up

    def _over(self, points: Any, up: float) -> Any:
        return points + up * self.scale[:, None] * self.up

    def cost(self, people: Any, boxes: Any) -> Any:
        """Of pairs: people are indices, boxes their boxes."""
        n = self.numbers
        scale = np.maximum(self.scale[people], 1e-9)
        unit = scale * self.loose[people]
        d = boxes[:, :2] + boxes[:, 2:] / 2 - self.place[people]
        u = self.up[people]
        box_size = np.sqrt(boxes[:, 2] * boxes[:, 3])
        drop = n["drop"] * (box_size - n["size"] * scale)
        up = ((d * u).sum(axis=1) + drop) / unit
        up = up / np.where(up > 0, n["over_sigma"], n["under_sigma"])
        side = d[:, 0] * u[:, 1] - d[:, 1] * u[:, 0]
        side = side / (unit * n["side_sigma"])
        size = np.log(box_size / (n["size"] * scale))
        cost = up**2 + side**2 + (size / n["size_sigma"]) ** 2
        unknown = (self.scale[people] < 2) | np.isnan(cost)
        return np.where(unknown, np.inf, cost)


# ---- Loss and search


class Pairs:
    """Labelled people and the hats near them.

    Site photos hardly show a hat that hangs over a head, so each worn one is
    also put SHIFT of its size higher: not worn.
    """

    def __init__(self, photos: list[Photo]) -> None:
        people, boxes, own, weights = [], [], [], []
        self.points = np.concatenate([p.keypoints[:, :, :2] for p in photos])
        first = 0
        for photo in photos:
            for index, truth in enumerate(photo.truth):
                if truth == -2:
                    continue
                for number, box in enumerate(photo.hats):
                    near = [box, raised(box)] if truth == number else [box]
                    people += [first + index] * len(near)
                    boxes += near
                    own += [truth == number] + [False] * (len(near) - 1)
                    weights += [2.0] + [SHIFT_WEIGHT] * (len(near) - 1)
            first += len(photo.truth)
        self.people, self.boxes = np.array(people), np.array(boxes)
        self.own, self.weights = np.array(own), np.array(weights)

    def loss(self, numbers: Numbers) -> float:
        cost = Rule(self.points, numbers).cost(self.people, self.boxes)
        # A pair that is far off is a fault of the pose; it teaches no more.
        margin = np.clip((cost - GATE) / 2, -20, 4)
        signed = np.where(self.own, margin, -margin)
        loss = np.logaddexp(0, signed)
        worn, other = self.own, ~self.own & (cost < 4 * GATE)
        prior = sum(
            math.log(value / NUMBERS[name][0]) ** 2
            for name, value in numbers.items()
        )
        data = loss[worn].sum() + (self.weights * loss)[other].sum()
        return float(data / worn.sum() + PRIOR * prior)


def raised(box: Any) -> Any:
    return box - np.array([0, SHIFT * math.sqrt(box[2] * box[3]), 0, 0])


def fit(photos: list[Photo], rounds: int) -> Numbers:
    """Coordinate by coordinate, with steps that shrink."""
    pairs = Pairs(photos)
    numbers = {name: value[0] for name, value in NUMBERS.items()}
    best = pairs.loss(numbers)
    step = 0.12
    generator = random.Random(1)
    for _ in range(rounds):
        names = list(NUMBERS)
        generator.shuffle(names)
        for name in names:
            _, least, most = NUMBERS[name]
            for factor in (1 + step, 1 / (1 + step)):
                value = min(max(numbers[name] * factor, least), most)
                tried = numbers | {name: value}
                loss = pairs.loss(tried)
                if loss < best - 1e-6:
                    best, numbers = loss, tried
                    break
        step *= 0.85
    return numbers


# ---- Answers


def answers(photo: Photo, numbers: Numbers) -> list[int]:
    """Hat of each person, or -1; hands are not looked at."""
    count, hats = len(photo.keypoints), len(photo.hats)
    if count == 0 or hats == 0:
        return [-1] * count
    rule = Rule(photo.keypoints[:, :, :2], numbers)
    people = np.repeat(np.arange(count), hats)
    cost = rule.cost(people, np.tile(photo.hats, (count, 1)))
    table = np.minimum(cost, 2 * GATE).reshape(count, hats)
    rows = [row + [GATE] * count for row in table.tolist()]
    return [hat if hat < hats else -1 for hat in assign(rows)]


def balanced_accuracy(photos: list[Photo], numbers: Numbers) -> float:
    right: dict[bool, list[bool]] = {True: [], False: []}
    for photo in photos:
        for hat, truth in zip(
            answers(photo, numbers), photo.truth, strict=True
        ):
            if truth != -2:
                right[truth >= 0].append((hat >= 0) == (truth >= 0))
    return float(np.mean([np.mean(said) for said in right.values() if said]))


def cross_validate(photos: list[Photo], rounds: int) -> tuple[float, float]:
    """Each photo is judged by numbers that never saw it: with its boxes as
    they are labelled, and with those cut to the hat."""
    fold = [zlib.crc32(photo.name.encode()) % FOLDS for photo in photos]
    scores = []
    for one in range(FOLDS):
        seen = [p for p, f in zip(photos, fold, strict=True) if f != one]
        held = [p for p, f in zip(photos, fold, strict=True) if f == one]
        numbers, half = fit(seen, rounds), len(held) // 2
        parts = held[:half], held[half:]
        scores.append([balanced_accuracy(part, numbers) for part in parts])
        print(f"fold {one}: {scores[-1][0]:.4f} {scores[-1][1]:.4f}")
    whole, alone = np.mean(scores, axis=0).tolist()
    return whole, alone


def check(photos: list[Photo], numbers: Numbers, model: str) -> None:
    """How often the library gives the same hat as the rule here."""
    detector = hatpose.load(model).detector(threads=1)
    same = people = 0
    for photo in photos:
        result = detector.match(
            photo.keypoints, 4096, 4096, hats=photo.hats.tolist()
        )
        for person, hat in zip(result, answers(photo, numbers), strict=True):
            same += (
                -1 if person.hat_index is None else person.hat_index
            ) == hat
            people += 1
    print(f"library and script agree on {same} of {people} people")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", help="POOL.jsonl")
    parser.add_argument("photos", help="POOL.tar")
    parser.add_argument("-m", "--model", required=True, help="GGUF")
    parser.add_argument("-s", "--size", type=int, default=256)
    parser.add_argument("--poses", default="hat-poses.jsonl", help="kept there")
    parser.add_argument("--only", default="", help="start of names")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    photos = photos_of(arguments)
    first = {name: value[0] for name, value in NUMBERS.items()}
    labelled = sum(truth != -2 for photo in photos for truth in photo.truth)
    print(f"{len(photos)} photos (each twice), {labelled} labelled people")
    print(f"first values: {balanced_accuracy(photos, first):.4f}")
    print(f"the library's: {balanced_accuracy(photos, LIBRARY):.4f}")
    if arguments.check:
        check(photos, LIBRARY, arguments.model)
        return
    whole, alone = cross_validate(photos, arguments.rounds)
    print(f"cross-validated: {whole:.4f}, boxes cut to the hat: {alone:.4f}")
    numbers = fit(photos, arguments.rounds)
    print(f"fitted on all: {balanced_accuracy(photos, numbers):.4f}")
    for name, value in numbers.items():
        print(f"  {name} {value:.3f}")


if __name__ == "__main__":
    main()
