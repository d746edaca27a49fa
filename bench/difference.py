"""Largest differences of maps; in: a JSON list of [key, file, reference]."""

import json
import sys
from pathlib import Path

import numpy as np

found = {}
for key, name, reference in json.loads(Path(sys.argv[1]).read_text()):
    ours, theirs = np.load(name), np.load(reference)
    found[key] = [
        float(np.abs(ours[group] - theirs[group]).max())
        for group in ("heatmaps", "pafs")
    ]
print(json.dumps(found))
