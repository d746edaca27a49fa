"""A narrower network from a trained one: what is chosen, how it is fitted."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hatpose_train import distil, prune
from hatpose_train.boundary import measure
from hatpose_train.interchange import read_gguf, to_model
from hatpose_train.network import Network, Shape

WHOLE = Shape(width=0.25)
PART = Shape(width=0.125, deep_width=0.0625, refinement_stages=0)


@pytest.fixture
def whole() -> Network:
    torch.manual_seed(4)
    return Network(WHOLE).eval()


@pytest.fixture
def pictures() -> torch.Tensor:
    torch.manual_seed(5)
    coarse = torch.rand(4, 3, 8, 8) - 0.5
    return torch.nn.functional.interpolate(coarse, size=(64, 64))


@pytest.mark.parametrize("taps", [1, 9])
def test_the_channels_that_count_are_picked(taps: int) -> None:
    torch.manual_seed(1)
    rows = torch.randn(2000, 10 * taps).double()
    # Channel 4 says again what channel 2 says, a little worse
    noise = 0.3 * torch.randn(2000, taps).double()
    rows[:, 4 * taps : 5 * taps] = rows[:, 2 * taps : 3 * taps] + noise
    weight = torch.zeros(10 * taps, 6).double()
    for channel in (2, 5, 7):
        part = slice(channel * taps, (channel + 1) * taps)
        weight[part] = torch.randn(taps, 6).double()
    gram = rows.T @ rows / len(rows)
    assert prune.pick(gram, gram @ weight, taps, 3).tolist() == [2, 5, 7]


def test_every_layer_is_written_and_read_once(whole: Network) -> None:
    groups = prune.groups(whole)
    layers = {name for name, _ in prune.convolutions(whole)}
    written = [w for group in groups for w in group.writers]
    written += [g.between for g in groups if g.between is not None]
    maps = {n for n in layers if n.endswith(("pafs.1.0", "heatmaps.1.0"))}
    assert len(written) == len(set(written))
    assert set(written) == layers - maps


def test_the_same_shape_is_the_same_network(
    whole: Network, pictures: torch.Tensor
) -> None:
    same = prune.prune(whole, WHOLE, pictures)
    with torch.no_grad():
        wanted, made = whole(pictures), same(pictures)
    for name in whole.maps():
        error = (wanted[name] - made[name]).square().mean()
        assert error < 0.02 * wanted[name].var()


def test_a_part_is_near_and_knows_its_channels(
    whole: Network, pictures: torch.Tensor
) -> None:
    part = prune.prune(whole, PART, pictures)
    with torch.no_grad():
        wanted, made = whole(pictures), part(pictures)
    for ours, theirs in zip(part.maps(), whole.maps(), strict=True):
        error = (wanted[theirs] - made[ours]).square().mean((0, 2, 3)).sum()
        assert error < 0.5 * wanted[theirs].var((0, 2, 3)).sum()
    chosen = prune.choose(whole, part, prune.record(whole, pictures))
    bound = measure(whole, part, [pictures], ["model.1"], 10.0)["model.1"]
    alike = bound.channels == chosen["model.1.3"]
    assert alike.float().mean() > 0.7
    assert bound.target(wanted["model.1"]).shape == made["model.1"].shape


def test_what_is_no_part_is_an_error(
    whole: Network, pictures: torch.Tensor
) -> None:
    with pytest.raises(ValueError, match="no part of"):
        prune.prune(whole, Shape(width=0.5), pictures)


def test_a_pruned_network_learns(
    config: Path,
    teacher: Path,
    pool: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(prune, "CROPS", 4)
    text = config.read_text().replace("batch_norm = true", "")
    text = text.replace(
        "width = 0.125",
        "width = 0.125\ndeep_width = 0.0625\nrefinement_stages = 0",
    )
    config.write_text(text.replace("separate = true", "features = 0.5"))
    start = tmp_path / "start.gguf"
    given = ["--pool", str(pool), "--threads", "1"]
    arguments = [str(config), str(teacher), str(start), *given]
    assert prune.main(arguments) == 0
    assert read_gguf(start).shape.deep_width == 0.0625
    run = [str(config), "--run", str(tmp_path / "run"), *given]
    run += ["--teacher", str(teacher)]
    assert distil.main(run) == 1
    assert "narrower than its teacher" in capsys.readouterr().err
    assert distil.main([*run, "--init", str(start)]) == 0


def test_a_file_without_refinement_is_read_back() -> None:
    model = to_model(Network(PART).eval(), "part")
    assert model.values[model.heatmaps.value] == 19
