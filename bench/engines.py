"""The engines that are compared, all behind one call.

In: the files of networks.py, a size, threads, a precision. Out: a function
from a picture of that size to heatmaps and PAFs. Peers get planes of floats
that are normalised already; ours gets the 8-bit picture, as its users do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Maps = tuple[Array, Array]  # (19, h, w), (38, h, w)
Run = Callable[[], Maps]


class NotOffered(Exception):
    """The engine has no such precision, or not for this network."""


@dataclass(frozen=True)
class Task:
    folder: Path  # of networks.py
    ir: Path | None  # Intel's IR, for OpenVINO's int8
    height: int
    width: int
    threads: int
    precision: str
    isa: str | None


def open_engine(name: str, task: Task, picture: Array) -> Run:
    """picture: (height, width, 3) of uint8, blue first."""
    opener = {
        "hatpose": _open_hatpose,
        "openvino": _open_openvino,
        "onnxruntime": _open_onnxruntime,
        "ncnn": _open_ncnn,
        "mnn": _open_mnn,
        "torch": _open_torch,
    }[name]
    return opener(task, picture)


def _planes(task: Task, picture: Array) -> Array:
    """What the files of networks.py expect."""
    given = json.loads((task.folder / "input.json").read_text())
    if given["channels"] == "rgb":
        picture = picture[:, :, ::-1]
    mean, scale = (
        np.array(given[key], np.float32) for key in ("mean", "scale")
    )
    pixels = (picture.astype(np.float32) - mean) * scale
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def _only_float(task: Task) -> None:
    if task.precision != "f32":
        raise NotOffered(f"no {task.precision}")


# HATPOSE_CPU_* bits that are not to be used under a cap.
CPU_OFF = {None: 0, "amx": 0, "avx512": 8, "avx2": 8 | 16 | 2}


def _open_hatpose(task: Task, picture: Array) -> Run:
    import hatpose

    name = "network-int8.gguf" if task.precision == "int8" else "network.gguf"
    if not (task.folder / name).exists():
        raise NotOffered("no ranges for int8: see hatpose-calibrate")
    detector = hatpose.load(task.folder / name).detector(
        threads=task.threads,
        size=task.height,
        mode="compat",  # the input is the picture, to the pixel
        precision=task.precision,
        cpu_off=CPU_OFF[task.isa],
    )

    def run() -> Maps:
        maps = detector.maps(picture, order="bgr")
        return maps.heatmaps, maps.pafs

    try:
        run()
    except hatpose.HatposeError as error:
        raise NotOffered(str(error)) from error
    return run


def _open_openvino(task: Task, picture: Array) -> Run:
    import openvino

    core = openvino.Core()
    shape = [1, 3, task.height, task.width]
    hint = {"f32": "f32", "bf16": "bf16", "int8": "bf16"}[task.precision]
    data = _planes(task, picture)
    if task.precision == "int8":
        if task.ir is None:
            raise NotOffered("int8 needs Intel's IR")
        model = core.read_model(task.ir)
        data = picture.transpose(2, 0, 1)[None].astype(np.float32)
        names = ("Mconv7_stage2_L2", "Mconv7_stage2_L1")
    else:
        model = core.read_model(task.folder / "network.onnx")
        names = ("heatmaps", "pafs")
    model.reshape({0: shape})
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": hint,
        "INFERENCE_NUM_THREADS": task.threads,
        "NUM_STREAMS": "1",
        "ENABLE_CPU_PINNING": False,
    }
    compiled = core.compile_model(model, "CPU", settings)
    used = str(compiled.get_property("INFERENCE_PRECISION_HINT"))
    if task.precision == "bf16" and "bfloat16" not in used:
        raise NotOffered(f"bf16 became {used}")
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(data))  # a copy, made once
    outputs = [request.get_tensor(_openvino_port(compiled, n)) for n in names]

    def run() -> Maps:
        request.infer()
        return outputs[0].data[0], outputs[1].data[0]

    return run


def _openvino_port(compiled: Any, name: str) -> Any:
    for port in compiled.outputs:
        if any(name in one for one in port.get_names()):
            return port
        if name in port.get_node().get_friendly_name():
            return port
        source = port.get_node().input_value(0).get_node()
        if name in source.get_friendly_name():
            return port
    raise NotOffered(f"no output {name}")


def _open_onnxruntime(task: Task, picture: Array) -> Run:
    import onnxruntime

    _only_float(task)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("data_height", task.height)
    options.add_free_dimension_override_by_name("data_width", task.width)
    session = onnxruntime.InferenceSession(
        task.folder / "network.onnx", options, ["CPUExecutionProvider"]
    )
    data = {"data": _planes(task, picture)}

    def run() -> Maps:
        heatmaps, pafs = session.run(["heatmaps", "pafs"], data)
        return heatmaps[0], pafs[0]

    return run


def _open_ncnn(task: Task, picture: Array) -> Run:
    import ncnn

    if task.precision == "int8":
        raise NotOffered("no int8")
    net = ncnn.Net()
    is_float = task.precision == "f32"
    net.opt.num_threads = task.threads
    net.opt.use_vulkan_compute = False
    net.opt.use_fp16_packed = False
    net.opt.use_fp16_storage = False
    net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = not is_float
    ncnn.set_omp_num_threads(task.threads)
    stem = task.folder / "network"
    if net.load_param(f"{stem}.param") or net.load_model(f"{stem}.bin"):
        raise NotOffered("the files do not load")
    planes = _planes(task, picture)[0]  # a Mat only borrows them
    data = ncnn.Mat(planes).clone()

    def run() -> Maps:
        with net.create_extractor() as extractor:
            extractor.input("data", data)
            heatmaps = np.array(extractor.extract("heatmaps")[1])
            return heatmaps, np.array(extractor.extract("pafs")[1])

    return run


def _open_mnn(task: Task, picture: Array) -> Run:
    import MNN

    if task.precision == "int8":
        raise NotOffered("no int8")
    if not (task.folder / "network.mnn").exists():
        raise NotOffered("its converter made no file")
    interpreter = MNN.Interpreter(str(task.folder / "network.mnn"))
    precision = "high" if task.precision == "f32" else "low_BF16"
    session = interpreter.createSession(
        {"backend": "CPU", "numThread": task.threads, "precision": precision}
    )
    entry = interpreter.getSessionInput(session)
    shape = (1, 3, task.height, task.width)
    interpreter.resizeTensor(entry, shape)
    interpreter.resizeSession(session)
    kind = MNN.Tensor_DimensionType_Caffe
    given = MNN.Tensor(
        shape, MNN.Halide_Type_Float, _planes(task, picture), kind
    )
    ends = []
    for name in ("heatmaps", "pafs"):
        end = interpreter.getSessionOutput(session, name)
        size = end.getShape()
        values = np.zeros(size, np.float32)
        ends.append(
            (end, MNN.Tensor(size, MNN.Halide_Type_Float, values, kind), size)
        )

    def run() -> Maps:
        entry.copyFrom(given)
        interpreter.runSession(session)
        maps = []
        for end, host, size in ends:
            end.copyToHostTensor(host)
            maps.append(np.array(host.getData()).reshape(size[1:]))
        return maps[0], maps[1]

    return run


def _open_torch(task: Task, picture: Array) -> Run:
    import torch

    from hatpose.model_file import read_model
    from torch_module import TorchNetwork  # of this folder

    if task.precision == "int8":
        raise NotOffered("no int8")
    torch.set_num_threads(task.threads)
    module = TorchNetwork(read_model(task.folder / "network.gguf")).eval()
    data = torch.from_numpy(_planes(task, picture))
    if task.precision == "bf16":
        module, data = module.to(torch.bfloat16), data.to(torch.bfloat16)
    module = module.to(memory_format=torch.channels_last)
    data = data.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        traced = torch.jit.freeze(torch.jit.trace(module, data))
        traced = torch.jit.optimize_for_inference(traced)

    def run() -> Maps:
        with torch.inference_mode():
            heatmaps, pafs = traced(data)
            return heatmaps[0].float().numpy(), pafs[0].float().numpy()

    return run
