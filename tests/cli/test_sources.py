"""Where pictures come from."""

import json
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest

import painted


def names(answer):
    return [os.path.basename(json.loads(x)["file"]) for x in answer.lines]


@pytest.fixture
def tree(tmp_path, photo):
    folder = tmp_path / "tree"
    (folder / "sub" / "deep").mkdir(parents=True)
    data = painted.ppm(painted.PEOPLE[:1])
    for name in (
        "img10.ppm", "img2.ppm", "img1.PPM", "sub/b.pgm", "sub/deep/c.ppm",
        ".hidden.ppm", "notes.txt",
    ):  # fmt: skip
        (folder / name).write_bytes(data)
    return folder


def test_folder_in_natural_order(hatpose, tree):
    answer = hatpose.detect("--json", tree)
    assert answer.status == 0
    assert names(answer) == ["img1.PPM", "img2.ppm", "img10.ppm"]


def test_recursive(hatpose, tree):
    (tree / "sub" / "loop").symlink_to(tree)
    answer = hatpose.detect("--json", "-r", tree)
    assert names(answer) == [
        "img1.PPM", "img2.ppm", "img10.ppm", "b.pgm", "c.ppm",
    ]  # fmt: skip
    assert hatpose.detect("--json", f"{tree}//", "-r").status == 0


def test_folder_without_pictures(hatpose, tmp_path):
    (tmp_path / "none" / "below").mkdir(parents=True)
    answer = hatpose.detect(tmp_path / "none")
    assert answer.status == 1
    assert "no pictures in this folder" in answer.err


def test_unreadable_folder(hatpose, photo):
    """As nobody, where the tests run as root: root reads every folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "closed").mkdir()
        for copied in (hatpose.model, photo):
            shutil.copy(copied, folder)
        folder.chmod(0o755)
        (folder / "closed").chmod(0)
        how = {"user": "nobody"} if os.geteuid() == 0 else {}
        try:
            answer = hatpose.run(
                "detect", "-m", folder / hatpose.model.name, "--json", "-r",
                folder, **how,
            )  # fmt: skip
        except PermissionError:
            pytest.skip("nobody may not run the command where it lies")
        finally:
            (folder / "closed").chmod(0o755)
    assert answer.status == 1
    assert f"{folder}/closed: Permission denied\n" in answer.err
    errors, people = map(json.loads, answer.lines)
    assert errors["error"]["code"] == "io"
    assert len(people["people"]) == 2


def test_glob(hatpose, tree):
    answer = hatpose.detect("--json", f"{tree}/img*.ppm")
    assert names(answer) == ["img2.ppm", "img10.ppm"]
    answer = hatpose.detect(f"{tree}/x*.jpg")
    assert answer.status == 1
    assert answer.err == f"{tree}/x*.jpg: no file matches\n"


def test_name_with_glob_characters(hatpose, tree):
    (tree / "a[1].ppm").write_bytes(painted.ppm())
    answer = hatpose.detect("--json", tree / "a[1].ppm")
    assert names(answer) == ["a[1].ppm"]


def test_list(hatpose, tree, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(f"{tree}/img2.ppm\r\n\n{tree}/none.ppm\n{tree}/sub\n")
    answer = hatpose.detect("--json", f"@{listed}")
    assert names(answer) == ["img2.ppm", "none.ppm", "b.pgm"]
    assert answer.status == 1
    answer = hatpose.detect("--json", "@-", stdin=f"{tree}/img2.ppm".encode())
    assert names(answer) == ["img2.ppm"]
    answer = hatpose.detect("@/nowhere")
    assert answer.status == 1
    assert answer.err == "/nowhere: No such file or directory\n"


def test_stdin_single(hatpose, photo, jpeg):
    for data in (photo.read_bytes(), painted.ppm(), jpeg):
        answer = hatpose.detect("--json", "-", stdin=data)
        assert answer.status == 0, answer.err
        (line,) = answer.lines
        whole = json.loads(line)
        assert whole["file"] == "-"
        assert len(whole["people"]) == 2


def test_stdin_many(hatpose, jpeg):
    data = jpeg + b"\0\0between" + jpeg + jpeg
    answer = hatpose.detect("--json", "-", stdin=data)
    assert answer.status == 0
    assert [json.loads(x)["frame"] for x in answer.lines] == [0, 1, 2]
    lines = {x.replace(f'"frame":{i}', "") for i, x in enumerate(answer.lines)}
    assert len(lines) == 1


def test_stdin_end_marker_in_a_thumbnail(hatpose, jpeg):
    """EXIF holds a JPEG of its own; its end is not the picture's."""
    inside = b"Exif\0\0" + jpeg[:200] + b"\xff\xd9\xff\xd8\xff\xe0"
    segment = b"\xff\xe1" + (len(inside) + 2).to_bytes(2, "big") + inside
    data = jpeg[:2] + segment + jpeg[2:]
    answer = hatpose.detect("--json", "-", stdin=data + data)
    assert [len(json.loads(x)["people"]) for x in answer.lines] == [2, 2]


def with_appended(jpeg, appended):
    """A photo as phones write it: a list of the pictures behind it."""
    entries = 16 * 2
    size = len(jpeg) + 4 + 4 + 8 + 2 + 12 + 4 + entries
    base = 2 + 4 + 4  # the TIFF header's place
    tiff = b"MM\0*" + struct.pack(">I", 8)
    tiff += struct.pack(">HHHII", 1, 0xB002, 7, entries, 8 + 2 + 12 + 4)
    tiff += struct.pack(">I", 0)
    tiff += struct.pack(">IIII", 0x30000, size, 0, 0)
    tiff += struct.pack(">IIII", 0, len(appended), size - base, 0)
    body = b"MPF\0" + tiff
    segment = b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body
    photo = jpeg[:2] + segment + jpeg[2:]
    assert len(photo) == size
    return photo + appended


@pytest.mark.parametrize("after", [0, 2])
def test_stdin_appended_pictures_are_no_frames(hatpose, jpeg, after):
    data = with_appended(jpeg, jpeg) + jpeg * after
    answer = hatpose.detect("--json", "-", stdin=data)
    assert len(answer.lines) == 1 + after
    data = with_appended(jpeg, jpeg) * 2
    assert len(hatpose.detect("--json", "-", stdin=data).lines) == 2


def test_stdin_one_bad_among_good(hatpose, jpeg):
    cut = jpeg[: len(jpeg) // 2]
    answer = hatpose.detect("--json", "-", stdin=jpeg + cut + jpeg)
    assert len(answer.lines) == 3
    assert len(json.loads(answer.lines[0])["people"]) == 2
    assert len(json.loads(answer.lines[2])["people"]) == 2


def test_stdin_streams(hatpose, jpeg):
    """The answer comes when the picture is complete, not when all are."""
    process = hatpose.start(
        "detect", "-m", hatpose.model, "--json", "-",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    for frame in range(3):
        process.stdin.write(jpeg)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["frame"] == frame
    process.stdin.close()
    assert process.wait(60) == 0


def test_stdin_empty(hatpose):
    answer = hatpose.detect("-")
    assert answer.status == 1
    assert answer.err == "stdin: is empty\n"


def test_fifo(hatpose, photo):
    read_end, write_end = os.pipe()
    process = hatpose.start(
        "detect", "-m", hatpose.model, "--json", f"/dev/fd/{read_end}",
        pass_fds=(read_end,), stdout=subprocess.PIPE,
    )  # fmt: skip
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        pipe.write(painted.png())
    out, _ = process.communicate(timeout=60)
    assert len(json.loads(out)["people"]) == 2


def test_summary(hatpose, tree, tmp_path):
    answer = hatpose.detect(tree, tmp_path / "none.jpg")
    last = answer.err.splitlines()[-1]
    assert last.startswith("4 pictures, 3 people, 1 failed, ")
    assert last.endswith("/s")
    assert "pictures" not in hatpose.detect("-q", tree).err


def test_stop_on_error(hatpose, tree, tmp_path):
    answer = hatpose.detect(
        "--json", "--stop-on-error", tree / "img2.ppm", tmp_path / "none.jpg",
        tree / "img10.ppm",
    )  # fmt: skip
    assert answer.status == 1
    assert len(answer.lines) == 2


def test_fail_on(hatpose, photo, tmp_path):
    """Nobody looked for hats: everybody is unknown."""
    assert hatpose.detect("--fail-on", "unknown", photo).status == 3
    assert hatpose.detect("--fail-on", "not_worn", photo).status == 0
    both = ("--fail-on", "not_worn", "--fail-on", "unknown")
    assert hatpose.detect(*both, photo).status == 3
    assert hatpose.detect(*both, photo, tmp_path / "none").status == 1
    black = tmp_path / "black.ppm"
    black.write_bytes(painted.ppm(people=()))
    assert hatpose.detect(*both, black).status == 0
