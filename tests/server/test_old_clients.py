"""Clients of the services that came before: they notice nothing but speed.

What each answer holds is compared letter by letter in C (test_old_service.c,
with recorded people); here real clients speak to a real service.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess

import numpy as np
import painted
import pytest

from conftest import ROOT, Service

PHOTO = ROOT / "tests" / "photos" / "grace_hopper.jpg"
RECORDED = json.loads((ROOT / "tests" / "golden" / "http.json").read_text())
HATS = [
    {"left": 199, "top": 57, "width": 122, "height": 86},
    {"left": 343, "top": 110, "width": 22, "height": 16},
]


def letters(data: bytes) -> str:
    return base64.b64encode(data).decode()


def post(service: Service, path: str, value: object) -> tuple[int, object]:
    status, headers, body = service.ask(
        "POST", path, json.dumps(value).encode(),
        Content_Type="application/json",
    )  # fmt: skip
    assert headers["content-type"] == "application/json"
    return status, json.loads(body)


@pytest.fixture(scope="module")
def real_service(command, tmp_path_factory):
    """With the model that is built in, without the discs."""
    if subprocess.run([command, "info"], capture_output=True).returncode != 0:
        pytest.skip("hatpose was built without a model")
    started = Service(command, tmp_path_factory.mktemp("real"), "--no-discs")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def documented(command, tmp_path_factory) -> bytes:
    """The answer as the command gives it for the same photo and boxes."""
    boxes = tmp_path_factory.mktemp("boxes") / "hats.json"
    boxes.write_text(json.dumps(HATS))
    done = subprocess.run(
        [
            command, "hats", "--mode", "compat", "--format", "service",
            "--hats", boxes, PHOTO,
        ],
        capture_output=True,
        check=True,
    )  # fmt: skip
    assert len(json.loads(done.stdout)["data"]) > 0
    return done.stdout


def test_the_documented_request_by_requests(real_service, documented):
    requests = pytest.importorskip("requests")
    reply = requests.post(
        real_service.url,
        json={"img": [letters(PHOTO.read_bytes())], "hat_location": HATS},
        timeout=60,
    )
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.content == documented
    assert reply.json()["code"] == "200"
    assert reply.json()["message"] == "Success"
    assert list(reply.json()["data"][0]) == [
        "flag", "rate", "x1", "x2", "y1", "y2"
    ]  # fmt: skip


def test_the_documented_request_by_curl(real_service, documented, tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    body = tmp_path / "body.json"
    picture = letters(PHOTO.read_bytes())
    body.write_text(json.dumps({"img": [picture], "hat_location": HATS}))
    done = subprocess.run(
        [
            "curl", "-sS", "--noproxy", "*",
            "-H", "Content-Type: application/json",
            "--data-binary", f"@{body}", real_service.url,
        ],
        capture_output=True,
        check=True,
    )  # fmt: skip
    assert done.stdout == documented


@pytest.mark.parametrize("head", ["", "data:image/jpeg;base64,"])
def test_img_as_a_string(real_service, documented, head):
    picture = head + letters(PHOTO.read_bytes())
    reply = post(real_service, "/", {"img": picture, "hat_location": HATS})
    assert reply == (200, json.loads(documented))


def test_discs_change_what_is_seen(command, real_service, tmp_path):
    """They hide part of the face, as they did before version 4."""
    picture = letters(PHOTO.read_bytes())
    request = {
        "img": [picture],
        "hat_location": [
            {"left": x, "top": y, "width": 4, "height": 4}
            for x in range(200, 320, 8)
            for y in range(80, 260, 8)
        ],
    }
    with_discs = Service(command, tmp_path)
    plain = post(real_service, "/", request)[1]["data"]
    painted_over = post(with_discs, "/", request)[1]["data"]
    with_discs.stop()
    assert len(plain) > 0
    assert painted_over != plain


def recorded_requests() -> list[tuple[str, str, dict]]:
    """What needs nobody in the picture: errors, and OPTIONS."""
    ours_does_better = (
        "v3-get", "v3-head", "v3-unknown-path", "v3-img-string",
        "v3-img-data-url", "v3-img-data-url-jpeg", "v3-img-bad-padding",
        "v8-root-gone", "v8-body-box-eight",
    )  # fmt: skip
    needs_people = ("v3-person-left-of-picture",)
    return [
        (case["id"], case["version"], case)
        for case in RECORDED["cases"]
        if case["version"] in ("v3", "v6", "v8")
        and case["id"] not in ours_does_better + needs_people
        and (
            case["expect"]["status"] != 200
            or case["request"]["method"] == "OPTIONS"
        )
    ]


@pytest.fixture(scope="module")
def version_services(command, painted_model, tmp_path_factory):
    started = {
        version: Service(
            command, tmp_path_factory.mktemp(version),
            "-m", painted_model, "--compat", version,
        )
        for version in ("v3", "v6")
    }  # fmt: skip
    yield started
    for service in started.values():
        service.stop()


@pytest.mark.parametrize(
    ("version", "case"),
    [pytest.param(v, c, id=name) for name, v, c in recorded_requests()],
)
def test_recorded_errors(version_services, version, case):
    service = version_services["v6" if version == "v6" else "v3"]
    sent = case["request"]
    text = sent["body"]
    for name, picture in RECORDED["pictures"].items():
        if text is not None:
            text = text.replace(f"@{name}", picture["b64"])
    headers = {
        name.replace("-", "_"): value for name, value in sent["headers"].items()
    }
    status, _, body = service.ask(
        sent["method"], sent["path"],
        None if text is None else text.encode(), **headers,
    )  # fmt: skip
    if case["expect"]["status"] == 200:
        assert status == 200
        return
    assert status >= 400
    if sent["path"] == "/" and sent["method"] == "POST":
        answer = json.loads(body)
        assert sorted(answer) == ["code", "data", "message"]
        assert answer["code"] == str(status)


def test_version_six_knows_clothes(version_services, picture):
    """Of the painted people no head is seen: version 6 lists them all the
    same, version 3 does not."""
    neck, shoulder, elbow = painted.PEOPLE[0]
    vest = {
        "left": shoulder[0], "top": neck[1],
        "width": neck[0] - shoulder[0], "height": elbow[1] - neck[1],
    }  # fmt: skip
    request = {
        "img": [letters(picture)], "location": [vest], "alarmtype": 2,
    }  # fmt: skip
    status, answer = post(version_services["v6"], "/", request)
    assert (status, answer["code"]) == (200, "200")
    assert [p["flag"] for p in answer["data"]] in ([True, False], [False, True])
    assert max(p["score"] for p in answer["data"]) > 0.7
    request["hat_location"] = []
    status, answer = post(version_services["v3"], "/", request)
    assert (status, answer["data"]) == (200, [])


def test_side_routes(version_services, picture):
    request = {"img": [letters(picture), letters(picture)]}
    for version, code in (("v3", 200), ("v6", "200")):
        service = version_services[version]
        for path, data in (
            ("/get_head_point", []),
            ("/get_head_point_v2", [[], [], [], []]),
        ):
            status, answer = post(service, path, request)
            assert status == 200
            assert answer == {"code": code, "data": data, "message": "Success"}
    boxes = post(version_services["v6"], "/get_body_box", request)[1]["data"]
    for box, (neck, shoulder, elbow) in zip(
        sorted(boxes, key=lambda box: box["left"]), painted.PEOPLE, strict=True
    ):
        assert box["left"] == pytest.approx(shoulder[0], abs=6)
        assert box["width"] == pytest.approx(neck[0] - shoulder[0], abs=9)
        assert box["height"] == pytest.approx(elbow[1] - neck[1], abs=9)


def test_paddle_client(service, picture, tmp_path):
    image = pytest.importorskip("PIL.Image")
    requests = pytest.importorskip("requests")
    reply = requests.post(
        f"{service.url.rstrip('/')}/predict/openpose_body_estimation",
        headers={"Content-type": "application/json"},
        data=json.dumps({"images": [letters(picture)]}),
        timeout=60,
    )
    assert reply.status_code == 200
    assert reply.json()["status"] == "000"
    results = reply.json()["results"]
    raw = {
        name: np.frombuffer(base64.b64decode(results[name]), "<f8")
        for name in ("candidate", "subset")
    }
    candidate = raw["candidate"].reshape(-1, 4)
    subset = raw["subset"].reshape(-1, 20)
    assert candidate.tolist() == results["candidate_list"]
    assert subset.tolist() == results["subset_list"]
    assert candidate[:, 3].tolist() == list(range(len(candidate)))
    assert len(subset) == len(painted.PEOPLE)
    found = []
    for row in subset:
        joints = [int(k) for k in range(18) if row[k] >= 0]
        assert joints == [1, 2, 3] and row[19] == 3
        found.append([candidate[int(row[k]), :2] for k in joints])
    found.sort(key=lambda points: points[0][0])
    assert np.allclose(found, painted.PEOPLE, atol=6)
    drawn = tmp_path / "drawn.jpg"
    drawn.write_bytes(base64.b64decode(results["data"]))
    with image.open(drawn) as opened:
        assert opened.format == "JPEG"
        assert opened.size == (painted.WIDTH_PX, painted.HEIGHT_PX)


def test_a_cut_jpeg_is_read_by_the_old_routes_only(real_service):
    data = PHOTO.read_bytes()
    cut = data[: len(data) * 9 // 10]
    request = {"img": [letters(cut)], "hat_location": HATS}
    status, answer = post(real_service, "/", request)
    assert status == 200 and len(answer["data"]) > 0
    status, _, body = real_service.detect(cut, Content_Type="image/jpeg")
    assert status == 400
    assert json.loads(body)["error"]["code"] == "image_corrupt"


def test_every_form_of_a_request_is_one(service, picture):
    """Raw, JSON and multipart, packed or not: the same answer."""
    answers = [service.detect(picture, "?threshold=0.3")]
    body = json.dumps({"image": letters(picture), "threshold": 0.3}).encode()
    kind = "application/json"
    answers.append(service.ask("POST", "/v1/detect", body, Content_Type=kind))
    form = (
        b'--b\r\nContent-Disposition: form-data; name="threshold"\r\n\r\n'
        b"0.3\r\n--b\r\nContent-Disposition: form-data; "
        b'name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        + picture
        + b"\r\n--b--\r\n"
    )
    kind = "multipart/form-data; boundary=b"
    answers.append(service.ask("POST", "/v1/detect", form, Content_Type=kind))
    assert [answer[0] for answer in answers] == [200] * 3
    assert len({answer[2] for answer in answers}) == 1


def test_threads_share_nothing_of_a_request(service, picture):
    """Requests for other sizes and rules, many at once."""
    from concurrent.futures import ThreadPoolExecutor

    queries = ["", "?size=128", "?format=openpose", "?size=64&format=coco"]
    alone = [service.detect(picture, query)[2] for query in queries]
    with ThreadPoolExecutor(8) as pool:
        together = list(
            pool.map(lambda q: service.detect(picture, q)[2], queries * 8)
        )
    assert together == alone * 8
