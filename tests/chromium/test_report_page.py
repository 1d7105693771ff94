"""The pages of reports in a real browser that may not ask anybody for anything."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

import ltix_data as ltix
from ltix_data import demo
from ltix_data.courses import KnownCourse
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Platform
from ltix_data.sandbox.server import listen

pytestmark = [pytest.mark.system, pytest.mark.process]

PARAMETERS = {
    "weekly_report": ["-p", "course=SEM12"],
    "at_risk": ["-p", "course=SEM12"],
    "institution_overview": [],
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of each report, and one that lacks something, made as a job makes them."""
    folder = tmp_path_factory.mktemp("pages")
    key, platform = SigningKey.generate(), Platform()
    server = listen(platform)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LTIX_DATA_DIR", str(folder / "data"))
        patch.setenv("LTIX_KEY_FILE", str(folder / "key.pem"))
        (folder / "key.pem").touch(mode=0o600)
        (folder / "key.pem").write_text(key.private_pem())
        tool = platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
        made = ltix.register("uni", issuer=url, client_id=tool.client_id, token_url=f"{url}/token", store="none")
        for course in platform.courses:
            made.remember(KnownCourse.from_claims(platform.course_claims(course, tool, url)))
        with ltix.connect("uni") as session:
            demo.upload(session.course("SEM12"), lambda _: None)
        for name, options in PARAMETERS.items():
            made_page(folder, name, options, 0)
        made.remember(KnownCourse(name="GONE", memberships_url=f"{url}/courses/GONE/members"))
        made_page(folder, "institution_overview", [], 2, "lacking")
        yield folder
    server.shutdown()
    server.server_close()


def made_page(folder, name, options, status, called=None):
    html = folder / f"{called or name}.html"
    command = [sys.executable, "-m", "ltix_data.cli", "report", name, *options, "--html", str(html)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=folder)
    assert done.returncode == status, done.stderr


@pytest.fixture(params=["light", "dark"])
def offline(chromium, request, tmp_path):
    """A phone without network; what it was refused or complained of is kept."""
    context = chromium.new_context(color_scheme=request.param, viewport={"width": 390, "height": 800}, offline=True)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.asked, page.complaints, page.scheme = [], [], request.param
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("requestfailed", lambda request: page.complaints.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


@pytest.mark.parametrize("name", [*PARAMETERS, "lacking"])
def test_a_page_opens_whole_without_network(pages, offline, name):
    address = (pages / f"{name}.html").as_uri()

    offline.goto(address)

    assert [url for url in offline.asked if url != address and not url.startswith("data:")] == []
    assert offline.complaints == []
    assert offline.evaluate("document.documentElement.lang") == "en"
    assert offline.title()
    assert offline.evaluate("[...document.images].filter(image => !image.complete || !image.naturalWidth).length") == 0
    assert offline.evaluate("[...document.images].filter(image => image.alt.length < 20).length") == 0


@pytest.mark.parametrize("name", [*PARAMETERS, "lacking"])
def test_a_phone_shows_it_without_scrolling_sideways_in_light_and_dark(pages, offline, name):
    offline.goto((pages / f"{name}.html").as_uri())

    assert offline.evaluate("document.documentElement.scrollWidth") <= 390
    background = offline.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 22, 26)"}[offline.scheme]


def test_every_text_stands_out_from_what_is_behind_it(pages, offline):
    offline.goto((pages / "lacking.html").as_uri())

    assert offline.evaluate(CONTRAST) == []


def test_the_weekly_page_has_its_pictures(pages, offline):
    offline.goto((pages / "weekly_report.html").as_uri())

    assert offline.evaluate("document.images.length") >= 1


def test_what_is_lacking_is_one_press_away(pages, offline):
    offline.goto((pages / "lacking.html").as_uri())

    offline.get_by_role("link", name="What it lacks").click()

    assert offline.get_by_role("alert").is_visible()
    assert "GONE" in offline.get_by_role("alert").inner_text()


def test_it_is_printed_black_on_white(pages, offline):
    offline.goto((pages / "weekly_report.html").as_uri())
    offline.emulate_media(media="print")

    assert offline.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert offline.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert offline.pdf()[:4] == b"%PDF"


#: Texts whose contrast is below 4.5 to 1. [WCAG 1.4.3]
CONTRAST = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data).join("").trim();
    if (!text || !element.checkVisibility()) continue;
    const [one, other] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) poor.push(`${text}: ${ratio.toFixed(1)}`);
  }
  return poor;
}"""
