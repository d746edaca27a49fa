"""Hat maps: states without boxes, and heads whose pose was not found."""

from __future__ import annotations

import csv
import io
import json

import pytest

import painted

# Where the pose of the first of the painted people expects the hat; a place
# where nobody is, twice.
FIRST = (265, 15)
WORN_ALONE, BARE_ALONE = (60, 190), (210, 210)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "hats.gguf"
    painted.write_model(path, hats=True)
    return path


@pytest.fixture
def site(tmp_path):
    heads = (
        (*FIRST, painted.MAGENTA),
        (*WORN_ALONE, painted.YELLOW),
        (*BARE_ALONE, painted.MAGENTA),
    )
    path = tmp_path / "site.ppm"
    path.write_bytes(painted.ppm(heads=heads))
    return path


def test_json_tells_of_people_and_of_lone_heads(hatpose, model, site):
    answer = hatpose.run("hats", "-m", model, "--json", site)
    assert answer.status == 0, answer.err
    assert answer.err == ""
    found = json.loads(answer.lines[0])
    states = [person["hat"]["state"] for person in found["people"]]
    assert sorted(states) == ["not_worn", "unknown"]
    bare = states.index("not_worn")
    assert found["people"][bare]["hat"]["reason"] == "head_bare"
    owners = {head["person"]: head["hat"]["state"] for head in found["heads"]}
    assert owners[bare] == "not_worn"
    alone = [head for head in found["heads"] if head["person"] is None]
    assert {head["hat"]["state"] for head in alone} == {"worn", "not_worn"}
    for head, (x, y) in zip(
        sorted(alone, key=lambda head: head["box"][0]),
        (WORN_ALONE, BARE_ALONE),
        strict=True,
    ):
        left, top, width, height = head["box"]
        assert abs(left + width / 2 - x) < 6 and abs(top + height / 2 - y) < 6


def test_lone_heads_are_counted(hatpose, model, site):
    answer = hatpose.run("hats", "-m", model, site)
    text = "  2 people and 2 heads: 1 hat, 2 no hat, 1 unknown  "
    assert text in answer.lines[0]
    two = hatpose.run("hats", "-m", model, site, site)
    assert "4 people and 4 heads (2 hat, 4 no hat, 2 unknown)" in two.err


def test_fail_on_sees_lone_heads(hatpose, model, tmp_path):
    path = tmp_path / "alone.ppm"
    for colour, status in ((painted.YELLOW, 0), (painted.MAGENTA, 3)):
        head = (*BARE_ALONE, colour)
        path.write_bytes(painted.ppm(people=(), heads=[head]))
        answer = hatpose.run("hats", "-m", model, "--fail-on=not_worn", path)
        assert answer.status == status, answer.err
        assert "  1 head: 1 " in answer.lines[0]


def test_csv_has_a_row_for_a_lone_head(hatpose, model, site):
    answer = hatpose.run("hats", "-m", model, "--format", "csv", site)
    rows = list(csv.DictReader(io.StringIO(answer.out.decode())))
    assert [row["person"] for row in rows] == ["0", "1", "", ""]
    assert {row["hat"] for row in rows[2:]} == {"worn", "not_worn"}
    assert all(float(row["width"]) > 0 for row in rows[2:])


def test_sheet_and_drawing_show_lone_heads(hatpose, model, site, tmp_path):
    with_heads, without = tmp_path / "a.png", tmp_path / "b.png"
    drawn = tmp_path / "drawn.png"
    more = ["--sheet", with_heads, "--draw", drawn]
    assert hatpose.run("hats", "-m", model, site, *more).status == 0
    more = ["--sheet", without]
    answer = hatpose.detect(site, *more)
    assert answer.status == 0
    # The painted model without maps sees the same people and no heads.
    assert with_heads.stat().st_size > without.stat().st_size
    assert drawn.read_bytes()[:4] == b"\x89PNG"
