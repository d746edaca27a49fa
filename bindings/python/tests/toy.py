"""A network that a test can foresee, and pictures of people for it.

Three joints are colours: neck red, right shoulder green, right elbow blue.
Each map cell is the mean of its 8x8 pixels, and every limb is believed to
point to the right. So a row of soft spots red, green, blue is a person with
three joints, and their places are known.
"""

from __future__ import annotations

import numpy as np

from hatpose.network import MapGroup, Network, Operation, Weight

HEIGHT, WIDTH = 72, 128  # the area of 16:9 at height 72: resized by 1
JOINTS = ("neck", "right_shoulder", "right_elbow")
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
STEP_PX = 26.0
_SPREAD_PX = 7.0


# Heads of a network with hat maps: yellow wears a hat, magenta none.
YELLOW, MAGENTA = (255, 255, 0), (255, 0, 255)


def network(*, hats: bool = False) -> Network:
    # Taps 1 and 2 of 3 only: the mean of 2x2 pixels, so that cells lie in
    # the middle of their 8x8 pixels.
    mean = np.zeros((3, 3, 3, 3), np.float32)
    for channel in range(3):
        mean[channel, channel, 1:, 1:] = 0.25
    operations = [
        Operation(
            name=f"mean.{step}", kind="conv", input=step, input_first=0,
            input_count=3, output=step + 1, output_first=0, output_count=3,
            kernel=3, stride=2, weight=Weight(mean),
        )
        for step in range(3)
    ]  # fmt: skip
    colour = np.zeros((19, 3, 1, 1), np.float32)
    for joint in (1, 2, 3):
        colour[joint, :, 0, 0] = -1
        colour[joint, joint - 1, 0, 0] = 1
    right = np.zeros(38, np.float32)
    right[::2] = 1
    operations += [
        Operation(
            name="heatmaps", kind="conv", input=3, input_first=0,
            input_count=3, output=4, output_first=0, output_count=19,
            activation="relu", weight=Weight(colour),
        ),
        Operation(
            name="pafs", kind="conv", input=3, input_first=0, input_count=3,
            output=4, output_first=19, output_count=38,
            weight=Weight(np.zeros((38, 3, 1, 1), np.float32)), bias=right,
        ),
    ]  # fmt: skip
    if hats:
        both = np.zeros((2, 3, 1, 1), np.float32)
        both[:, :, 0, 0] = ((1, 1, -1), (1, -1, 1))
        operations.append(
            Operation(
                name="hats", kind="conv", input=3, input_first=0,
                input_count=3, output=4, output_first=57, output_count=2,
                activation="relu", weight=Weight(both),
                bias=np.full(2, -1, np.float32),
            )
        )  # fmt: skip
    return Network(
        name="toy",
        values=(3, 3, 3, 3, 59 if hats else 57),
        operations=tuple(operations),
        heatmaps=MapGroup(4, 0, 19),
        pafs=MapGroup(4, 19, 38),
        hats=MapGroup(4, 57, 2) if hats else None,
        mean=(0.0, 0.0, 0.0),
        scale=(1 / 255, 1 / 255, 1 / 255),
        channels="rgb",
        license="CC0-1.0",
    )


def joints_of(neck: tuple[float, float]) -> np.ndarray:
    """(3, 2): where the joints of the person with this neck are."""
    x, y = neck
    return np.array([(x + STEP_PX * index, y) for index in range(3)])


def picture(
    *necks: tuple[float, float],
    heads: tuple[tuple[float, float, tuple[int, int, int]], ...] = (),
) -> np.ndarray:
    """R, G, B of people whose necks are there; black around them.

    heads: x, y, YELLOW or MAGENTA.
    """
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    light = np.zeros((HEIGHT, WIDTH, 3))
    spots = [
        (*joint, colour)
        for neck in necks
        for joint, colour in zip(joints_of(neck), COLOURS, strict=True)
    ]
    for spot_x, spot_y, colour in [*spots, *heads]:
        squared = (x - spot_x) ** 2 + (y - spot_y) ** 2
        spot = np.exp(-squared / (2 * _SPREAD_PX**2))
        light += spot[:, :, None] * np.array(colour)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)
