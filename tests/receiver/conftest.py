"""A keyring in memory, a practice platform on a real port, and what a person's browser does with both."""

from __future__ import annotations

import html
import re
import urllib.parse

import pytest
from keyring_backends import MemoryKeyring, installed

import ltix_data as ltix
from ltix_data.demo import COURSE, Browser
from ltix_data.receiver import Receiver
from ltix_data.sandbox import Platform
from ltix_data.sandbox.server import serve


@pytest.fixture(autouse=True)
def ring():
    with installed(MemoryKeyring(priority=9)) as ring:
        yield ring


@pytest.fixture
def tool():
    with ltix.receive("uni") as tool:
        yield tool


@pytest.fixture
def platform():
    platform = Platform()
    with serve(platform) as url:
        platform.url = url
        yield platform


def text(page: str) -> str:
    """Return what a page says, without its tags."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def field(page: str, name: str) -> str:
    """Return the value of a form's field."""
    return html.unescape(re.search(rf'name="{name}" value="([^"]+)"', page)[1])


def teacher(platform: Platform, course: str = COURSE) -> str:
    members = platform.courses[course].members
    return next(user_id for user_id, member in members.items() if member.has("Instructor"))


def enrolled(tool: Receiver, platform: Platform, browser: Browser | None = None) -> str:
    """Register as a browser does, and return the page that it ends on."""
    query = urllib.parse.urlencode({"tool": tool.addresses.register})
    return (browser or Browser()).open(f"{platform.url}/registrations/new?{query}")


def launched(tool: Receiver, platform: Platform, course: str = COURSE, browser: Browser | None = None) -> str:
    browser = browser or Browser()
    login = {"user_id": teacher(platform, course), "course": course, "client": tool.registration.client_id}
    return browser.submit(browser.open(f"{platform.url}/login", login))


def asked_for_content(tool: Receiver, platform: Platform) -> tuple[Browser, str]:
    """Begin a deep linking on the platform as a teacher; return the page the tool answers with."""
    browser = Browser()
    browser.open(f"{platform.url}/login", {"user_id": teacher(platform)})
    page = browser.open(f"{platform.url}/courses/{COURSE}/deep_linking/{tool.registration.client_id}")
    return browser, browser.submit(page)
