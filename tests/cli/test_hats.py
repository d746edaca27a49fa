"""hatpose hats: boxes in three forms, states out, the service's dialect."""

import csv
import io
import json

import pytest

import painted

# The painted people have neck, shoulder and elbow alone; up leads from the
# other two to the neck, so a hat hangs there for the first of them.
FIRST_HAT = (243, -15, 60, 60)
NOWHERE = (20, 180, 60, 60)


@pytest.fixture
def hats(hatpose):
    def run(*arguments, **how):
        return hatpose.run("hats", "-m", hatpose.model, *arguments, **how)

    return run


def service_box(box):
    return dict(zip(("left", "top", "width", "height"), box, strict=True))


def write(path, value):
    path.write_text(json.dumps(value))
    return path


def states(answer):
    assert answer.status == 0, answer.err
    return [
        [person["hat"]["state"] for person in json.loads(line)["people"]]
        for line in answer.lines
    ]


def yolo_line(box, kind=0):
    left, top, width, height = box
    x, y = left + width / 2, top + height / 2
    numbers = (
        x / painted.WIDTH_PX, y / painted.HEIGHT_PX,
        width / painted.WIDTH_PX, height / painted.HEIGHT_PX,
    )  # fmt: skip
    return f"{kind} " + " ".join(str(n) for n in numbers) + "\n"


def test_without_boxes_all_is_unknown(hats, photo):
    answer = hats(photo)
    assert answer.status == 0
    assert ": 2 unknown  " in answer.lines[0]
    assert "every state is unknown" in answer.err
    assert hats("-q", photo).err == ""


def test_service_boxes_by_name(hats, photo, tmp_path):
    file = write(
        tmp_path / "h.json",
        {photo.name: [service_box(FIRST_HAT), service_box(NOWHERE)]},
    )
    answer = hats("--json", "--hats", file, photo)
    assert answer.err == ""
    result = json.loads(answer.lines[0])
    worn = [p for p in result["people"] if p["hat"]["state"] == "worn"]
    assert len(worn) == 1 and worn[0]["hat"]["reason"] == "hat_on_head"
    assert worn[0]["hat"]["hat"] == 0
    assert result["hats"][0]["person"] == worn[0]["index"]
    assert result["hats"][0]["source"] == "caller"
    assert result["hats"][1]["person"] is None


@pytest.mark.parametrize("key", ["hat_location", "location", None])
def test_a_request_of_the_service(hats, photo, tmp_path, key):
    boxes = [service_box(FIRST_HAT)]
    file = write(tmp_path / "h.json", boxes if key is None else {key: boxes})
    assert "worn" in states(hats("--json", "--hats", file, photo))[0]
    answer = hats("--hats", file, photo, photo)
    assert answer.status == 2 and "there are 2" in answer.err


def test_all_forms_say_the_same(hats, tmp_path):
    photo = tmp_path / "cam_7.png"
    photo.write_bytes(painted.png())
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "cam_7.txt").write_text(
        yolo_line(NOWHERE, 3) + "\n" + yolo_line(FIRST_HAT)
    )
    detection = {"image_id": 7, "category_id": 1, "bbox": FIRST_HAT}
    other = {"image_id": 8, "category_id": 1, "bbox": NOWHERE}
    forms = [
        write(tmp_path / "a.json", {"cam_7.png": [service_box(FIRST_HAT)]}),
        write(tmp_path / "b.json", [detection | {"score": 0.5}, other]),
        write(
            tmp_path / "c.json",
            {
                "images": [{"id": 7, "file_name": "x/cam_7.png"}],
                "annotations": [detection, other],
            },
        ),
        labels / "cam_7.txt",
        labels,
    ]
    answers = [hats("--json", "--hats", form, photo) for form in forms]
    results = [json.loads(answer.lines[0]) for answer in answers]
    for result in results:
        assert len(result["hats"]) == 1
        assert result["hats"][0]["box"] == pytest.approx(FIRST_HAT, abs=0.01)
        assert result["people"] == results[0]["people"]
    assert results[1]["hats"][0]["score"] == 0.5


def test_hat_class(hats, photo, tmp_path):
    file = tmp_path / "people.txt"
    file.write_text(yolo_line(FIRST_HAT, 3) + yolo_line(NOWHERE, 0))
    for kind, expected in (("3", FIRST_HAT), ("0", NOWHERE)):
        answer = hats("--json", "--hats", file, "--hat-class", kind, photo)
        (hat,) = json.loads(answer.lines[0])["hats"]
        assert hat["box"] == pytest.approx(expected, abs=0.01)


def test_who_was_not_looked_at_is_unknown(hats, photo, tmp_path):
    by_name = write(tmp_path / "h.json", {"other.png": []})
    answer = hats("--json", "--hats", by_name, photo)
    people = json.loads(answer.lines[0])["people"]
    assert {p["hat"]["reason"] for p in people} == {"no_evidence"}
    # COCO and YOLO write nothing where nothing was seen.
    folder = tmp_path / "none"
    folder.mkdir()
    answer = hats("--json", "--hats", folder, photo)
    people = json.loads(answer.lines[0])["people"]
    assert "no_evidence" not in {p["hat"]["reason"] for p in people}


def test_summary_counts_states(hats, photo, tmp_path):
    file = write(tmp_path / "h.json", {photo.name: [service_box(FIRST_HAT)]})
    answer = hats("--hats", file, photo, photo)
    assert "4 people (2 hat, 2 unknown)" in answer.err


def test_fail_on(hats, photo, tmp_path):
    file = write(tmp_path / "h.json", {photo.name: [service_box(FIRST_HAT)]})
    assert hats("--hats", file, "--fail-on", "unknown", photo).status == 3
    assert hats("--hats", file, "--fail-on", "not_worn", photo).status == 0


def test_csv(hats, photo, tmp_path):
    file = write(tmp_path / "h.json", {photo.name: [service_box(FIRST_HAT)]})
    answer = hats("--format", "csv", "--hats", file, photo)
    rows = list(csv.DictReader(io.StringIO(answer.out.decode())))
    assert sorted(row["hat"] for row in rows) == ["unknown", "worn"]
    assert {row["reason"] for row in rows} == {"hat_on_head", "head_hidden"}


def test_service_dialect(hats, photo, tmp_path):
    file = write(tmp_path / "h.json", {})
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    answer = hats("--format", "service", "--hats", file, photo, broken)
    assert answer.status == 1
    good, bad = answer.lines
    # Nobody of the painted people has a head: the service leaves them out.
    assert good == '{"code":"200","data":[],"message":"Success"}'
    bad = json.loads(bad)
    assert list(bad) == ["code", "data", "message"]
    assert bad["code"] == "400" and bad["data"] == [] and bad["message"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "h.json"),
        ("3", "expected near"),
        ('{"people.png": 3}', "has no list of hats"),
        ('{"people.png": [{"left": 1}]}', "hat 0 of people.png"),
        ('[{"left": "1", "top": 1, "width": 1, "height": 1}]', "hat 0"),
        ('[{"image_id": 1, "bbox": [1, 2, 3]}]', "no digits"),
        # Without its boxes everybody would be called bare.
        (
            '{"images": [{"id": 1, "file_name": "people.png"}],'
            ' "annotations": {}}',
            "no list",
        ),
    ],
)
def test_bad_files_are_wrong_usage(hats, photo, tmp_path, text, message):
    file = tmp_path / "h.json"
    file.write_text(text)
    answer = hats("--hats", file, photo)
    assert answer.status == 2 and answer.out == b""
    assert message in answer.err


@pytest.mark.parametrize(
    "line",
    [
        "0 .5 .5 .1", "0 a b c d", "0 .5 .5 .1 .1 .9 7", "0 nan 0 1 1",
        "0 .5 .5 .1 .1\0 and more", "0 .5 .5 .1 .1" + 500 * " ",
    ],
)  # fmt: skip
def test_bad_yolo_lines_fail_their_picture(hats, photo, tmp_path, line):
    file = tmp_path / "people.txt"
    file.write_text(yolo_line(FIRST_HAT) + line + "\n" + yolo_line(NOWHERE))
    answer = hats("--hats", file, photo)
    assert answer.status == 1
    assert "people.txt:2:" in answer.err


def test_bad_coco_entries_are_named(hats, tmp_path):
    photo = tmp_path / "7.png"
    photo.write_bytes(painted.png())
    good = {"image_id": 7, "bbox": FIRST_HAT}
    for bad in ({"bbox": FIRST_HAT}, {"image_id": 7, "bbox": [1, "2", 3, 4]}):
        file = write(tmp_path / "h.json", [good, bad])
        answer = hats("--hats", file, photo)
        assert answer.status == 2 and "entry 1" in answer.err


def test_a_class_needs_numbers_in_coco(hats, tmp_path):
    photo = tmp_path / "7.png"
    photo.write_bytes(painted.png())
    for kind, expected in (("person", 2), (None, 2), (3, 0)):
        entry = {"image_id": 7, "bbox": FIRST_HAT, "category_id": kind}
        file = write(tmp_path / "h.json", [entry])
        answer = hats("--hats", file, "--hat-class", "0", photo)
        assert answer.status == expected, answer.err


def test_boxes_of_stdin_are_of_its_first_picture(hats, jpeg, tmp_path):
    file = write(tmp_path / "h.json", [service_box(FIRST_HAT)])
    answer = hats("--json", "--hats", file, "-", stdin=jpeg + jpeg)
    assert answer.status == 1
    first, second = (json.loads(line) for line in answer.lines)
    assert len(first["hats"]) == 1
    assert "first picture" in second["error"]["message"]


def test_too_many_hats_are_an_error(hats, photo, tmp_path):
    file = write(tmp_path / "h.json", [service_box(NOWHERE)] * 10000)
    answer = hats("--hats", file, photo)
    assert answer.status == 1 and "max_hats" in answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hats", "/nonexistent.json"], "/nonexistent.json"),
        (["--hat-class", "1"], "goes with --hats"),
        (["--hats", "h", "--hat-class", "x"], "wants a whole number"),
        (["--rule", "best"], "wants geometric or compat"),
        (["--format", "service", "--rule", "geometric"], "--rule compat"),
    ],
)
def test_wrong_usage(hats, photo, arguments, message):
    answer = hats(*arguments, photo)
    assert answer.status == 2
    assert message in answer.err


def test_drawn_in_colours(hats, photo, tmp_path):
    file = write(tmp_path / "h.json", {photo.name: [service_box(FIRST_HAT)]})
    for name in ("plain", "hatted"):
        more = ["--hats", file] if name == "hatted" else []
        path = tmp_path / f"{name}.png"
        sheet = tmp_path / f"{name}-sheet.png"
        answer = hats(*more, "--draw", path, "--sheet", sheet, photo)
        assert answer.status == 0, answer.err
        assert sheet.exists()
    assert (tmp_path / "plain.png").read_bytes() != (
        tmp_path / "hatted.png"
    ).read_bytes()


# ---- Real photos: the cap is worn, the helmet beside her is not.

PHOTO_BOXES = {
    "grace_hopper.jpg": [service_box((150, 20, 220, 140))],
    "astronaut.png": [service_box((330, 150, 170, 190))],
    "camera.png": [],
}


@pytest.mark.parametrize("rule", ["geometric", "compat"])
def test_photos(hatpose, real_model, tmp_path, rule):
    from conftest import PHOTOS

    file = write(tmp_path / "h.json", PHOTO_BOXES)
    found = {}
    for name in PHOTO_BOXES:
        answer = hatpose.run(
            "hats", "-m", real_model, "--json", "--rule", rule, "--hats",
            file, PHOTOS / name,
        )  # fmt: skip
        (person,) = json.loads(answer.lines[0])["people"]
        found[name] = (person["hat"]["state"], person["hat"]["reason"])
    assert found == {
        "grace_hopper.jpg": ("worn", "hat_on_head"),
        "astronaut.png": ("not_worn", "head_bare"),
        "camera.png": ("not_worn", "head_bare"),
    }
    answer = hatpose.run(
        "hats", "-m", real_model, "--json", "-q", PHOTOS / "camera.png"
    )
    (person,) = json.loads(answer.lines[0])["people"]
    assert person["hat"]["state"] == "unknown"
    assert person["hat"]["reason"] == "no_evidence"
