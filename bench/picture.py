"""A photo, or soft noise, at the network's size.

python picture.py OUT.npy HEIGHT WIDTH [PHOTO]
"""

import sys

import numpy as np
from PIL import Image


def main() -> None:
    out, height, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if len(sys.argv) > 4:
        photo = Image.open(sys.argv[4]).convert("RGB")
    else:
        noise = np.random.default_rng(1).integers(0, 256, (24, 40, 3))
        photo = Image.fromarray(noise.astype(np.uint8))
    pixels = np.asarray(photo.resize((width, height), Image.Resampling.BICUBIC))
    np.save(out, np.ascontiguousarray(pixels[:, :, ::-1]))


main()
