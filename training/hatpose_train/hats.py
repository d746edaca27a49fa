"""Trains the hat maps of a network whose other layers stay as they are.

The features that the maps are made of are computed once, for some random
views of every site photo and of every photo without people; the head learns
from these, which takes minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from hatpose.model_file import write_model
from torch import Tensor
from torch.nn import functional

from . import hat_labels, pool
from .augment import Affine, Pixels, Recipe, random_view
from .config import Schedule
from .interchange import fold, read_gguf, to_model
from .network import Network
from .run import Log, rate_at
from .samples import picture

CROP = 256
CELLS = CROP // 8
# Each eighth site photo is for the score, not for learning
HELD_OUT = 8
# A cell of a head counts this much more than one of the background
HEAD_WEIGHT = 2.0
BATCH = 16
# Photos of people without labelled heads teach what is no head: each view
# has one of so many of them, and of these only cells at least so far from
# whatever the network takes for a nose, neck, eye or ear
PEOPLE_SHARE = 4
HEAD_KEYPOINTS = [0, 1, 14, 15, 16, 17]
NEARBY = 3
NOBODY = 0.05
STEPS_BETWEEN_LINES = 100
THRESHOLD = 0.3
# Site photos are stretched to squares; they were wider
RECIPE = Recipe(scale=(0.8, 1.8), rotation_degrees=12, stretch=(0.8, 1.9))


@dataclass(frozen=True)
class Views:
    """What the head reads and shall say, for many pictures."""

    features: Tensor
    maps: Tensor
    weights: Tensor


def features_of(network: Network, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """What the hat head reads, and 1 in cells where nobody's head can be."""
    step = network.steps()[-1]
    assert step.output == "hats"
    wanted = [one.output for one in network.steps()[:-1]]
    with torch.no_grad(), torch.autocast(pictures.device.type, torch.bfloat16):
        values = network(
            pictures.contiguous(memory_format=torch.channels_last),
            only=wanted,
        )
    features = torch.cat([values[name] for name in step.inputs], 1)
    heads = values[network.maps()[0]][:, HEAD_KEYPOINTS].float()
    nearby = functional.max_pool2d(heads, 2 * NEARBY + 1, 1, NEARBY).amax(1)
    return features.bfloat16(), (nearby < NOBODY).float()


Sample = tuple[Tensor, Tensor, Tensor]


def sample(line: dict[str, Any], view: Pixels, affine: Affine) -> Sample:
    """A picture, its maps and their weights."""
    return (
        picture(view),
        torch.from_numpy(hat_labels.maps(line, affine, CELLS)),
        torch.from_numpy(hat_labels.known(line, affine, CELLS)),
    )


def random_sample(photo: pool.Photo, seed: int, number: int) -> Sample:
    """A random view; seed and number give it."""
    rng = np.random.default_rng((seed, number))
    view, affine, _ = random_view(photo.pixels, CROP, RECIPE, rng)
    return sample(photo.line, view, affine)


def whole_sample(photo: pool.Photo, *_: int) -> Sample:
    """The photo itself, which is a square of `CROP`."""
    if photo.pixels.shape[:2] != (CROP, CROP):
        raise ValueError(f"{photo.line['name']}: {CROP}x{CROP} expected")
    return sample(photo.line, photo.pixels, np.eye(2, 3))


def cached(
    network: Network,
    photos: Sequence[pool.Photo],
    make: Callable[[pool.Photo, int, int], Sample],
    seed: int,
) -> Views:
    """One view of every photo."""
    parts = []
    for first in range(0, len(photos), BATCH):
        batch = [
            make(photo, seed, first + i)
            for i, photo in enumerate(photos[first : first + BATCH])
        ]
        pictures, maps, weights = (
            torch.stack(one) for one in zip(*batch, strict=True)
        )
        features, nobody = features_of(network, pictures)
        for i, photo in enumerate(photos[first : first + BATCH]):
            if photo.kind == "people":
                weights[i] *= nobody[i]
        parts.append((features, maps, weights))
    return Views(*(torch.cat(one) for one in zip(*parts, strict=True)))


def kept(path: Path, resume: bool, make: Callable[[], Views]) -> Views:
    """Views of a file, made and written there if there is none."""
    if resume and path.exists():
        return Views(*torch.load(path, "cpu", weights_only=True, mmap=True))
    views = make()
    aside = path.with_suffix(".part")
    torch.save((views.features, views.maps, views.weights), aside)
    os.replace(aside, path)
    return views


def error(made: Tensor, maps: Tensor, weights: Tensor) -> Tensor:
    """Mean squared error, more of it where heads are."""
    weights = weights * (1 + HEAD_WEIGHT * maps.amax(1))
    square = (made.float() - maps).square().sum(1)
    return (square * weights).sum() / weights.sum()


def train(
    network: Network, views: Sequence[Views], args: argparse.Namespace
) -> None:
    """Teaches the hat head from views that were made before."""
    assert network.hats is not None
    head = network.hats.train()
    schedule = Schedule(args.steps, args.rate)
    optimizer = torch.optim.AdamW(head.parameters(), args.rate)
    log = Log(args.run, args.steps, BATCH)
    rng = np.random.default_rng(args.seed)
    total = sum(len(one.maps) for one in views)
    starts = np.cumsum([0] + [len(one.maps) for one in views])
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(schedule, step)
        drawn = np.sort(rng.choice(total, BATCH, replace=False))
        rows = []
        for number in drawn.tolist():
            part = int(np.searchsorted(starts, number, "right")) - 1
            one, row = views[part], number - int(starts[part])
            rows.append((one.features[row], one.maps[row], one.weights[row]))
        features, maps, weights = (
            torch.stack(one) for one in zip(*rows, strict=True)
        )
        with torch.autocast("cpu", torch.bfloat16):
            made = head(features.contiguous(memory_format=torch.channels_last))
        loss = error(made, maps, weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log.add({"hats": loss})
        if (step + 1) % STEPS_BETWEEN_LINES == 0 or step + 1 == args.steps:
            log.write(step + 1, {})
    head.eval()


def score(
    network: Network, photos: Sequence[pool.Photo], threshold: float
) -> hat_labels.Score:
    """Peaks of the maps against the labels, on whole photos."""
    found = hat_labels.Score()
    views = cached(network, photos, whole_sample, 0)
    assert network.hats is not None
    with torch.no_grad():
        maps = network.hats(views.features.float()).numpy()
    for one, photo in zip(maps, photos, strict=True):
        if photo.line["all_heads"] == "mostly":
            found.add(hat_labels.peaks(one, threshold), photo.line)
    return found


def with_hats(network: Network, seed: int) -> Network:
    """The same network with a hat head, new unless it has one."""
    network = fold(network)
    if network.hats is not None:
        return network.requires_grad_(False)
    torch.manual_seed(seed)
    wider = Network(replace(network.shape, hats=True))
    missing, _ = wider.load_state_dict(network.state_dict(), strict=False)
    assert all(name.startswith("hats.") for name in missing)
    return wider.eval().requires_grad_(False)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m hatpose_train.hats", description=__doc__
    )
    parser.add_argument("model", type=Path, help="the network, a GGUF file")
    parser.add_argument("output", type=Path, help="the same with hat maps")
    parser.add_argument(
        "--pool", type=Path, required=True, help="folder of packed photos"
    )
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--exclude-sets", nargs="+", default=[], metavar="SET")
    parser.add_argument(
        "--views", type=int, default=3, help="random views of each photo"
    )
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--resume", action="store_true", help="use the run's features again"
    )
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(arguments)


def run(args: argparse.Namespace) -> None:
    """Everything from the pool to the file."""
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "pid").write_text(f"{os.getpid()}\n")
    photos = pool.load(args.pool, args.exclude_sets)
    site = [photo for photo in photos if photo.kind == "site"]
    held = site[::HELD_OUT]
    learned = [photo for i, photo in enumerate(site) if i % HELD_OUT]
    learned += [photo for photo in photos if photo.kind == "negative"]
    people = [photo for photo in photos if photo.kind == "people"]
    network = with_hats(read_gguf(args.model), args.seed)
    network = network.to(memory_format=torch.channels_last)
    assert network.hats is not None
    network.hats.requires_grad_(True)
    views = [
        kept(
            args.run / f"views{number}.pt",
            args.resume,
            partial(
                cached,
                network,
                learned + people[number::PEOPLE_SHARE],
                random_sample,
                number,
            ),
        )
        for number in range(args.views)
    ]
    train(network, views, args)
    print(f"photos held out: {score(network, held, THRESHOLD)}", flush=True)
    write_model(to_model(network, args.output.stem), args.output)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    args = options(arguments)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    try:
        run(args)
    except (ValueError, OSError) as failure:
        print(f"hats: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
