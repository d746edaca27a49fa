"""Accuracy of the rules on labelled heads: pairing, counting, the program."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path

import pytest
import toy
from PIL import Image
from shared_folder import shared_file

import hatpose
from hatpose.evaluate.__main__ import main
from hatpose.evaluate.hats import (
    Case,
    Head,
    Labels,
    Score,
    Verdict,
    assign,
    pair,
)
from hatpose.model_file import write_model
from hatpose.person import Box, Hat

LAST_LINE = re.compile(
    r"geometric=(\S+) compat=(\S+) coverage=(\S+) people=(\d+) heads=(\d+)"
)


def test_assignment_is_the_cheapest() -> None:
    generator = random.Random(1)
    for _ in range(200):
        rows = generator.randint(0, 4)
        columns = generator.randint(rows, 5)
        costs = [
            [generator.randint(0, 9) for _ in range(columns)]
            for _ in range(rows)
        ]
        total = sum(costs[i][j] for i, j in enumerate(assign(costs)))
        ways = itertools.permutations(range(columns), rows)
        best = min(sum(costs[i][j] for i, j in enumerate(w)) for w in ways)
        assert total == best


BOX = Box(100, 100, 40, 20)


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((120, 130), True),
        ((90, 120), True),  # a quarter of the width on each side
        ((89, 120), False),
        ((150, 120), True),
        ((151, 120), False),
        ((120, 95), True),  # a quarter of the height above
        ((120, 94), False),
        ((120, 150), True),  # 1.5 heights below
        ((120, 151), False),
        (None, False),
    ],
)
def test_a_face_lies_near_its_head(
    point: tuple[float, float] | None, inside: bool
) -> None:
    assert pair([BOX], [point]) == ([0] if inside else [None])


def test_pairs_have_the_least_total() -> None:
    beside = Box(140, 100, 40, 20)
    # Point 0 could be of both; point 1 only of the first.
    assert pair([BOX, beside], [(146, 125), (95, 125)]) == [1, 0]
    assert pair([BOX, beside], [(130, 125)]) == [0, None]
    assert pair([BOX], []) == [None]
    assert pair([], [(1, 1)]) == []


def case(worn: bool, geometric: Hat, compat: Hat) -> Case:
    verdicts = {
        "geometric": Verdict(geometric, ""),
        "compat": Verdict(compat, ""),
    }
    return Case("a.jpg", Head(BOX, worn), None, [], verdicts)


def test_score_is_balanced_over_the_answered() -> None:
    score = Score(heads=9)
    score.cases += [case(True, Hat.WORN, Hat.WORN)] * 3
    score.cases += [case(True, Hat.NOT_WORN, Hat.NOT_WORN)]
    score.cases += [case(False, Hat.NOT_WORN, Hat.NOT_WORN)]
    score.cases += [case(False, Hat.UNKNOWN, Hat.WORN)]
    assert score.accuracy("geometric") == (3 / 4 + 1) / 2
    assert score.accuracy("compat") == (3 / 4 + 1) / 2
    assert score.coverage() == 5 / 6
    assert len(score.doubtful()) == 2
    match = LAST_LINE.fullmatch(str(score))
    assert match is not None and match.groups()[3:] == ("6", "9")


def folder_of(tmp_path: Path, classes: str, label: str) -> Path:
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    (tmp_path / "classes.txt").write_text(classes)
    Image.fromarray(toy.picture((40, 36))).save(tmp_path / "images" / "a.png")
    (tmp_path / "labels" / "a.txt").write_text(label)
    return tmp_path


def test_labels_are_in_pixels(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        "Person\nHardhat\nNO-Hardhat\n",
        "0 .5 .5 1 1\n1 .5 .5 .25 .5\n\n2 .25 .25 .5 .5\n",
    )
    labels = Labels(folder)
    assert labels.heads(labels.photos[0], 80, 40) == [
        Head(Box(30, 10, 20, 20), True),
        Head(Box(0, 0, 40, 20), False),
    ]


@pytest.mark.parametrize(
    ("classes", "label", "message"),
    [
        ("Hardhat\n", "7 .5 .5 .1 .1\n", "a.txt:1"),
        ("Hardhat\n", "0 .5 .5 .1 .1\n0 .5 nan .1 .1\n", "a.txt:2"),
        ("Hardhat\n", "0 .5 .5\n", "a.txt:1"),
        ("Helmet\n", "", "has no class Hardhat"),
    ],
)
def test_bad_labels_are_named(
    tmp_path: Path,
    toy_file: Path,
    capsys: pytest.CaptureFixture[str],
    classes: str,
    label: str,
    message: str,
) -> None:
    folder = folder_of(tmp_path, classes, label)
    assert main(["hats", str(folder), "-m", str(toy_file), "-s", "72"]) == 2
    assert message in capsys.readouterr().err


def test_program_on_a_toy(
    tmp_path: Path, toy_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path, "Hardhat\n", "0 .5 .5 .1 .1\n")
    arguments = ["hats", str(folder), "-m", str(toy_file), "-s", "72"]
    sheet = tmp_path / "sheet.png"
    # The toy's people have no face: the head gets none of them.
    assert main([*arguments, "--sheet", str(sheet)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    match = LAST_LINE.fullmatch(last)
    assert match is not None and match.groups()[3:] == ("0", "1")
    assert sheet.exists()
    assert main([*arguments, "--source", "maps"]) == 2
    assert "no hat maps" in capsys.readouterr().err


def test_maps_alone_answer_nothing_from_boxes(
    toy_model: hatpose.Model,
) -> None:
    detector = toy_model.detector(size=72, hat_sources=2)
    result = detector(toy.picture((40, 36)), order="rgb", hats=[(1, 2, 3, 4)])
    assert result.hats == []
    assert result[0].hat is Hat.UNKNOWN


def test_maps_on_a_toy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told right, told wrong, not seen, and seen where nothing is."""
    heads = (
        (20.0, 16.0, toy.YELLOW),
        (100.0, 16.0, toy.MAGENTA),
        (60.0, 56.0, toy.YELLOW),
    )
    labels = ((0, 20, 16), (0, 100, 16), (0, 20, 56))
    text = "".join(
        f"{kind} {(x + 0.5) / toy.WIDTH} {(y + 0.5) / toy.HEIGHT} .1 .2\n"
        for kind, x, y in labels
    )
    folder = folder_of(tmp_path, "Hardhat\nNO-Hardhat\n", text)
    picture = toy.picture((40, 36), heads=heads)
    Image.fromarray(picture).save(folder / "images" / "a.png")
    model = tmp_path / "hats.gguf"
    write_model(toy.network(hats=True), model)
    arguments = ["hats", str(folder), "-m", str(model), "-s", "72"]
    sheet = ["--sheet", str(tmp_path / "sheet.png")]
    assert main([*arguments, "--source", "maps", *sheet]) == 0
    lines = capsys.readouterr().out.splitlines()
    wrong = [line for line in lines if "is worn: " in line]
    assert len(wrong) == 1 and "not_worn (head_bare)" in wrong[0]
    assert lines[-1] == (
        "maps=0.0000 answered=0.3333 false=0.3333 people=0 heads=3"
    )
    assert (tmp_path / "sheet.png").exists()


@pytest.mark.full
@pytest.mark.parametrize("mode", ["best", "compat"])
def test_site_photos(
    mode: str, real_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_file("images/site-valid/classes.txt").parent
    arguments = ["hats", str(folder), "-m", str(real_file), "-s", "368"]
    assert main([*arguments, "--mode", mode]) == 0
    match = LAST_LINE.fullmatch(capsys.readouterr().out.splitlines()[-1])
    assert match is not None
    geometric, compat, coverage = (float(x) for x in match.groups()[:3])
    assert geometric >= 0.975 and coverage >= 0.90
    if mode == "compat":
        assert compat == pytest.approx(0.969, abs=0.0006)
    assert match[5] == "148"
