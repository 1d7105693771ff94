"""A platform on which all is well: nothing is wrong, nothing is written, nobody is named."""

from __future__ import annotations

import pytest

import ltix_data as ltix
from ltix_data import doctor
from ltix_data.errors import UnknownNameError

from .conftest import rows, verdicts

CHECKS = {
    "registration", "addresses", "key", "published keys", "network", "clock", "token", "scope", "courses",
    "roster", "names", "line items", "results", "scores", "own column", "platform keys", "launch address",
}  # fmt: skip


def test_nothing_is_wrong_where_all_is_well(patient):
    found = patient.examine()

    assert verdicts(found) == dict.fromkeys(CHECKS, "ok")
    assert (found.ok, found.verdict) == (True, "ok")


@pytest.mark.parametrize("like", ["canvas", "moodle", "blackboard", "sakai", "openedx"])
def test_nothing_is_wrong_with_any_platform_as_it_is(make_patient, like):
    found = make_patient(like=like).examine()

    assert {check: verdict for check, verdict in verdicts(found).items() if verdict != "ok"} == {}


def test_brightspaces_own_audience_is_well(make_patient):
    """Its addresses here are the practice platform's, and that is told."""
    patient = make_patient(like="brightspace")
    patient.facts |= {"platform": "Brightspace", "audience": "https://api.brightspace.com/auth/token"}

    found = patient.examine()

    assert {subject for check, subject in rows(found) if check == "addresses"} == {"token_url", "auth_url", "jwks_url"}
    assert verdicts(found)["token"] == "ok"


def test_only_the_token_endpoint_is_posted_to(patient):
    patient.examine(courses=None)

    assert {request for request in patient.requests if request[0] != "GET"} == {("POST", "/token")}
    assert not any(path.endswith("/scores") for _, path in patient.requests)


def test_no_person_grade_or_secret_is_told(patient):
    found = patient.examine(courses=None)

    told = f"{found!r}{found._repr_html_()}{found.findings.to_csv()}"
    people = [member.person for course in patient.platform.courses.values() for member in course.members.values()]
    assert people
    words = {word for one in people for word in (one.name, one.email, one.username, one.user_id) if word}
    assert [word for word in words if word in told] == []
    assert not any(token in told for token in patient.platform.access_tokens)


def test_every_known_course_is_examined_unless_some_are_named(patient):
    everywhere = {subject for check, subject in rows(patient.examine(courses=None)) if check == "roster"}
    one = {subject for check, subject in rows(patient.examine(courses=["BIO101"])) if check == "roster"}

    assert everywhere == {course.name for course in patient.courses}
    assert one == {"BIO101"}


def test_an_unknown_course_or_registration_is_an_error_and_no_finding(patient):
    with pytest.raises(UnknownNameError):
        patient.examine(courses=["BIO999"])
    with pytest.raises(UnknownNameError):
        doctor.examine("nobody")


def test_the_frame_has_its_columns_also_where_nothing_was_found():
    frame = doctor.Examination("uni", []).findings

    assert list(frame.columns) == ["check", "subject", "verdict", "message", "who", "hint"]
    assert list(frame["verdict"].cat.categories) == ["problem", "warning", "ok", "skipped"]


def test_a_stored_registration_is_examined_by_its_name(patient, monkeypatch):
    facts = {key: value for key, value in patient.facts.items() if key not in ("name", "private_key")}
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", patient.key.private_pem())
    ltix.register("uni", **facts, store="none")

    found = doctor.examine("uni", http=ltix.connect("uni")._client.http)

    assert rows(found)["key", "uni"].message.startswith("RSA, 2048 bits, from LTIX_DATA_KEY_UNI")
