"""Signals, pipes and terminals."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import time

import pytest

import painted
from conftest import is_jpeg, leftovers


def read_terminal(descriptor, seconds=60.0):
    """All that is written until the other side closes."""
    data = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not select.select([descriptor], [], [], 0.2)[0]:
            continue
        try:
            more = os.read(descriptor, 65536)
        except OSError:
            break
        if not more:
            break
        data += more
    return data.decode()


def on_terminal(hatpose, *arguments, **how):
    """Runs with stderr on a terminal; status, stdout, stderr."""
    main, other = pty.openpty()
    with tempfile.TemporaryFile() as out:  # a pipe would fill up
        process = hatpose.start(
            *arguments, stdout=out, stderr=other, stdin=subprocess.DEVNULL,
            env={"TERM": how.pop("term", "xterm")},
        )  # fmt: skip
        os.close(other)
        err = read_terminal(main)
        os.close(main)
        status = process.wait(60)
        out.seek(0)
        return status, out.read(), err


@pytest.fixture
def many(tmp_path):
    """Enough work for a bar: the tiny model at a large size."""
    folder = tmp_path / "many"
    folder.mkdir()
    data = painted.ppm()
    for i in range(12):
        (folder / f"{i}.ppm").write_bytes(data)
    return folder


def slow(hatpose, folder, seconds):
    """Arguments for at least that much work."""
    how = ["-t1", "-s", "1024"]
    timed = hatpose.run(
        "bench", "-m", hatpose.model, "--json", "--runs", "3", *how,
        folder / "0.ppm",
    )  # fmt: skip
    one_ms = json.loads(timed.out)["stages"]["total"]["median_ms"]
    listed = folder / "list.txt"
    count = int(seconds * 1000 / one_ms) + 2
    listed.write_text(f"{folder / '0.ppm'}\n" * count)
    return [*how, f"@{listed}"]


def wait_for_aside(folder, least_bytes=1, seconds=60.0):
    """Until a file of outputs has begun: signals are noted from then on."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(
            (folder / name).stat().st_size >= least_bytes
            for name in leftovers(folder)
        ):
            return
        time.sleep(0.05)
    raise AssertionError("no output was begun")


def test_interrupt_completes_the_file(hatpose, many, tmp_path):
    path = tmp_path / "1.json"
    process = hatpose.start(
        "detect", "-m", hatpose.model, "--json", "-o", path,
        *slow(hatpose, many, 30),
        stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for_aside(tmp_path)
    assert not path.exists()  # written aside until it is complete
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 130
    lines = path.read_text().splitlines()
    assert len(lines) > 0
    people = sum(len(json.loads(x)["people"]) for x in lines)
    assert people > 0
    assert err.startswith(f"{len(lines)} pictures, {people} people")
    assert leftovers(tmp_path) == []


def test_interrupt_closes_the_array(hatpose, jpeg, tmp_path):
    """While it waits for stdin, too."""
    process = hatpose.start(
        "detect", "-m", hatpose.model, "--json", "-",
        "--sheet", tmp_path / "s.jpg",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdin.write(jpeg)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["frame"] == 0
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert (tmp_path / "s.jpg").exists()
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()


def test_interrupt_in_coco(hatpose, many, tmp_path):
    out = tmp_path / "out.json"
    for i in range(400):
        os.link(many / "0.ppm", many / f"{i + 100}.ppm")
    process = hatpose.start(
        "detect", "-m", hatpose.model, "--format", "coco", "-o", out, "-q",
        "-s", "1024", "-t1", many,
    )  # fmt: skip
    wait_for_aside(tmp_path, 200)
    process.send_signal(signal.SIGINT)
    status = process.wait(60)
    results = json.loads(out.read_text())
    answered = {result["image_id"] for result in results}
    assert status == (130 if len(answered) < 412 else 0)


def test_second_interrupt_kills(hatpose, many, tmp_path):
    path = tmp_path / "out.json"
    process = hatpose.start(
        "detect", "-m", hatpose.model, "--json", "-o", path,
        "-s", "2048", "-t1", *[many / "0.ppm"] * 50,
    )  # fmt: skip
    wait_for_aside(tmp_path, 0)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    status = process.wait(60)
    # The first may have been answered before the second came.
    assert status in (-signal.SIGINT, 130)
    assert leftovers(tmp_path) == []


def test_sigterm_completes_too(hatpose, jpeg, tmp_path):
    path = tmp_path / "out.json"
    process = hatpose.start(
        "detect", "-m", hatpose.model, "--json", "-o", path, "-", "-v",
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdin.write(jpeg)
    process.stdin.flush()
    wait_for_aside(tmp_path)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert len(json.loads(path.read_text())["people"]) == 2
    process.stdin.close()
    process.stderr.close()


def test_closed_pipe_is_quiet(hatpose, many):
    process = hatpose.start(
        "detect", "-m", hatpose.model, "--json", "-q",
        *slow(hatpose, many, 30),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 0
    process.stderr.close()


def test_closed_pipe_while_drawing(hatpose, many):
    process = hatpose.start(
        "detect", "-m", hatpose.model, "-q", "-o", "/dev/null", "--draw", "-",
        *slow(hatpose, many, 30),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.read(100)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 0
    process.stderr.close()


def closed(hatpose, redirection, *arguments):
    """Runs with standard streams closed by the shell."""
    return subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {redirection}', hatpose.path,
         *(os.fsencode(a) for a in arguments)],
        env=hatpose.environment(), capture_output=True, timeout=120,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def detect_closed(hatpose, redirection, *arguments):
    return closed(
        hatpose, redirection, "detect", "-m", hatpose.model, "--json",
        *arguments,
    )  # fmt: skip


@pytest.mark.parametrize("redirection", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_stdout_goes_into_no_file(hatpose, photo, tmp_path, redirection):
    path = tmp_path / "s.jpg"
    done = detect_closed(hatpose, redirection, photo, "--sheet", path)
    assert done.returncode == 1
    if "2>&-" not in redirection:
        assert done.stderr == b"stdout: Bad file descriptor\n"
    assert not path.exists() or is_jpeg(path.read_bytes())
    assert leftovers(tmp_path) == []


def test_closed_stderr_goes_into_no_file(hatpose, photo, tmp_path):
    path = tmp_path / "out.json"
    missing = tmp_path / "none.png"
    done = detect_closed(hatpose, "2>&-", photo, missing, "-v", "-o", path)
    assert done.returncode == 1  # of the missing one
    assert done.stdout == b""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [len(lines[0]["people"]), "error" in lines[1]] == [2, True]
    path = tmp_path / "s.jpg"
    done = detect_closed(hatpose, "2>&-", photo, "-v", "--sheet", path)
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["people"]) == 2
    assert is_jpeg(path.read_bytes())


def test_closed_stdin_is_an_input_that_fails(hatpose):
    done = detect_closed(hatpose, "<&-", "-")
    assert done.returncode == 1
    assert b"Bad file descriptor" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_closed_stdout_is_no_success(hatpose):
    for arguments in (["--version"], ["help"], ["detect", "--help"]):
        assert closed(hatpose, ">&-", *arguments).returncode == 1
    info = ["info", "-m", hatpose.model]
    assert closed(hatpose, ">&-", *info).returncode == 1


def test_stdin_on_a_terminal(hatpose):
    main, other = pty.openpty()
    process = hatpose.start(
        "detect", "-m", hatpose.model, "-",
        stdin=other, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = process.communicate(timeout=60)
    os.close(main)
    os.close(other)
    assert process.returncode == 2
    assert out == b""
    assert b"stdin is a terminal" in err
    assert err.count(b"\n") == 1


def test_pictures_to_a_terminal(hatpose, photo):
    main, other = pty.openpty()
    process = hatpose.start(
        "detect", "-m", hatpose.model, photo, "--draw", "-", "-o", "/dev/null",
        stdout=other, stderr=subprocess.PIPE,
    )  # fmt: skip
    err = process.communicate(timeout=60)[1]
    os.close(main)
    os.close(other)
    assert process.returncode == 2
    assert b"stdout is a terminal" in err


BAR = re.compile(r"\[#*\.*\] \d+/\d+  [\d.]+/s  \d+:\d\d left")


def test_bar(hatpose, many):
    work = slow(hatpose, many, 4)
    status, out, err = on_terminal(
        hatpose, "detect", "-m", hatpose.model, "--json", *work
    )
    assert status == 0
    bars = BAR.findall(err)
    assert bars
    assert len(bars) <= 10 * 60
    # wiped at the end: what stays is the summary
    assert err.rsplit("\r\033[K", 1)[1].startswith(f"{out.count(b'frame')} pic")


def test_no_bar(hatpose, many):
    work = ["detect", "-m", hatpose.model, "--json", *slow(hatpose, many, 2.5)]
    assert "[" not in on_terminal(hatpose, *work, term="dumb")[2]
    assert on_terminal(hatpose, *work, "-q")[2] == ""
    assert "[" not in hatpose.run(*work).err


def test_short_work_has_no_bar(hatpose, photo):
    err = on_terminal(hatpose, "detect", "-m", hatpose.model, photo)[2]
    assert err == ""


def test_colors_on_a_terminal(hatpose, tmp_path):
    missing = tmp_path / "none.jpg"
    command = ["detect", "-m", hatpose.model, missing]
    assert "\033[1m" in on_terminal(hatpose, *command)[2]
    assert "\033" not in on_terminal(hatpose, *command, term="dumb")[2]
    never = on_terminal(hatpose, *command, "--color", "never")[2]
    assert "\033" not in never


def test_memory_stays_flat(hatpose, many):
    """Peak memory of 10 and of 400 pictures."""

    def peak(count):
        process = hatpose.start(
            "detect", "-m", hatpose.model, "-q", "-t1",
            *[many / "0.ppm"] * count, "-o", "/dev/null",
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss

    few, lots = peak(10), peak(400)
    # Sanitizers keep freed memory for a while.
    assert lots < few * 1.1 + (65536 if "asan" in hatpose.path else 2048)
