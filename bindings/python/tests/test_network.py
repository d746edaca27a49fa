"""The released network in the library against ONNX Runtime.

The reference is built from the released file without this package: the same
dequantised weights, float arithmetic.
"""

from __future__ import annotations

import numpy as np
import pytest
from reference_maps import TOLERANCE, reference_maps
from released_in_onnx import ReleasedInOnnx
from shared_folder import REPOSITORY, shared_file

import hatpose


def photo(det: hatpose.Detector, height: int, width: int) -> np.ndarray:
    """A piece of a real photo, so that the maps are awake."""
    pixels = det.read(REPOSITORY / "tests/photos/astronaut.png", order="bgr")
    assert pixels.shape[0] >= height
    assert pixels.shape[1] >= width
    return pixels[:height, :width]


@pytest.mark.parametrize(
    ("height", "width"), [(256, 456), (216, 328), (136, 312), (248, 512)]
)
def test_maps_are_those_of_onnx_runtime(
    real_model: hatpose.Model, height: int, width: int
) -> None:
    path = shared_file("weights/human-pose-estimation-0001.xml")
    # A picture as high as the network is neither resized nor padded.
    det = real_model.detector(size=height, mode="compat", precision="f32")
    picture = photo(det, height, width)
    maps = det.maps(picture, order="bgr")
    planes = picture.transpose(2, 0, 1).astype(np.float32)
    pafs, heatmaps = reference_maps(
        ReleasedInOnnx(path).model(),
        (planes - np.float32(128)) / np.float32(255),
    )
    for ours, theirs in ((maps.heatmaps, heatmaps), (maps.pafs, pafs)):
        assert ours.shape == theirs.shape
        assert np.ptp(theirs) > 0.1
        assert np.abs(ours - theirs).max() < TOLERANCE


def test_threads_change_no_bit(real_model: hatpose.Model) -> None:
    path = REPOSITORY / "tests/photos/grace_hopper.jpg"
    maps = [
        real_model.detector(threads=count).maps(path) for count in (1, 2, 3)
    ]
    for other in maps[1:]:
        for one, same in zip(maps[0], other, strict=True):
            assert np.array_equal(one, same)
