"""One contender of whole_job.py, in a process of its own, told by orders.py.

What is measured is a call from a JPEG's bytes to people.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import hatpose
from engines import CPU_OFF
from orders import Orders, time_slice

Array = np.ndarray[Any, Any]
Job = Callable[[Array], int]  # a JPEG's bytes to the number of people

HEIGHT = 256
STRIDE = 8
UP = 4
PERSON_THRESHOLD = 0.2


def main() -> None:
    orders = Orders()
    task = orders.task
    os.sched_setaffinity(0, [task["core"]])
    jpeg = np.fromfile(task["picture"], np.uint8)
    try:
        job = _open_ours(task) if task["engine"] == "hatpose" else _peer(task)
        people = job(jpeg)
    except (hatpose.HatposeError, ImportError, OSError, RuntimeError) as why:
        orders.refuse(why)
        return
    orders.answer({"people": people})
    for order in orders:
        orders.answer(time_slice(lambda: job(jpeg), order))


def _detector(task: dict[str, Any], precision: str) -> Any:
    model = hatpose.load(Path(task["folder"]) / "network.gguf")
    return model.detector(
        threads=1, size=HEIGHT, mode=task["mode"], precision=precision,
        cpu_off=CPU_OFF[task["isa"]],
    )  # fmt: skip


def _open_ours(task: dict[str, Any]) -> Job:
    detector = _detector(task, task["precision"])

    def job(jpeg: Array) -> int:
        return len(detector(jpeg.data).people)

    return job


# ---- Usual programs --------------------------------------------------------


def _peer(task: dict[str, Any]) -> Job:
    import cv2

    cv2.setNumThreads(1)
    photo = cv2.imdecode(np.fromfile(task["picture"], np.uint8), 1)
    height, width = photo.shape[:2]
    inside, outside = _sizes(task["mode"], height, width)
    infer = _open_network(task, outside)
    decode = _c_decoder(task) if task["decoder"] == "c" else _python_decoder()
    given = json.loads((Path(task["folder"]) / "input.json").read_text())
    mean = tuple(map(float, given["mean"]))
    scale = float(given["scale"][0])
    padding = [outside[1] - inside[1], outside[0] - inside[0]]
    left, top = padding[0] // 2, padding[1] // 2
    factor = HEIGHT / height  # as the original gives it; best has a size
    scaling = (
        (inside[::-1],)
        if task["mode"] == "best"
        else (None, None, factor, factor)
    )

    def job(jpeg: Array) -> int:
        photo = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        small = cv2.resize(photo, *scaling)
        if inside != outside:
            small = cv2.copyMakeBorder(
                small, top, padding[1] - top, left, padding[0] - left,
                cv2.BORDER_CONSTANT, value=mean,
            )  # fmt: skip
        heatmaps, pafs = infer(cv2.dnn.blobFromImage(small, scale, mean=mean))
        return decode(heatmaps, pafs, photo.shape[1], photo.shape[0])

    return job


def _sizes(
    mode: str, height: int, width: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Height and width of the resized photo, and of the network's input."""
    if mode == "best":
        factor = (HEIGHT * (16 * HEIGHT / 9) / (height * width)) ** 0.5
        size = (
            STRIDE * round(height * factor / STRIDE),
            STRIDE * round(width * factor / STRIDE),
        )
        return size, size
    inside = HEIGHT, round(width * HEIGHT / height)
    return inside, (HEIGHT, -(-max(HEIGHT, inside[1]) // STRIDE) * STRIDE)


def _open_network(
    task: dict[str, Any], size: tuple[int, int]
) -> Callable[[Array], tuple[Array, Array]]:
    path = Path(task["folder"]) / "network.onnx"
    if task["engine"] == "onnxruntime":
        return _open_onnxruntime(path, size)
    import openvino

    core = openvino.Core()
    model = core.read_model(path)
    model.reshape({0: [1, 3, *size]})
    compiled = core.compile_model(
        model, "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": task["precision"],
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": "1",
            "ENABLE_CPU_PINNING": False,
        },
    )  # fmt: skip
    request = compiled.create_infer_request()
    outputs = [request.get_tensor(name) for name in ("heatmaps", "pafs")]

    def infer(blob: Array) -> tuple[Array, Array]:
        request.set_input_tensor(openvino.Tensor(blob, shared_memory=True))
        request.infer()
        return outputs[0].data[0], outputs[1].data[0]

    return infer


def _open_onnxruntime(
    path: Path, size: tuple[int, int]
) -> Callable[[Array], tuple[Array, Array]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("data_height", size[0])
    options.add_free_dimension_override_by_name("data_width", size[1])
    session = onnxruntime.InferenceSession(
        path, options, ["CPUExecutionProvider"]
    )

    def infer(blob: Array) -> tuple[Array, Array]:
        heatmaps, pafs = session.run(["heatmaps", "pafs"], {"data": blob})
        return heatmaps[0], pafs[0]

    return infer


Decoder = Callable[[Array, Array, int, int], int]


def _c_decoder(task: dict[str, Any]) -> Decoder:
    from hatpose.detector import Maps

    detector = _detector(task, "f32")

    def decode(heatmaps: Array, pafs: Array, width: int, height: int) -> int:
        maps = Maps(heatmaps, pafs, pafs[:0])
        return len(detector.detect_maps(maps, width, height).people)

    return decode


def _python_decoder() -> Decoder:
    """The original's: maps enlarged by OpenCV, peaks and groups by numpy."""
    import cv2

    from hatpose.evaluate.grouping import KEYPOINT_COUNT, find_peaks, group

    def decode(heatmaps: Array, pafs: Array, _width: int, _height: int) -> int:
        up, fields = (
            cv2.resize(
                np.ascontiguousarray(maps.transpose(1, 2, 0)), None,
                fx=UP, fy=UP, interpolation=cv2.INTER_CUBIC,
            )
            for maps in (heatmaps, pafs)
        )  # fmt: skip
        peaks = [find_peaks(up[:, :, one]) for one in range(KEYPOINT_COUNT)]
        people = group(
            peaks, lambda paf, x, y: fields[y, x, paf], PERSON_THRESHOLD
        )
        return len(people)

    return decode


if __name__ == "__main__":
    main()
