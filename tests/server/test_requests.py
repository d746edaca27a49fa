"""Paths, methods, codings, languages: what any HTTP client may try."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from conftest import code_of, read_reply


def test_probes_answer(service):
    assert service.ask("GET", "/healthz")[0] == 200
    assert service.ask("GET", "/readyz")[0] == 200
    status, headers, body = service.ask("GET", "/version")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body)["name"] == "hatpose"


def test_picture_is_answered(service, picture):
    status, headers, body = service.detect(picture)
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert len(json.loads(body)["people"]) == 2


def test_head_is_get_without_its_body(service):
    with service.connect() as s:
        s.sendall(b"HEAD /version HTTP/1.1\r\nHost: x\r\n\r\n")
        s.sendall(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
        head = read_reply(s, "HEAD")
    assert head[0] == 200
    assert int(head[1]["content-length"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("POST", "/healthz", 405, "GET, HEAD, OPTIONS"),
        ("GET", "/v1/detect", 405, "OPTIONS, POST"),
        ("DELETE", "/v1/detect", 405, "OPTIONS, POST"),
        ("BREW", "/v1/detect", 405, "OPTIONS, POST"),
        ("OPTIONS", "/v1/detect", 200, "OPTIONS, POST"),
        ("OPTIONS", "/healthz", 200, "GET, HEAD, OPTIONS"),
    ],
)
def test_methods(service, method, path, status, allow):
    reply = service.ask(method, path)
    assert (reply[0], reply[1]["allow"]) == (status, allow)


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/detect/", "//healthz", "/v1/%ff"]
)
def test_unknown_paths(service, path):
    reply = service.ask("GET", path)
    assert reply[0] == 404
    assert code_of(reply) == "not_found"


def test_error_in_the_language_of_the_client(service):
    chinese = service.ask("GET", "/x", Accept_Language="zh-CN,en;q=0.8")
    english = service.ask("GET", "/x", Accept_Language="en,zh;q=0.5")
    other = service.ask("GET", "/x", Accept_Language="de")
    message = json.loads(chinese[2])["error"]["message"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in message)
    assert english[2] == other[2] and english[2].isascii()


def test_packed_bodies_are_unpacked(service, picture):
    plain = service.detect(picture)
    gzipped = service.detect(gzip.compress(picture), Content_Encoding="gzip")
    members = gzip.compress(picture[:99]) + gzip.compress(picture[99:])
    two = service.detect(members, Content_Encoding="x-gzip")
    zlibbed = service.detect(zlib.compress(picture), Content_Encoding="deflate")
    bare = zlib.compress(picture)[2:-4]
    raw = service.detect(bare, Content_Encoding="deflate")
    for reply in (gzipped, two, zlibbed, raw):
        assert (reply[0], reply[2]) == (200, plain[2])


@pytest.mark.parametrize(
    ("coding", "status", "code"),
    [
        ("br", 415, "encoding_unknown"),
        ("gzip, gzip", 415, "encoding_unknown"),
        ("gzip", 400, "encoding_corrupt"),
        ("deflate", 400, "encoding_corrupt"),
    ],
)
def test_wrong_codings(service, coding, status, code):
    reply = service.detect(b"not packed at all", Content_Encoding=coding)
    assert (reply[0], code_of(reply)) == (status, code)


def test_cut_and_trailing_gzip(service, picture):
    packed = gzip.compress(picture)
    for wrong in (packed[:-9], packed + b"more", packed[:20]):
        reply = service.detect(wrong, Content_Encoding="gzip")
        assert (reply[0], code_of(reply)) == (400, "encoding_corrupt")


def test_replies_are_packed_when_asked(service, picture):
    plain = service.detect(picture)
    packed = service.detect(picture, Accept_Encoding="br, gzip;q=0.5")
    refused = service.detect(picture, Accept_Encoding="gzip;q=0, *")
    assert len(plain[2]) > 1024
    assert packed[1]["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed[1]["vary"]
    assert gzip.decompress(packed[2]) == plain[2]
    assert "content-encoding" not in plain[1]
    assert refused[2] == plain[2]


def test_small_replies_stay_plain(service):
    reply = service.ask("GET", "/version", Accept_Encoding="gzip")
    assert "content-encoding" not in reply[1]


def form(*parts: bytes, boundary: bytes = b"XyZ") -> bytes:
    pieces = [b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts]
    return b"".join(pieces) + b"--" + boundary + b"--\r\n"


FORM_TYPE = "multipart/form-data; boundary=XyZ"


def test_forms(service, picture):
    part = (
        b'Content-Disposition: form-data; name="image"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + picture
    )
    option = b"content-disposition: form-data; name=timings\r\n\r\nfalse"
    plain = service.detect(picture)
    more = b"preamble\r\n" + form(option, part) + b"epilogue"
    for body in (form(part), more):
        reply = service.detect(body, Content_Type=FORM_TYPE)
        assert (reply[0], reply[2]) == (200, plain[2])


@pytest.mark.parametrize(
    "body",
    [
        b"no boundary at all",
        b"--XyZ",
        b"--XyZ\r\n",
        b"--XyZ\r\nContent-Disposition: form-data; name=a",
        b"--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\nno end",
        b"--XyZ\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XyZ--",
        b"--XyZ\r\nX: y\r\n\r\nx\r\n--XyZ--",
        b"--XyZjunk\r\n\r\n\r\n--XyZ--",
        b"--XyZ\r\n" + b"X: " + b"y" * 9000 + b"\r\n\r\nx\r\n--XyZ--",
        form(*[b"Content-Disposition: form-data; name=a\r\n\r\nx"] * 33),
    ],
)
def test_broken_forms(service, body):
    reply = service.detect(body, Content_Type=FORM_TYPE)
    assert (reply[0], code_of(reply)) == (400, "form_corrupt")


def test_form_without_boundary(service):
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 71,
    ):
        reply = service.detect(b"--x", Content_Type=kind)
        assert (reply[0], code_of(reply)) == (400, "form_corrupt")


def test_queries(service):
    many = "&".join(f"a{i}=1" for i in range(33))
    for query in (many, "a=%00", "%00=a"):
        reply = service.ask("GET", f"/version?{query}")
        assert (reply[0], code_of(reply)) == (400, "query_corrupt")
    assert service.ask("GET", "/version%00")[0] == 400
    assert service.ask("GET", "/version?a=%zz&b=%f&&=&x+y=1")[0] == 200


def test_connection_is_kept(service, picture):
    head = (
        b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
        b"Content-Length: %d\r\n\r\n" % len(picture)
    )
    with service.connect() as s:
        for _ in range(3):
            s.sendall(head + picture)
            assert read_reply(s)[0] == 200


def test_pipelined_requests_come_back_in_order(service, picture):
    head = (
        b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
        b"Content-Length: %d\r\n\r\n" % len(picture)
    )
    last = b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with service.connect() as s:
        s.sendall(head + picture + b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n" + last)
        with s.makefile("rb") as stream:
            text = stream.read()
    marks = [text.index(m) for m in (b" 200 OK", b" 404 Not", b'"name"')]
    assert marks == sorted(marks)


def test_chunked_bodies(service, picture):
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(picture[i : i + 999]), picture[i : i + 999])
        for i in range(0, len(picture), 999)
    )
    reply = service.ask(
        "POST", "/v1/detect", chunks + b"0\r\n\r\n",
        Content_Type="image/png", Transfer_Encoding="chunked",
    )  # fmt: skip
    assert reply[0] == 200


def test_metrics_count(service, picture):
    before = service.metrics()
    service.detect(picture)
    service.detect(b"")
    after = service.metrics()

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    row = 'hatpose_requests_total{method="POST",route="/v1/detect",code="%d"}'
    assert grown(row % 200) == 1
    assert grown("hatpose_people_total") == 2
    assert grown("hatpose_pictures_total") == 1
    assert grown("hatpose_request_bytes_total") == len(picture)
    for stage in ("receive", "decode", "network", "total"):
        assert grown(f'hatpose_stage_seconds_count{{stage="{stage}"}}') >= 1
    assert after["hatpose_in_flight"] == after["hatpose_queue_length"] == 0


def test_access_log_tells_each_request(serve, picture):
    service = serve()
    service.detect(picture)
    service.ask("GET", '/no"such\\path%0a')
    service.stop()
    lines = [line for line in service.log() if line["path"] != "/readyz"]
    assert [line["status"] for line in lines] == [200, 404]
    assert lines[0]["people"] == 2
    assert lines[0]["request_bytes"] == len(picture)
    assert lines[0]["client"] == "127.0.0.1"
    assert lines[1]["path"] == '/no"such\\path\n'
    assert lines[1]["error"] == "not_found"
