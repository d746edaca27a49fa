"""Crops: the same every time, and labels that stay on the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hatpose_train import augment, labels, samples
from hatpose_train.pool import load

PLAIN = augment.Recipe(
    scale=(0.9, 1.2),
    rotation_chance=1.0,
    brightness=0,
    contrast=0,
    saturation=0,
    grey_chance=0,
    blur_chance=0,
    jpeg_chance=0,
)


def test_a_crop_has_its_number_and_no_memory(pool: Path) -> None:
    photos = load(pool)
    shares = {"people": 0.8, "negative": 0.2}
    first = samples.Crops(photos, shares, 64, augment.Recipe(), 5)
    second = samples.Crops(photos, shares, 64, augment.Recipe(), 5)
    for _ in range(3):
        second[0]
    for one, other in zip(first[9], second[9], strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(first[9][0], first[10][0])


def test_excluded_sets_are_left_out(pool: Path) -> None:
    assert len(load(pool)) == 6
    assert {p.line["set"] for p in load(pool, ["odd"])} == {"even"}
    with pytest.raises(ValueError, match="no photo"):
        load(pool, ["odd", "even"])


@pytest.mark.parametrize("seed", range(12))
def test_points_go_where_the_picture_goes(seed: int) -> None:
    """A white spot on grey is found where its keypoint is said to be."""
    rng = np.random.default_rng(seed)
    pixels = np.full((200, 220, 3), 60, np.uint8)
    x, y = rng.uniform(100, 120), rng.uniform(90, 110)
    rows, columns = np.mgrid[:200, :220]
    pixels[(rows - y) ** 2 + (columns - x) ** 2 < 4.5**2] = 255
    view, affine, _ = augment.random_view(pixels, 192, PLAIN, rng)
    expected = affine[:, :2] @ (x, y) + affine[:, 2]
    assert ((expected > 12) & (expected < 180)).all()
    bright = np.argwhere(view[..., 0] > 180)[:, ::-1].mean(axis=0)
    np.testing.assert_allclose(bright, expected, atol=0.6)


@pytest.mark.parametrize("seed", range(8))
def test_a_view_changes_colours_and_keeps_its_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (90, 120, 3)).astype(np.uint8)
    recipe = replace(
        PLAIN, contrast=0.5, grey_chance=1, blur_chance=1, jpeg_chance=1
    )
    view, _, _ = augment.random_view(pixels, 64, recipe, rng)
    assert view.shape == (64, 64, 3) and view.dtype == np.uint8
    # Grey all over, but for what JPEG does to it
    assert np.ptp(view.astype(int), axis=2).max() <= 12


def test_flip_renames_left_and_right(pool: Path) -> None:
    photo = load(pool)[0]
    affine = np.array([[-1.0, 0, 127], [0, 1, 0]])
    plain = samples.true_people(photo, np.eye(2, 3), False, 128)
    turned = samples.true_people(photo, affine, True, 128)
    np.testing.assert_allclose(turned[0, 5, 0], 127 - plain[0, 2, 0])


def test_mask_leaves_out_crowds_and_other_people(pool: Path) -> None:
    photo = load(pool)[0]
    assert samples.trusted(photo, np.eye(2, 3), 16).all()
    photo.line["other_person_boxes"] = [[0.0, 0.0, 40.0, 40.0]]
    mask = samples.trusted(photo, np.eye(2, 3), 16)
    assert not mask[:4, :4].any() and mask[8:, 8:].all()
    photo.line["label_source"] = "YOLO-pose text"
    mask = samples.trusted(photo, np.eye(2, 3), 16)
    assert mask[7, 7] == 1 and mask[15, 15] == 0


def test_unlabelled_photos_have_no_truth(pool: Path) -> None:
    photo = load(pool)[1]
    assert not samples.trusted(photo, np.eye(2, 3), 16).any()
    people = samples.true_people(photo, np.eye(2, 3), False, 64)
    assert len(people) == 0
    assert labels.heatmaps(people, 8, 8)[18].all()
