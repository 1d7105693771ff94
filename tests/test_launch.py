"""Launches by the practice platform, which shares no code with the tool; tests/launch has the single rules."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx
import pytest

import ltix_data as ltix
from ltix_data import demo, errors
from ltix_data.http import HttpClient
from ltix_data.launch import Launches
from ltix_data.sandbox import Platform, create_app
from ltix_data.sandbox.server import serve

BASE, TOOL = "https://practice.example", "https://tool.example"
TEACHER = "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10"


class Journey:
    """A person's browser between the practice platform and a tool that is registered with it."""

    def __init__(self, key) -> None:
        self.platform = Platform(base_url=BASE)
        known = self.platform.add_tool(
            jwks={"keys": [key.public_jwk]},
            name="tool",
            redirect_uris=(f"{TOOL}/launch",),
            initiate_login_uri=f"{TOOL}/login",
        )
        self.registration = ltix.Registration(
            name="practice",
            issuer=BASE,
            client_id=known.client_id,
            token_url=f"{BASE}/token",
            auth_url=f"{BASE}/auth",
            jwks_url=f"{BASE}/jwks",
            private_key=key,
        )
        transport = httpx.WSGITransport(app=create_app(self.platform))
        self.http = HttpClient(transport=transport)
        self.browser = httpx.Client(transport=transport, base_url=BASE)
        self.launches = Launches(http=self.http)

    def begin(self):
        """Click the tool's link as the teacher, and let the tool answer."""
        clicked = self.browser.post(
            "/login", data={"user_id": TEACHER, "course": "SEM12", "client": self.registration.client_id}
        )
        while not clicked.headers["location"].startswith(TOOL):
            clicked = self.browser.get(clicked.headers["location"])
        asked = dict(httpx.URL(clicked.headers["location"]).params)
        return self.launches.begin(self.registration, asked, redirect_uri=f"{TOOL}/launch")

    def answer(self, login) -> dict[str, str]:
        """Return the form that the platform lets the browser post."""
        page = _Fields()
        page.feed(self.browser.get(login.url).text)
        return page.fields

    def finish(self, login, posted, **how):
        secret = how.pop("browser", login.browser)
        return self.launches.finish(self.registration, posted, browser=secret, tool_urls=[TOOL], **how)


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag, attrs):
        field = dict(attrs)
        if tag == "input" and field.get("name"):
            self.fields[field["name"]] = field.get("value") or ""


@pytest.fixture
def journey(signing_key):
    return Journey(signing_key)


def test_a_person_launches_the_tool_from_a_course(journey):
    login = journey.begin()

    found = journey.finish(login, journey.answer(login))

    assert (found.user_id, found.context.label, found.is_instructor) == (TEACHER, "SEM12", True)
    assert found.custom["practice_user"] == TEACHER
    assert found.course.name == "SEM12"


def test_the_course_of_a_launch_can_be_worked_with(journey):
    login = journey.begin()
    found = journey.finish(login, journey.answer(login))
    journey.registration.remember(found.course)

    with ltix.connect(found.registration, http=journey.http) as session:
        assert len(session.course("SEM12").roster()) == 12


def test_a_person_who_logged_out_meanwhile_is_told_to_log_in(journey):
    login = journey.begin()
    journey.browser.cookies.clear()

    with pytest.raises(errors.LaunchError, match="Log in to the platform") as caught:
        journey.finish(login, journey.answer(login))

    assert caught.value.code == "login_required"


def test_the_platforms_form_works_once(journey):
    login = journey.begin()
    posted = journey.answer(login)
    journey.finish(login, posted)

    with pytest.raises(errors.LaunchError, match="used already"):
        journey.finish(login, posted)


def test_registration_and_launch_work_over_real_http():
    """The practice platform's real flow, with a browser's steps, captures the course."""
    platform = Platform()
    steps = []
    with serve(platform) as url, demo.introduced(url, say=steps.append) as registration:
        roster = ltix.connect(registration).course("SEM12").roster()

    assert len(steps) == 2
    assert len(roster) == 12
