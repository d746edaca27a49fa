"""What ONNX Runtime computes, and the comparison with our own network."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from run_network import run_network

# Absolute, on maps of order one: two orders of summation of some thousand
# singles in each of 60 layers.
TOLERANCE = 1e-4


def random_picture(height: int = 43, width: int = 50) -> np.ndarray:
    """Planes of 0 to 255; the sizes are no multiples of the stride."""
    random = np.random.default_rng(5)
    return random.integers(0, 256, (3, height, width)).astype(np.float32)


def reference_maps(model: onnx.ModelProto | bytes, data: np.ndarray) -> list:
    """All outputs as ONNX Runtime computes them, without the batch axis."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    if not isinstance(model, bytes):
        model = model.SerializeToString()
    session = onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return [one[0] for one in session.run(None, {name: data[None]})]


def require_maps(network, picture, heatmaps, pafs, tolerance=TOLERANCE):
    """Our network gives these maps; they are not the same everywhere."""
    maps = run_network(network, picture)
    for ours, theirs in ((maps["heatmaps"], heatmaps), (maps["pafs"], pafs)):
        assert ours.shape == theirs.shape
        assert np.ptp(theirs) > 100 * tolerance
        assert np.abs(ours - theirs).max() < tolerance
