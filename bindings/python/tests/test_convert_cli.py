"""hatpose-convert as a user meets it: words, files and exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from foreign_models import IrWriter, OnnxWriter, draw
from shared_folder import shared_file

from hatpose.convert.cli import main
from hatpose.model_file import read_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """One ONNX file, one IR and one hatpose model, for all tests to read."""
    folder = tmp_path_factory.mktemp("models")
    model = draw(OnnxWriter(norms="folded")).model()
    onnx.save(model, folder / "net.onnx")
    draw(IrWriter(), is_caffe=True).save(folder / "net.xml")
    assert main([str(folder / "net.onnx"), "-o", str(folder / "net.gguf")]) == 0
    return folder


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    try:
        code = main([str(one) for one in arguments])
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def require_refused(result, code: int, message: str) -> None:
    assert result[0] == code
    assert result[1] == ""
    assert message in result[2]
    assert result[2].count("\n") == 1 and result[2].endswith("\n")


def test_it_says_what_it_did(folder, tmp_path, capsys):
    output = tmp_path / "out.gguf"
    code, out, err = run(capsys, folder / "net.xml", "-o", output)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{folder / 'net.xml'}: OpenVINO IR",
        "  Lightweight OpenPose with 1 refinement stage",
        "  58 convolutions, 6 sums, 4099058 parameters",
        "  input bgr, (x - 128) * 1/255, as the file says",
        "  left out 73 FakeQuantize nodes: activations stay float",
        "  weights f32",
        "  name random, licence unknown",
        f"{output}: {output.stat().st_size} bytes",
    ]
    network = read_model(output)
    assert network.description == (
        "Lightweight OpenPose with 1 refinement stage; "
        "converted from OpenVINO IR"
    )


def test_assumed_normalisation_is_said(folder, tmp_path, capsys):
    result = run(capsys, folder / "net.onnx", "-o", tmp_path / "out.gguf")
    assert "(x - 128) * 1/256, as is usual; the file does not" in result[1]


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("net.onnx", "f16", "weights f16"),
        ("net.onnx", "bf16", "weights bf16"),
        ("net.onnx", "int8", "weights int8, one scale per output channel"),
        ("net.xml", "int8", "weights int8 of the source"),
        ("net.gguf", "f16", "weights f16"),
    ],
)
def test_types(source, kind, words, folder, tmp_path, capsys):
    output = tmp_path / "out.gguf"
    result = run(capsys, folder / source, "-o", output, "--type", kind)
    assert result[0] == 0
    assert words in result[1].splitlines()[-3].strip()
    types = {
        op.weight.type for op in read_model(output).operations if op.weight
    }
    assert types == {kind}


def test_name_and_licence(folder, tmp_path, capsys):
    output = tmp_path / "out.gguf"
    run(capsys, folder / "net.onnx", "-o", output)
    assert read_model(output).name == "unknown"
    assert read_model(output).license == "unknown"
    run(capsys, folder / "net.onnx", "-o", output, "--name", "site people",
        "--license", "MIT")  # fmt: skip
    assert read_model(output).name == "site people"
    assert read_model(output).license == "MIT"


def test_released_file_has_its_name_and_licence(tmp_path, capsys):
    path = shared_file("weights/human-pose-estimation-0001.xml")
    output = tmp_path / "out.gguf"
    result = run(capsys, path, "-o", output, "--type", "int8")
    assert result[0] == 0
    assert "name human-pose-estimation-0001, licence Apache-2.0" in result[1]
    assert output.stat().st_size < 4_300_000


def test_onnx_comes_out_and_goes_in(folder, tmp_path, capsys):
    output = tmp_path / "out.onnx"
    result = run(capsys, folder / "net.gguf", "-o", output)
    assert result[0] == 0
    again = tmp_path / "again.gguf"
    assert run(capsys, output, "-o", again)[0] == 0
    first, second = read_model(folder / "net.gguf"), read_model(again)
    assert second.parameter_count() == first.parameter_count()
    assert {op.name for op in second.operations} == {
        op.name for op in first.operations
    }


def test_input_is_never_the_output(folder, capsys):
    path = folder / "net.gguf"
    before = path.read_bytes()
    link = folder / "link.gguf"
    link.symlink_to(path)
    for output in (path, link, folder / ".." / folder.name / "net.gguf"):
        result = run(capsys, path, "-o", output)
        require_refused(result, 2, f"{output}: is the input, too")
    result = run(capsys, folder / "net.xml", "-o", folder / "net.bin")
    require_refused(result, 2, "net.bin: is the input, too")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: IN, -o/--output"),
        (["net.onnx"], "required: -o/--output"),
        (["net.onnx", "-o", "x.gguf", "--type", "q4"], "invalid choice: 'q4'"),
        (["net.onnx", "-o", "x.gguf", "--typ", "f16"], "unrecognized"),
        (["net.onnx", "-o", "x.gguf", "--name", ""], "--name: empty"),
        (["net.onnx", "-o", "x.onnx", "--type", "f16"], "--type: an ONNX"),
    ],
)
def test_wrong_usage_is_2(arguments, message, capsys):
    require_refused(run(capsys, *arguments), 2, message)


def test_help_is_on_stdout(capsys):
    code, out, err = run(capsys, "--help")
    assert (code, err) == (0, "")
    assert "OpenVINO IR" in out and "Exit: 0 done" in out


WRONG_FILES = {
    "empty.onnx": (b"", "empty file"),
    "text.onnx": (b"hello, world\n" * 40, "damaged, or no ONNX file"),
    "picture.jpg": (b"\xff\xd8\xff\xe0" + bytes(60), "neither OpenVINO IR"),
    "net.bin": (bytes(1000), "Name its .xml instead"),
    "page.xml": (b"<html><body/></html>", "no OpenVINO IR: <html>"),
    "bad.gguf": (b"GGUF" + bytes(60), "GGUF version 3 expected"),
    "blank.xml": (b"   \n", "neither OpenVINO IR"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_wrong_file_is_1_and_nothing_is_written(name, tmp_path, capsys):
    data, message = WRONG_FILES[name]
    path = tmp_path / name
    path.write_bytes(data)
    result = run(capsys, path, "-o", tmp_path / "out.gguf")
    require_refused(result, 1, message)
    assert result[2].startswith(f"hatpose-convert: {path}: ")
    assert list(tmp_path.iterdir()) == [path]


def test_missing_files_are_1(folder, tmp_path, capsys):
    output = tmp_path / "out.gguf"
    absent = tmp_path / "absent.onnx"
    result = run(capsys, absent, "-o", output)
    require_refused(result, 1, f"{absent}: No such file or directory")
    result = run(capsys, tmp_path, "-o", output)
    require_refused(result, 1, f"{tmp_path}: Is a directory")
    lonely = tmp_path / "net.xml"
    lonely.write_bytes((folder / "net.xml").read_bytes())
    result = run(capsys, lonely, "-o", output)
    require_refused(result, 1, f"{tmp_path / 'net.bin'}: No such file")


def test_output_that_cannot_be_written_is_1(folder, tmp_path, capsys):
    source = folder / "net.gguf"
    output = tmp_path / "no" / "out.gguf"
    result = run(capsys, source, "-o", output)
    require_refused(result, 1, f"{output}: No such file or directory")
    result = run(capsys, source, "-o", tmp_path)
    require_refused(result, 1, f"{tmp_path}: not a regular file")
    assert list(tmp_path.iterdir()) == []


def test_control_codes_of_a_hostile_file_are_not_shown(tmp_path, capsys):
    path = tmp_path / "net.xml"
    path.write_text(
        '<net name="x"><layers><layer id="0" name="&#10;red&#x9b;31m" '
        'type="Const"><data element_type="?"/></layer></layers></net>'
    )
    path.with_suffix(".bin").write_bytes(b"")
    result = run(capsys, path, "-o", tmp_path / "out.gguf")
    require_refused(result, 1, "red?31m: element type")


def test_missing_package_is_one_line(folder, tmp_path, capsys, monkeypatch):
    for name in ("gguf", "hatpose.model_file"):
        monkeypatch.setitem(sys.modules, name, None)
    result = run(capsys, folder / "net.xml", "-o", tmp_path / "out.gguf")
    require_refused(result, 1, "pip install 'hatpose[convert]'")


def test_import_needs_neither_library_nor_foreign_packages():
    program = (
        "import sys, hatpose.convert.cli\n"
        "loaded = {'onnx', 'torch', 'gguf'} & set(sys.modules)\n"
        "sys.exit(f'loaded {loaded}' if loaded else 0)\n"
    )
    environment = {**os.environ, "HATPOSE_LIBRARY": "/nonexistent.so"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def test_command_and_module_are_there(folder, tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "hatpose.convert", folder / "net.gguf", "-o",
         tmp_path / "out.gguf"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stderr == ""
    assert result.stdout.startswith(f"{folder / 'net.gguf'}: hatpose model")
    assert (tmp_path / "out.gguf").is_file()
