"""What several tests share: a tiny teacher, a tiny pool of drawn photos."""

from __future__ import annotations

import importlib.util
import json
import os
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
NEEDED = ("torch", "cv2", "gguf", "pycocotools", "matplotlib")


def pytest_configure() -> None:
    """One line and no failure where PyTorch or its like is not installed."""
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            pytest.exit(f"training tests skipped: no {name}", returncode=0)
    import torch

    # Networks this small only wait for each other's threads
    torch.set_num_threads(1)
    built = [*REPOSITORY.glob("build*/libhatpose.so.1")]
    built += REPOSITORY.glob("build*/*/libhatpose.so.1")
    newest = max(built, key=lambda path: path.stat().st_mtime, default=None)
    if newest is not None:
        os.environ.setdefault("HATPOSE_LIBRARY", str(newest))


@pytest.fixture(scope="session")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file of random weights."""
    import torch
    from hatpose.model_file import write_model

    from hatpose_train.interchange import to_model
    from hatpose_train.network import Network, Shape

    torch.manual_seed(7)
    path = tmp_path_factory.mktemp("teacher") / "teacher.gguf"
    write_model(to_model(Network(Shape(width=0.125)), "toy", "f32"), path)
    return path


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six photos of coloured noise; one is labelled."""
    import cv2
    import numpy as np

    folder = tmp_path_factory.mktemp("pool")
    rng = np.random.default_rng(3)
    points = [[30.0 + 2 * k, 20.0 + 3 * k, 2.0] for k in range(17)]
    lines = []
    with zipfile.ZipFile(folder / "pool-people.zip", "w") as archive:
        for number in range(6):
            noise = rng.integers(0, 256, (12, 16, 3)).astype(np.uint8)
            _, data = cv2.imencode(".jpg", cv2.resize(noise, (128, 96)))
            line: dict[str, object] = {
                "name": f"{number}.jpg",
                "kind": "negative" if number == 5 else "people",
                "set": "even" if number % 2 == 0 else "odd",
            }
            if number == 0:
                line["label_source"] = "COCO JSON (drawn)"
                line["coco_annotations"] = [
                    {
                        "bbox": [20.0, 10.0, 60.0, 70.0],
                        "keypoints": [
                            number for point in points for number in point
                        ],
                        "num_keypoints": 17,
                        "iscrowd": 0,
                    }
                ]
            lines.append(line)
            archive.writestr(f"{number}.jpg", data.tobytes())
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "pool-people.jsonl").write_text(text)
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a small student and few steps."""
    path = tmp_path / "config.toml"
    path.write_text(
        "[network]\nwidth = 0.125\nbatch_norm = true\n"
        "[schedule]\nsteps = 12\nrate = 2e-2\nwarm_up = 2\n"
        "average_decay = 0.5\n"
        "[data]\nbatch = 4\ncrop = 64\n"
        "[loss]\nseparate = true\n"
    )
    return path
