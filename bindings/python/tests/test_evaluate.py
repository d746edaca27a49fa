"""Scores on labelled photos: the counting, the program, the figures."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import toy
from PIL import Image
from shared_folder import shared_file

import hatpose
from hatpose.evaluate.__main__ import main
from hatpose.evaluate.coco import count_found, similarity
from hatpose.formats import COCO_FROM_OURS

# Places of a person's 17 joints; 100 x 200 px.
BODY = np.stack([np.linspace(0, 100, 17), np.linspace(0, 200, 17)], axis=1)
LAST_LINE = re.compile(
    r"AP=(\S+) AP50=(\S+) AP75=(\S+) AR=(\S+) images=(\d+) people=(\d+) "
    r"found=(\d+) false=(\d+)"
)


def person(x: float, y: float, score: float = 1.0) -> dict:
    points = np.column_stack([np.add(BODY, (x, y)), np.ones(17)])
    return {"keypoints": points.ravel().tolist(), "score": score}


def label(x: float, y: float, **changes: object) -> dict:
    points = np.column_stack([np.add(BODY, (x, y)), np.full(17, 2)])
    return {
        "keypoints": points.ravel().tolist(),
        "num_keypoints": 17,
        "area": 20000.0,
        "bbox": [x, y, 100, 200],
        "iscrowd": 0,
        **changes,
    }


def test_similarity_is_cocos() -> None:
    truth = label(0, 0)
    points = np.reshape(person(0, 0)["keypoints"], (-1, 3))
    assert similarity(points, truth) == 1
    points[:, 0] += 10
    sigmas = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107,
                       87, 87, 89, 89]) / 1000  # fmt: skip
    expected = np.exp(-100 / (2 * 20000 * (2 * sigmas) ** 2)).mean()
    assert similarity(points, truth) == pytest.approx(expected)
    # Only what is labelled counts.
    truth["keypoints"] = np.array(truth["keypoints"], float)
    truth["keypoints"][3:] = 0
    expected = np.exp(-100 / (2 * 20000 * (2 * sigmas[0]) ** 2))
    assert similarity(points, truth) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("people", "labels", "found", "false"),
    [
        ([], [], 0, 0),
        ([person(0, 0)], [label(0, 0)], 1, 0),
        ([person(0, 0)], [label(500, 0)], 0, 1),
        ([person(0, 0)], [], 0, 1),
        # One label, two people: the second one is not there.
        ([person(0, 0, 2), person(1, 0)], [label(0, 0)], 1, 1),
        # The better score takes its best fit, the other what is left.
        ([person(2, 0, 1), person(0, 0, 2)], [label(0, 0), label(5, 0)], 2, 0),
        # In a crowd, or over somebody without joints: nobody can tell.
        ([person(0, 0)], [label(0, 0, iscrowd=1)], 0, 0),
        ([person(0, 0)], [label(0, 0, num_keypoints=0)], 0, 0),
        ([person(0, 0)], [label(45, 90, num_keypoints=0)], 0, 0),
        ([person(0, 0)], [label(60, 120, num_keypoints=0)], 0, 1),
    ],
)
def test_found_and_false(
    people: list, labels: list, found: int, false: int
) -> None:
    assert count_found(people, labels) == (found, false)


@pytest.fixture
def toy_set(tmp_path: Path) -> Path:
    """Three photos of toy people, labelled; one of them holds nobody."""
    images, annotations = [], []
    necks = {1: [(22, 36)], 2: [(22, 23), (26, 49)], 3: []}
    for identity, places in necks.items():
        name = f"{identity:012d}.png"
        Image.fromarray(toy.picture(*places)).save(tmp_path / name)
        images.append({"id": identity, "file_name": name})
        for place in places:
            ours = np.zeros((18, 3))
            ours[1:4, :2] = toy.joints_of(place) + 0.5
            ours[1:4, 2] = 2
            points = ours[list(COCO_FROM_OURS)]
            annotations.append(
                {
                    "id": len(annotations) + 1, "image_id": identity,
                    "category_id": 1, "iscrowd": 0, "area": 4000.0,
                    "bbox": [0, 0, 120, 40],
                    "keypoints": points.ravel().tolist(),
                    "num_keypoints": 2,
                }
            )  # fmt: skip
    labels = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    return tmp_path


@pytest.mark.parametrize("mode", ["best", "compat", "val"])
def test_perfect_answers_have_a_perfect_score(
    toy_set: Path, toy_file: Path, mode: str, capsys: pytest.CaptureFixture
) -> None:
    results = toy_set / "results.json"
    arguments = [
        "coco", str(toy_set / "labels.json"), str(toy_set), "--mode", mode,
        "--model", str(toy_file), "--size", "72", "--results", str(results),
    ]  # fmt: skip
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out == (
        "AP=1.0000 AP50=1.0000 AP75=1.0000 AR=1.0000 images=3 people=3 "
        "found=3 false=0\n"
    )
    people = json.loads(results.read_text())
    assert [one["image_id"] for one in people] == [1, 2, 2]
    for one in people:
        assert len(one["keypoints"]) == 51
        assert set(one["keypoints"][2::3]) == {0, 1}


def test_nobody_found(
    toy_set: Path, toy_file: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = [
        "coco", str(toy_set / "labels.json"), str(toy_set), "--size", "72",
        "--model", str(toy_file), "--person-threshold", "99",
    ]  # fmt: skip
    assert main(arguments) == 0
    assert capsys.readouterr().out == (
        "AP=0.0000 AP50=0.0000 AP75=0.0000 AR=0.0000 images=3 people=3 "
        "found=0 false=0\n"
    )


def test_faults_are_one_line(
    toy_set: Path, toy_file: Path, capsys: pytest.CaptureFixture
) -> None:
    labels = str(toy_set / "labels.json")
    model = ["--model", str(toy_file)]
    text = toy_set / "text.json"
    text.write_text("{")
    for arguments, status, word in (
        ([labels, str(toy_set / "none"), *model], 1, "000000000001.png"),
        ([str(toy_set / "none.json"), str(toy_set), *model], 1, "none.json"),
        ([str(text), str(toy_set), *model], 1, "text.json"),
        ([labels, str(toy_set), "--model", labels], 4, "labels.json"),
        ([labels, str(toy_set), *model, "--size", "71"], 2, "71"),
        ([labels, str(toy_set), *model, "--size", "-8"], 2, "size"),
    ):
        assert main(["coco", *arguments]) == status
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        assert word in captured.err


# ---- The figures that the original reaches, and ours


@functools.cache
def evaluate(model: Path, *arguments: str) -> dict[str, float]:
    folder = shared_file("images/coco-val50")
    run = subprocess.run(
        [
            sys.executable, "-m", "hatpose.evaluate", "coco",
            str(folder / "annotations.json"), str(folder / "images"),
            "--model", str(model), *arguments,
        ],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    last = run.stdout.strip().splitlines()[-1]
    numbers = LAST_LINE.fullmatch(last)
    assert numbers is not None
    assert numbers[5] == "50"
    assert numbers[6] == "158"
    return {
        "ap": float(numbers[1]),
        "found": int(numbers[7]),
        "false": int(numbers[8]),
    }


HIGH = pytest.param(368, marks=pytest.mark.full)


@pytest.mark.parametrize("size", [256, HIGH])
def test_compat_reaches_what_the_original_reaches(
    real_file: Path, size: int
) -> None:
    expected = {256: 0.2493, 368: 0.3524}[size]
    score = evaluate(real_file, "--mode", "compat", "--size", str(size))
    assert score["ap"] == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize("size", [256, HIGH])
def test_val_reaches_what_the_original_reaches(
    real_file: Path, size: int
) -> None:
    expected = {256: 0.2712, 368: 0.3785}[size]
    score = evaluate(real_file, "--mode", "val", "--size", str(size))
    assert score["ap"] == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("size", [256, HIGH])
def test_best_is_better(real_file: Path, size: int) -> None:
    least = {256: 0.380, 368: 0.467}[size]
    score = evaluate(real_file, "--size", str(size))
    assert score["ap"] >= least


def test_best_finds_more_and_invents_half(
    real_file: Path, real_model: hatpose.Model
) -> None:
    """At the library's own threshold for users."""
    compat = evaluate(real_file, "--mode", "compat")
    best = evaluate(real_file, "--person-threshold", "0.6")
    assert best["found"] >= compat["found"]
    assert 2 * best["false"] <= compat["false"]
