"""Files that are written: whole or not at all, and never over an input."""

import json
import os
import stat

import pytest

import painted
from conftest import PHOTOS, is_jpeg, leftovers


@pytest.fixture
def two(tmp_path, photo):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.png").write_bytes(photo.read_bytes())
    (folder / "sub" / "a.ppm").write_bytes(painted.ppm())
    return folder


def test_output_file(hatpose, photo, tmp_path):
    path = tmp_path / "out.json"
    answer = hatpose.detect("--json", photo, "-o", path)
    assert answer.status == 0
    assert answer.out == b""
    assert path.read_bytes() == hatpose.detect("--json", photo).out
    assert leftovers(tmp_path) == []


def test_output_keeps_mode_and_link(hatpose, photo, tmp_path):
    path, link = tmp_path / "out.json", tmp_path / "link.json"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    assert hatpose.detect("--json", photo, "-o", link).status == 0
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert json.loads(path.read_bytes())["width"] == 456


def test_new_output_obeys_umask(hatpose, photo, tmp_path):
    old = os.umask(0o027)
    try:
        hatpose.detect("--json", photo, "-o", tmp_path / "out.json")
    finally:
        os.umask(old)
    mode = (tmp_path / "out.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o640


def test_output_folder(hatpose, two, tmp_path):
    out = tmp_path / "out"
    answer = hatpose.detect("--json", "-r", two, "-o", f"{out}/")
    assert answer.status == 0
    assert json.loads((out / "a.json").read_bytes())["width"] == 456
    assert json.loads((out / "sub" / "a.json").read_bytes())["width"] == 456
    assert leftovers(out) == []


def test_output_cannot_be_written(hatpose, photo, tmp_path):
    path = tmp_path / "no" / "out.json"
    answer = hatpose.detect(photo, "-o", path)
    assert answer.status == 1
    assert answer.err == f"{path}: No such file or directory\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_disk_full(hatpose, photo):
    answer = hatpose.detect(photo, photo, "-o", "/dev/full")
    assert answer.status == 1
    assert answer.err.startswith("/dev/full: No space left on device\n")


def test_output_to_dev_null(hatpose, photo):
    assert hatpose.detect(photo, "-o", "/dev/null").status == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_an_input_is_never_overwritten(hatpose, photo, two, tmp_path):
    before = photo.read_bytes()
    (tmp_path / "same.png").symlink_to(photo)
    os.link(photo, tmp_path / "hard.png")
    ids = tmp_path / "ids.json"
    ids.write_text('{"images": []}')
    listed = tmp_path / "list.txt"
    listed.write_text(f"{photo}\n")
    for arguments in (
        ["-o", photo],
        ["-o", tmp_path / "same.png"],
        ["-o", tmp_path / "hard.png"],
        ["-o", hatpose.model],
        ["--draw", photo],
        ["--draw", tmp_path / "hard.png"],
        ["--sheet", tmp_path / "same.png"],
        [two, "--draw", two],
        [f"@{listed}", "-o", listed],
    ):
        answer = hatpose.detect(photo, *arguments)
        assert answer.status == 2, arguments
        assert "is an input and would be overwritten" in answer.err
        assert answer.err.count("\n") == 1
    assert photo.read_bytes() == before
    assert leftovers(tmp_path) == []


def test_same_output_twice(hatpose, photo, tmp_path):
    path = tmp_path / "x.jpg"
    assert hatpose.detect(photo, "-o", path, "--draw", path).status == 2
    assert hatpose.detect(photo, "-o", path, "--sheet", path).status == 2
    assert hatpose.detect(photo, "--draw", path, "--sheet", path).status == 2
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--draw", "x.png", "-o", "./x.png"], "--output goes there"),
        (["--draw", "x.png", "-o", "y.png"], "--output goes there"),
        (["--draw", "x.png", "--sheet", "./x.png"], "--sheet goes there"),
        (["--sheet", "link/x.png", "-o", "d/x.png"], "--output goes there"),
        (["--sheet", "x.png", "-o", "./x-2.png"], "--output goes there"),
        (["--draw", "d/", "-o", "d/people.png"], "is where --output goes"),
        (["--draw", "link", "--sheet", "./d/people.png"], "where --sheet"),
        (["--draw", "new/../d", "-o", "d/people.png"], "where --output"),
    ],
)  # fmt: skip
def test_same_output_spelled_differently(
    hatpose, photo, tmp_path, arguments, message
):
    (tmp_path / "d").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "link").symlink_to("d")
    (tmp_path / "y.png").symlink_to("x.png")
    answer = hatpose.detect(photo, *arguments, cwd=tmp_path)
    assert answer.status == 2
    assert answer.out == b""
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not list(tmp_path.rglob("x*.png"))
    assert not (tmp_path / "d" / "people.png").exists()
    assert leftovers(tmp_path) == []


def test_frame_where_another_output_goes(hatpose, jpeg, tmp_path):
    (tmp_path / "d").mkdir()
    sheet = tmp_path / "d" / "stdin_000000000001.jpg"
    answer = hatpose.detect(
        "-", "--draw", tmp_path / "d", "--sheet", sheet, stdin=jpeg * 3
    )
    assert answer.status == 1
    assert f"{sheet}: another output goes there\n" in answer.err
    assert len(answer.lines) == 3
    assert len(os.listdir(tmp_path / "d")) == 3
    size = json.loads(hatpose.detect("--json", sheet).out)["width"]
    assert size != 456  # the sheet is there, no drawing


def test_outputs_of_one_name_in_two_folders(hatpose, photo, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    answer = hatpose.detect(
        photo, "--draw", tmp_path / "a", "--sheet", tmp_path / "b/people.png"
    )
    assert answer.status == 0, answer.err
    assert (tmp_path / "a/people.png").exists()
    assert (tmp_path / "b/people.png").exists()


def test_output_through_a_link_to_nothing_yet(hatpose, photo, tmp_path):
    (tmp_path / "real").mkdir()
    link, via = tmp_path / "link.json", tmp_path / "real" / "via.json"
    link.symlink_to("real/via.json")
    via.symlink_to("end.json")
    answer = hatpose.detect("--json", photo, "-o", link)
    assert answer.status == 0, answer.err
    assert link.is_symlink() and via.is_symlink()
    end = tmp_path / "real" / "end.json"
    assert not end.is_symlink()
    assert json.loads(end.read_bytes())["width"] == 456
    assert leftovers(tmp_path) == []


def test_output_through_links_without_an_end(hatpose, photo, tmp_path):
    (tmp_path / "a.json").symlink_to("b.json")
    (tmp_path / "b.json").symlink_to("a.json")
    answer = hatpose.detect("--json", photo, "-o", tmp_path / "a.json")
    assert answer.status == 1
    assert answer.err.count("\n") == 1
    assert "symbolic links" in answer.err
    assert (tmp_path / "a.json").is_symlink()


def test_draw_file(hatpose, photo, tmp_path):
    for name in ("out.jpg", "out.png"):
        answer = hatpose.detect(photo, "--draw", tmp_path / name)
        assert answer.status == 0, answer.err
    assert is_jpeg((tmp_path / "out.jpg").read_bytes())
    drawn = (tmp_path / "out.png").read_bytes()
    assert painted.png_size(drawn) == (456, 256)
    # lines were drawn: it is not the picture that went in
    black = tmp_path / "black.ppm"
    black.write_bytes(painted.ppm(people=()))
    hatpose.detect(black, "--draw", tmp_path / "black.png")
    assert len(drawn) > len((tmp_path / "black.png").read_bytes())


def test_draw_folder(hatpose, two, tmp_path):
    out = tmp_path / "out" / "deeper"
    answer = hatpose.detect("-r", two, two / "a.png", "--draw", out)
    assert answer.status == 0, answer.err
    made = sorted(str(p.relative_to(out)) for p in out.rglob("*.*"))
    assert made == ["a-2.png", "a.png", "sub/a.png"]


def test_draw_folder_inside_the_input(hatpose, two):
    """The second run must not take the first one's drawings for photos."""
    for _ in range(2):
        answer = hatpose.detect("-r", two, "--draw", two / "out")
        assert answer.status == 0
        assert len(answer.lines) == 2


def test_draw_to_stdout(hatpose, photo, jpeg):
    answer = hatpose.detect(photo, "--draw", "-", "-o", "/dev/null")
    assert is_jpeg(answer.out)
    answer = hatpose.detect(
        "-", "--draw", "-", "-o", "/dev/null", stdin=jpeg * 3
    )
    again = hatpose.detect("--json", "-", stdin=answer.out)
    assert len(again.lines) == 3


def test_draw_stream(hatpose, jpeg, tmp_path):
    answer = hatpose.detect("-", "--draw", tmp_path / "out", stdin=jpeg * 2)
    assert answer.status == 0
    assert sorted(os.listdir(tmp_path / "out")) == [
        "stdin_000000000000.jpg",
        "stdin_000000000001.jpg",
    ]
    answer = hatpose.detect("-", "--draw", tmp_path / "x.jpg", stdin=jpeg * 2)
    assert answer.status == 1
    assert "name a folder" in answer.err


def test_draw_and_results_together(hatpose, photo, tmp_path):
    answer = hatpose.detect(
        "--json", photo, "--draw", tmp_path / "d.jpg",
        "--sheet", tmp_path / "s.jpg", "-o", tmp_path / "o.json",
    )  # fmt: skip
    assert answer.status == 0
    assert is_jpeg((tmp_path / "d.jpg").read_bytes())
    assert is_jpeg((tmp_path / "s.jpg").read_bytes())
    plain = hatpose.detect("--json", photo).out
    assert (tmp_path / "o.json").read_bytes() == plain


def test_blur(hatpose, real_model, tmp_path):
    """A head that was found is hidden, also when its joints are too weak to
    be drawn."""

    def drawn(name, *arguments):
        answer = hatpose.run(
            "detect", "-m", real_model, PHOTOS / "grace_hopper.jpg",
            "--draw", tmp_path / name, "--threshold", "1", *arguments,
        )  # fmt: skip
        assert answer.status == 0, answer.err
        return (tmp_path / name).read_bytes()

    plain, blurred = drawn("a.png"), drawn("b.png", "--blur")
    assert painted.png_size(plain) == painted.png_size(blurred)
    assert len(blurred) < len(plain) * 0.97  # a smooth face needs less


def test_sheet_pages(hatpose, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    data = painted.ppm()
    for i in range(31):
        (folder / f"{i}.ppm").write_bytes(data)
    (folder / "bad.jpg").write_bytes(b"no picture")
    path = tmp_path / "sheet.png"
    answer = hatpose.detect(folder, "-q", "--sheet", path)
    assert answer.status == 1
    first = painted.png_size(path.read_bytes())
    second = painted.png_size((tmp_path / "sheet-2.png").read_bytes())
    assert first[0] == second[0]  # 62 people and a failed file: 60 + 3
    assert first[1] > second[1]
    assert not (tmp_path / "sheet-3.png").exists()
    assert leftovers(tmp_path) == []


def test_sheet_in_a_wrong_place_is_known_at_once(hatpose, photo, tmp_path):
    path = tmp_path / "none" / "s.jpg"
    answer = hatpose.detect(photo, "--sheet", path)
    assert answer.status == 1
    assert answer.out == b""  # nothing was looked at
    assert answer.err == f"{path}: No such file or directory\n"


def test_sheet_of_nobody(hatpose, tmp_path):
    (tmp_path / "black.ppm").write_bytes(painted.ppm(people=()))
    answer = hatpose.detect(
        tmp_path / "black.ppm", "--sheet", tmp_path / "s.jpg"
    )
    assert answer.status == 0
    assert is_jpeg((tmp_path / "s.jpg").read_bytes())


def test_verbose_says_what_was_written(hatpose, photo, tmp_path):
    answer = hatpose.detect(photo, "-v", "--draw", tmp_path / "out.jpg")
    assert f"{tmp_path / 'out.jpg'} written\n" in answer.err
    assert "painted people" in answer.err
