"""Training on COCO by the original's recipe, without a teacher.

docs/algorithm.md section 9: Adam, rates by the kind of layer, three runs one
after the other (configs/original-1.toml to -3.toml).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch
from torch import Tensor, nn

from .average import Average
from .coco import CocoSamples
from .config import Original, OriginalConfig, read_original
from .interchange import read_gguf
from .network import Network
from .objective import Truth
from .run import Checkpoint, Log, read_network, status_of
from .samples import batches
from .validation import add_options, chosen

STEPS_BETWEEN_LINES = 50
# The original exports its last weights; an average never hurts
AVERAGE_DECAY = 0.999


def rates(network: Network, settings: Original) -> list[dict[str, object]]:
    """A group of parameters for each rate and decay of the recipe.

    Biases learn twice as fast as weights, refinement convolutions four
    times as fast as all else; only weights of convolutions over channels
    decay.
    """
    groups: list[dict[str, object]] = []
    for name, module in network.named_modules():
        normalisation = isinstance(module, nn.BatchNorm2d)
        refined = name.startswith("refinement_stages") and not normalisation
        for kind, parameter in module.named_parameters(recurse=False):
            rate = settings.rate * (4 if refined else 1)
            dense = kind == "weight" and not normalisation
            dense = dense and parameter.shape[1] > 1
            groups.append(
                {
                    "params": [parameter],
                    "lr": rate * (2 if kind == "bias" else 1),
                    "weight_decay": settings.weight_decay if dense else 0.0,
                }
            )
    return groups


def loss(
    values: dict[str, Tensor], truth: Truth
) -> tuple[Tensor, dict[str, Tensor]]:
    """Half the squared error of all stages' maps, a picture."""
    errors: dict[str, Tensor] = {}
    for name, value in values.items():
        true = truth.of(name)
        if true is not None:
            square = ((value.float() - true) * truth.mask[:, None]).square()
            errors[name] = square.sum() / 2 / len(value)
    return torch.stack(list(errors.values())).sum(), errors


def load_mobilenet(network: Network, path: Path) -> int:
    """The backbone of an ImageNet checkpoint; gives how much was found.

    Its names are module.model.*; what has another name or size stays.
    """
    stored = torch.load(path, "cpu", weights_only=True)
    state = network.state_dict()
    found = {
        name.removeprefix("module."): value
        for name, value in stored.get("state_dict", stored).items()
    }
    found = {
        name: value
        for name, value in found.items()
        if name in state and state[name].shape == value.shape
    }
    if not found:
        raise ValueError(f"{path}: no layer of this network in it")
    network.load_state_dict({**state, **found})
    return len(found)


def start(network: Network, args: argparse.Namespace) -> Network:
    """The network with the weights that the command line names."""
    if args.mobilenet:
        load_mobilenet(network, args.mobilenet)
    elif args.start or args.init:
        given = read_network(args.start) if args.start else read_gguf(args.init)
        # More refinement stages than the file has stay random
        state = network.state_dict()
        state.update(
            {k: v for k, v in given.state_dict().items() if k in state}
        )
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            path = args.start or args.init
            raise ValueError(f"{path}: not of this network") from error
    return network


class Training:
    """One run of the recipe."""

    def __init__(
        self, config: OriginalConfig, network: Network, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        self.network = network.to(device).to(memory_format=torch.channels_last)
        settings = config.training
        self.optimizer = torch.optim.Adam(rates(self.network, settings))
        self.initial_rates = [g["lr"] for g in self.optimizer.param_groups]
        self.average = Average(self.network, AVERAGE_DECAY)

    def set_rates(self, epoch: int) -> None:
        """The rates of an epoch."""
        settings = self.config.training
        passed = sum(epoch >= one for one in settings.milestones)
        for group, rate in zip(
            self.optimizer.param_groups, self.initial_rates, strict=True
        ):
            group["lr"] = rate * settings.fall**passed

    def step(self, batch: Sequence[Tensor]) -> dict[str, Tensor]:
        """One batch, in as many parts as the settings say."""
        parts = self.config.training.parts
        self.optimizer.zero_grad()
        errors: dict[str, Tensor] = {}
        for part in range(parts):
            picture, *truth = (
                one[part::parts].to(self.device) for one in batch
            )
            picture = picture.contiguous(memory_format=torch.channels_last)
            with torch.autocast(self.device.type, torch.bfloat16):
                values = self.network(picture)
            total, found = loss(values, Truth(*truth))
            torch.autograd.backward(total / parts)
            for name, error in found.items():
                errors[name] = errors.get(name, 0) + error.detach() / parts
        self.optimizer.step()
        self.average.update(self.network)
        return errors


def train(
    work: Training,
    data: CocoSamples,
    args: argparse.Namespace,
) -> None:
    """All epochs from the checkpoint's step, or from the first."""
    settings = work.config.training
    an_epoch = len(data) // settings.batch
    steps = settings.epochs * an_epoch
    checkpoint = Checkpoint(args.run)
    step = 0
    if args.resume and checkpoint.path.exists():
        step = checkpoint.read(work.network, work.average, work.optimizer)
    log = Log(args.run, steps, settings.batch)
    validation = chosen(args)
    more = {"stages": ["model", "cpm", "initial_stage", "refinement_stages"]}
    work.network.train()
    for batch in batches(data, step, steps, settings.batch, args.workers):
        work.set_rates(step // an_epoch)
        log.add(work.step(batch))
        step += 1
        measures = {}
        if validation and step % validation.every_steps == 0:
            network = work.average.network(work.network)
            measures["AP"] = validation.measure(network, args.run)
        shown = step % STEPS_BETWEEN_LINES == 0 or step == steps
        if measures or shown:
            log.write(step, measures)
        if checkpoint.due():
            checkpoint.write(
                work.network, work.average, work.optimizer, step, more
            )
    checkpoint.write(work.network, work.average, work.optimizer, step, more)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.train", description=__doc__
    )
    parser.add_argument("config", type=Path)
    parser.add_argument(
        "--labels", type=Path, required=True, help="from prepare_labels"
    )
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument(
        "--mobilenet", type=Path, help="ImageNet checkpoint of the backbone"
    )
    begin.add_argument(
        "--start", type=Path, metavar="CHECKPOINT", help="an earlier run"
    )
    begin.add_argument(
        "--init", type=Path, metavar="GGUF", help="weights of a model file"
    )
    parser.add_argument("--resume", action="store_true")
    add_options(parser)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that make samples"
    )
    return parser.parse_args(arguments)


def run(args: argparse.Namespace) -> None:
    """All that the command line asks for."""
    config = read_original(args.config)
    torch.manual_seed(config.training.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "pid").write_text(f"{os.getpid()}\n")
    settings = config.training
    data = CocoSamples(args.labels, args.images, settings.crop, settings.seed)
    if len(data) < settings.batch:
        raise ValueError(
            f"{args.labels}: {len(data)} samples, a batch has {settings.batch}"
        )
    network = start(Network(config.network), args)
    train(Training(config, network, torch.device(args.device)), data, args)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    args = options(arguments)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    return status_of("train", lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
