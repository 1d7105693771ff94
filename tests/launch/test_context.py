"""A launch as a Python user reads it."""

from __future__ import annotations

import dataclasses

import pytest
from scripted import HOST

import ltix_data as ltix
from ltix_data import spec
from ltix_data.errors import LaunchError, UsageError

from .lms import ROLE, TOOL

FULL = {
    "name": "Ann Smith",
    "given_name": "Ann",
    "family_name": "Smith",
    "email": "ann@example.edu",
    "picture": "https://lms.example.edu/ann.png",
    "locale": "en-GB",
    spec.CLAIM_CONTEXT: {"id": "ctx", "label": "BIO101", "title": "Biology", "type": ["urn:x#CourseSection"]},
    spec.CLAIM_RESOURCE_LINK: {"id": "link-1", "title": "Week 1", "description": "Cells"},
    spec.CLAIM_TOOL_PLATFORM: {
        "guid": "g-1",
        "name": "Example University",
        "version": "4.5",
        "product_family_code": "moodle",
        "description": "LMS",
        "contact_email": "help@example.edu",
        "url": "https://lms.example.edu",
    },
    spec.CLAIM_LAUNCH_PRESENTATION: {
        "document_target": "iframe",
        "return_url": "https://lms.example.edu/back?token=t",
        "locale": "en",
        "width": 640,
        "height": "480",
    },
    spec.CLAIM_LIS: {
        "person_sourcedid": "p-1",
        "course_offering_sourcedid": "o-1",
        "course_section_sourcedid": "s-1",
    },
    spec.CLAIM_CUSTOM: {"quiz": "7", "empty": "", "canvas_user_id": 42, "flag": True, "none": None, "list": []},
}
SERVICE = "https://lms.example.edu/claim/attendance"


def test_everything_a_launch_says_has_a_name(lms):
    found = lms.launch(FULL)

    assert (found.user_id, found.deployment_id, found.target_link_uri) == ("u1", "d1", TOOL)
    assert (found.name, found.given_name, found.family_name) == ("Ann Smith", "Ann", "Smith")
    assert (found.email, found.picture, found.locale) == ("ann@example.edu", "https://lms.example.edu/ann.png", "en-GB")
    assert dataclasses.asdict(found.context) == {
        "id": "ctx",
        "label": "BIO101",
        "title": "Biology",
        "types": ("urn:x#CourseSection",),
    }
    assert dataclasses.asdict(found.resource_link) == {"id": "link-1", "title": "Week 1", "description": "Cells"}
    assert dataclasses.asdict(found.platform) == FULL[spec.CLAIM_TOOL_PLATFORM]
    assert dataclasses.asdict(found.presentation) == {
        "target": "iframe",
        "return_url": "https://lms.example.edu/back?token=t",
        "locale": "en",
        "width": 640,
        "height": 480,
    }
    assert dataclasses.asdict(found.lis) == FULL[spec.CLAIM_LIS]


def test_what_a_launch_does_not_say_is_none(lms):
    found = lms.launch()

    assert (found.name, found.email, found.locale, found.deep_linking) == (None, None, None, None)
    assert set(dataclasses.asdict(found.platform).values()) == {None}
    assert set(dataclasses.asdict(found.presentation).values()) == {None}
    assert set(dataclasses.asdict(found.lis).values()) == {None}
    assert (found.custom, found.mentor_scope, found.parsed) == ({}, (), {})


def test_custom_parameters_are_texts(lms):
    """Some platforms write numbers; an empty text is a value, null is none."""
    assert lms.launch(FULL).custom == {"quiz": "7", "empty": "", "canvas_user_id": "42", "flag": "true"}


OPTIONAL = (
    spec.CLAIM_CONTEXT,
    spec.CLAIM_TOOL_PLATFORM,
    spec.CLAIM_LAUNCH_PRESENTATION,
    spec.CLAIM_LIS,
    spec.CLAIM_CUSTOM,
    spec.CLAIM_ROLE_SCOPE_MENTOR,
    spec.CLAIM_GRADES,
    spec.CLAIM_MEMBERSHIPS,
    "name",
    "given_name",
    "email",
)


@pytest.mark.parametrize("claim", OPTIONAL)
@pytest.mark.parametrize("value", [None, 7, 1.5, True, [], ["x"], " "], ids=str)
def test_an_optional_claim_of_the_wrong_kind_is_none(lms, claim, value):
    assert lms.launch({claim: value}).user_id == "u1"


@pytest.mark.parametrize("claim", [*OPTIONAL[1:5], spec.CLAIM_CONTEXT])
@pytest.mark.parametrize("value", [None, 7, [], {}, True], ids=str)
def test_a_field_of_the_wrong_kind_is_none(lms, claim, value):
    fields = {key: value for key in FULL[claim] if key != "id"} | {k: v for k, v in FULL[claim].items() if k == "id"}

    found = lms.launch({claim: fields})

    assert found.context.id == "ctx"
    assert found.presentation.width in (None, 7)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "//evil.example", "https://a@b.example/"])
def test_nobody_is_sent_to_what_is_no_plain_address(lms, url):
    found = lms.launch({spec.CLAIM_LAUNCH_PRESENTATION: {"return_url": url}, spec.CLAIM_TOOL_PLATFORM: {"url": url}})

    assert (found.presentation.return_url, found.platform.url) == (None, None)


def test_lone_surrogates_are_mended(lms):
    found = lms.launch({"name": "A\ud800", spec.CLAIM_CUSTOM: {"x": "\udc00"}, spec.CLAIM_ROLES: ["\ud800"]})

    assert (found.name, found.custom["x"], found.roles) == ("A\ufffd", "\ufffd", ("\ufffd",))


def test_a_launch_cannot_be_changed(lms):
    with pytest.raises(dataclasses.FrozenInstanceError):
        lms.launch().user_id = "u2"


# --- Roles ----------------------------------------------------------------------------------------

PREDICATES = (
    "is_instructor",
    "is_teaching_assistant",
    "is_learner",
    "is_content_developer",
    "is_administrator",
    "is_mentor",
    "is_test_user",
)
SUB = spec.CONTEXT_SUB_ROLE


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([], set()),
        ([ROLE + "Instructor"], {"is_instructor"}),
        (["Instructor"], {"is_instructor"}),
        (["instructor"], {"is_instructor"}),
        ([ROLE + "Learner"], {"is_learner"}),
        ([SUB + "Learner#NonCreditLearner"], {"is_learner"}),
        ([ROLE + "Instructor", SUB + "Instructor#TeachingAssistant"], {"is_teaching_assistant"}),
        ([SUB + "Instructor#Grader"], {"is_teaching_assistant"}),
        ([SUB + "Instructor#GuestInstructor"], {"is_instructor"}),
        ([SUB + "Learner#Instructor"], {"is_learner"}),
        ([ROLE + "ContentDeveloper"], {"is_content_developer"}),
        ([ROLE + "Administrator", ROLE + "Instructor"], {"is_administrator", "is_instructor"}),
        ([ROLE + "Mentor"], {"is_mentor"}),
        ([ROLE + "Learner", spec.TEST_USER], {"is_learner", "is_test_user"}),
        ([spec.INSTITUTION_ROLE + "Instructor", spec.INSTITUTION_ROLE + "Administrator"], set()),
        ([spec.SYSTEM_ROLE + "Administrator"], set()),
        ([ROLE + "Instructors", ROLE, "Lehrer", "http://x#Instructor"], set()),
        ([7, None, ["Instructor"], {"Instructor": 1}], set()),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_roles_are_plain_questions(lms, roles, expected):
    """An institution's administrator or instructor has no role in the course by that."""
    found = lms.launch({spec.CLAIM_ROLES: roles})

    assert {name for name in PREDICATES if getattr(found, name)} == expected


@pytest.mark.parametrize(
    ("role", "has"),
    [
        ("Instructor", True),
        ("instructor", True),
        ("Instructor#Grader", True),
        (SUB + "Instructor#Grader", True),
        ("Instructor#Lecturer", False),
        ("Learner", False),
        (spec.INSTITUTION_ROLE + "Staff", True),
        (spec.INSTITUTION_ROLE + "Student", False),
    ],
)
def test_any_role_can_be_asked_for(lms, role, has):
    found = lms.launch({spec.CLAIM_ROLES: [SUB + "Instructor#Grader", spec.INSTITUTION_ROLE + "Staff"]})

    assert found.has_role(role) is has


def test_a_role_that_does_not_exist_cannot_be_asked_for(lms):
    with pytest.raises(UsageError, match="not one LTI knows"):
        lms.launch().has_role("Teacher")


def test_a_mentor_has_a_scope(lms):
    found = lms.launch({spec.CLAIM_ROLES: [ROLE + "Mentor"], spec.CLAIM_ROLE_SCOPE_MENTOR: ["u7", 8, "u9"]})

    assert found.mentor_scope == ("u7", "u9")


def test_nobody_else_has(lms):
    """The specification forbids the list to others: who is no mentor sees nobody's data by it."""
    found = lms.launch({spec.CLAIM_ROLES: [ROLE + "Learner"], spec.CLAIM_ROLE_SCOPE_MENTOR: ["u7"]})

    assert found.mentor_scope == ()


# --- The course -----------------------------------------------------------------------------------


def test_a_launch_names_the_course_with_all_its_services(lms):
    found = lms.launch({SERVICE: {"attendance_url": f"{HOST}/attendance"}})

    expected = {
        "name": "BIO101",
        "context_id": "ctx",
        "label": "BIO101",
        "title": "Biology",
        "resource_link_id": "link-1",
        "memberships_url": f"{HOST}/m",
        "lineitems_url": f"{HOST}/items",
        "scopes": [spec.SCOPE_SCORE],
        "services": {SERVICE: {"attendance_url": f"{HOST}/attendance"}},
    }
    assert {key: found.course.to_json().get(key) for key in expected} == expected


@pytest.mark.parametrize(
    "changes",
    [
        {spec.CLAIM_CONTEXT: ...},
        {spec.CLAIM_GRADES: ..., spec.CLAIM_MEMBERSHIPS: ...},
        {spec.CLAIM_GRADES: {"lineitems": "https://[bad"}},
    ],
    ids=["no context", "no services", "no address"],
)
def test_a_launch_without_a_usable_course_is_still_one(lms, changes):
    found = lms.launch(changes)

    assert (found.user_id, found.course) == ("u1", None)


def test_a_launch_opens_a_session_with_its_platform(lms):
    found = lms.launch()

    with found.session() as session:
        assert isinstance(session, ltix.Session)
        assert session.registration == found.registration


# --- What is shown --------------------------------------------------------------------------------


def test_a_launch_shows_course_and_role_and_no_person(lms):
    assert repr(lms.launch(FULL)) == "<Launch in “BIO101” as Instructor>"


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({spec.CLAIM_CONTEXT: ..., spec.CLAIM_ROLES: []}, "<Launch as nobody in particular>"),
        ({spec.CLAIM_CONTEXT: {"id": "c", "title": "A\n B"}}, "<Launch in “A B” as Instructor>"),
        ({spec.CLAIM_CONTEXT: {"id": "c", "label": "x" * 99}}, f"<Launch in “{'x' * 60}” as Instructor>"),
    ],
    ids=["neither", "title", "long"],
)
def test_a_launch_shows_what_it_has_in_one_line(lms, changes, shown):
    assert repr(lms.launch(changes)) == shown


def test_the_parts_show_no_person_and_no_secret(lms):
    found = lms.launch(FULL)
    shown = f"{found!r} {found.context} {found.platform} {found.presentation} {found.lis} {found.resource_link}"

    assert not [secret for secret in ("Ann", "Smith", "@example", "p-1", "token", "u1") if secret in shown]


# --- Custom claims --------------------------------------------------------------------------------


def test_a_claim_of_ones_own_is_parsed(make_lms):
    lms = make_lms(tool={"parsers": {SERVICE: lambda claim: claim["session_id"].upper()}})

    assert lms.launch({SERVICE: {"session_id": "abc"}}).parsed == {SERVICE: "ABC"}


def test_a_claim_that_is_absent_is_not_parsed(make_lms):
    lms = make_lms(tool={"parsers": {SERVICE: lambda claim: claim["session_id"]}})

    assert lms.launch().parsed == {}


def test_a_claim_that_cannot_be_parsed_refuses_the_launch_without_its_value(make_lms):
    lms = make_lms(tool={"parsers": {SERVICE: lambda claim: int(claim["session_id"])}})

    with pytest.raises(LaunchError) as caught:
        lms.launch({SERVICE: {"session_id": "Ann Smith"}})

    error = caught.value
    assert (error.code, error.spec) == ("claim_parser_failed", "Core §5.4.7")
    assert f"{SERVICE} could not be read: its parser raised ValueError" in str(error)
    assert "Ann" not in str(error)
    assert (error.__cause__, error.__context__) == (None, None)


def test_a_claim_is_not_parsed_before_the_launch_is_trusted(make_lms, other_key):
    """The attacker's value must not reach the parser."""
    seen = []
    lms = make_lms(tool={"parsers": {SERVICE: seen.append}})
    login = lms.begin()

    with pytest.raises(LaunchError):
        lms.finish(login, lms.sign(lms.claims(login, {SERVICE: 1}), key=other_key, kid=lms.key.kid))

    assert seen == []
