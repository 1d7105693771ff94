"""Debian's Chromium, headless, for what only a real browser decides: cookies, frames, windows, scripts.

On Debian: apt-get install chromium.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from .lab import Lab, LabServer

_ARGUMENTS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium():
    """A browser that is started once, or a reason why there is none."""
    path = shutil.which("chromium")
    if path is None and os.environ.get("LTIX_REQUIRE_SYSTEM_TESTS") == "1":
        pytest.fail("LTIX_REQUIRE_SYSTEM_TESTS=1, but chromium cannot be found")
    if path is None:
        pytest.skip("NO PAGE IS TESTED IN A BROWSER: install chromium (apt: chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, tmp_path):
    """A window of a person who was never here before; a failed test leaves its picture beside its data."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    page = context.new_page()
    yield page
    if folder := os.environ.get("LTIX_SCREENSHOTS"):
        for number, shown in enumerate(context.pages):
            shown.screenshot(path=Path(folder, f"{tmp_path.name}-{number}.png"), full_page=True)
    context.close()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    """A JupyterLab that is started once, or a reason why there is none."""
    missing = [name for name in ("jupyterlab", "ipywidgets", "ipykernel") if find_spec(name) is None]
    if missing and os.environ.get("LTIX_REQUIRE_SYSTEM_TESTS") == "1":
        pytest.fail(f"LTIX_REQUIRE_SYSTEM_TESTS=1, but there is no {', '.join(missing)}")
    if missing:
        pytest.skip(f"NO FORM IS TESTED IN JUPYTERLAB: pip install {' '.join(missing)}")
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def lab(lab_server):
    """A folder of JupyterLab for this test alone; its kernels end with it."""
    lab = Lab(lab_server)
    yield lab
    lab.close()


@pytest.fixture
def picture(page, request):
    """Take pictures of the page on the way, where LTIX_SCREENSHOTS names a folder for them.

    JupyterLab scrolls within the page, so the window is made as high as what is to be seen.
    """

    def take(name: str, *, height: int = 1500) -> None:
        if folder := os.environ.get("LTIX_SCREENSHOTS"):
            before = page.viewport_size
            page.set_viewport_size({"width": before["width"], "height": height})
            page.screenshot(path=Path(folder, f"{request.node.name}-{name}.png"))
            page.set_viewport_size(before)

    return take
