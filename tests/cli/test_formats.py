"""What is written: five formats of the same answer."""

import csv
import io
import json
import os

import pytest

import painted

JOINTS = ("neck", "right_shoulder", "right_elbow")


def near(point, painted_at):
    expected = [v + painted.SHIFT_PX for v in painted_at]
    return all(abs(a - b) < 2.5 for a, b in zip(point, expected, strict=True))


def test_text(hatpose, photo):
    answer = hatpose.detect(photo)
    assert answer.status == 0
    assert answer.err == ""  # one picture has no summary
    (line,) = answer.lines
    assert line.startswith(f"{photo}  456x256  2 people  ")
    assert line.endswith(" ms")


def test_nobody_is_an_answer(hatpose, tmp_path):
    path = tmp_path / "black.ppm"
    path.write_bytes(painted.ppm(people=()))
    answer = hatpose.detect(path)
    assert answer.status == 0
    assert "  456x256  nobody  " in answer.lines[0]
    assert json.loads(hatpose.detect("--json", path).out)["people"] == []


def test_native(hatpose, photo):
    answer = hatpose.detect("--json", photo)
    (line,) = answer.lines
    assert line.startswith(
        f'{{"format":"hatpose-1","file":"{photo}","frame":0,'
        '"width":456,"height":256,"people":[{"index":0,"id":null,"score":'
    )
    people = json.loads(line)["people"]
    found = []
    for person in people:
        assert len(person["keypoints"]) == 18
        present = {k for k, v in person["keypoints"].items() if v is not None}
        assert present == set(JOINTS)
        found.append([person["keypoints"][joint][:2] for joint in JOINTS])
    for joints in painted.PEOPLE:
        assert any(
            all(near(a, b) for a, b in zip(one, joints, strict=True))
            for one in found
        )
    assert "heads" not in json.loads(line)  # this model has no hat maps


def test_native_is_the_same_each_run(hatpose, photo):
    runs = {hatpose.detect("--json", "-t", n, photo).out for n in "1123"}
    assert len(runs) == 1


def test_timings_only_when_asked(hatpose, photo):
    plain = json.loads(hatpose.detect("--json", photo).out)
    timed = json.loads(hatpose.detect("--json", "--timings", photo).out)
    assert set(timed) - set(plain)
    assert {key: timed[key] for key in plain} == plain
    line = hatpose.detect("--timings", photo).lines[0]
    assert "network" in line


def test_threshold_drops_weak_joints(hatpose, photo):
    plain = json.loads(hatpose.detect("--json", photo).out)
    scores = sorted(
        point[2]
        for person in plain["people"]
        for point in person["keypoints"].values()
        if point
    )
    middle = (scores[0] + scores[-1]) / 2
    assert scores[0] < middle < scores[-1]
    answer = hatpose.detect("--json", "--threshold", str(middle), photo)
    for before, after in zip(
        plain["people"], json.loads(answer.out)["people"], strict=True
    ):
        for name, point in before["keypoints"].items():
            kept = point if point and point[2] >= middle else None
            assert after["keypoints"][name] == kept
        del before["keypoints"], after["keypoints"]
        assert before == after


def test_openpose_to_stdout_and_folder(hatpose, photo, tmp_path):
    answer = hatpose.detect("--format", "openpose", photo)
    whole = json.loads(answer.out)
    assert whole["version"] == 1.3
    assert len(whole["people"]) == 2
    for person in whole["people"]:
        assert person["person_id"] == [-1]
        numbers = person["pose_keypoints_2d"]
        assert len(numbers) == 54
        assert numbers[:3] == [0, 0, 0]  # no nose
        assert all(n > 0 for n in numbers[3:12])
        assert len(person) == 9
        others = [v for k, v in person.items() if k.endswith(("2d", "3d"))]
        assert others.count([]) == 7
    folder = tmp_path / "out"
    answer = hatpose.detect("--format", "openpose", photo, "-o", folder)
    assert answer.out == b""
    path = folder / "people_keypoints.json"
    assert json.loads(path.read_bytes()) == whole


def test_openpose_of_compat(hatpose, photo):
    """A joint that is missing is 0, 0, 0 in both modes."""
    answer = hatpose.detect("--format", "openpose", "--mode", "compat", photo)
    people = json.loads(answer.out)["people"]
    assert len(people) == 2
    for person in people:
        numbers = person["pose_keypoints_2d"]
        assert numbers[:3] == [0, 0, 0]
        assert all(n > 0 for n in numbers[3:12])
        assert numbers[12:] == [0] * 42


def test_coco(hatpose, photo, tmp_path):
    path = tmp_path / "COCO_val2014_000000000139.png"
    path.write_bytes(photo.read_bytes())
    native = json.loads(hatpose.detect("--json", path).out)["people"]
    results = json.loads(hatpose.detect("--format", "coco", path).out)
    assert len(results) == 2
    for person, result in zip(native, results, strict=True):
        assert result["image_id"] == 139
        assert result["category_id"] == 1
        assert result["score"] == pytest.approx(person["score"], abs=1e-4)
        assert len(result["keypoints"]) == 51
        x, y, score = person["keypoints"]["right_shoulder"]
        assert result["keypoints"][18:21] == pytest.approx(
            [x + 0.5, y + 0.5, score], abs=0.006
        )
        x, y, score = person["keypoints"]["right_elbow"]
        assert result["keypoints"][24:27] == pytest.approx(
            [x + 0.5, y + 0.5, score], abs=0.006
        )
        assert sum(v != 0 for v in result["keypoints"]) == 6  # no neck


def test_coco_compat_scores_like_the_original(hatpose, photo, tmp_path):
    path = tmp_path / "7.png"
    path.write_bytes(photo.read_bytes())
    mode = ("--mode", "compat")
    native = json.loads(hatpose.detect(*mode, "--json", path).out)["people"]
    results = json.loads(hatpose.detect(*mode, "--format", "coco", path).out)
    assert len(results) == len(native) == 2
    for person, result in zip(native, results, strict=True):
        assert result["score"] == pytest.approx(2 * person["score"], abs=2e-4)
        assert result["keypoints"][20] == 1
        x, y, _ = person["keypoints"]["right_shoulder"]
        assert x == int(x) and y == int(y)
        # COCO's are from before the cut to whole pixels, + 0.5
        assert 0.5 <= result["keypoints"][18] - x < 1.5
        assert 0.5 <= result["keypoints"][19] - y < 1.5


def test_coco_ids_from_annotations(hatpose, photo, tmp_path):
    ids = tmp_path / "annotations.json"
    ids.write_text(
        json.dumps({"images": [{"id": 42, "file_name": "people.png"}]})
    )
    answer = hatpose.detect("--format", "coco", "--coco-ids", ids, photo)
    assert answer.status == 0
    assert {r["image_id"] for r in json.loads(answer.out)} == {42}


def test_coco_without_an_id(hatpose, photo, tmp_path):
    answer = hatpose.detect("--format", "coco", photo)
    assert answer.status == 2
    assert "--coco-ids" in answer.err
    for text in ("{}", '{"images": [{"id": 1, "file_name": "b.png"}]}', "{"):
        ids = tmp_path / "annotations.json"
        ids.write_text(text)
        answer = hatpose.detect("--format", "coco", "--coco-ids", ids, photo)
        assert answer.status == 2
        assert answer.err.count("\n") == 1
        assert answer.out == b""


def test_coco_same_id_twice(hatpose, photo, tmp_path):
    for name in ("a7.png", "b7.png"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    answer = hatpose.detect(
        "--format", "coco", tmp_path / "a7.png", tmp_path / "b7.png"
    )
    assert answer.status == 2
    assert "two pictures have the id 7" in answer.err


def test_coco_of_stdin(hatpose, jpeg):
    answer = hatpose.detect("--format", "coco", "-", stdin=jpeg)
    assert answer.status == 2


def test_coco_empty_and_many(hatpose, tmp_path):
    (tmp_path / "1.ppm").write_bytes(painted.ppm(people=()))
    answer = hatpose.detect("--format", "coco", tmp_path / "1.ppm")
    assert json.loads(answer.out) == []
    (tmp_path / "2.ppm").write_bytes(painted.ppm())
    (tmp_path / "3.ppm").write_bytes(painted.ppm(painted.PEOPLE[:1]))
    answer = hatpose.detect("--format", "coco", tmp_path)
    assert [r["image_id"] for r in json.loads(answer.out)] == [2, 2, 3]


def test_csv(hatpose, photo, tmp_path):
    odd = tmp_path / 'od"d, name.png'
    odd.write_bytes(photo.read_bytes())
    answer = hatpose.detect("--format", "csv", photo, odd)
    rows = list(csv.DictReader(io.StringIO(answer.out.decode(), newline="")))
    assert answer.lines[0] == (
        "file,frame,time_s,person,id,hat,hat_score,reason,left,top,width,"
        "height,score"
    )
    assert [r["file"] for r in rows] == [str(photo)] * 2 + [str(odd)] * 2
    assert [r["person"] for r in rows] == ["0", "1"] * 2
    native = json.loads(hatpose.detect("--json", photo).out)["people"]
    for row, person in zip(rows, native, strict=False):
        assert row["hat"] == "unknown"
        assert row["reason"] == "no_evidence"
        box = [float(row[k]) for k in ("left", "top", "width", "height")]
        assert box == pytest.approx(person["box"], abs=1e-3)
        assert float(row["score"]) == pytest.approx(person["score"])


def test_failed_picture_is_a_line_too(hatpose, photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    answer = hatpose.detect("--json", bad, photo, tmp_path / "none.jpg")
    assert answer.status == 1
    first, second, third = map(json.loads, answer.lines)
    assert first["file"] == str(bad)
    assert first["error"]["code"] == "image_format"
    assert set(first) == {"file", "error"}
    assert len(second["people"]) == 2
    assert third["error"] == {
        "code": "io",
        "message": "No such file or directory",
    }
    assert f"{bad}: {first['error']['message']}\n" in answer.err


ODD_NAMES = [
    (b"line\nbreak.png", "line\\nbreak.png"),
    (b"tab\there.png", "tab\\there.png"),
    (b"\x1b[31mred.png", "\\x1B[31mred.png"),
    (b"back\\slash.png", "back\\\\slash.png"),
    (b"latin-\xe9.png", "latin-\\xE9.png"),
    ("größe-☃.png".encode(), "größe-☃.png"),
    (b"c1-\xc2\x9b.png", "c1-\\xC2\\x9B.png"),
]


@pytest.mark.parametrize(("name", "shown"), ODD_NAMES)
def test_odd_file_names(hatpose, photo, tmp_path, name, shown):
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(photo.read_bytes())
    (line,) = hatpose.detect(path).lines
    assert line.startswith(f"{tmp_path}/{shown}  456x256  2 people")
    (line,) = hatpose.detect("--json", path).lines
    assert json.loads(line)["file"] == path.decode(errors="replace")
    rows = hatpose.detect("--format", "csv", path).out.decode()
    row = list(csv.reader(io.StringIO(rows, newline="")))[1]
    assert row[0] == path.decode(errors="replace")
    os.truncate(path, 50)
    answer = hatpose.detect(path)
    assert answer.status == 1
    assert answer.err.startswith(f"{tmp_path}/{shown}: ")
    assert answer.err.count("\n") == 1


def test_numbers_do_not_depend_on_the_locale(hatpose, photo):
    plain = hatpose.detect("--json", photo).out
    assert (
        plain
        == hatpose.detect(
            "--json",
            photo,
            env={"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
        ).out
    )


def test_colors(hatpose, photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    assert "\033" not in hatpose.detect(photo, bad).err
    always = hatpose.detect("--color", "always", photo, bad)
    assert "\033[1m" in always.err
    assert hatpose.detect(
        "--color", "always", bad, env={"NO_COLOR": "1"}
    ).err.startswith("\033")
