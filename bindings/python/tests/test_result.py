"""Results: arrays, forms, drawings."""

from __future__ import annotations

import errno
import io
import json
import os
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest
import toy
from PIL import Image
from shared_folder import REPOSITORY

import hatpose
from hatpose.sheet import head_of

NECK = (22.0, 36.0)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo 1.png"
    Image.fromarray(toy.picture(NECK, (30, 60))).save(path)
    return path


@pytest.fixture
def result(detector: hatpose.Detector, photo: Path) -> hatpose.Result:
    return detector(photo)


def test_arrays(result: hatpose.Result) -> None:
    count = len(result)
    assert count == 2
    assert result.keypoints.shape == (count, 18, 3)
    assert result.keypoints.dtype == np.float32
    assert result.found.shape == (count, 18)
    assert result.found.dtype == bool
    assert np.array_equal(result.found, ~np.isnan(result.keypoints[:, :, 0]))
    assert result.found.sum() == 3 * count
    assert result.scores.shape == (count,)
    assert np.all(np.diff(result.scores) <= 0)
    assert result.ids.tolist() == [-1] * count
    for person, box, keypoints in zip(
        result, result.xyxy, result.keypoints, strict=True
    ):
        lowest = np.nanmin(keypoints[:, :2], axis=0)
        highest = np.nanmax(keypoints[:, :2], axis=0)
        assert box == pytest.approx([*lowest, *highest], abs=1e-3)
        left, top, width, height = person.box
        assert [left, top, left + width, top + height] == pytest.approx(box)


def test_people(result: hatpose.Result) -> None:
    assert [person.index for person in result] == [0, 1]
    assert result[1] is result.people[1]
    person = result[0]
    assert person.score == result.scores[0]
    assert person.keypoint_count == 3
    x, y, score = person["neck"]
    assert [x, y, score] == person.keypoints[1].tolist()
    assert person["left_wrist"] is None
    with pytest.raises(KeyError):
        person["l_wri"]
    assert person.hat is hatpose.Hat.UNKNOWN
    assert person.hat == "unknown"


def test_normalized_is_of_the_edges(result: hatpose.Result) -> None:
    parts = result.normalized()
    pixels = result.keypoints
    assert parts[:, :, 0] * toy.WIDTH - 0.5 == pytest.approx(
        pixels[:, :, 0], abs=1e-4, nan_ok=True
    )
    assert parts[:, :, 1] * toy.HEIGHT - 0.5 == pytest.approx(
        pixels[:, :, 1], abs=1e-4, nan_ok=True
    )


def test_native_form(result: hatpose.Result, photo: Path) -> None:
    data = result.to_dict()
    first = ["format", "file", "frame", "width", "height", "people"]
    assert list(data)[:6] == first
    assert data["format"] == "hatpose-1"
    assert data["file"] == str(photo)
    assert (data["width"], data["height"]) == (toy.WIDTH, toy.HEIGHT)
    for person, entry in zip(result, data["people"], strict=True):
        assert entry["id"] is None
        assert entry["index"] == person.index
        assert entry["score"] == pytest.approx(person.score, rel=1e-4)
        assert entry["box"] == pytest.approx(person.box, abs=0.01)
        assert list(entry["keypoints"]) == list(hatpose.KEYPOINT_NAMES)
        for name, numbers in entry["keypoints"].items():
            point = person[name]
            if point is None:
                assert numbers is None
            else:
                assert numbers == pytest.approx(point, abs=0.01)
        assert entry["hat"]["state"] == "unknown"
    assert json.loads(result.to_json()) == data
    assert "\n" not in result.to_json()
    assert "timings" not in result.to_json()


def test_openpose_form(result: hatpose.Result) -> None:
    data = json.loads(result.to_json("openpose"))
    assert data["version"] == 1.3
    assert len(data["people"]) == 2
    for person, entry in zip(
        result.to_dict()["people"], data["people"], strict=True
    ):
        assert entry["person_id"] == [-1]
        numbers = entry["pose_keypoints_2d"]
        assert len(numbers) == 54
        assert numbers[3:6] == person["keypoints"]["neck"]
        assert numbers[:3] == [0, 0, 0]
        empty = [key for key, value in entry.items() if value == []]
        assert len(empty) == 7


def test_coco_form(
    result: hatpose.Result, toy_model: hatpose.Model, photo: Path
) -> None:
    entries = json.loads(result.to_json("coco", image_id=139))
    assert len(entries) == 2
    for person, entry in zip(result.to_dict()["people"], entries, strict=True):
        assert entry["image_id"] == 139
        assert entry["category_id"] == 1
        assert entry["score"] == pytest.approx(person["score"], abs=1e-4)
        numbers = entry["keypoints"]
        assert len(numbers) == 51
        x, y, score = person["keypoints"]["right_elbow"]
        # right_elbow is number 8 of COCO's 17.
        expected = [x + 0.5, y + 0.5, score]
        assert numbers[24:27] == pytest.approx(expected, abs=0.01)
        assert numbers[:3] == [0, 0, 0]
    with pytest.raises(hatpose.ArgumentError, match="image_id"):
        result.to_json("coco")
    with pytest.raises(hatpose.ArgumentError, match="yaml"):
        result.to_json("yaml")
    compat = toy_model.detector(size=72, mode="compat")(photo)
    for entry in json.loads(compat.to_json("coco", image_id=1)):
        assert set(entry["keypoints"][2::3]) == {0, 1}


def hatpose_command() -> str:
    """The command line, to compare with; skips the test where it is not."""
    built = [*REPOSITORY.glob("build*/tools/hatpose")]
    built += REPOSITORY.glob("build*/*/tools/hatpose")
    newest = max(built, key=lambda path: path.stat().st_mtime, default=None)
    command = os.environ.get("HATPOSE_COMMAND") or newest
    if command is None:
        pytest.skip("no hatpose command: set HATPOSE_COMMAND")
    return str(command)


@pytest.mark.parametrize("mode", ["best", "compat"])
def test_coco_form_is_the_command_lines(
    mode: str, toy_file: Path, toy_model: hatpose.Model, tmp_path: Path
) -> None:
    photo = tmp_path / "139.png"
    Image.fromarray(toy.picture(NECK, (30.3, 60.6))).save(photo)
    run = subprocess.run(
        [
            hatpose_command(), "detect", "--format", "coco", "--mode", mode,
            "--size", str(toy.HEIGHT), "--model", toy_file, photo,
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    # Before the cut to whole pixels, as results for evaluation are.
    decode = "best" if mode == "best" else "compat_exact"
    result = toy_model.detector(size=toy.HEIGHT, mode=decode)(photo)
    assert [person.keypoint_count for person in result] == [3, 3]
    ours = json.loads(result.to_json("coco", image_id=139), parse_float=str)
    assert ours == json.loads(run.stdout, parse_float=str)
    factor = 1 if mode == "best" else 2
    scores = [float(entry["score"]) for entry in ours]
    assert scores == (factor * result.scores).tolist()


def test_coco_score_of_compat(toy_model: hatpose.Model, photo: Path) -> None:
    for mode in ("compat", "compat_exact"):
        result = toy_model.detector(size=toy.HEIGHT, mode=mode)(photo)
        entries = json.loads(result.to_json("coco", image_id=1))
        scores = [entry["score"] for entry in entries]
        assert len(scores) == 2
        assert scores == (2 * result.scores).tolist()


def test_a_mode_of_none_is_the_usual_one(
    toy_model: hatpose.Model, photo: Path
) -> None:
    result = toy_model.detector(size=toy.HEIGHT, mode=None)(photo)
    assert result.mode == "best"


def test_a_file_that_cannot_be_written(
    result: hatpose.Result, tmp_path: Path
) -> None:
    target = tmp_path / "no" / "x.png"
    with pytest.raises(hatpose.FileError) as caught:
        result.save(target)
    assert str(caught.value) == f"{target}: No such file or directory"
    assert isinstance(caught.value, OSError)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert (error.code, error.path) == ("io", str(target))
        assert error.errno == errno.ENOENT
        assert "part" not in str(error)
    with pytest.raises(hatpose.FileError) as caught:
        hatpose.contact_sheet([result], target)
    assert caught.value.path == str(target)
    with pytest.raises(hatpose.ArgumentError):
        result.save(tmp_path / "zero\0byte.png")
    for quality in (-1, 2**32 + 90, 2.5):
        with pytest.raises(hatpose.ArgumentError, match="quality"):
            result.save(tmp_path / "x.jpg", quality=quality)


def test_head_of_ignores_weak_joints(detector: hatpose.Detector) -> None:
    keypoints = np.full((2, 18, 3), np.nan, np.float32)
    names = list(hatpose.KEYPOINT_NAMES)
    for name, point in {
        "neck": (100, 100, 0.9),
        "nose": (100, 70, 0.9),
        "right_shoulder": (80, 104, 0.9),
    }.items():
        keypoints[:, names.index(name)] = point
    # A guess far away; it widens the box of the body, not the head's place.
    keypoints[0, names.index("left_ear")] = (300, 300, 0.09)
    keypoints[1, names.index("left_ear")] = (300, 300, 0.1)
    weak, strong = detector.match(keypoints, 640, 480)
    box = head_of(weak)
    assert box.left + box.width / 2 == pytest.approx(100)
    assert box.width < 100 < 300 < head_of(strong).width


def test_table(result: hatpose.Result, photo: Path) -> None:
    pytest.importorskip("pandas")
    table = result.to_df()
    assert len(table) == 2
    assert table["file"].tolist() == [str(photo)] * 2
    assert table["neck_x"].tolist() == result.keypoints[:, 1, 0].tolist()
    assert table["nose_x"].isna().all()
    assert table["hat"].tolist() == ["unknown"] * 2


def test_supervision(result: hatpose.Result) -> None:
    pytest.importorskip("supervision")
    points = result.to_supervision()
    assert len(points) == 2
    assert points.xy.shape == (2, 18, 2)
    assert np.array_equal(points.visible, result.found)


def test_plot_draws_on_a_copy(detector: hatpose.Detector) -> None:
    picture = toy.picture(NECK)
    before = picture.copy()
    result = detector(picture, order="rgb")
    drawn = result.plot()
    assert np.array_equal(picture, before)
    assert drawn.shape == picture.shape
    assert not np.array_equal(drawn, picture)
    assert np.array_equal(result.plot(order="bgr"), drawn[:, :, ::-1])
    assert np.array_equal(result.pixels(), picture)
    bare = result.plot(skeletons=False, hats=False, tags=False)
    assert np.array_equal(bare, picture)
    boxes = result.plot(skeletons=False, hats=False, tags=False, boxes=True)
    assert not np.array_equal(boxes, picture)


def test_plot_of_every_kind_of_array(detector: hatpose.Detector) -> None:
    rgb = toy.picture(NECK)
    expected = detector(rgb, order="rgb").plot()
    alpha = np.dstack([rgb, rgb[:, :, 0]])
    bgr = np.ascontiguousarray(rgb[:, :, ::-1])
    for array, order in (
        (alpha, "rgba"),
        (bgr, "bgr"),
        (rgb[::-1][::-1], "rgb"),
    ):
        drawn = detector(array, order=order).plot()
        assert np.array_equal(drawn, expected)
    gray = rgb.max(axis=2)
    assert detector(gray).plot().shape == rgb.shape


def test_a_file_is_read_again_to_plot(toy_file: Path, photo: Path) -> None:
    """Results of files hold no pixels, and need no detector to be shown."""
    with hatpose.load(toy_file) as model, model.detector(size=72) as det:
        result = det(photo)
    original = np.asarray(Image.open(photo))
    assert np.array_equal(result.pixels(), original)
    assert not np.array_equal(result.plot(), original)
    photo.unlink()
    with pytest.raises(hatpose.ImageError):
        result.plot()
    assert len(result) == 2


def test_bytes_and_file_objects_can_be_plotted(
    detector: hatpose.Detector, photo: Path
) -> None:
    data = photo.read_bytes()
    expected = detector(photo).plot()
    assert np.array_equal(detector(data).plot(), expected)
    assert np.array_equal(detector(io.BytesIO(data)).plot(), expected)


def test_blur_hides_the_head(
    real_model: hatpose.Model,
) -> None:
    path = REPOSITORY / "tests/photos/astronaut.png"
    result = real_model.detector()(path)
    nose = result[0]["nose"]
    y, x = round(nose.y), round(nose.x)
    around = slice(y - 5, y + 6), slice(x - 5, x + 6)
    plain = {"skeletons": False, "hats": False, "tags": False}
    before = result.plot(**plain)[around].astype(int)
    after = result.plot(**plain, blur=True)[around].astype(int)
    assert np.ptp(after, axis=(0, 1)).max() < np.ptp(before, axis=(0, 1)).max()
    corner = slice(0, 20), slice(0, 20)
    assert np.array_equal(
        result.plot(**plain, blur=True)[corner], result.pixels()[corner]
    )


def test_save(result: hatpose.Result, photo: Path, tmp_path: Path) -> None:
    target = tmp_path / "drawn.png"
    result.save(target)
    assert np.array_equal(np.asarray(Image.open(target)), result.plot())
    result.save(tmp_path / "drawn.JPG", quality=60, boxes=True)
    assert Image.open(tmp_path / "drawn.JPG").format == "JPEG"
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["drawn.JPG", "drawn.png", photo.name]
    before = photo.read_bytes()
    for path in (photo, tmp_path / "drawn.webp", tmp_path / "no" / "x.png"):
        with pytest.raises((hatpose.ArgumentError, OSError)):
            result.save(path)
    with pytest.raises(hatpose.ArgumentError):
        result.save(tmp_path / "x.jpg", quality=0)
    assert photo.read_bytes() == before
    assert not (tmp_path / "x.jpg").exists()


def test_notebooks_show_a_result(result: hatpose.Result) -> None:
    shown = Image.open(io.BytesIO(result._repr_png_()))
    assert np.array_equal(np.asarray(shown), result.plot())
    text = result._repr_html_()
    assert "data:image/jpeg;base64," in text
    assert "2 people: 2 unknown" in text
    assert "2 people: 2 unknown" in repr(result)


def test_results_of_maps_have_no_picture(
    detector: hatpose.Detector,
) -> None:
    maps = detector.maps(toy.picture(NECK), order="rgb")
    result = detector.detect_maps(maps, toy.WIDTH, toy.HEIGHT)
    with pytest.raises(hatpose.ArgumentError, match="maps"):
        result.plot()


def test_contact_sheet(
    detector: hatpose.Detector, photo: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"text")
    sheet = tmp_path / "sheet.png"
    sources = [photo] * 31 + [bad]
    written = hatpose.contact_sheet(detector.stream(sources), sheet)
    # 62 people and a failed file: 60 tiles on the first sheet.
    assert written == [str(sheet), str(tmp_path / "sheet-2.png")]
    first, second = (Image.open(path) for path in written)
    assert first.width == second.width
    assert first.height > 5 * second.height
    only = hatpose.contact_sheet(
        detector.stream(sources), sheet, only="not_worn"
    )
    assert only == [str(sheet)]
    assert Image.open(sheet).height < second.height + 1
    with pytest.raises(hatpose.ArgumentError):
        hatpose.contact_sheet([], sheet, only="maybe")
    with pytest.raises(hatpose.ArgumentError):
        hatpose.contact_sheet([], tmp_path / "sheet.gif")
