"""The OpenAPI document: valid, complete, and what the service really does."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

CASES = 25  # of schemathesis for a route
TABLES = ("routes.c", "probe.c")
ROUTE = re.compile(r'\{"(GET|POST)",\s*"(/[^"]*)"')


@pytest.fixture(scope="module")
def document(service) -> dict:
    status, headers, body = service.ask("GET", "/openapi.json")
    assert (status, headers["content-type"]) == (200, "application/json")
    return json.loads(body)


def test_document_is_valid(document):
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(document)


def test_every_route_is_described(document):
    described = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
    }
    built = {
        route
        for name in TABLES
        for route in ROUTE.findall((ROOT / "server" / name).read_text())
    }
    assert len(built) > 10
    assert described == built


def test_version_is_the_libraries(document, service):
    version = json.loads(service.ask("GET", "/version")[2])
    assert document["info"]["version"] == version["version"]


def as_json(**fields: object) -> tuple[bytes, dict[str, str]]:
    return json.dumps(fields).encode(), {"Content_Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "schema", "fields"),
    [
        ("/v1/detect", "Result", {"timings": True}),
        ("/v1/detect", "OpenPose", {"format": "openpose"}),
        ("/v1/detect", "Coco", {"format": "coco", "image_id": 7}),
        ("/v1/hats", "Result", {"hats": [[190, 20, 40, 30]]}),
        ("/", "OldHats", {"hat_location": []}),
        ("/get_head_point", "OldHeads", {}),
        ("/get_head_point_v2", "OldHeads", {}),
        ("/get_body_box", "OldBodies", {}),
        ("/predict/openpose_body_estimation", "Paddle", {}),
    ],
)
def test_answers_are_as_described(
    document, service, picture, path, schema, fields
):
    jsonschema = pytest.importorskip("jsonschema")
    names = {"v1": "image", "predict": "images"}
    name = names.get(path.split("/")[1], "img")
    text = base64.b64encode(picture).decode()
    body, headers = as_json(**{name: text}, **fields)
    status, _, answer = service.ask("POST", path, body, **headers)
    assert status == 200, answer
    jsonschema.validate(json.loads(answer), in_document(document, schema))


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/v1/detect", "Error"),
        ("/", "OldError"),
        ("/get_body_box", "OldError"),
        ("/predict/openpose_body_estimation", "PaddleError"),
    ],
)
def test_errors_are_as_described(document, service, path, schema):
    jsonschema = pytest.importorskip("jsonschema")
    body, headers = as_json()
    status, _, answer = service.ask("POST", path, body, **headers)
    assert status == 400
    jsonschema.validate(json.loads(answer), in_document(document, schema))


def in_document(document: dict, schema: str) -> dict:
    return {
        "$ref": f"#/components/schemas/{schema}",
        "components": document["components"],
    }


def test_schemathesis_finds_nothing(service, tmp_path):
    beside = Path(sys.executable).with_name("schemathesis")
    command = beside if beside.exists() else shutil.which("schemathesis")
    if command is None:
        pytest.skip("no schemathesis")
    done = subprocess.run(
        [
            command, "run", f"{service.url}/openapi.json", "--no-color",
            "--max-examples", str(CASES), "--seed", "1",
            # That a text is no picture cannot be said in a schema.
            "--exclude-checks", "positive_data_acceptance",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
