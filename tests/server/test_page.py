"""The page at GET /, in a real browser: headless Chromium through Playwright.

Skipped where one of them is not installed.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import painted
import pytest

from conftest import ROOT, Service

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="no playwright: the page is not tested"
)

hatpose = pytest.importorskip("hatpose")

SHARED = Path(os.environ.get("HATPOSE_SHARED", ROOT.parent / "shared"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ELSEWHERE = "page.test"  # this machine under a name that is not localhost
WAIT_MS = 10_000
NECKS = [person[0] for person in painted.PEOPLE]
# Of people whose hats nobody knows of.
NECK_COLOUR = [0xFF, 0xD6, 0x46]
RIGHT_COLOUR = [0x00, 0x96, 0x96]  # the dark side
PNG = "image/png"

DROP = """([base64, name, type]) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], name, { type }));
  document.getElementById("stage").dispatchEvent(new DragEvent("drop",
    { dataTransfer: files, bubbles: true, cancelable: true }));
}"""
COLOUR = """([x, y]) => {
  const canvas = document.getElementById("canvas");
  const at = (value) => (value + 0.5) * canvas.width / shown.width;
  const pixel = document.createElement("canvas");
  const dot = pixel.getContext("2d", { willReadFrequently: true });
  dot.drawImage(canvas, Math.floor(at(x)), Math.floor(at(y)), 1, 1,
    0, 0, 1, 1);
  return [...dot.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium: the page is not tested")
    switches = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
    ]
    if os.geteuid() == 0:
        switches.append("--no-sandbox")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=switches
        )
        yield started
        started.close()


class Reader:
    """Somebody at the page; `complaints` and `outside` are what the browser
    has to say against it."""

    def __init__(self, browser: sync_api.Browser, url: str, **how) -> None:
        self.context = browser.new_context(**how)
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self.posts = 0
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("request", self._see)
        self.url = url
        self.page.goto(url)

    def _hear(self, message: sync_api.ConsoleMessage) -> None:
        # The browser's own remark on any answer that is not 2xx.
        if "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _see(self, request: sync_api.Request) -> None:
        self.posts += request.method == "POST"
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.outside.append(request.url)

    def drop(self, data: bytes, name="people.png", media=PNG) -> None:
        text = base64.b64encode(data).decode()
        self.page.evaluate(DROP, [text, name, media])

    def drop_people(self) -> None:
        self.drop(painted.png())
        self.rows().nth(1).wait_for()

    def rows(self) -> sync_api.Locator:
        return self.page.locator("#people li")

    def text(self, part: str) -> str:
        return self.page.locator(part).inner_text()

    def wait_for_text(self, part: str, text: str) -> None:
        sync_api.expect(self.page.locator(part)).to_contain_text(text)

    def colour_at(self, x: float, y: float) -> list[int]:
        return self.page.evaluate(COLOUR, [x, y])

    def necks(self) -> list[list[float]]:
        people = self.page.evaluate("shown.answer.people")
        return [person["keypoints"]["neck"][:2] for person in people]

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """A point of the photo."""
        frame = self.page.locator("#canvas").bounding_box()
        scale = frame["width"] / painted.WIDTH_PX
        return frame["x"] + x * scale, frame["y"] + y * scale


@pytest.fixture
def visit(browser) -> Iterator:
    """visit(url, ...) opens the page; at the end nobody may have complained
    or asked for anything outside."""
    readers: list[Reader] = []

    def open_page(url: str, **how) -> Reader:
        readers.append(Reader(browser, url + "/", **how))
        return readers[-1]

    yield open_page
    for reader in readers:
        reader.context.close()
        assert reader.complaints == []
        assert reader.outside == []


@pytest.fixture
def reader(visit, service) -> Reader:
    return visit(service.url)


def test_people_are_listed_and_drawn(reader):
    reader.drop_people()
    assert reader.text("#summary") == "2 people"
    assert reader.rows().count() == 2
    assert reader.text("#people li:first-child .number") == "0"
    assert "3 joints" in reader.text("#people li:first-child")
    assert sorted(reader.necks()) == [pytest.approx(n, abs=4) for n in NECKS]
    for neck in reader.necks():
        assert reader.colour_at(*neck) == NECK_COLOUR
    shoulder, elbow = (
        reader.page.evaluate(f"shown.answer.people[0].keypoints.{joint}")
        for joint in ("right_shoulder", "right_elbow")
    )
    middle = [(a + b) / 2 for a, b in zip(shoulder[:2], elbow[:2], strict=True)]
    assert reader.colour_at(*middle) == RIGHT_COLOUR
    assert "network" in reader.text("#times")
    assert "painted people, CC0-1.0" in reader.text("#model")


def test_row_and_figure_light_up_together(reader):
    reader.drop_people()
    chosen = reader.page.locator("#people button[aria-pressed=true]")
    for index, neck in enumerate(reader.necks()):
        reader.page.mouse.move(*reader.on_screen(*neck))
        assert chosen.locator(".number").inner_text() == str(index)
    reader.page.hover("#people li:nth-child(2) button")
    assert reader.colour_at(*reader.necks()[0]) != NECK_COLOUR  # faded
    assert reader.colour_at(*reader.necks()[1]) == NECK_COLOUR


def test_keyboard(reader):
    reader.drop_people()
    chosen = reader.page.locator("#people button[aria-pressed=true]")
    reader.page.keyboard.press("ArrowDown")
    reader.page.keyboard.press("ArrowDown")
    assert chosen.locator(".number").inner_text() == "1"
    reader.page.keyboard.press("Escape")
    assert chosen.count() == 0
    reader.page.keyboard.press("j")
    assert not reader.page.locator("#joints").is_checked()
    assert reader.colour_at(*reader.necks()[0]) != NECK_COLOUR


def test_threshold_needs_no_request(reader):
    reader.drop_people()
    posts = reader.posts
    reader.page.locator("#threshold").fill("1")
    assert "0 joints" in reader.text("#people li:first-child")
    reader.page.locator("#threshold").fill("0.1")
    assert "3 joints" in reader.text("#people li:first-child")
    assert reader.posts == posts


def test_marked_hat_is_asked_about(reader):
    reader.drop_people()
    reader.page.keyboard.press("m")
    reader.page.mouse.move(*reader.on_screen(20, 20))
    reader.page.mouse.down()
    reader.page.mouse.move(*reader.on_screen(60, 50))
    reader.page.mouse.up()
    reader.wait_for_text("#people li:first-child .state", "unknown")
    hats = reader.page.evaluate("shown.answer.hats")
    assert hats[0]["source"] == "caller"
    assert hats[0]["box"] == pytest.approx([19.5, 19.5, 40, 30], abs=1.5)
    assert "hats=" in reader.page.evaluate(
        "curlCommand(shown.name, shown.blob, hats)"
    )
    reader.page.click("#clear-button")
    reader.wait_for_text("#people li:first-child .state", "person")


def person(index: int, state: str, score: float, reason: str) -> dict:
    x, y = 60 + 90 * index, 80
    joints = {
        "nose": [x, y, 0.9],
        "neck": [x, y + 30, 0.9],
        "right_shoulder": [x - 20, y + 30, 0.9],
        "left_shoulder": [x + 20, y + 30, 0.9],
    }
    return {
        "index": index,
        "id": None,
        "score": 5 - index,
        "box": [x - 20, y, 40, 30],
        "keypoints": dict.fromkeys(hatpose.KEYPOINT_NAMES) | joints,
        "hat": {"state": state, "score": score, "hat": None, "reason": reason},
    }


def test_states_of_hats(reader):
    """As a model that sees hats would answer."""
    head = {"state": "not_worn", "score": 0.8, "hat": None}
    answer = {
        "format": "hatpose-1",
        "width": painted.WIDTH_PX,
        "height": painted.HEIGHT_PX,
        "people": [
            person(0, "worn", 0.97, "hat_on_head"),
            person(1, "unknown", 0.5, "head_hidden"),
            person(2, "not_worn", 0.93, "hat_in_hand"),
        ],
        "hats": [
            {"box": [260, 150, 30, 20], "score": 0.8, "person": None,
             "held_by": 2, "source": "model"},
        ],
        "heads": [
            {"box": [400, 60, 30, 30], "score": 0.7, "person": None,
             "hat": head | {"reason": "head_bare"}},
        ],
    }  # fmt: skip
    reader.page.route("**/v1/hats*", lambda route: route.fulfill(json=answer))
    reader.drop(painted.png(people=()))
    reader.wait_for_text("#summary", "2 of 4 without a hat, 1 unknown")
    rows = [row.split() for row in reader.rows().all_inner_texts()]
    assert rows == [
        ["0", "hat", "97", "%", "hat", "on", "head"],
        ["1", "unknown", "50", "%", "head", "hidden"],
        ["2", "no", "hat", "93", "%", "hat", "in", "hand"],
        ["\N{EN DASH}", "no", "hat", "80", "%", "head", "bare"],
    ]
    blue, orange = [0x7C, 0xC4, 0xFF], [0xFF, 0xBA, 0x5C]  # left: light
    assert reader.colour_at(70, 110) == blue
    assert reader.colour_at(250, 110) == orange
    reader.page.mouse.move(*reader.on_screen(415, 75))
    chosen = reader.page.locator("#people button[aria-pressed=true]")
    assert "80 %" in chosen.inner_text()


def test_nobody(reader):
    reader.drop(painted.png(people=()))
    reader.wait_for_text("#summary", "nobody found")
    assert reader.rows().count() == 0


def test_broken_picture(reader):
    reader.drop(b"\xff\xd8\xff\xe0 no", "broken.jpg", "image/jpeg")
    reader.wait_for_text("#notice", "JPEG ends after")
    assert reader.page.locator("#welcome").is_visible()


def test_picture_that_no_browser_shows(reader):
    reader.drop(painted.ppm(), "people.ppm", media="")
    reader.rows().nth(1).wait_for()
    assert reader.colour_at(2, 2) == [0x80, 0x80, 0x80]


def test_busy_service_is_asked_again(reader):
    answers = iter([503, 503])

    def refuse(route: sync_api.Route) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(
                status=status,
                headers={"Retry-After": "1"},
                json={"error": {"code": "busy", "message": "busy"}},
            )

    reader.page.route("**/v1/hats*", refuse)
    reader.drop(painted.png())
    reader.wait_for_text("#working", "busy, trying again in 1 s (1 of 5)")
    reader.rows().nth(1).wait_for()
    assert not reader.page.locator("#working").is_visible()


def test_key_is_asked_for(serve, visit, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("correct-horse\n")
    guarded: Service = serve("--api-key-file", keys)
    reader = visit(guarded.url)
    reader.drop(painted.png())
    reader.page.locator("#key").fill("wrong")
    reader.page.keyboard.press("Enter")
    reader.page.locator("#key-form").wait_for()
    reader.page.locator("#key").fill("correct-horse")
    reader.page.keyboard.press("Enter")
    reader.rows().nth(1).wait_for()
    assert not reader.page.locator("#key-form").is_visible()
    reader.wait_for_text("#model", "painted people")


def test_camera_has_one_request_in_flight(reader):
    under_way, most = set(), []

    def begin(request: sync_api.Request) -> None:
        if request.method == "POST":
            under_way.add(request)
            most.append(len(under_way))

    reader.page.on("request", begin)
    reader.page.on("requestfinished", lambda r: under_way.discard(r))
    reader.page.keyboard.press("c")
    reader.wait_for_text("#times", "pictures/s")
    while len(most) < 4:
        reader.page.wait_for_timeout(50)
    assert max(most) == 1
    reader.page.keyboard.press("c")
    assert reader.text("#camera-button") == "Use the camera"
    assert not reader.page.evaluate("camera.isOn")


def test_no_camera_without_https(visit, service):
    reader = visit(f"http://{ELSEWHERE}:{service.address[1]}")
    reader.page.keyboard.press("c")
    reader.wait_for_text("#notice", "http://localhost")


def test_saved_picture_has_the_photos_size(reader, tmp_path):
    reader.drop_people()
    with reader.page.expect_download() as download:
        reader.page.keyboard.press("s")
    assert download.value.suggested_filename == "people-hatpose.jpg"
    data = Path(download.value.path()).read_bytes()
    frame = data.index(b"\xff\xc0") + 5
    height, width = (
        int.from_bytes(data[at : at + 2]) for at in (frame, frame + 2)
    )
    assert (width, height) == (painted.WIDTH_PX, painted.HEIGHT_PX)


def test_json_is_copied(visit, service):
    reader = visit(
        service.url, permissions=["clipboard-read", "clipboard-write"]
    )
    reader.drop_people()
    reader.page.get_by_text("Copy JSON").click()
    reader.wait_for_text("#notice", "copied")
    text = reader.page.evaluate("navigator.clipboard.readText()")
    assert len(json.loads(text)["people"]) == 2


def test_heads_are_blurred(reader):
    """With nothing but a neck, a head is taken to be above it."""
    reader.drop_people()
    reader.page.keyboard.press("j")
    bare = reader.page.evaluate("canvas.toDataURL()")
    reader.page.keyboard.press("h")
    assert reader.page.locator("#blur-warning").is_visible()
    assert reader.page.evaluate("canvas.toDataURL()") != bare
    reader.page.keyboard.press("h")
    assert reader.page.evaluate("canvas.toDataURL()") == bare


def test_chinese(visit, service):
    reader = visit(service.url, locale="zh-CN")
    reader.drop_people()
    assert reader.text("#summary") == "2 人"


def test_phone(visit, service):
    size = {"width": 360, "height": 740}
    reader = visit(service.url, viewport=size, has_touch=True, is_mobile=True)
    reader.drop_people()
    reader.page.locator("#people li").first.tap()
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_foreign_scripts_do_not_run(reader):
    reader.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'window.intruder = 1'}))"
    )
    assert reader.page.evaluate("window.intruder") is None
    assert any("Content Security" in text for text in reader.complaints)
    reader.complaints.clear()


def test_photo_with_the_released_model(visit, command, tmp_path):
    weights = SHARED / "weights" / "human-pose-estimation-0001.xml"
    if not weights.exists():
        pytest.skip(f"no weights at {weights}")
    convert = pytest.importorskip("hatpose.convert.cli")
    model = tmp_path / "real.gguf"
    assert convert.main([str(weights), "-o", str(model)]) in (None, 0)
    real = Service(command, tmp_path, "-m", model)
    try:
        reader = visit(real.url)
        photo = ROOT / "tests" / "photos" / "astronaut.png"
        reader.drop(photo.read_bytes(), photo.name)
        reader.wait_for_text("#summary", "1 person")
        nose = reader.page.evaluate("shown.answer.people[0].keypoints.nose")
        assert nose[:2] == pytest.approx([224, 124], abs=8)
        reader.page.screenshot(path=tmp_path / "page.png")
    finally:
        real.stop()
