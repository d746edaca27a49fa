"""The original's recipe: samples, losses, rates, a few steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hatpose_train import prepare_labels, subset, train
from hatpose_train.coco import (
    CocoSamples,
    View,
    cropped,
    flipped,
    rotated,
    scaled,
)
from hatpose_train.config import Original, OriginalConfig
from hatpose_train.network import Network, Shape
from hatpose_train.objective import Truth

WIDTH, HEIGHT = 160, 120


def annotation(x: float, y: float, **more: object) -> dict[str, object]:
    points = [[x + 5 * k, y + 4 * k, 2] for k in range(17)]
    return {
        "image_id": 1,
        "iscrowd": 0,
        "area": 5000.0,
        "num_keypoints": 17,
        "bbox": [x, y, 85.0, 70.0],
        "keypoints": [number for point in points for number in point],
        **more,
    }


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """A COCO label file and its two photos."""
    crowd = {
        "size": [HEIGHT, WIDTH],
        "counts": [0, HEIGHT * 40, HEIGHT * (WIDTH - 40)],
    }
    people = [
        annotation(10, 10),
        annotation(15, 12),  # too near to the first
        annotation(70, 40),
        annotation(5, 5, area=100.0),
        annotation(0, 0, num_keypoints=4, image_id=2),
        annotation(0, 0, iscrowd=1, segmentation=crowd),
    ]
    photos = [
        {"id": n, "file_name": f"{n}.jpg", "width": WIDTH, "height": HEIGHT}
        for n in (1, 2)
    ]
    rng = np.random.default_rng(0)
    for photo in photos:
        noise = rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / str(photo["file_name"])), noise)
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"images": photos, "annotations": people}))
    return path


def test_people_get_samples_by_the_rules(coco: Path, tmp_path: Path) -> None:
    out = tmp_path / "prepared.json"
    assert prepare_labels.main([str(coco), str(out)]) == 0
    found = json.loads(out.read_text())
    assert [one["centre"] for one in found] == [[52.5, 45.0], [112.5, 75.0]]
    assert [len(one["people"]) for one in found] == [4, 4]
    assert found[1]["people"][0][0][:2] == [70.0, 40.0]
    assert found[0]["scale"] == pytest.approx(70 / 368)
    assert len(found[0]["crowds"]) == 1


def test_subset_keeps_whole_photos(coco: Path, tmp_path: Path) -> None:
    out = tmp_path / "part.json"
    assert subset.main([str(coco), str(out), "--photos", "1"]) == 0
    part = json.loads(out.read_text())
    numbers = {photo["id"] for photo in part["images"]}
    assert len(numbers) == 1
    assert {one["image_id"] for one in part["annotations"]} == numbers


def spot(x: float, y: float) -> View:
    """A photo with one bright spot, which is also keypoint 0."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    pixels[(rows - y) ** 2 + (columns - x) ** 2 < 36] = 250
    people = np.zeros((1, 18, 3), np.float32)
    people[0, 0] = x, y, 1
    mask = np.ones((HEIGHT, WIDTH), np.float32)
    return View(pixels, mask, people, np.array([x, y]))


@pytest.mark.parametrize(
    "change",
    [
        lambda view: scaled(view, 1.0),
        lambda view: rotated(view, 33.0),
        lambda view: cropped(view, 96, (7, -11)),
        flipped,
        lambda view: flipped(cropped(rotated(view, -20.0), 128, (0, 9))),
    ],
)
def test_keypoints_stay_on_the_picture(change: Callable[[View], View]) -> None:
    view = change(spot(90.0, 50.0))
    bright = np.argwhere(view.pixels[..., 0] > 200)[:, ::-1].mean(axis=0)
    np.testing.assert_allclose(view.people[0, 0, :2], bright, atol=0.7)


def test_outside_of_a_photo_is_grey_and_counts() -> None:
    view = cropped(spot(3.0, 3.0), 64, (0, 0))
    assert (view.pixels[:20, :20] == 128).all() and view.mask.all()


def test_loss_is_half_the_squared_error_a_picture() -> None:
    truth = Truth(
        torch.zeros(2, 19, 4, 4), torch.ones(2, 38, 4, 4), torch.ones(2, 4, 4)
    )
    truth.mask[:, 0] = 0
    values = {
        "cpm": torch.ones(2, 8, 4, 4),
        "initial_stage.heatmaps": torch.ones(2, 19, 4, 4),
        "initial_stage.pafs": torch.zeros(2, 38, 4, 4),
    }
    total, errors = train.loss(values, truth)
    assert errors["initial_stage.heatmaps"].item() == 19 * 12 / 2
    assert total.item() == (19 + 38) * 12 / 2


def test_rates_are_those_of_the_recipe() -> None:
    network = Network(Shape(width=0.125, batch_norm=True, cpm="original"))
    names = {id(p): name for name, p in network.named_parameters()}
    found = {
        names[id(group["params"][0])]: (
            round(group["lr"] / 4e-5),
            bool(group["weight_decay"]),
        )
        for group in train.rates(network, Original())
    }
    block = "refinement_stages.0.trunk.0."
    expected = {
        "model.1.0.weight": (1, False),
        "model.1.3.weight": (1, True),
        "model.1.1.weight": (1, False),
        "model.1.1.bias": (2, False),
        "cpm.conv.0.bias": (2, False),
        "initial_stage.pafs.0.0.weight": (1, True),
        f"{block}initial.0.weight": (4, True),
        f"{block}initial.0.bias": (8, False),
        f"{block}trunk.0.1.weight": (1, False),
        f"{block}trunk.0.1.bias": (2, False),
    }
    assert {name: found[name] for name in expected} == expected
    assert len(found) == len(names)


@pytest.fixture
def prepared(coco: Path, tmp_path: Path) -> Path:
    path = tmp_path / "prepared.json"
    assert prepare_labels.main([str(coco), str(path)]) == 0
    return path


def test_a_batch_is_learned(prepared: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    shape = Shape(width=0.125, batch_norm=True, cpm="original")
    settings = Original(batch=2, parts=1, crop=64, rate=2e-3)
    work = train.Training(
        OriginalConfig(shape, settings), Network(shape), torch.device("cpu")
    )
    data = CocoSamples(prepared, tmp_path, settings.crop, settings.seed)
    batch = [torch.stack(parts) for parts in zip(data[0], data[1], strict=True)]
    first, *_, last = (
        sum(error.item() for error in work.step(batch).values())
        for _ in range(40)
    )
    assert last < 0.5 * first


def test_parts_of_a_batch_make_the_same_step(
    prepared: Path, tmp_path: Path
) -> None:
    data = CocoSamples(prepared, tmp_path, 64, 1)
    batch = [torch.stack(parts) for parts in zip(data[0], data[1], strict=True)]
    gradients = []
    for parts in (1, 2):
        torch.manual_seed(0)
        shape = Shape(width=0.125)
        config = OriginalConfig(shape, Original(batch=2, parts=parts))
        work = train.Training(config, Network(shape), torch.device("cpu"))
        work.step(batch)
        bias = work.network.refinement_stages[0].pafs[1][0].bias
        gradients.append(bias.grad.clone())
    torch.testing.assert_close(*gradients, rtol=0.03, atol=0.03)


def test_the_command_trains_and_goes_on(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    text = (
        '[network]\nwidth = 0.125\nbatch_norm = true\ncpm = "original"\n'
        "[training]\nepochs = 2\nbatch = 2\ncrop = 64\nmilestones = [1]\n"
    )
    config.write_text(text)
    run = tmp_path / "run"
    arguments = [
        *(str(config), "--labels", str(prepared)),
        *("--images", str(tmp_path), "--run", str(run), "--threads", "1"),
    ]
    assert train.main(arguments) == 0
    config.write_text(text.replace("epochs = 2", "epochs = 4"))
    assert train.main([*arguments, "--resume"]) == 0
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    assert state["step"] == 4
    config.write_text(text.replace("batch = 2", "batch = 200"))
    assert train.main(arguments) == 1
    assert "2 samples, a batch has 200" in capsys.readouterr().err
