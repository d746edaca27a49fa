"""PyTorch checkpoints and exports against what PyTorch computes."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from reference_maps import random_picture, require_maps

from hatpose.convert.graph import ConvertError
from hatpose.convert.source import read_source
from hatpose.network import NetworkError


def test_without_torch_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    path = tmp_path / "net.pth"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(ConvertError, match=r"hatpose\[torch\]"):
        read_source(path)


def test_torch_with_known_hole_is_not_used(tmp_path, monkeypatch):
    old = type(sys)("torch")
    old.__version__ = "2.5.1+cpu"
    monkeypatch.setitem(sys.modules, "torch", old)
    path = tmp_path / "net.pth"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(ConvertError, match=r"2\.5\.1\+cpu may run code"):
        read_source(path)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def checkpoint(torch, network) -> dict:
    """As the original saves it, after a step of training."""
    network.train()
    optimizer = torch.optim.Adam(network.parameters())
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [100, 200])
    sum(one.mean() for one in network(torch.zeros(2, 3, 32, 32))).backward()
    optimizer.step()
    network.eval()
    return {
        "state_dict": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "iter": 370000,
        "current_epoch": 3,
    }


def require_same(network, source) -> None:
    from torch_network import torch_maps

    picture = random_picture()
    require_maps(source.network, picture, *torch_maps(network, picture))


@pytest.mark.full
@pytest.mark.parametrize("stages", [0, 1, 2, 3])
@pytest.mark.parametrize("is_zip", [True, False])
def test_checkpoint_gives_the_same_maps(stages, is_zip, tmp_path, torch):
    from torch_network import random_network

    network = random_network(stages)
    saved = checkpoint(torch, network)
    path = tmp_path / "checkpoint_iter_370000.pth"
    torch.save(saved, path, _use_new_zipfile_serialization=is_zip)
    source = read_source(path)
    require_same(network, source)
    assert f"with {stages} refinement" in source.lines[0]
    names = {op.name for op in source.network.operations}
    tensors = {name.rpartition(".")[0] for name in saved["state_dict"]}
    layers = {one for one in names if ".sum" not in one and "copy" not in one}
    assert layers < tensors  # the others are batch norms


@pytest.mark.full
@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
def test_bare_state_dict_of_data_parallel(kind, tmp_path, torch):
    from torch_network import random_network

    network = random_network()
    state = {
        f"module.{name}": tensor
        if tensor.dtype == torch.int64
        else tensor.to(getattr(torch, kind))
        for name, tensor in network.state_dict().items()
    }
    torch.save(state, tmp_path / "net.pth")
    for name, tensor in network.state_dict().items():
        tensor.copy_(state[f"module.{name}"])
    require_same(network, read_source(tmp_path / "net.pth"))


def without(key):
    return lambda state: state.pop(key)


def changed(key, change):
    return lambda state: state.__setitem__(key, change(state[key]))


REFUSED = {
    "missing": (without("cpm.conv.0.bias"), "'cpm.conv.0.bias' is missing"),
    "no_norm": (
        without("model.3.4.running_var"),
        "'model.3.4.running_var' is missing",
    ),
    "unknown": (
        lambda state: state.update({"head.weight": state["cpm.conv.0.bias"]}),
        "'head.weight' is no part of Lightweight OpenPose",
    ),
    "narrow": (
        changed("cpm.align.0.weight", lambda one: one[:, :256]),
        "cpm.align.0: weights for 256 input channels, 512 come in",
    ),
    "kernel": (
        changed("cpm.conv.0.weight", lambda one: one[:, :, :1, :1]),
        "cpm.conv.0.weight: kernel 3 expected",
    ),
    "axes": (
        changed("cpm.conv.0.weight", lambda one: one.flatten()),
        "cpm.conv.0.weight: shape",
    ),
    "short": (
        changed("cpm.conv.0.bias", lambda one: one[:5]),
        "cpm.conv.0.bias: 5 numbers for 128 channels",
    ),
    "integers": (
        changed("cpm.conv.0.bias", lambda one: one.long()),
        "cpm.conv.0.bias: floating point numbers expected",
    ),
    "nan": (
        changed("model.1.3.weight", lambda one: one * float("nan")),
        "model.1.3.weight: 2048 of 2048 numbers are not finite",
    ),
    "stage_gap": (
        lambda state: [
            state.update({key.replace("stages.0", "stages.2"): state.pop(key)})
            for key in list(state)
            if key.startswith("refinement_stages.0")
        ],
        "refinement stages [2]: 0 to 3 of them are known",
    ),
    "text": (
        lambda state: state.update({"model.0.0.weight": "hello"}),
        "'model.0.0.weight' is no tensor",
    ),
    "empty": (lambda state: state.clear(), "no state_dict in it"),
}


@pytest.mark.full
@pytest.mark.parametrize("what", REFUSED)
def test_wrong_checkpoint_is_refused_by_name(what, tmp_path, torch):
    from torch_network import random_network

    change, message = REFUSED[what]
    state = dict(random_network().state_dict())
    change(state)
    torch.save({"state_dict": state}, tmp_path / "net.pth")
    with pytest.raises((ConvertError, NetworkError)) as caught:
        read_source(tmp_path / "net.pth")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


class RunsCode:
    """Makes a folder when a pickle of it is trusted."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.full
@pytest.mark.parametrize("is_zip", [True, False])
def test_pickled_code_is_not_run(is_zip, tmp_path, torch):
    trap = tmp_path / "trap"
    torch.save(
        {"state_dict": {}, "extra": RunsCode(str(trap))},
        tmp_path / "net.pth",
        _use_new_zipfile_serialization=is_zip,
    )
    with pytest.raises(ConvertError, match=r"mkdir, which is no tensor"):
        read_source(tmp_path / "net.pth")
    assert not trap.exists()


@pytest.mark.full
def test_whole_module_is_not_unpickled(tmp_path, torch):
    from torch_network import random_network

    torch.save(random_network(), tmp_path / "net.pth")
    with pytest.raises(ConvertError, match=r"LightweightOpenPose, which is no"):
        read_source(tmp_path / "net.pth")


@pytest.mark.full
@pytest.mark.parametrize("is_zip", [True, False])
def test_damaged_checkpoint_is_one_line(is_zip, tmp_path, torch):
    from torch_network import random_network

    path = tmp_path / "net.pth"
    torch.save(
        {"state_dict": random_network(0).state_dict()},
        path,
        _use_new_zipfile_serialization=is_zip,
    )
    data = path.read_bytes()
    random = np.random.default_rng(17)
    cuts = [4, 100, 3000, 60000, len(data) - 5]
    damaged = [data[:cut] for cut in cuts]
    for _ in range(40):  # the pickle is in the first bytes
        copy = bytearray(data)
        copy[int(random.integers(20000))] ^= 1 << int(random.integers(8))
        damaged.append(bytes(copy))
    refused = 0
    for one in damaged:
        path.write_bytes(one)
        try:
            read_source(path)
        except (ConvertError, NetworkError) as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused >= len(cuts)


EXPORTS = {
    "opset9": {"opset_version": 9},
    "opset11_inputs": {
        "opset_version": 11,
        "keep_initializers_as_inputs": True,
    },
    "opset13_unfolded": {
        "opset_version": 13,
        "do_constant_folding": False,
        "training": "PRESERVE",
    },
    "opset17": {"opset_version": 17},
    "opset18": {"opset_version": 18},
}


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("manner", EXPORTS)
def test_export_of_torch_gives_the_same_maps(manner, tmp_path, torch):
    from torch_network import random_network

    options = dict(EXPORTS[manner])
    if "training" in options:
        mode = torch.onnx.TrainingMode
        options["training"] = getattr(mode, options["training"])
    network = random_network(2)
    path = tmp_path / "net.onnx"
    torch.onnx.export(
        network, torch.zeros(1, 3, 64, 72), path, dynamo=False, **options
    )
    require_same(network, read_source(path))


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
def test_newer_export_of_torch_gives_the_same_maps(tmp_path, torch):
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    from torch_network import random_network

    network = random_network(2)
    path = tmp_path / "net.onnx"
    torch.onnx.export(
        network, (torch.zeros(1, 3, 64, 72),), path, dynamo=True,
        external_data=True,
    )  # fmt: skip
    require_same(network, read_source(path))
