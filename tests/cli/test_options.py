"""The command line itself: help, versions, and what is wrong usage."""

import pytest

WRONG = [
    ([], "no command"),
    (["detekt", "x"], "did you mean detect?"),
    (["--json", "x"], "a command comes before the options"),
    (["help", "nonsense"], "unknown command nonsense"),
    (["detect"], "no input"),
    (["detect", "--tread", "3", "x"],
     "unknown option --tread, did you mean --threads?"),
    (["detect", "--recurs", "x"], "did you mean --recursive?"),
    (["detect", "--hats", "h.json", "x"], "--hats goes with hatpose hats"),
    (["detect", "--rule", "compat", "x"], "--rule goes with hatpose hats"),
    (["detect", "-X", "x"], "unknown option -X"),
    (["detect", "x", "--threads"], "--threads wants a value"),
    (["detect", "x", "-t"], "-t wants a value"),
    (["detect", "x", "-t", "two"], "-t two: wants a whole number"),
    (["detect", "x", "-t", "-1"], "from 0 to"),
    (["detect", "x", "-t", "257"], "from 0 to 256"),
    (["detect", "x", "-t", "99999999999999999999"], "from 0 to"),
    (["detect", "x", "--json=1"], "--json takes no value"),
    (["detect", "x", "--size", "250"], "wants a multiple of 8, such as 248"),
    (["detect", "x", "--size", "0"], "from 8 to"),
    (["detect", "x", "--size", "99999999"], "from 8 to"),
    (["detect", "x", "--size", ""], "its value is empty"),
    (["detect", "x", "--threshold", "nan"], "wants a number from 0 to 1"),
    (["detect", "x", "--threshold", "inf"], "wants a number from 0 to 1"),
    (["detect", "x", "--threshold", "1e400"], "wants a number from 0 to 1"),
    (["detect", "x", "--threshold", "0,5"], "wants a number from 0 to 1"),
    (["detect", "x", "--format", "xml"],
     "wants text, native, openpose, coco, csv or service"),
    (["detect", "x", "--format", "service"], "goes with hatpose hats"),
    (["detect", "x", "--mode", "fast"], "wants best or compat"),
    (["detect", "x", "--fail-on", "worn"], "wants not_worn or unknown"),
    (["detect", "x", "--color", "red"], "wants auto, always or never"),
    (["detect", "x", "--blur"], "wants --draw or --sheet"),
    (["detect", "x", "--coco-ids", "f"], "goes with --format coco"),
    (["detect", "x", "--draw", "-"], "both go to stdout"),
    (["detect", "x", "-o", "-", "--draw", "-"], "both go to stdout"),
    (["detect", "x", "--sheet", "-"], "wants the name of a file"),
    (["detect", "x", "--sheet", "s.gif"], ".jpg or .png"),
    (["detect", "x", "--draw", "d.gif"], "writes .jpg and .png"),
    (["detect", "x", "y", "--draw", "d.jpg"], "name a folder"),
    (["detect", "-", "-"], "named twice"),
    (["info", "x"], "takes no input"),
    (["bench", "--runs", "0"], "from 1 to"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_usage(hatpose, arguments, message):
    answer = hatpose.run(*arguments)
    assert answer.status == 2
    assert answer.out == b""
    assert message in answer.err
    assert answer.err.startswith("hatpose: ")
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("how", [["--help"], ["-h"], ["help"]])
def test_help(hatpose, how):
    answer = hatpose.run(*how)
    assert answer.status == 0
    assert answer.err == ""
    assert answer.lines[0] == "Usage: hatpose COMMAND [options] INPUT..."
    assert max(map(len, answer.lines)) < 80


@pytest.mark.parametrize("command", ["detect", "hats", "info", "bench"])
def test_help_of_a_command(hatpose, command):
    answers = [
        hatpose.run("help", command),
        hatpose.run(command, "--help"),
        hatpose.run(command, "-h"),
    ]
    assert {a.status for a in answers} == {0}
    assert len({a.out for a in answers}) == 1
    assert answers[0].lines[0].startswith(f"Usage: hatpose {command} ")


def test_help_names_every_option(hatpose):
    """An option that is refused with a guess exists; help must show it."""
    text = hatpose.run("help", "hats").out.decode()
    for option in (
        "hats", "hat-class", "rule",
        "recursive", "output", "format", "json", "coco-ids", "draw", "sheet",
        "blur", "model", "size", "mode", "threshold", "threads", "fail-on",
        "stop-on-error", "timings", "color", "quiet", "verbose",
    ):  # fmt: skip
        assert f"--{option}" in text


def test_version(hatpose):
    for how in ("-V", "--version"):
        answer = hatpose.run(how)
        assert answer.status == 0
        assert answer.lines[0].startswith("hatpose ")


def test_short_options_join(hatpose, photo):
    assert hatpose.detect("-qt1", photo).status == 0
    assert hatpose.detect("-qt=1", photo).status == 2
    assert hatpose.detect("-qrt", "1", photo).status == 0


def test_double_dash_ends_options(hatpose, photo, tmp_path):
    odd = tmp_path / "-x.png"
    odd.write_bytes(photo.read_bytes())
    answer = hatpose.detect("-q", "--", "-x.png", cwd=tmp_path)
    assert answer.status == 0
    assert answer.lines[0].startswith("-x.png  ")


def test_no_model_is_one_line_and_4(hatpose, photo, tmp_path):
    answer = hatpose.run("detect", photo, "-m", tmp_path / "none.gguf")
    assert answer.status == 4
    assert answer.out == b""
    assert answer.err.startswith(f"{tmp_path / 'none.gguf'}: ")
    assert answer.err.count("\n") == 1


def test_the_model_inside(hatpose, photo):
    """It answers, or the build has none and says how to go on."""
    answer = hatpose.run("detect", photo)
    if answer.status == 4:
        assert "--model" in answer.err
        assert answer.err.count("\n") == 1
    else:
        assert answer.status == 0 and answer.err == ""
        assert len(answer.lines) == 1


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped"])
def test_unusable_model(hatpose, photo, tmp_path, damage):
    good = hatpose.model.read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 1
    bad = {
        "empty": b"",
        "text": b"not a model\n",
        "cut": good[:-100],
        "flipped": bytes(flipped),
    }[damage]
    path = tmp_path / "bad.gguf"
    path.write_bytes(bad)
    answer = hatpose.run("detect", photo, "-m", path)
    assert answer.status == 4
    assert answer.out == b""
    assert answer.err.startswith(f"{path}: ")
    assert answer.err.count("\n") == 1
