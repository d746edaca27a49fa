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
from hatpose.model_file import read_model, write_model
from torch import Tensor
from torch.nn import functional

from . import hat_labels, pool
from .augment import (
    GREY,
    Affine,
    Pixels,
    Recipe,
    degrade,
    random_affine,
    recolour,
)
from .average import Average
from .config import Schedule
from .interchange import fold, read_gguf, to_model
from .network import HatHead, Network
from .run import Log, rate_at, status_of
from .samples import picture

CROP = 256
# Each eighth site photo is for the score, not for learning
HELD_OUT = 8
# A cell of a head counts this much more than one of the background, and
# background so much more where a head is seen in it (value 1; less by the
# square of the value)
HEAD_WEIGHT = 4.0
MISTAKEN_WEIGHT = 3.0
# Against learning few photos by heart: features left out, and the decay
DROPPED = 0.1
WEIGHT_DECAY = 0.02
BATCH = 16
# Photos of people without labelled heads teach what is no head: each view
# has one of so many of them, and of these only cells at least so far from
# whatever the network takes for a nose, neck, eye or ear
PEOPLE_SHARE = 6
HEAD_KEYPOINTS = [0, 1, 14, 15, 16, 17]
NEARBY = 3
NOBODY = 0.05
STEPS_BETWEEN_LINES = 100
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
# Photos held out are seen as large as photos of sites at run time
WHOLE = 384
# Site photos are stretched to squares; they were wider
RECIPE = Recipe(scale=(0.5, 2.0), rotation_degrees=12, stretch=(0.8, 1.7))


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
    """A square picture, its maps and their weights."""
    cells = len(view) // 8
    return (
        picture(view),
        torch.from_numpy(hat_labels.maps(line, affine, cells)),
        torch.from_numpy(hat_labels.known(line, affine, cells)),
    )


class Draw:
    """Random views, with photos without people behind small ones."""

    def __init__(self, behind: Sequence[pool.Photo], seed: int) -> None:
        self.behind = behind
        self.seed = seed

    def __call__(self, photo: pool.Photo, number: int) -> Sample:
        """A view; seed and number give it."""
        rng = np.random.default_rng((self.seed, number))
        view = np.full((CROP, CROP, 3), GREY, np.uint8)
        if self.behind:
            other = self.behind[int(rng.integers(len(self.behind)))]
            view = paste(view, other.pixels, RECIPE, rng)[0]
        view, affine = paste(view, photo.pixels, RECIPE, rng)
        view = degrade(recolour(view, RECIPE, rng), RECIPE, rng)
        return sample(photo.line, view, affine)


def paste(
    view: Pixels, pixels: Pixels, recipe: Recipe, rng: np.random.Generator
) -> tuple[Pixels, Affine]:
    """Puts a random view of a photo over another, and says where it is."""
    height, width = pixels.shape[:2]
    affine, _ = random_affine((height, width), CROP, recipe, rng)
    pasted = cv2.warpAffine(
        pixels,
        affine,
        (CROP, CROP),
        dst=view.copy(),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return pasted.astype(np.uint8, copy=False), affine


def whole_sample(photo: pool.Photo, _: int) -> Sample:
    """The whole photo."""
    height, width = photo.pixels.shape[:2]
    view = cv2.resize(photo.pixels, (WHOLE, WHOLE))
    affine = np.array([[WHOLE / width, 0, 0], [0, WHOLE / height, 0]])
    affine[:, 2] = (affine[:, :2].sum(1) - 1) / 2
    return sample(photo.line, view.astype(np.uint8, copy=False), affine)


def cached(
    network: Network,
    photos: Sequence[pool.Photo],
    make: Callable[[pool.Photo, int], Sample],
) -> Views:
    """One view of every photo."""
    parts = []
    for first in range(0, len(photos), BATCH):
        batch = [
            make(photo, first + i)
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
    """Mean squared error, more of it where heads are or are made up."""
    made, peak = made.float(), maps.amax(1)
    seen = made.detach().clamp(0, 1).amax(1).square()
    weights = weights * (
        1 + HEAD_WEIGHT * peak + MISTAKEN_WEIGHT * (1 - peak) * seen
    )
    return ((made - maps).square().sum(1) * weights).sum() / weights.sum()


def scales_of(views: Views) -> Tensor:
    """Root of each feature's mean square; features are learned by these."""
    some = views.features[:: max(1, len(views.features) // 64)].float()
    root = some.square().mean((0, 2, 3)).sqrt()
    return root.clamp_min(0.01 * float(root.mean()))


def rescale(head: HatHead, scales: Tensor) -> None:
    """Makes the head read features that were divided by the scales."""
    first = 0
    with torch.no_grad():
        for layer in head.readers():
            part = scales[first : first + layer.in_channels]
            layer.weight *= part[None, :, None, None]
            first += layer.in_channels


def drawn(
    views: Sequence[Views], rng: np.random.Generator
) -> tuple[Tensor, ...]:
    """Features, maps and weights of a random batch."""
    rows = []
    for part in rng.integers(len(views), size=BATCH):
        one = views[int(part)]
        row = int(rng.integers(len(one.maps)))
        rows.append((one.features[row], one.maps[row], one.weights[row]))
    return tuple(torch.stack(one) for one in zip(*rows, strict=True))


def train(
    network: Network, views: Sequence[Views], args: argparse.Namespace
) -> None:
    """Teaches the hat head from views that were made before."""
    assert network.hats is not None
    head = network.hats.train()
    scales = scales_of(views[0])
    if args.start is not None:
        rescale(head, scales)
    schedule = Schedule(args.steps, args.rate)
    optimizer = torch.optim.AdamW(
        head.parameters(), args.rate, weight_decay=WEIGHT_DECAY
    )
    average = Average(head, schedule.average_decay)
    log = Log(args.run, args.steps, BATCH)
    rng = np.random.default_rng(args.seed)
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(schedule, step)
        features, maps, weights = drawn(views, rng)
        features = features / scales.bfloat16()[:, None, None]
        features = functional.dropout2d(features, DROPPED)
        with torch.autocast("cpu", torch.bfloat16):
            made = head(features.contiguous(memory_format=torch.channels_last))
        loss = error(made, maps, weights)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        average.update(head)
        log.add({"hats": loss})
        if (step + 1) % STEPS_BETWEEN_LINES == 0 or step + 1 == args.steps:
            log.write(step + 1, {})
    head.load_state_dict(average.state)
    rescale(head, 1 / scales)
    head.eval()


def score(network: Network, photos: Sequence[pool.Photo]) -> None:
    """Prints peaks of the maps against the labels, on whole photos."""
    views = cached(network, photos, whole_sample)
    assert network.hats is not None
    with torch.no_grad():
        maps = network.hats(views.features.float()).numpy()
    for threshold in THRESHOLDS:
        found = hat_labels.Score()
        for one, photo in zip(maps, photos, strict=True):
            if photo.line["all_heads"] == "mostly":
                shown = hat_labels.peaks(one, threshold)
                found.add(in_photo(shown, photo), photo.line)
        print(f"photos held out, {threshold}: {found}", flush=True)


def in_photo(
    shown: Sequence[hat_labels.Peak], photo: pool.Photo
) -> list[hat_labels.Peak]:
    """Peaks in pixels of the photo."""
    scale = photo.pixels.shape[0] / WHOLE
    return [one._replace(x=one.x * scale, y=one.y * scale) for one in shown]


def with_hats(network: Network, start: Path | None, seed: int) -> Network:
    """The same network with a hat head: new, or that of another file."""
    torch.manual_seed(seed)
    bare = fold(network)
    wider = Network(replace(bare.shape, hats=True))
    kept_layers = [
        name for name in bare.state_dict() if not name.startswith("hats.")
    ]
    state = {name: bare.state_dict()[name] for name in kept_layers}
    if start is not None:
        taught = read_gguf(start).hats
        if taught is None:
            raise ValueError(f"{start}: no hat maps")
        for name, value in taught.state_dict().items():
            state[f"hats.{name}"] = value
    missing, _ = wider.load_state_dict(state, strict=False)
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
    parser.add_argument(
        "--start", type=Path, metavar="GGUF", help="begin with its hat head"
    )
    parser.add_argument("--exclude-sets", nargs="+", default=[], metavar="SET")
    parser.add_argument(
        "--views", type=int, default=2, help="random views of each photo"
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
    negatives = [photo for photo in photos if photo.kind == "negative"]
    people = [photo for photo in photos if photo.kind == "people"]
    network = with_hats(read_gguf(args.model), args.start, args.seed)
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
                learned
                + negatives
                + people[number % PEOPLE_SHARE :: PEOPLE_SHARE],
                Draw(negatives, number),
            ),
        )
        for number in range(args.views)
    ]
    train(network, views, args)
    source = read_model(args.model)
    model = replace(
        to_model(network, source.name),
        license=source.license,
        description=source.description,
        source_url=source.source_url,
    )
    write_model(model, args.output)
    score(network, held)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    args = options(arguments)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    return status_of("hats", lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
