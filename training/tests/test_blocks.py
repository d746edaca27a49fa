"""Separable blocks that are taught alone: their hinges are found."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from hatpose_train import blocks, distil
from hatpose_train.boundary import Boundary
from hatpose_train.hinges import search
from hatpose_train.network import separable
from hatpose_train.run import read_network

CHANNELS = 16


def block() -> nn.Sequential:
    """A block without batch normalisation."""
    return separable(CHANNELS, CHANNELS, 1, 1, False).requires_grad_(False)


@pytest.fixture
def task() -> tuple[nn.Sequential, list[Tensor], list[Tensor]]:
    """A block, what goes into it, and what it makes of that."""
    torch.manual_seed(5)
    taught = block()
    # Smooth, as features are; so that kernels lean on few directions
    inputs = [
        nn.functional.avg_pool2d(torch.randn(4, CHANNELS, 26, 26), 3, 1).relu()
        for _ in range(4)
    ]
    with torch.no_grad():
        return taught, inputs, [taught(value) for value in inputs]


def wrong(
    module: nn.Module, inputs: list[Tensor], targets: list[Tensor]
) -> float:
    """Squared error over variance."""
    with torch.no_grad():
        made = torch.cat([module(value) for value in inputs])
    target = torch.cat(targets)
    return ((made - target).square().mean() / target.var()).item()


def test_kernels_on_the_wrong_side_are_turned(
    task: tuple[nn.Sequential, list[Tensor], list[Tensor]],
) -> None:
    taught, inputs, targets = task
    learner = block()
    learner.load_state_dict(taught.state_dict())
    depthwise, pointwise = learner[0], learner[3]
    turned = slice(0, CHANNELS, 2)
    with torch.no_grad():
        # What descent ends in: -k, never below 0, and the slope of a line
        depthwise.weight[turned] *= -1
        depthwise.bias[turned] = 8
        pointwise.weight[:, turned] *= -0.5
        pointwise.bias -= 8 * pointwise.weight[:, turned].sum((1, 2, 3))
    before = wrong(learner, inputs, targets)
    importance = torch.full((CHANNELS,), 1 / CHANNELS)
    search(depthwise, pointwise, inputs, targets, importance, 14)
    after = wrong(learner, inputs, targets)
    cosine = nn.functional.cosine_similarity(
        depthwise.weight.flatten(1), taught[0].weight.flatten(1)
    )
    bent = [(value > 0).float() for value in map(taught[0], inputs)]
    share = torch.cat(bent).mean((0, 2, 3))
    bending = (share > 0.1) & (share < 0.9)
    assert bending[turned].sum() >= 4
    assert (cosine[bending] > 0.99).all()
    assert after < 0.1 * before


def test_a_round_makes_a_block_better(
    task: tuple[nn.Sequential, list[Tensor], list[Tensor]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, inputs, targets = task
    for name, value in (("LEARNED", 3), ("FITTED", 3), ("HELD_OUT", 1)):
        monkeypatch.setattr(blocks, name, value)
    torch.manual_seed(6)
    variance = torch.cat(targets).var((0, 2, 3)).clamp_min(1e-2)
    weight = 1 / variance / CHANNELS
    bound = Boundary(torch.arange(CHANNELS), torch.ones(CHANNELS), weight)
    learner = blocks.Block(block().requires_grad_(True), inputs, targets, bound)
    first, last = learner.learn()
    assert last < 0.2 * first
    assert learner.held_out() == pytest.approx(last)


def test_all_blocks_from_the_command_line(
    config: Path,
    teacher: Path,
    pool: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("LEARNED", 4), ("FITTED", 2), ("HELD_OUT", 2)):
        monkeypatch.setattr(blocks, name, value)
    monkeypatch.setattr(blocks, "ROUNDS", (10,))
    stages, run = tmp_path / "stages", tmp_path / "blocks"
    given = ["--teacher", str(teacher), "--pool", str(pool), "--threads", "1"]
    arguments = [str(config), *given, "--run"]
    assert distil.main([*arguments, str(stages)]) == 0
    start = ["--start", str(stages / "checkpoint.pt")]
    assert blocks.main([*arguments, str(run), *start]) == 0
    assert capsys.readouterr().out.count(", now ") == 11
    assert blocks.main([*arguments, str(run), *start, "--resume"]) == 0
    assert ", now " not in capsys.readouterr().out
    config.write_text(
        config.read_text()
        .replace("batch_norm = true\n", "")
        .replace("steps = 12", "steps = 1")
        .replace("separate = true", "separate = false")
    )
    start.insert(1, str(run / "checkpoint.pt"))
    joined = tmp_path / "joined"
    assert distil.main([*arguments, str(joined), *start]) == 0
    assert not read_network(joined / "checkpoint.pt").shape.batch_norm
