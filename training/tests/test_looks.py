"""Several looks of a teacher at one crop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from hatpose_train import distil, labels, looks, samples
from hatpose_train.interchange import read_gguf


@pytest.fixture
def twice(teacher: Path) -> looks.Looks:
    return looks.Looks(teacher, 64, (1.0, 1.5), 1)


def noise() -> np.ndarray:
    coarse = np.random.default_rng(5).integers(0, 256, (16, 16, 3))
    return np.kron(coarse, np.ones((4, 4, 1))).astype(np.uint8)


def test_maps_of_a_mirrored_crop_are_the_mirrored_maps(
    twice: looks.Looks,
) -> None:
    crop = noise()
    heatmaps, pafs = twice.look(crop)
    assert heatmaps.shape == (19, 8, 8) and pafs.shape == (38, 8, 8)
    other, other_pafs = twice.look(np.ascontiguousarray(crop[:, ::-1]))
    channels, signs = looks.mirrored_pafs()
    torch.testing.assert_close(
        other, heatmaps.flip(-1)[looks.mirrored_heatmaps()]
    )
    torch.testing.assert_close(other_pafs, pafs.flip(-1)[channels] * signs)


def test_one_look_is_the_network_at_the_crop_itself(teacher: Path) -> None:
    crop = noise()
    network = read_gguf(teacher)
    channels, signs = looks.mirrored_pafs()
    with torch.no_grad():
        straight = network(samples.picture(crop)[None])
        mirrored = network(samples.picture(crop[:, ::-1])[None])
    heatmaps, pafs = network.maps()
    expected = mirrored[heatmaps][0].flip(-1)[looks.mirrored_heatmaps()]
    expected_pafs = mirrored[pafs][0].flip(-1)[channels] * signs
    found, found_pafs = looks.Looks(teacher, 64, (1.0,), 1).look(crop)
    expected = (straight[heatmaps][0] + expected) / 2
    expected_pafs = (straight[pafs][0] + expected_pafs) / 2
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    torch.testing.assert_close(found_pafs, expected_pafs, rtol=0, atol=1e-4)


def test_mirrored_channels_are_those_of_mirrored_people() -> None:
    rng = np.random.default_rng(8)
    people = np.full((1, 18, 3), labels.VISIBLE, np.float32)
    people[..., :2] = rng.uniform(16, 239, (1, 18, 2))
    opposite = labels.mirror(people)
    opposite[..., 0] = 255 - opposite[..., 0]
    channels, signs = looks.mirrored_pafs()
    maps = torch.from_numpy(labels.pafs(people, 32, 32))
    found = torch.from_numpy(labels.pafs(opposite, 32, 32))
    # Directions, as cells on a limb's rim differ
    ways = [m.sum((1, 2)).view(19, 2) for m in (maps[channels] * signs, found)]
    torch.testing.assert_close(*map(functional.normalize, ways))
    heatmaps = torch.from_numpy(labels.heatmaps(people, 32, 32))
    back = heatmaps.flip(-1)[looks.mirrored_heatmaps()]
    found = torch.from_numpy(labels.heatmaps(opposite, 32, 32))
    assert torch.equal(
        found.flatten(1).argmax(1)[:18], back.flatten(1).argmax(1)[:18]
    )


def test_a_run_learns_from_several_looks(
    teacher: Path, pool: Path, config: Path, tmp_path: Path
) -> None:
    text = config.read_text() + "looks = [1.0, 1.5]\n"
    config.write_text(text)
    arguments = [str(config), "--teacher", str(teacher), "--pool", str(pool)]
    run = tmp_path / "run"
    assert distil.main([*arguments, "--run", str(run), "--threads", "1"]) == 0
    work, crops = distil.prepare(
        distil.options([*arguments, "--run", str(run)]),
        distil.read(config),
    )
    batch = next(iter(distil.samples.batches(crops, 0, 1, 4, 0)))
    lesson = work.prepare(batch)
    assert work.looks is not None
    for kind, maps in work.looks(batch[0]).items():
        for stage in ("initial_stage", "refinement_stages.0"):
            torch.testing.assert_close(lesson.targets[f"{stage}.{kind}"], maps)
