"""hatpose info and hatpose bench."""

import json
import zlib

import pytest


def test_info(hatpose):
    answer = hatpose.run("info", "-m", hatpose.model)
    assert answer.status == 0
    text = answer.out.decode()
    for part in (
        "painted people", "CC0-1.0", "tests/cli/painted.py", "19 heatmaps",
        "38 PAFs", "no hat maps", "5 operations", "kernels", "processor",
        "limits",
    ):  # fmt: skip
        assert part in text, part


def test_info_escapes_the_file_name(hatpose, tmp_path):
    path = tmp_path / "a\n\033[31mb.gguf"
    path.write_bytes(hatpose.model.read_bytes())
    plain = hatpose.run("info", "-m", hatpose.model)
    answer = hatpose.run("info", "-m", path)
    assert answer.status == 0
    assert b"\033" not in answer.out
    assert len(answer.lines) == len(plain.lines)


def test_info_json(hatpose):
    whole = json.loads(hatpose.run("info", "-m", hatpose.model, "--json").out)
    model = whole["model"]
    data = hatpose.model.read_bytes()
    assert model["name"] == "painted people"
    assert model["license"] == "CC0-1.0"
    assert model["file_bytes"] == len(data)
    # 3 x 81 of the blurs, 57 x 3 weights and 57 biases of the maps
    assert model["parameters"] == 3 * 81 + 57 * 3 + 57
    assert model["operations"] == 5
    assert (model["heatmaps"], model["pafs"], model["hat_maps"]) == (19, 38, 0)
    at = data.index(bytes.fromhex(model["crc32"])[::-1])
    zeroed = data[:at] + bytes(4) + data[at + 4 :]
    assert f"{zlib.crc32(zeroed):08x}" == model["crc32"]
    assert whole["limits"]["max_people"] == 256


def test_info_without_a_model(hatpose, tmp_path):
    answer = hatpose.run("info", "-m", tmp_path / "none.gguf")
    assert answer.status == 4
    assert "processor" in answer.out.decode()
    assert answer.err.count("\n") == 1


def test_bench(hatpose, photo):
    answer = hatpose.run("bench", "-m", hatpose.model, photo, "--runs", "3")
    assert answer.status == 0
    text = answer.out.decode()
    for part in (
        "decode", "prepare", "network", "people", "total", "quarter",
        "GFLOP/s", "peak memory", "allocations a call", "2 people",
    ):  # fmt: skip
        assert part in text, part


@pytest.mark.parametrize("inputs", [0, 1])
def test_bench_json(hatpose, jpeg, tmp_path, inputs):
    photo = tmp_path / "people.jpg"
    photo.write_bytes(jpeg)
    whole = json.loads(
        hatpose.run(
            "bench", "-m", hatpose.model, "--json", "--runs", "4", "-t1",
            *[photo] * inputs,
        ).out
    )  # fmt: skip
    assert whole["runs"] == 4
    assert whole["pictures"] == 1
    if inputs:
        assert whole["people"] == 2
    assert [x["name"] for x in whole["layers"]] == [
        "half", "quarter", "eighth", "heatmaps", "pafs",
    ]  # fmt: skip
    assert sum(x["share"] for x in whole["layers"]) == pytest.approx(1)
    stages = whole["stages"]
    parts = sum(s["median_ms"] for n, s in stages.items() if n != "total")
    assert 0 < parts <= stages["total"]["median_ms"] * 1.2
    for stage in stages.values():
        assert stage["median_ms"] <= stage["p95_ms"]
    assert whole["peak_memory_bytes"] > whole["library_memory_bytes"] > 0
    # Only the result: nothing else is taken once a size is known
    assert whole["allocations_per_call"] == 1


def test_bench_with_a_cap(hatpose, photo):
    capped = ["--precision", "f32", "--cpu-off", "avx2,avx512,amx,neon,blas"]
    more = ["--json", "--runs", "1", "-t1"]
    answer = hatpose.run("bench", "-m", hatpose.model, photo, *capped, *more)
    whole = json.loads(answer.out)
    assert whole["kernels"] == "scalar"
    assert whole["precision"] == "f32"
    assert whole["peak_gflops"] == 0  # none is measured for plain C
    for wrong in (["--precision", "f64"], ["--cpu-off", "avx2,sse"]):
        answer = hatpose.run("bench", "-m", hatpose.model, photo, *wrong)
        assert answer.status == 2
        assert answer.err.count("\n") == 1


def test_bench_of_what_is_no_picture(hatpose, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"")
    answer = hatpose.run("bench", "-m", hatpose.model, tmp_path / "bad.jpg")
    assert answer.status == 1
    assert answer.out == b""
    assert answer.err.count("\n") == 1
