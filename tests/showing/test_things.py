"""Sessions, courses, registrations and tokens: each answers the next question, asks nothing, and tells no secret."""

from __future__ import annotations

import json
import re

import pytest
from IPython.lib.pretty import pretty

import ltix_data as ltix
from ltix_data import registration, spec
from ltix_data.courses import KnownCourse
from ltix_data.tokens import TokenStatus

from .reading import Page

TITLE = "<img src=x onerror=alert(1)> & \u202e Biology {{ 7*7 }}"
URL = "https://practice.example/courses/X"
ALL_BUT_SCORES = tuple(scope for scope in spec.ALL_SCOPES if scope != spec.SCOPE_SCORE)


def shown(thing) -> Page:
    return Page(thing._repr_html_())


def course_of(practice, **fields) -> ltix.Course:
    practice.registration.remember(KnownCourse(**{"name": "X", **fields}))
    return practice.session.course("X")


# --- Sessions ------------------------------------------------------------------------------------------


def test_a_session_shows_where_it_leads_and_asks_nothing(practice):
    page = shown(practice.session)

    assert "practice.example" in page.text
    assert practice.tool.client_id in page.text
    assert "Token none yet: the first request asks for one" in page.text
    assert practice.requests == []


def test_a_session_tells_its_rights_in_words_and_how_long_its_token_lives(practice):
    practice.course.roster()

    page = shown(practice.session)

    assert "valid for 60 more min" in page.text
    assert "It may read rosters, read and change its own gradebook columns, read grades, send grades" in page.text
    assert "https://purl.imsglobal.org" not in page.text


def test_a_session_tells_what_the_platform_did_not_grant(make_practice):
    practice = make_practice(granted_scopes=ALL_BUT_SCORES)
    practice.course.roster()

    assert "The platform did not grant: send grades." in shown(practice.session).text


def test_a_session_lists_its_courses_with_what_each_offers(practice):
    course_of(practice, title="One column", lineitem_url=f"{URL}/lineitems/1")

    rows = shown(practice.session).tables["4 courses known"]

    assert rows[0] == ["course", "title", "offers"]
    assert ["SEM12", "Seminar: Reading Learning Data", "roster, grades"] in rows
    assert ["X", "One column", "grades (one column)"] in rows


def test_a_session_of_many_courses_stays_short(practice):
    practice.registration.remember(*(KnownCourse(name=f"C{n}", memberships_url=f"{URL}/{n}") for n in range(500)))

    page = shown(practice.session)

    assert len(page.tables["503 courses known"]) == 13
    assert "491 more rows are not shown. session.courses() has them all." in page.text


def test_a_session_says_what_to_type_next_in_python_that_runs(practice):
    codes = shown(practice.session).codes

    assert codes[0] == 'course = session.course("SEM12")'
    assert eval(codes[0].partition(" = ")[2], {"session": practice.session}).name == "SEM12"


def test_a_session_without_a_course_says_how_to_get_one(signing_key):
    made = ltix.Registration(
        name="uni", issuer="https://m.example", client_id="1", token_url="https://m.example/t", private_key=signing_key
    )

    page = shown(ltix.connect(made))

    assert "No course is known yet" in page.text
    assert page.codes[0] == 'ltix.receive("uni")'


def test_a_session_with_pseudonyms_says_so(practice):
    from ltix_data.session import views

    html = views.html(practice.registration, TokenStatus((), (), 0.0), pseudonyms=True)

    assert "under pseudonyms: no name, no e-mail address" in Page(html).text
    assert "pseudonyms" not in shown(practice.session).text


# --- Courses -------------------------------------------------------------------------------------------


def test_a_course_shows_what_it_offers_and_asks_nothing(practice):
    page = shown(practice.course)

    assert page.tables["What this course offers"][1:] == [
        ["Roster (Names and Roles)", "yes"],
        ["Gradebook columns of this tool", "yes"],
        ["New columns", "yes"],
        ["Reading grades", "yes"],
        ["Sending grades", "yes"],
    ]
    assert practice.requests == []


@pytest.mark.parametrize(
    ("fields", "states", "next_ones"),
    [
        ({"memberships_url": URL}, ["yes", "not offered", "not offered", "not offered", "not offered"], ["roster"]),
        (
            {"lineitem_url": URL},
            ["not offered", "yes, one column", "not offered", "yes", "yes"],
            ["line_items", "results", "plan_grades", "upload"],
        ),
        (
            {"lineitems_url": URL, "scopes": (spec.SCOPE_RESULT_READONLY,)},
            ["not offered", "not offered", "not offered", "yes", "not offered"],
            ["line_items", "results"],
        ),
    ],
)
def test_a_course_names_only_what_can_be_done_in_it(practice, fields, states, next_ones):
    page = shown(course_of(practice, **fields))

    assert [state for _, state in page.tables["What this course offers"][1:]] == states
    assert [re.search(r"(\w+)\(", code)[1] for code in page.codes] == next_ones
    assert "the platform's administrator can enable" in page.text


def test_a_course_tells_what_was_offered_and_not_granted(make_practice):
    practice = make_practice(granted_scopes=ALL_BUT_SCORES)
    practice.course.roster()

    rows = shown(practice.course).tables["What this course offers"]

    assert ["Sending grades", "not granted"] in rows
    assert ["Reading grades", "yes"] in rows


def test_a_service_of_the_platforms_own_is_named(practice):
    claim = "https://lms.example/claim/attendance"

    page = shown(course_of(practice, services={claim: {"url": URL}}))

    assert [claim, "yes"] in page.tables["What this course offers"]
    assert page.codes == ["course.service(…)"]


def test_what_a_course_says_next_is_there(practice):
    for code in shown(practice.course).codes:
        thing = practice.course
        for name in re.findall(r"(?:course)?\.(\w+)", code.partition("(")[0]):
            thing = getattr(thing, name)
        assert callable(thing)


def test_a_hostile_title_is_text_and_turns_nothing_round(practice):
    course = course_of(practice, title=TITLE, label="</dd><script>x</script>", memberships_url=URL)

    for thing in (course, practice.session):
        page = shown(thing)
        assert {"img", "script"}.isdisjoint(page.tags)
        assert "<img src=x onerror=alert(1)>" in page.text
        assert "\u202e" not in page.text + repr(course)


def test_a_course_in_a_terminal_says_what_to_type_next(practice):
    lines = pretty(practice.course).splitlines()

    assert lines[0] == "<Course SEM12, Seminar: Reading Learning Data: roster and grades>"
    assert lines[1].split() == ["course.roster()", "who", "is", "in", "it"]


def test_courses_in_a_list_take_one_line_each(practice):
    assert pretty([practice.course]) == f"[{practice.course!r}]"


# --- Registrations -------------------------------------------------------------------------------------


@pytest.fixture
def stored(tmp_path, monkeypatch, signing_key):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", signing_key.private_pem())
    facts = {"client_id": "t-1", "platform": "moodle", "host": "moodle.uni.example"}
    return ltix.register("uni", **facts, private_key=signing_key, store="none")


def test_a_registration_shows_what_to_paste_and_where_its_key_is(stored):
    page = shown(stored)

    assert "not kept here: it is read from LTIX_KEY_FILE or LTIX_DATA_KEY_UNI each time" in page.text
    assert page.tables["Public keys"][1:] == [[stored.kid, "signs now"]]
    assert json.dumps(stored.public_jwk) in page.text
    assert " ".join(stored.public_pem.split()) in page.text


def test_a_registration_opens_what_its_platform_takes(stored):
    assert "<details open><summary>Public key as PEM" in stored._repr_html_()
    assert "<details><summary>Public key as JWK" in stored._repr_html_()


def test_a_registration_shows_every_key_that_is_published(stored):
    from ltix_data.keys import SigningKey

    stored.rotate_key(private_key=SigningKey.generate(), activate=False)

    uses = [use for _, use in shown(stored).tables["Public keys"][1:]]
    assert uses == ["signs now", "published beside it, until registration.retire_key(…)"]


def test_nothing_that_shows_a_registration_holds_a_private_number(stored, signing_key):
    private = {value for key, value in json.loads(signing_key.compact()).items() if key not in ("n", "e", "kid")}
    told = stored._repr_html_() + pretty(stored) + repr(stored)

    assert [part for part in re.findall(r"[\w-]{20,}", " ".join(map(str, private))) if part in told] == []
    assert "PRIVATE" not in told


def test_showing_a_registration_reads_no_private_key(monkeypatch, stored):
    monkeypatch.delenv("LTIX_DATA_KEY_UNI")

    assert "signs now" in shown(registration.load("uni")).text


def test_a_registration_without_a_known_key_says_how_to_see_it():
    made = ltix.Registration(name="uni", issuer="i", client_id="1", token_url="https://m.example/t")

    page = shown(made)

    assert "No public key is published yet" in page.text
    assert "Public keys" not in page.tables


def test_a_registration_that_was_forgotten_meanwhile_still_shows_itself(stored):
    ltix.forget("uni")

    assert stored.kid in shown(stored).text


def test_a_hostile_registration_is_text(signing_key):
    made = ltix.Registration(
        name="uni",
        issuer="<script>i</script>",
        client_id="<b>1</b>",
        token_url="https://m.example/t",
        platform="<img src=x>",
        private_key=signing_key,
    )

    page = shown(made)

    assert {"script", "img"}.isdisjoint(page.tags)
    assert [text for text in ("<script>i</script>", "<b>1</b>", "<img src=x>") if text not in page.text] == []


def test_a_registration_in_a_terminal_says_what_to_type_next(stored):
    lines = pretty(stored).splitlines()

    assert lines[0] == repr(stored)
    assert lines[1].strip().startswith('session = ltix.connect("uni")')


# --- Tokens --------------------------------------------------------------------------------------------


def test_the_state_of_a_token_is_told_in_words_and_not_the_token(practice):
    status = practice.session.token()

    page = shown(status)

    assert page.text.startswith("Token valid for 60 more min; it renews itself It may read rosters,")
    assert not any(token in page.text for token in practice.platform.access_tokens)


def test_the_state_of_no_token_is_told_too():
    assert shown(TokenStatus((), (), 0.0)).text == "Token none yet: the first request asks for one"


# --- What is in none of them ---------------------------------------------------------------------------


def test_no_person_shows_in_a_session_or_course(practice):
    practice.course.roster()
    practice.course.gradebook()
    people = [member.person for member in practice.platform.courses["SEM12"].members.values()]
    private = {text for one in people for text in (one.user_id, one.name, one.email, one.sourcedid) if text}

    told = "".join(f"{thing!r}{thing._repr_html_()}{pretty(thing)}" for thing in (practice.session, practice.course))

    assert [text for text in private if text in told] == []
