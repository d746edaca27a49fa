"""People that a tiny model finds without fail.

In: where people are. Out: a picture with coloured discs for three of their
joints (neck red, right shoulder green, right elbow blue), and a model whose
heatmaps are the picture's colours, so that every option of the command can be
tested without trained weights.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

WIDTH_PX, HEIGHT_PX = 456, 256  # the network's own size: no resizing
DISC_PX = 11
# The three convolutions look at pixel 8 * cell; the library takes a cell for
# 8 pixels with their middle at 8 * cell + 3.5.
SHIFT_PX = 3.5

# Neck, right shoulder, right elbow of each person. No multiples of 8: between
# two equal cells `compat` sees no peak.
PEOPLE = (
    ((203, 62), (155, 62), (155, 121)),
    ((378, 163), (322, 163), (322, 218)),
)
# Heads that a model with hat maps sees: yellow wears a hat, magenta none.
YELLOW, MAGENTA = (0, 1), (0, 2)


def paint(people=PEOPLE, width=WIDTH_PX, height=HEIGHT_PX, heads=()) -> bytes:
    """Packed RGB8. heads: (x, y, YELLOW or MAGENTA)."""
    pixels = bytearray(width * height * 3)
    discs = [
        (x, y, (channel,))
        for joints in people
        for channel, (x, y) in enumerate(joints)
    ]
    for x, y, channels in [*discs, *heads]:
        for dy in range(-DISC_PX, DISC_PX + 1):
            for dx in range(-DISC_PX, DISC_PX + 1):
                if dx * dx + dy * dy > DISC_PX * DISC_PX:
                    continue
                for channel in channels:
                    at = ((y + dy) * width + x + dx) * 3 + channel
                    pixels[at] = 255
    return bytes(pixels)


def ppm(people=PEOPLE, width=WIDTH_PX, height=HEIGHT_PX, heads=()) -> bytes:
    head = b"P6 %d %d 255\n" % (width, height)
    return head + paint(people, width, height, heads)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(people=PEOPLE, width=WIDTH_PX, height=HEIGHT_PX) -> bytes:
    pixels = paint(people, width, height)
    rows = (
        b"\0" + pixels[y * width * 3 : (y + 1) * width * 3]
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(b"".join(rows), 1))
        + png_chunk(b"IEND", b"")
    )


def png_size(data: bytes) -> tuple[int, int]:
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def write_model(path: Path, *, hats: bool = False) -> None:
    """Blurs and shrinks each colour three times; maps are colours and
    constants. hats: with hat maps; heads are then no joints. Needs the
    Python package's writer."""
    import numpy as np
    from hatpose.model_file import write_model as write
    from hatpose.network import MapGroup, Network, Operation, Weight

    blur = np.outer((1, 2, 1), (1, 2, 1)).astype(np.float32) / 16
    shrink = np.zeros((3, 3, 3, 3), np.float32)
    for channel in range(3):
        shrink[channel, channel] = blur
    heatmaps = np.zeros((19, 3, 1, 1), np.float32)
    heatmap_bias = np.full(19, -1, np.float32)
    for channel, joint in enumerate((1, 2, 3)):
        heatmaps[joint] = -1 if hats else 0
        heatmaps[joint, channel] = 1
        heatmap_bias[joint] = 0
    hat_maps = np.zeros((2, 3, 1, 1), np.float32)
    hat_maps[:, :, 0, 0] = ((1, 1, -1), (1, -1, 1))
    # The field points left from neck to shoulder, down from there.
    paf_bias = np.zeros(38, np.float32)
    paf_bias[12] = -1  # x of limb neck - right shoulder
    paf_bias[15] = 1  # y of limb right shoulder - right elbow

    def conv(name, source, target, kernel, stride, weight, bias=None, **place):
        return Operation(
            name=name, kind="conv", input=source, input_first=0,
            input_count=3, output=target, kernel=kernel, stride=stride,
            weight=Weight.from_f32(weight, "f32"), bias=bias,
            output_first=place.get("first", 0), output_count=len(weight),
            activation=place.get("activation", "none"),
        )  # fmt: skip

    zeros = np.zeros((38, 3, 1, 1), np.float32)
    hat_operations = (
        conv("hats", 3, 4, 1, 1, hat_maps, np.full(2, -1, np.float32),
             first=57, activation="relu"),
    )  # fmt: skip
    network = Network(
        name="painted people",
        license="CC0-1.0",
        source_url="tests/cli/painted.py",
        channels="rgb",
        mean=(0.0, 0.0, 0.0),
        scale=(1 / 255,) * 3,
        values=(3, 3, 3, 3, 59 if hats else 57),
        operations=(
            conv("half", 0, 1, 3, 2, shrink),
            conv("quarter", 1, 2, 3, 2, shrink),
            conv("eighth", 2, 3, 3, 2, shrink),
            conv("heatmaps", 3, 4, 1, 1, heatmaps, heatmap_bias),
            conv("pafs", 3, 4, 1, 1, zeros, paf_bias, first=19),
            *(hat_operations if hats else ()),
        ),
        heatmaps=MapGroup(4, 0, 19),
        pafs=MapGroup(4, 19, 38),
        hats=MapGroup(4, 57, 2) if hats else None,
    )
    write(network, path)
