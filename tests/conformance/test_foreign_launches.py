"""Launches and deep linking by platforms that others wrote: their real logins, id_tokens and key sets.

Each platform runs as a process of its own; between it and a small tool (`tool`) stands a browser (`browser`). Nothing
here knows a course beforehand: what a session works with came out of a launch.
"""

from __future__ import annotations

import base64
import json
import time
from contextlib import ExitStack

import lti1p3platform_.provider
import lti_provider_mock_.provider
import openedx.provider
import pytest
import tool as tools
from browser import Browser, Form

import ltix_data as ltix
from ltix_data import deeplinking, spec
from ltix_data.deeplinking import Column, File, HtmlFragment, Image, Link, ResourceLink
from ltix_data.errors import LaunchError, UsageError
from ltix_data.keys import SigningKey
from ltix_data.launch import Launches

pytestmark = pytest.mark.process

PLATFORMS = {
    "Open edX": openedx.provider.launching,
    "lti1p3platform": lti1p3platform_.provider.launching,
    "lti-provider-mock": lti_provider_mock_.provider.launching,
}
#: Those with services and deep linking.
ADVANTAGE = ("Open edX", "lti1p3platform")
ITEMS = {
    "ltiResourceLink": ResourceLink(
        title="Übung 1 & 2",
        url="https://tool.example/quiz?id=1&lang=de",
        custom={"quiz": "1"},
        line_item=Column("Übung 1", 12.5, tag="exercise", resource_id="quiz-1"),
    ),
    "link": Link(url="https://tool.example/notes", title="Notes", text="To read <before> the quiz"),
    "html": HtmlFragment(html="<p>Hallo &amp; <b>welcome</b></p>", title="Hello"),
    "image": Image(url="https://tool.example/cell.png", title="A cell", width=320, height=200),
    "file": File(url="https://tool.example/data.csv", title="The data", media_type="text/csv"),
}


@pytest.fixture(scope="module")
def tool_at(signing_key):
    """Return the tool that a platform launches, with `place`, the platform; each is started once."""
    found = {}
    with ExitStack() as running:

        def tool_at(name):
            if name not in found:
                tool = running.enter_context(tools.running())
                tool.place = running.enter_context(PLATFORMS[name](signing_key, tool.login_url, tool.launch_url))
                tool.registration = tool.place.registration
                found[name] = tool
            return found[name]

        yield tool_at


@pytest.fixture(params=PLATFORMS)
def tool(request, tool_at):
    return tool_at(request.param)


@pytest.fixture(params=ADVANTAGE)
def advantage(request, tool_at):
    """A tool, where the platform has services and deep linking."""
    return tool_at(request.param)


@pytest.fixture
def browser():
    with Browser() as browser:
        yield browser


def launched(tool, browser, who="teacher"):
    """Launch, and return what the tool made of it."""
    page = browser.submit(tool.place.open(browser, who).form)
    assert page.status == 200, page.text
    return tool.seen[-1]


def refused(tool, browser, form) -> str | None:
    """Post a launch that must be refused, and return the word for why."""
    seen, errors = len(tool.seen), len(tool.refused)
    page = browser.submit(form)
    assert (page.status, len(tool.seen), len(tool.refused)) == (400, seen, errors + 1), page.text
    assert isinstance(tool.refused[-1], LaunchError)
    return tool.refused[-1].code


def changed(form: Form, **fields: str) -> Form:
    return Form(form.action, form.fields | fields)


def another_registration(registration, **changes) -> ltix.Registration:
    """Return the same registration but for *changes*."""
    names = ("name", "issuer", "client_id", "token_url", "auth_url", "jwks_url", "deployment_id", "private_key")
    known = {name: getattr(registration, name) for name in names}
    return ltix.Registration(**known | changes)


# --- A launch ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["teacher", "learner"])
def test_a_real_launch_tells_who_is_there_and_where(tool, browser, who):
    found = launched(tool, browser, who)

    link = found.claims[spec.CLAIM_RESOURCE_LINK]["id"]
    assert found.message_type == spec.RESOURCE_LINK_REQUEST
    assert found.user_id == tool.place.users[who]
    assert found.claims[spec.CLAIM_CONTEXT]["id"] == tool.place.course["context_id"]
    assert link == tool.place.course.get("resource_link_id", link)


def test_a_real_login_comes_back_with_what_it_was_asked_with(tool, browser):
    page = tool.place.open(browser, "teacher")

    assert page.form.action == tool.launch_url
    assert set(page.form.fields) == {"id_token", "state"}


def test_roles_tell_a_teacher_from_a_learner(advantage, browser):
    teacher, learner = (launched(advantage, browser, who) for who in ("teacher", "learner"))

    assert (teacher.is_instructor, teacher.is_learner) == (True, False)
    assert (learner.is_instructor, learner.is_learner) == (False, True)


def test_a_launched_course_has_a_roster_and_takes_a_score(advantage, browser):
    registration = advantage.registration
    registration.capture(launched(advantage, browser).course)

    with ltix.connect(registration) as session:
        course = session.course(advantage.place.course["name"])
        roster = course.roster()
        item = course.create_line_item("Launched", 10, resource_id="launched")
        course.post_score(item, advantage.place.users["learner"], 7.5)
        results = course.results(item)

    assert dict(zip(roster["user_id"], roster["role"], strict=True)) == advantage.place.members
    assert results[["user_id", "percent"]].values.tolist() == [[advantage.place.users["learner"], 75.0]]


def test_a_session_opened_from_a_launch_works_in_its_course(advantage, browser):
    found = launched(advantage, browser, "learner")
    advantage.registration.capture(found.course)

    with found.session() as session:
        roster = session.course(found.course.name).roster(role="Instructor")

    assert advantage.place.users["teacher"] in roster["user_id"].tolist()


def test_a_launch_by_another_person_finds_the_same_course(advantage, browser):
    registration = advantage.registration
    first, second = (registration.capture(launched(advantage, browser, who).course) for who in ("teacher", "learner"))

    assert (second.course, second.change) == (first.course, "same")


def test_a_pasted_id_token_makes_the_course_known(advantage, browser):
    token = advantage.place.open(browser, "teacher").form.fields["id_token"]
    registration = another_registration(advantage.registration, name="pasted")

    with ltix.connect(registration) as session:
        course = session.capture(token, name="Pasted")
        roster = course.roster()

    assert dict(zip(roster["user_id"], roster["role"], strict=True)) == advantage.place.members


def test_a_launch_without_services_is_a_launch_but_no_course(tool_at, browser):
    assert launched(tool_at("lti-provider-mock"), browser).course is None


# --- What must be refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["header", "payload", "signature"])
def test_one_other_character_anywhere_in_the_id_token_is_refused(tool, browser, part):
    form = tool.place.open(browser, "learner").form
    parts = form.fields["id_token"].split(".")
    number = ["header", "payload", "signature"].index(part)
    middle = len(parts[number]) // 2
    other = "A" if parts[number][middle] != "A" else "B"
    parts[number] = parts[number][:middle] + other + parts[number][middle + 1 :]

    code = refused(tool, browser, changed(form, id_token=".".join(parts)))

    assert code == "wrong_signature" if part == "signature" else code


def test_a_learner_who_writes_himself_another_role_is_refused(tool, browser):
    form = tool.place.open(browser, "learner").form
    header, payload, signature = form.fields["id_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims[spec.CLAIM_ROLES] = [f"{spec.CONTEXT_ROLE}Instructor"]
    written = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    assert refused(tool, browser, changed(form, id_token=f"{header}.{written}.{signature}")) == "wrong_signature"


def test_a_form_posted_twice_is_refused_the_second_time(tool, browser):
    form = tool.place.open(browser, "learner").form
    browser.submit(form)

    assert refused(tool, browser, form) == "used_state"


def test_a_form_in_another_browser_is_refused(tool, browser):
    form = tool.place.open(browser, "teacher").form

    with Browser() as stranger:
        assert refused(tool, stranger, form) == "no_cookie"


def test_a_launch_carried_into_anothers_login_is_refused(tool, browser):
    """The attacker's own launch, under the state of the victim's login."""
    victims = tool.place.open(browser, "teacher").form
    with Browser() as attacker:
        stolen = tool.place.open(attacker, "learner").form.fields["id_token"]

    assert refused(tool, browser, changed(victims, id_token=stolen)) == "wrong_nonce"


def test_an_older_launch_of_the_same_person_is_refused_in_a_newer_login(tool, browser):
    older = tool.place.open(browser, "teacher").form
    newer = tool.place.open(browser, "teacher").form

    assert refused(tool, browser, changed(newer, id_token=older.fields["id_token"])) == "wrong_nonce"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "another-tool"}, "wrong_client"),
        ({"issuer": "https://another.example"}, "wrong_issuer"),
        ({"deployment_id": "another"}, "wrong_deployment"),
    ],
)
def test_a_login_meant_for_another_registration_is_refused(tool, browser, monkeypatch, changes, code):
    monkeypatch.setattr(tool, "registration", another_registration(tool.registration, **changes))

    page = tool.place.open(browser, "teacher")

    assert (page.status, page.url.startswith(tool.login_url), tool.refused[-1].code) == (400, True, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "another-tool"}, "other_registration"),
        ({"issuer": "https://another.example"}, "other_registration"),
        ({"deployment_id": "another"}, "wrong_deployment"),
    ],
)
def test_a_launch_meant_for_another_registration_is_refused(tool, browser, monkeypatch, changes, code):
    form = tool.place.open(browser, "teacher").form
    monkeypatch.setattr(tool, "registration", another_registration(tool.registration, **changes))

    assert refused(tool, browser, form) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"client_id": "another-tool"}, "wrong_audience"), ({"issuer": "https://another.example"}, "wrong_issuer")],
)
def test_a_pasted_id_token_of_another_registration_is_refused(advantage, browser, changes, code):
    token = advantage.place.open(browser, "teacher").form.fields["id_token"]

    with (
        ltix.connect(another_registration(advantage.registration, **changes)) as session,
        pytest.raises(LaunchError) as error,
    ):
        session.capture(token)

    assert (error.value.code, session.registration.courses) == (code, ())


def test_a_launch_signed_by_another_platform_is_refused(tool_at, browser, monkeypatch):
    """The key set is all that tells two platforms apart, if everything else of one were known."""
    tool, other = tool_at("lti1p3platform"), tool_at("lti-provider-mock")
    form = tool.place.open(browser, "teacher").form
    changed_keys = another_registration(tool.registration, jwks_url=other.registration.jwks_url)
    monkeypatch.setattr(tool, "registration", changed_keys)

    assert refused(tool, browser, form) == "unknown_key"


def test_a_launch_is_refused_when_its_time_is_over(tool, browser, monkeypatch):
    clock = [time.time()]
    monkeypatch.setattr(tool, "launches", Launches(http=tool.http, now=lambda: clock[0], lifetime=1e6))
    form = tool.place.open(browser, "teacher").form
    clock[0] += 2 * 3600

    assert refused(tool, browser, form) == "expired"


# --- Deep linking --------------------------------------------------------------------------------------


def chosen(tool, browser, *items):
    """Be asked for content, answer with *items*, and return the form that carries the answer."""
    tool.chosen = items
    page = browser.submit(tool.place.open(browser, "choosing").form)
    assert page.status == 200, page.text
    return page.form


def without_blanks(value):
    """Return JSON without what platforms fill in or leave out: nulls."""
    if isinstance(value, dict):
        return {key: without_blanks(inner) for key, inner in value.items() if inner is not None}
    return value


def test_a_real_request_for_content_is_understood(advantage, browser):
    chosen(advantage, browser)

    asked = advantage.seen[-1].deep_linking
    assert set(asked.accept_types) == advantage.place.types
    assert (asked.accept_multiple, asked.auto_create) == (True, True)
    assert asked.return_url.startswith(advantage.registration.issuer)
    assert advantage.seen[-1].is_instructor


def test_a_resource_link_with_a_column_is_taken(advantage, browser):
    answer = browser.submit(chosen(advantage, browser, ITEMS["ltiResourceLink"]))

    assert answer.status == 200
    assert list(map(without_blanks, advantage.place.content_items())) == [ITEMS["ltiResourceLink"].to_json()]


def test_every_type_that_the_platform_takes_is_taken_at_once(advantage, browser):
    items = [item for kind, item in ITEMS.items() if kind in advantage.place.types]
    answer = browser.submit(chosen(advantage, browser, *items))

    assert answer.status == 200
    assert list(map(without_blanks, advantage.place.content_items())) == [item.to_json() for item in items]


def test_a_cancelled_choice_is_an_answer_without_items(advantage, browser):
    assert browser.submit(chosen(advantage, browser)).status == 200
    assert advantage.place.content_items() == []


def test_a_type_that_the_platform_does_not_take_is_never_signed(tool_at, browser):
    tool = tool_at("Open edX")
    chosen(tool, browser)

    with pytest.raises(UsageError, match="accept_types"):
        deeplinking.answer(tool.registration, tool.seen[-1].claims, [ITEMS["file"]])


def test_an_answer_signed_with_another_key_is_refused_by_the_platform(advantage, browser):
    chosen(advantage, browser)
    claims = advantage.seen[-1].claims
    stranger = another_registration(advantage.registration, private_key=SigningKey.generate())
    answered = deeplinking.answer(stranger, claims, [ITEMS["link"]])

    answer = browser.submit(Form(answered.return_url, {"JWT": answered.jwt}))

    assert 400 <= answer.status < 500
