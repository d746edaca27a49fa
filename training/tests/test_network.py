"""The network: stages that stand alone, folding, files there and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hatpose.model_file import read_model, write_model

from hatpose_train.boundary import Boundary, measure, units
from hatpose_train.interchange import fold, read_gguf, shape_of, to_model
from hatpose_train.muon import is_matrix, orthogonal, paced
from hatpose_train.network import Network, Shape

SHAPES = [
    Shape(width=0.125),
    Shape(width=0.25, cpm="original", batch_norm=True),
    Shape(width=0.125, refinement_stages=3, batch_norm=True, hats=True),
    Shape(width=0.125, refinement_stages=0),
]


def random_network(shape: Shape) -> Network:
    """A network whose batch normalisations have seen something."""
    torch.manual_seed(1)
    network = Network(shape)
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(4, 3, 64, 64) - 0.5)
    return network.eval()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_gives_the_network_back(shape: Shape, tmp_path: Path) -> None:
    network = random_network(shape)
    path = tmp_path / "network.gguf"
    write_model(to_model(network, "toy", "f32"), path)
    again = read_gguf(path)
    assert again.shape == replace(shape, batch_norm=False)
    assert shape_of(read_model(path)) == again.shape
    picture = torch.rand(1, 3, 40, 72) - 0.5
    with torch.no_grad():
        before, after = network(picture), again(picture)
    for name, value in before.items():
        size = value.abs().max()
        assert (after[name] - value).abs().max() <= 2e-4 * size, name


def test_parameters_are_as_many_as_the_original_has() -> None:
    intel = Network(Shape())
    # docs/algorithm.md 2.5 counts a bias for each of three depthwise layers
    count = sum(p.numel() for p in intel.parameters())
    assert count == 4_099_058 - 3 * 128
    original = Network(Shape(cpm="original", batch_norm=True))
    assert sum(p.numel() for p in original.parameters()) == 4_091_698
    assert len(original.state_dict()) == 162 + 88


def test_stages_read_what_is_given() -> None:
    network = random_network(Shape(width=0.125))
    picture = torch.rand(1, 3, 64, 64) - 0.5
    with torch.no_grad():
        values = network(picture)
        given = {name: value + 1 for name, value in values.items()}
        apart = network(picture, given, ["model.3"])
        alone = network(picture, values, values, ["model.5"])
    assert torch.equal(apart["model.3"], values["model.3"])
    assert not torch.equal(apart["model.4"], values["model.4"])
    assert list(alone) == ["picture", "model.5"]
    assert torch.equal(alone["model.5"], values["model.5"])


@pytest.mark.parametrize("plain", [False, True])
def test_an_error_of_the_mean_is_one(plain: bool) -> None:
    torch.manual_seed(0)
    sizes = torch.tensor([0.1, 1, 1, 1, 3, 90.0])
    value = torch.randn(4, 6, 16, 16) * sizes.reshape(1, -1, 1, 1)
    mean, square = value.mean((0, 2, 3)), value.square().mean((0, 2, 3))
    bound = Boundary(
        torch.arange(6), *units(mean.double(), square.double(), plain, 1e9)
    )
    target = bound.target(value)
    still = bound.target(mean[None, :, None, None].expand_as(value))
    assert bound.error(still, target).item() == pytest.approx(1, abs=1e-3)
    assert bound.error(target, target).item() == 0


def test_an_outlier_does_not_hide_the_others() -> None:
    variance = torch.tensor([1.0, 1.0, 1.0, 8000.0]).double()
    scale, weight = units(variance * 0, variance, False, 10.0)
    share = weight * variance / scale.square()
    expected = torch.tensor([1.0, 1, 1, 10]).double() / 13
    torch.testing.assert_close(share, expected, atol=1e-6, rtol=0)


def test_targets_have_the_size_of_one(teacher: Path) -> None:
    network = read_gguf(teacher)
    torch.manual_seed(2)
    batches = [torch.rand(2, 3, 64, 64) - 0.5 for _ in range(3)]
    bounds = measure(network, network, batches, ["model.4", "cpm"], 10.0)
    with torch.no_grad():
        value = torch.cat([network(b)["model.4"] for b in batches])
    size = bounds["model.4"].target(value).square().mean((0, 2, 3)).sqrt()
    variance = value.var((0, 2, 3))
    living = variance > 0.01 * variance.median()
    assert living.sum() > len(living) / 2
    torch.testing.assert_close(
        size[living], torch.ones_like(size[living]), atol=0.01, rtol=0
    )


def test_folding_leaves_no_batch_normalisation() -> None:
    folded = fold(random_network(SHAPES[1]))
    assert not any("running" in name for name in folded.state_dict())


def test_muon_makes_singular_values_alike() -> None:
    torch.manual_seed(0)
    for shape in ((64, 24), (24, 64)):
        matrix = torch.randn(shape) @ torch.diag(
            torch.logspace(0, -1.5, shape[1])
        )
        values = torch.linalg.svdvals(orthogonal(matrix))
        assert values.min() > 0.3
        assert values.max() < 1.4


def test_every_parameter_has_one_pace() -> None:
    network = Network(Shape(width=0.125, batch_norm=True, hats=True))
    groups = paced(network)
    found = [id(p) for group in groups for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in network.parameters())
    paces = {id(p): g["pace"] for g in groups for p in g["params"]}
    assert paces[id(network.model[3][0].weight)] == 1
    assert paces[id(network.cpm.conv[0].bias)] == 0.15
    assert paces[id(network.hats.maps[0].weight)] == 0.02
    assert not is_matrix(network.model[3][0].weight)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    model = to_model(Network(Shape(width=0.125)), "toy", "f32")
    renamed = tuple(
        replace(op, name=op.name.replace("model.11.3", "last"))
        for op in model.operations
    )
    path = tmp_path / "foreign.gguf"
    write_model(replace(model, operations=renamed), path)
    with pytest.raises(ValueError, match=r"model\.11\.3"):
        read_gguf(path)
