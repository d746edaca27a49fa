"""Trains the hat maps of a network whose other layers stay as they are.

Random views of photos go through these layers once; what the hat head reads
of them is kept for a while, and the head learns from what is kept.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
from .run import SECONDS_BETWEEN_SAVES, Log, rate_at, status_of
from .samples import picture

CROP = 256
# A cell of a head counts this much more than one of the background, and
# background so much more where a head is seen in it (value 1; less by the
# square of the value)
HEAD_WEIGHT = 4.0
MISTAKEN_WEIGHT = 3.0
# Against learning few photos by heart: features left out, and the decay
DROPPED = 0.1
WEIGHT_DECAY = 0.02
BATCH = 16
# Batches of views that are kept, and steps between two new ones; so many are
# made before the first step
KEPT = 64
STEPS_PER_BATCH = 3
FIRST = 8
# Chance of each kind of photo. Those of people teach where heads are, by the
# keypoints that are labelled, and what is no head: cells at least so far from
# whatever the network takes for a nose, neck, eye or ear
SHARES = {"site": 0.62, "negative": 0.12, "people": 0.26}
HEAD_KEYPOINTS = [0, 1, 14, 15, 16, 17]
NEARBY = 3
NOBODY = 0.05
STEPS_BETWEEN_LINES = 100
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
# Photos held out are seen as large as photos of sites at run time
WHOLE = 384
# Site photos are stretched to squares; they were wider
RECIPE = Recipe(
    scale=(0.4, 2.6),
    rotation_degrees=20,
    stretch=(0.7, 1.7),
    saturation=0.5,
    grey_chance=0.04,
)
# Seen from above, heads have no upper side: some views are turned at will
TURNED = replace(RECIPE, rotation_degrees=180, rotation_chance=1.0)
TURNED_CHANCE = 0.2
# A view without any of the photo's heads is drawn anew, so often at most
TRIES = 4
# Light of another colour: each channel times such a factor, sometimes
TINT = (0.75, 1.3)
TINT_CHANCE = 0.3


@dataclass(frozen=True)
class Views:
    """What the head reads and shall say, for some pictures.

    Weights are 0 or 1 in two planes: where both maps are known, and where
    only their sum is.
    """

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
    maps = hat_labels.maps(line, affine, cells)
    total, told = hat_labels.of_people(line, affine, cells)
    known = hat_labels.known(line, affine, cells) * (1 - told)
    # With only the sum known, either map may hold it
    maps[0] += total
    return (
        picture(view),
        torch.from_numpy(maps),
        torch.from_numpy(np.stack([known, told])),
    )


def view_of(
    photo: pool.Photo, behind: Pixels, rng: np.random.Generator
) -> Sample:
    """A random view of a photo, over part of another where it is small."""
    recipe = TURNED if rng.random() < TURNED_CHANCE else RECIPE
    view = np.full((CROP, CROP, 3), GREY, np.uint8)
    view, _ = paste(view, behind, recipe, rng)
    below = view
    for _ in range(TRIES):
        view, affine = paste(below, photo.pixels, recipe, rng)
        if shows_head(photo.line, affine):
            break
    if rng.random() < TINT_CHANCE:
        gains = np.diag(rng.uniform(*TINT, 3))
        view = cv2.transform(view, gains).astype(np.uint8, copy=False)
    view = degrade(recolour(view, recipe, rng), recipe, rng)
    return sample(photo.line, view, affine)


def shows_head(line: dict[str, Any], affine: Affine) -> bool:
    """Whether a view holds a head, or its photo has none at all."""
    heads = hat_labels.heads_of(line)
    for box in heads:
        x, y, width, height = hat_labels.seen_from(box, affine)
        if 0 <= x + width / 2 < CROP and 0 <= y + height / 2 < CROP:
            return True
    return not heads


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


def whole_sample(photo: pool.Photo) -> Sample:
    """The whole photo."""
    height, width = photo.pixels.shape[:2]
    view = cv2.resize(photo.pixels, (WHOLE, WHOLE))
    affine = np.array([[WHOLE / width, 0, 0], [0, WHOLE / height, 0]])
    affine[:, 2] = (affine[:, :2].sum(1) - 1) / 2
    return sample(photo.line, view.astype(np.uint8, copy=False), affine)


def views_of(
    network: Network, photos: Sequence[pool.Photo], samples: Sequence[Sample]
) -> Views:
    """What the network makes of samples, one of each photo."""
    pictures, maps, weights = (
        torch.stack(one) for one in zip(*samples, strict=True)
    )
    features, nobody = features_of(network, pictures)
    for i, photo in enumerate(photos):
        if photo.kind == "people":
            weights[i, 0] *= nobody[i]
    return Views(features, maps, weights)


class Draw:
    """Batches of random views by number: seed and number give them."""

    def __init__(
        self, network: Network, photos: Sequence[pool.Photo], seed: int
    ) -> None:
        self.network = network
        self.mix = pool.Mix(photos, SHARES)
        self.seed = seed

    def __call__(self, number: int) -> Views:
        """A batch."""
        rng = np.random.default_rng((self.seed, number))
        mix = self.mix
        below = "negative" if "negative" in mix.kinds else mix.kinds[0]
        photos, samples = [], []
        for kind in rng.choice(mix.kinds, BATCH, p=mix.chances):
            photo = mix.photo(kind, rng)
            behind = mix.photo(below, rng).pixels
            photos.append(photo)
            samples.append(view_of(photo, behind, rng))
        return views_of(self.network, photos, samples)


class Ring:
    """The last batches that were made, each in its place."""

    def __init__(self, make: Callable[[int], Views]) -> None:
        self.make = make
        self.made = 0
        self.kept: dict[int, Views] = {}

    def fill(self, count: int) -> None:
        """Makes batches until there were so many, but none that is lost."""
        for number in range(max(self.made, count - KEPT), count):
            self.kept[number % KEPT] = self.make(number)
        self.made = count

    def drawn(self, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Features, maps and weights of a batch of any of the views."""
        rows = []
        for place in rng.integers(len(self.kept), size=BATCH):
            one = self.kept[int(place)]
            row = int(rng.integers(len(one.maps)))
            rows.append((one.features[row], one.maps[row], one.weights[row]))
        return tuple(torch.stack(one) for one in zip(*rows, strict=True))


def error(made: Tensor, maps: Tensor, weights: Tensor) -> Tensor:
    """Mean squared error, more of it where heads are or are made up."""
    made = made.float()
    total = maps.sum(1).clamp_max(1)
    seen = made.detach().sum(1).clamp(0, 1).square()
    counts = 1 + HEAD_WEIGHT * total + MISTAKEN_WEIGHT * (1 - total) * seen
    each = (made - maps).square().sum(1) * weights[:, 0]
    summed = (made.sum(1) - maps.sum(1)).square() * weights[:, 1]
    return ((each + summed) * counts).sum() / (weights.sum(1) * counts).sum()


def scales_of(views: Sequence[Views]) -> Tensor:
    """Root of each feature's mean square; features are learned by these."""
    squares = [one.features.float().square().mean((0, 2, 3)) for one in views]
    root = torch.stack(squares).mean(0).sqrt()
    return root.clamp_min(0.01 * float(root.mean()))


def rescale(head: HatHead, scales: Tensor) -> None:
    """Makes the head read features that were divided by the scales."""
    first = 0
    with torch.no_grad():
        for layer in head.readers():
            part = scales[first : first + layer.in_channels]
            layer.weight *= part[None, :, None, None]
            first += layer.in_channels


@dataclass
class Lessons:
    """A head as it learns, and all that a stopped run goes on from."""

    head: HatHead
    scales: Tensor
    optimizer: torch.optim.Optimizer
    average: Average
    step: int = 0

    def save(self, path: Path) -> None:
        """Replaces the file in one piece."""
        aside = path.with_suffix(".part")
        torch.save(
            {
                "head": self.head.state_dict(),
                "scales": self.scales,
                "optimizer": self.optimizer.state_dict(),
                "average": self.average.state,
                "updates": self.average.updates,
                "step": self.step,
            },
            aside,
        )
        os.replace(aside, path)

    def load(self, path: Path) -> None:
        """Puts everything back."""
        state = torch.load(path, "cpu", weights_only=True)
        self.head.load_state_dict(state["head"])
        self.scales = state["scales"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.load(state["average"], state["updates"])
        self.step = state["step"]


def learn(work: Lessons, batch: Sequence[Tensor]) -> Tensor:
    """One step; gives the error before it."""
    features, maps, weights = batch
    features = features / work.scales.bfloat16()[:, None, None]
    features = functional.dropout2d(features, DROPPED)
    with torch.autocast("cpu", torch.bfloat16):
        made = work.head(features.contiguous(memory_format=torch.channels_last))
    loss = error(made, maps, weights)
    work.optimizer.zero_grad()
    torch.autograd.backward(loss)
    work.optimizer.step()
    work.average.update(work.head)
    work.step += 1
    return loss


def train(network: Network, draw: Draw, args: argparse.Namespace) -> None:
    """Teaches the hat head, from views that are made as it goes."""
    assert network.hats is not None
    head = network.hats.train()
    schedule = Schedule(args.steps, args.rate)
    optimizer = torch.optim.AdamW(
        head.parameters(), args.rate, weight_decay=WEIGHT_DECAY
    )
    average = Average(head, schedule.average_decay)
    ring = Ring(draw)
    ring.fill(FIRST)
    work = Lessons(head, scales_of([*ring.kept.values()]), optimizer, average)
    checkpoint = args.run / "hats.pt"
    if args.resume and checkpoint.exists():
        work.load(checkpoint)
    elif args.start is not None:
        rescale(head, work.scales)
    log = Log(args.run, args.steps, BATCH)
    saved = time.monotonic()
    while work.step < args.steps:
        ring.fill(FIRST + work.step // STEPS_PER_BATCH)
        for group in optimizer.param_groups:
            group["lr"] = rate_at(schedule, work.step)
        # A resumed run draws, and leaves out, what it would have
        rng = np.random.default_rng((args.seed, work.step, BATCH))
        torch.manual_seed(int(rng.integers(1 << 62)))
        log.add({"hats": learn(work, ring.drawn(rng))})
        last = work.step == args.steps
        if work.step % STEPS_BETWEEN_LINES == 0 or last:
            log.write(work.step, {})
        if last or time.monotonic() - saved > SECONDS_BETWEEN_SAVES:
            work.save(checkpoint)
            saved = time.monotonic()
    head.load_state_dict(average.state)
    rescale(head, 1 / work.scales)
    head.eval()


def score(network: Network, photos: Sequence[pool.Photo]) -> None:
    """Prints peaks of the maps against the labels, on whole photos."""
    assert network.hats is not None
    maps = []
    for first in range(0, len(photos), BATCH):
        some = photos[first : first + BATCH]
        views = views_of(network, some, [whole_sample(one) for one in some])
        with torch.no_grad():
            maps += [*network.hats(views.features.float()).numpy()]
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
        "--held-out",
        type=int,
        default=8,
        metavar="N",
        help="each Nth site photo is for the score only; 0: none (8)",
    )
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--resume", action="store_true", help="go on from its checkpoint"
    )
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(arguments)


def run(args: argparse.Namespace) -> None:
    """Everything from the pool to the file."""
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "pid").write_text(f"{os.getpid()}\n")
    photos = pool.load(args.pool, args.exclude_sets)
    site = [photo for photo in photos if photo.kind == "site"]
    held = site[:: args.held_out] if args.held_out else []
    unseen = {id(photo) for photo in held}
    learned = [photo for photo in photos if id(photo) not in unseen]
    network = with_hats(read_gguf(args.model), args.start, args.seed)
    network = network.to(memory_format=torch.channels_last)
    assert network.hats is not None
    network.hats.requires_grad_(True)
    train(network, Draw(network, learned, args.seed), args)
    source = read_model(args.model)
    model = replace(
        to_model(network, source.name),
        license=source.license,
        description=source.description,
        source_url=source.source_url,
    )
    write_model(model, args.output)
    if held:
        score(network, held)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    args = options(arguments)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    return status_of("hats", lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
