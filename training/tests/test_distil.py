"""Distillation from the command line: it learns, stops, goes on, exports."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from hatpose_train import curve, distil, export
from hatpose_train.config import Schedule, read, read_original
from hatpose_train.interchange import read_gguf
from hatpose_train.run import rate_at, read_network


@pytest.fixture
def arguments(config: Path, teacher: Path, pool: Path) -> list[str]:
    return [
        str(config),
        "--teacher",
        str(teacher),
        "--pool",
        str(pool),
        "--threads",
        "1",
    ]


def errors(run: Path) -> list[dict[str, float]]:
    lines = (run / "log.jsonl").read_text().splitlines()
    return [json.loads(line)["errors"] for line in lines]


def change(config: Path, *changes: tuple[str, str]) -> None:
    text = config.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    config.write_text(text)


def test_every_stage_learns(
    arguments: list[str], config: Path, tmp_path: Path
) -> None:
    change(config, ("steps = 12", "steps = 100"))
    run = tmp_path / "run"
    assert distil.main([*arguments, "--run", str(run)]) == 0
    first, *_, last = errors(run)
    assert set(first) == set(last) and len(last) == 23
    assert [name for name in first if last[name] >= first[name]] == []
    assert curve.main([str(run), "-o", str(tmp_path / "curve.png")]) == 0
    assert (tmp_path / "curve.png").stat().st_size > 1000


def test_going_on_is_the_same_as_never_stopping(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert distil.main([*arguments, "--run", str(whole)]) == 0

    def stop_at_six(schedule: Schedule, step: int) -> float:
        if step == 6:
            raise KeyboardInterrupt
        return rate_at(schedule, step)

    with monkeypatch.context() as patch:
        patch.setattr(distil, "rate_at", stop_at_six)
        patch.setattr("hatpose_train.run.SECONDS_BETWEEN_SAVES", -1.0)
        assert distil.main([*arguments, "--run", str(parts)]) == 130
    assert distil.main([*arguments, "--run", str(parts), "--resume"]) == 0
    ends = [
        torch.load(run / "checkpoint.pt", weights_only=True)
        for run in (whole, parts)
    ]
    assert ends[0]["step"] == ends[1]["step"] == 12
    for name, value in ends[0]["average"].items():
        torch.testing.assert_close(ends[1]["average"][name], value)


def test_two_processes_share_the_stages(
    arguments: list[str], config: Path, tmp_path: Path
) -> None:
    parts = {
        "backbone": ["model."],
        "rest": ["cpm", "initial_stage", "refinement_stages"],
    }
    for name, stages in parts.items():
        run = ["--run", str(tmp_path / name), "--stages", *stages]
        assert distil.main([*arguments, *run]) == 0
    change(
        config, ("steps = 12", "steps = 4"), ("separate = true", "truth = 0.5")
    )
    files = [str(tmp_path / name / "checkpoint.pt") for name in parts]
    joined = ["--run", str(tmp_path / "joined"), "--start"]
    assert distil.main([*arguments, *joined, *files]) == 0
    last = errors(tmp_path / "joined")[-1]
    assert "refinement_stages.0.pafs truth" in last
    kept = [*arguments, "--run", str(tmp_path / "kept"), "--stages"]
    change(
        config,
        ("crop = 64", "crop = 64\nkept = 2"),
        ("rate = 2e-2", "rate = 2e-2\nbatch_statistics = false"),
    )
    assert distil.main([*kept, *parts["rest"], "--start", *files]) == 0
    (one,) = errors(tmp_path / "kept")
    assert "cpm" in one and "model.11" not in one
    assert distil.main([*arguments, *joined, files[0]]) == 1


def test_init_starts_where_the_file_is(
    arguments: list[str], config: Path, teacher: Path, tmp_path: Path
) -> None:
    change(
        config,
        ("steps = 12", "steps = 1"),
        ("separate = true", "separate = false"),
        ("batch_norm = true\n", ""),
        ("rate = 2e-2", "rate = 0.0"),
    )
    run = tmp_path / "run"
    start = ["--run", str(run), "--init", str(teacher)]
    assert distil.main([*arguments, *start]) == 0
    state = read_network(run / "checkpoint.pt").state_dict()
    for name, value in read_gguf(teacher).state_dict().items():
        torch.testing.assert_close(state[name], value)


@pytest.fixture
def checkpoint(arguments: list[str], tmp_path: Path) -> Path:
    run = tmp_path / "run"
    assert distil.main([*arguments, "--run", str(run)]) == 0
    return run / "checkpoint.pt"


@pytest.mark.parametrize(("kind", "tolerance"), [("f32", 1e-3), ("f16", 1e-2)])
def test_exported_maps_are_those_of_the_library(
    checkpoint: Path, tmp_path: Path, kind: str, tolerance: float
) -> None:
    if "HATPOSE_LIBRARY" not in os.environ:
        pytest.skip("libhatpose is not built")
    import hatpose

    path = tmp_path / "model.gguf"
    assert export.main([str(checkpoint), str(path), "--type", kind]) == 0
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3))
    pixels = pixels.astype(np.uint8)
    with hatpose.load(path) as model:
        detector = model.detector(size=64, mode="compat_exact")
        found = detector.maps(pixels, order="bgr")
    network = read_network(checkpoint)
    picture = torch.from_numpy(pixels.transpose(2, 0, 1)).float()
    with torch.no_grad():
        values = network((picture[None] - 128) / 255)
    for got, name in zip(found, network.maps(), strict=False):
        expected = values[name][0].numpy()
        assert got.shape == expected.shape
        size = max(1.0, float(np.abs(expected).max()))
        assert np.abs(got - expected).max() <= tolerance * size


def test_exported_onnx_has_the_same_maps(
    checkpoint: Path, tmp_path: Path
) -> None:
    runtime = pytest.importorskip("onnxruntime")
    path = tmp_path / "network.onnx"
    assert export.main([str(checkpoint), str(path)]) == 0
    session = runtime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, 64, 96))
    pixels = pixels.astype(np.float32)
    found = session.run(["heatmaps", "pafs"], {"data": pixels})
    network = read_network(checkpoint)
    with torch.no_grad():
        values = network((torch.from_numpy(pixels) - 128) / 255)
    for got, name in zip(found, network.maps(), strict=True):
        np.testing.assert_allclose(got, values[name].numpy(), atol=1e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[schedule]\nsteps = 1\nrat = 1", "schedule.rat: unknown setting"),
        ("[schedule]\nsteps = 1", "rate"),
        ("[wrong]\n", "wrong: unknown table"),
    ],
)
def test_a_wrong_setting_is_named(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read(path)


def test_rate_warms_up_and_falls() -> None:
    schedule = Schedule(steps=100, rate=1.0, warm_up=10, final_share=0.1)
    assert rate_at(schedule, 0) == pytest.approx(0.1)
    assert rate_at(schedule, 10) > rate_at(schedule, 60)
    assert rate_at(schedule, 100) == pytest.approx(0.1)


def test_configs_in_the_repository_are_read() -> None:
    folder = Path(__file__).parents[1] / "configs"
    for path in folder.glob("distil-*.toml"):
        assert read(path).schedule.steps > 0
    for path in folder.glob("original-*.toml"):
        assert read_original(path).training.batch == 80
