"""Bearer tokens."""

from __future__ import annotations

import json
import subprocess

import pytest


@pytest.fixture
def locked(serve, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("# of the cameras\n  first-token \r\n\nsecond\n")
    return serve("--api-key-file", keys)


def test_tokens(locked, picture):
    for token, status in (
        ("first-token", 200),
        ("second", 200),
        ("first-toke", 401),
        ("first-token2", 401),
        ("of", 401),
        ("#", 401),
        ("", 401),
    ):
        reply = locked.detect(picture, Authorization=f"Bearer {token}")
        assert reply[0] == status, token
    assert locked.detect(picture, Authorization="bearer second")[0] == 200
    assert locked.detect(picture, Authorization="Basic second")[0] == 401
    assert locked.detect(picture, Authorization="Bearer")[0] == 401


def test_refusal_says_what_is_wanted(locked, picture):
    status, headers, body = locked.detect(picture)
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert json.loads(body)["error"]["code"] == "unauthorized"


def test_old_service_refuses_in_its_own_form(locked):
    status, _, body = locked.ask("POST", "/", b"{}")
    assert status == 401
    assert json.loads(body)["code"] == "401"


def test_what_is_open(locked):
    assert locked.ask("GET", "/healthz")[0] == 200
    assert locked.ask("GET", "/readyz")[0] == 200
    for path in ("/metrics", "/version", "/nothing"):
        assert locked.ask("GET", path)[0] == 401
    assert locked.ask("OPTIONS", "/v1/detect")[0] == 200


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("# nothing\n", id="comment"),
        pytest.param("one\0two\n", id="zero"),
        pytest.param("k\n" * 1025, id="many"),
        # Were it cut, half of its last token would do.
        pytest.param("long" * (1 << 18) + "k", id="large"),
    ],
)
def test_unusable_key_file(command, painted_model, tmp_path, text):
    keys = tmp_path / "keys"
    if text is not None:
        keys.write_text(text)
    done = subprocess.run(
        [command, "serve", "-m", painted_model, "--port", "0",
         "--api-key-file", keys],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert str(keys) in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1
