"""Registering with the practice platform, as each platform does it, until the first roster."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import ltix_data as ltix
from ltix_data import errors, spec
from ltix_data.courses import KnownCourse
from ltix_data.enrolment import Enrolment, Tool, enrol
from ltix_data.http import HttpClient
from ltix_data.sandbox import Options, Platform, create_app
from ltix_data.sandbox.claims import service_claims
from ltix_data.sandbox.server import serve

BASE = "https://practice.example"
TOOL = Tool(name="My notebook", base_url="https://tool.example")


class Meeting:
    """A practice platform, and a tool that registers with it."""

    def __init__(self, key: Any, like: str) -> None:
        self.key = key
        self.platform = Platform(Options(like=like), base_url=BASE, fetch=lambda url: {"keys": [key.public_jwk]})
        self.app = create_app(self.platform)
        self.http = HttpClient(transport=httpx.WSGITransport(app=self.app), sleep=lambda seconds: None)

    def enrol(self, token: str | None = None, tool: Tool = TOOL) -> Enrolment:
        token = self.platform.registration_token() if token is None else token
        return enrol(f"{BASE}/.well-known/openid-configuration", token, tool, http=self.http)

    def roster(self, enrolment: Enrolment) -> Any:
        """Return a course's roster, by what the registration told."""
        registration = ltix.Registration(name="uni", private_key=self.key, **enrolment.facts)
        tool = self.platform.tools[enrolment.facts["client_id"]]
        registration.remember(KnownCourse.from_claims(service_claims(self.platform.course("SEM12"), tool, BASE)))
        with ltix.connect(registration, http=HttpClient(transport=httpx.WSGITransport(app=self.app))) as session:
            return session.course("SEM12").roster()


@pytest.fixture
def meet(signing_key):
    return lambda like="strict": Meeting(signing_key, like)


@pytest.mark.parametrize(
    ("like", "platform", "pending", "deployed"),
    [
        ("strict", "Practice", False, True),
        ("moodle", "Moodle", True, True),
        ("canvas", "Canvas", True, False),
        ("sakai", "Sakai", False, True),
        ("blackboard", "Blackboard", False, True),
        ("brightspace", "Brightspace", True, True),
    ],
)
def test_a_tool_registers_itself_and_reads_a_roster(meet, like, platform, pending, deployed):
    meeting = meet(like)

    found = meeting.enrol()
    tool = meeting.platform.tools[found.facts["client_id"]]
    meeting.app.test_client().post(f"/tools/{tool.client_id}/activate")

    assert (found.platform, found.pending) == (platform, pending)
    assert found.facts["deployment_id"] == (tool.deployment_id if deployed else None)
    assert set(found.granted) == set(spec.ALL_SCOPES)
    assert len(meeting.roster(found)) >= 10


@pytest.mark.parametrize("like", ["moodle", "canvas", "brightspace"])
def test_a_tool_that_waits_gets_no_token(meet, like):
    meeting = meet(like)
    found = meeting.enrol()

    with pytest.raises(errors.TokenError):
        meeting.roster(found)


def test_canvas_is_told_apart_by_its_places(meet):
    meeting = meet("canvas")
    meeting.enrol()

    (tool,) = meeting.platform.tools.values()

    assert tool.messages == (spec.RESOURCE_LINK_REQUEST, spec.DEEP_LINKING_REQUEST)


@pytest.mark.parametrize("like", ["strict", "moodle", "canvas", "sakai"])
def test_an_invitation_is_good_once(meet, like):
    meeting = meet(like)
    token = meeting.platform.registration_token()
    meeting.enrol(token)

    with pytest.raises(errors.AccessError, match="invitation"):
        meeting.enrol(token)

    assert len(meeting.platform.tools) == 1


def test_moodles_plain_words_are_not_repeated(meet):
    meeting = meet("moodle")

    with pytest.raises(errors.RefusedError, match="does not take") as caught:
        meeting.enrol(tool=Tool(name=" ", base_url="https://tool.example"))

    assert "client_name" not in str(caught.value)
    assert meeting.platform.tools == {}


def test_open_edx_registers_no_tools(meet):
    with pytest.raises(errors.NotFoundError):
        meet("openedx").enrol()


@pytest.mark.parametrize("like", ["strict", "moodle", "canvas"])
def test_a_tool_registers_over_real_http(signing_key, like):
    platform = Platform(Options(like=like))
    with serve(platform) as url:
        tool = Tool(name="My notebook", base_url="http://127.0.0.1:9")
        found = enrol(f"{url}/.well-known/openid-configuration", platform.registration_token(), tool, http=HttpClient())

    assert found.facts["issuer"] == url
    assert platform.tools[found.facts["client_id"]].jwks_uri == "http://127.0.0.1:9/jwks"
