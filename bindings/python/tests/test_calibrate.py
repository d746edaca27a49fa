"""hatpose-calibrate: ranges are what the layers reach, errors are one line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import toy
from PIL import Image
from run_network import run_values

from hatpose import calibrate
from hatpose.command_line import EXIT_FAILED, EXIT_OK, EXIT_USAGE
from hatpose.model_file import read_model, write_model

PEOPLE = toy.picture((30, 40)), toy.picture((60, 20), (20, 60))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos" / "inside"
    folder.mkdir(parents=True)
    for index, picture in enumerate(PEOPLE):
        Image.fromarray(picture).save(folder / f"{index}.png")
    return folder.parent


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "toy.gguf"
    write_model(toy.network(), path)
    return path


def test_ranges_are_those_of_the_layers(model, photos, tmp_path):
    output = tmp_path / "out.gguf"
    size = ["--size", str(toy.HEIGHT)]  # that of the drawings: no resizing
    arguments = [str(model), str(photos), "-o", str(output), *size]
    assert calibrate.main(arguments) == EXIT_OK
    network = read_model(output)
    assert network.ranges is not None
    values = [
        run_values(network, picture.transpose(2, 0, 1)) for picture in PEOPLE
    ]
    begin = 0
    for index, channels in enumerate(network.values):
        both = np.stack([one[index].reshape(channels, -1) for one in values])
        part = slice(begin, begin + channels)
        low = np.minimum(both.min(axis=(0, 2)), 0)
        high = np.maximum(both.max(axis=(0, 2)), 0)
        np.testing.assert_allclose(network.ranges.low[part], low, atol=1e-6)
        silent = (low == 0) & (high == 0)
        if not silent.all():
            high[silent] = np.median(high[~silent])
        np.testing.assert_allclose(network.ranges.high[part], high, atol=1e-6)
        begin += channels
    assert begin == network.ranges.low.size


def test_silent_channels_get_the_reach_of_the_others():
    network = toy.network()
    picture = PEOPLE[0].copy()
    picture[:, :, 2] = 0  # no elbow: nothing in the value's third channel
    ranges = calibrate.activation_ranges(network, [picture])
    first = network.values[0]  # of value 1
    high = ranges.high[first : first + 3]
    assert high[2] == np.median(high[:2]) > 0
    assert ranges.low[first + 2] == 0


def test_blue_first_networks_see_blue_first():
    network = toy.network()
    picture = PEOPLE[0]
    swapped = replace(network, channels="bgr")
    ranges = calibrate.activation_ranges(network, [picture])
    again = calibrate.activation_ranges(swapped, [picture[:, :, ::-1]])
    np.testing.assert_array_equal(ranges.high, again.high)


def test_of_many_photos_some_are_taken_evenly(photos):
    names = calibrate.photo_files([str(photos)] * 10, 4)
    assert [name.name for name in names] == ["0.png", "1.png"] * 2


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], EXIT_USAGE, "required"),
        (["--count", "0"], EXIT_USAGE, "--count"),
        (["MODEL", "nowhere", "-o", "x"], EXIT_FAILED, "nowhere: "),
        (["MODEL", "EMPTY", "-o", "x"], EXIT_FAILED, "no photos"),
        (["MODEL", "MODEL", "-o", "x"], EXIT_FAILED, "cannot ident"),
        (["EMPTY", "PHOTOS", "-o", "x"], EXIT_FAILED, ": "),
    ],
)
def test_wrong_input_is_one_line(
    arguments, status, message, model, photos, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    names = {"MODEL": model, "PHOTOS": photos, "EMPTY": tmp_path / "empty"}
    given = [str(names.get(word, word)) for word in arguments]
    try:
        found = calibrate.main(given)
    except SystemExit as end:
        found = end.code
    assert found == status
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert error.startswith("hatpose-calibrate: ")
    assert not (tmp_path / "x").exists()
