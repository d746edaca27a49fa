"""Hat maps: their truth, what is left out, and a head that learns them."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hatpose.model_file import write_model

from hatpose_train import hat_labels, hats
from hatpose_train.interchange import read_gguf, to_model
from hatpose_train.network import Network, Shape

SAME = np.array([[1.0, 0, 0], [0, 1, 0]])
# Of a drawn head in pixels; two cells
SIDE = 16


def test_a_map_is_one_at_the_middle_of_a_head() -> None:
    line = {"boxes": [["hardhat", 28.0, 36.0, 32.0, 32.0]]}
    maps = hat_labels.maps(line, SAME, 12)
    # Middle (44, 52) is that of the cell (5, 6); sigma 0.3 * 4 cells
    assert maps[0, 6, 5] == 1
    assert maps[0, 6, 7] == pytest.approx(np.exp(-0.5 * (2 / 1.2) ** 2))
    assert maps[0, 4, 5] == pytest.approx(maps[0, 6, 7])
    assert not maps[1].any()


def test_a_map_follows_the_view() -> None:
    line = {"boxes": [["head_bare", 8.0, 16.0, 16.0, 8.0]]}
    # Twice as large, mirrored at x = 40: pixel 0 goes to 80
    affine = np.array([[-2.0, 0, 80], [0, 2, 0]])
    maps = hat_labels.maps(line, affine, 16)
    row, column = np.unravel_index(maps[1].argmax(), maps[1].shape)
    # The middle (16, 20) of the photo is pixel index 15.5, 19.5
    assert (column * 8, row * 8) == (48, 32)


def test_unlabelled_people_are_left_out() -> None:
    line = {
        "all_heads": "mostly",
        "boxes": [
            ["person", 0.0, 0.0, 32.0, 96.0],
            ["hardhat", 8.0, 0.0, 16.0, 16.0],
            ["person", 64.0, 0.0, 31.0, 96.0],
        ],
    }
    mask = hat_labels.known(line, SAME, 12)
    assert mask[:, :7].all()
    assert not mask[:, 8:].any()


def test_only_labelled_heads_count_where_some_lack_a_label() -> None:
    line = {"all_heads": "no", "boxes": [["hardhat", 32.0, 32.0, 16.0, 16.0]]}
    mask = hat_labels.known(line, SAME, 12)
    assert mask[4:6, 4:6].all()
    assert mask.sum() <= 16


def person(**keypoints: tuple[float, float]) -> dict[str, Any]:
    """A photo with one labelled person."""
    names = ["nose", "left_eye", "right_eye", "left_ear", "right_ear"]
    names += ["left_shoulder", "right_shoulder"]
    rows = np.zeros((17, 3))
    for name, place in keypoints.items():
        rows[names.index(name)] = *place, 2
    one = {"keypoints": rows.reshape(-1).tolist()}
    one |= {"num_keypoints": len(keypoints), "iscrowd": 0}
    return {"coco_annotations": [one]}


def test_keypoints_give_a_head() -> None:
    line = person(
        nose=(50, 42), left_eye=(55, 38), right_eye=(45, 38),
        left_ear=(60, 40), right_ear=(40, 40),
        left_shoulder=(70, 70), right_shoulder=(30, 70),
    )  # fmt: skip
    ((x, y, width, height),) = hat_labels.heads_of_people(line)
    assert width == pytest.approx(23)  # 1.15 from ear to ear
    assert height == pytest.approx(1.15 * 23)
    assert x + width / 2 == pytest.approx(50)
    # The face's middle is at 39.6, the neck below it
    assert y + height / 2 == pytest.approx(39.6 - 0.12 * 23, abs=1e-4)
    total, told = hat_labels.of_people(line, SAME, 12)
    assert np.unravel_index(total.argmax(), total.shape) == (4, 6)
    assert told[4, 6] == 1
    assert told.sum() < 49
    # Too small to be told
    assert not hat_labels.of_people(line, SAME / 5, 12)[1].any()


def test_a_profile_gives_a_head_and_a_back_none() -> None:
    profile = person(nose=(40, 40), left_eye=(43, 36), left_ear=(60, 40))
    assert hat_labels.heads_of_people(profile)[0][2] == pytest.approx(30)
    back = person(left_shoulder=(70, 70), right_shoulder=(30, 70))
    assert hat_labels.heads_of_people(back) == []


def test_a_view_of_heads_shows_one() -> None:
    line = {"boxes": [["hardhat", 40.0, 40.0, 16.0, 16.0]]}
    aside = np.array([[1.0, 0, -60], [0, 1, 0]])
    assert hats.shows_head(line, SAME)
    assert not hats.shows_head(line, aside)
    assert hats.shows_head({}, aside)


def test_where_the_sum_is_known_either_map_may_hold_it() -> None:
    maps = torch.zeros(1, 2, 4, 4)
    maps[0, 0, 1, 1] = 1
    only_sum = torch.zeros(1, 2, 4, 4)
    only_sum[:, 1] = 1
    both = 1 - only_sum
    other = maps.flip(1)
    assert hats.error(other, maps, only_sum) == 0
    assert hats.error(other, maps, both) > 0
    assert hats.error(maps, maps, both) == 0


def test_a_ring_keeps_the_last_batches() -> None:
    made = []

    def make(number: int) -> hats.Views:
        made.append(number)
        one = torch.full((hats.BATCH, 1), float(number))
        return hats.Views(one, one, one)

    ring = hats.Ring(make)
    ring.fill(3)
    ring.fill(3)
    ring.fill(hats.KEPT + 5)
    # What would be lost at once is not made
    assert made == [0, 1, 2, *range(5, hats.KEPT + 5)]
    kept = sorted(float(one.maps[0, 0]) for one in ring.kept.values())
    assert kept == list(range(5, hats.KEPT + 5))
    made.clear()
    again = hats.Ring(make)
    again.fill(hats.KEPT + 5)
    assert made == list(range(5, hats.KEPT + 5))
    # In the same places: the same batch
    for one, other in zip(
        ring.drawn(np.random.default_rng(1)),
        again.drawn(np.random.default_rng(1)),
        strict=True,
    ):
        assert torch.equal(one, other)


def test_peaks_meet_heads() -> None:
    line = {
        "boxes": [
            ["hardhat", 0.0, 0.0, 16.0, 16.0],
            ["head_bare", 40.0, 40.0, 16.0, 16.0],
            ["head_bare", 64.0, 0.0, 16.0, 16.0],
        ]
    }
    maps = np.zeros((2, 12, 12), np.float32)
    maps[0, 1, 1] = 0.9
    maps[0, 1, 2] = 0.8
    maps[0, 5, 6] = 0.7
    maps[1, 9, 1] = 0.6
    maps[1, 1, 9] = 0.2
    shown = hat_labels.peaks(maps, 0.3)
    assert [(p.x, p.y, p.channel) for p in shown] == [
        (12, 12, 0),
        (52, 44, 0),
        (12, 76, 1),
    ]
    score = hat_labels.Score()
    score.add(shown, line)
    assert (score.heads, score.met, score.right) == (3, 2, 1)
    assert score.reported == 3


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of discs on noise: yellow ones are hats, pink ones are bare."""
    folder = tmp_path_factory.mktemp("site")
    rng = np.random.default_rng(4)
    lines = []
    with tarfile.open(folder / "pool-site.tar", "w") as archive:
        for number in range(16):
            photo = rng.integers(0, 60, (256, 256, 3)).astype(np.uint8)
            boxes = []
            for place in range(9):
                x, y = 40 + place % 3 * 80, 40 + place // 3 * 80
                kind = rng.choice(["hardhat", "head_bare", "none"])
                if kind == "none":
                    continue
                colour = (0, 230, 255) if kind == "hardhat" else (255, 90, 255)
                cv2.circle(photo, (x, y), SIDE, colour, -1)
                boxes.append([kind, x - SIDE, y - SIDE, 2 * SIDE, 2 * SIDE])
            data = cv2.imencode(".jpg", photo)[1].tobytes()
            member = tarfile.TarInfo(f"hhd_{number}.jpg")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
            line = {"name": member.name, "boxes": boxes, "all_heads": "mostly"}
            lines.append(json.dumps(line) + "\n")
    (folder / "pool-site.jsonl").write_text("".join(lines))
    return folder


def test_the_head_learns_and_the_library_agrees(
    site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(hats, "FIRST", 6)
    monkeypatch.setattr(hats, "STEPS_PER_BATCH", 25)
    model, taught = tmp_path / "model.gguf", tmp_path / "taught.gguf"
    network = Network(Shape(width=0.25))
    write_model(to_model(network, "toy", "f32"), model)
    arguments = [str(model), str(taught), "--pool", str(site), "--run"]
    arguments += [str(tmp_path / "run"), "--steps", "150"]
    assert hats.main([*arguments, "--rate", "1e-2", "--threads", "1"]) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    answered = float(told.partition("answered=")[2].split()[0])
    assert answered > 0.8, told
    again = read_gguf(taught)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(
            again.state_dict()[name], value, atol=2e-3, rtol=2e-3
        )
    if "HATPOSE_LIBRARY" not in os.environ:
        pytest.skip("libhatpose is not built")
    import hatpose

    pixels = np.random.default_rng(1).integers(0, 256, (64, 96, 3))
    pixels = pixels.astype(np.uint8)
    picture = torch.from_numpy(pixels.transpose(2, 0, 1)).float()
    with torch.no_grad():
        expected = again((picture[None] - 128) / 255)["hats"][0].numpy()
    with hatpose.load(taught) as loaded:
        detector = loaded.detector(size=64, mode="compat_exact")
        found = detector.maps(pixels, order="bgr").hats
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_stopped_run_goes_on_to_the_same_head(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(hats, "FIRST", 2)
    model = tmp_path / "model.gguf"
    write_model(to_model(Network(Shape(width=0.25)), "toy", "f32"), model)
    arguments = ["--pool", str(site), "--steps", "8", "--threads", "1"]
    arguments += ["--held-out", "0", "--run"]

    def taught(name: str, *more: str) -> int:
        files = [str(model), str(tmp_path / f"{name}.gguf")]
        return hats.main([*files, *arguments, str(tmp_path / name), *more])

    assert taught("whole") == 0
    learn = hats.learn

    def stopped(work: hats.Lessons, batch: Any) -> torch.Tensor:
        if work.step == 5:
            raise KeyboardInterrupt
        return learn(work, batch)

    monkeypatch.setattr(hats, "SECONDS_BETWEEN_SAVES", 0.0)
    monkeypatch.setattr(hats, "learn", stopped)
    assert taught("parted") == 130
    monkeypatch.setattr(hats, "learn", learn)
    assert taught("parted", "--resume") == 0
    whole = (tmp_path / "whole.gguf").read_bytes()
    assert (tmp_path / "parted.gguf").read_bytes() == whole
