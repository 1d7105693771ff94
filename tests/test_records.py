"""Records: from hostile JSON to typed fields, and back without loss."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest

from ltix_data import spec
from ltix_data.errors import MalformedResponseError, UsageError
from ltix_data.records import LineItem, Member, Result, Score

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEARNER = spec.CONTEXT_ROLE + "Learner"
#: Values that stand for a person; no message may hold one.
PRIVATE = "Ann-Private"

ITEM = {
    "id": "https://lms.example.edu/li/1",
    "label": "Quiz 1",
    "scoreMaximum": 60,
    "tag": "grade",
    "resourceId": "quiz-231",
    "resourceLinkId": "1234",
    "startDateTime": "2026-03-06T20:05:02.000+00:00",
    "endDateTime": "2026-04-06T22:05:03.000+00:00",
    "gradesReleased": False,
    "https://canvas.instructure.com/lti/submission_type": {"type": "external_tool", "empty": None, "n": [1, {"a": 2}]},
    "ltiLinkId": "0012",
}


# --- Members --------------------------------------------------------------------------------------


def test_a_member_is_read_whole():
    raw = {
        "user_id": "0ae836b9-7fc9",
        "roles": ["Learner", LEARNER, spec.CONTEXT_ROLE + "Mentor"],
        "status": "inactive",
        "name": "Jane Q. Public",
        "given_name": "Jane",
        "family_name": "Public",
        "middle_name": "Q.",
        "email": "jane@example.edu",
        "picture": "https://lms.example.edu/jane.jpg",
        "lis_person_sourcedid": "00123",
        "lti11_legacy_user_id": "12345",
        "ext_user_username": "jane",
        "message": [{"a": 1}, "junk"],
        "sakai_ext": {"section": 1},
    }

    assert Member.from_json(raw) == Member(
        user_id="0ae836b9-7fc9",
        roles=(LEARNER, spec.CONTEXT_ROLE + "Mentor"),
        status="Inactive",
        name="Jane Q. Public",
        given_name="Jane",
        family_name="Public",
        middle_name="Q.",
        email="jane@example.edu",
        picture="https://lms.example.edu/jane.jpg",
        sourcedid="00123",
        username="jane",
        lti11_legacy_user_id="12345",
        messages=({"a": 1},),
        extensions={"sakai_ext": {"section": 1}},
    )


def test_only_user_id_is_needed_and_absent_status_means_active():
    raw = {"user_id": "u1", "name": None, "email": "", "lis_person_sourcedid": " "}

    assert Member.from_json(raw) == Member(user_id="u1", status="Active")


@pytest.mark.parametrize(
    ("user_id", "expected"),
    [("007", "007"), (7, "7"), (1234567890123456789, "1234567890123456789"), (" u1 ", " u1 "), ("\ud800x", "\ufffdx")],
)
def test_ids_are_text_and_stay_as_they_are(user_id, expected):
    """Open edX and others send numbers; a lone surrogate fits into no file."""
    assert Member.from_json({"user_id": user_id}).user_id == expected


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("D&amp;D", "D&D"),
        ("O&#039;Neil &lt;3", "O'Neil <3"),
        ("Smith & Sons", "Smith & Sons"),
        ("A&copy B&timestamp", "A&copy B&timestamp"),
        ("&nonsense;", "&nonsense;"),
        ("Zoë 𝒳 \udc00", "Zoë 𝒳 \ufffd"),
        ("&#xD800;", "\ufffd"),
    ],
)
def test_names_lose_moodles_html_escapes_and_nothing_else(sent, name):
    assert Member.from_json({"user_id": "u", "name": sent}).name == name


@pytest.mark.parametrize(("sent", "status"), [("ACTIVE", "Active"), ("deleted", "Deleted"), ("Limbo", "Limbo")])
def test_a_status_nobody_specified_is_kept(sent, status):
    assert Member.from_json({"user_id": "u", "status": sent}).status == status


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"name": PRIVATE}, "a member whose “user_id” is missing"),
        ({"user_id": "", "name": PRIVATE}, "a member whose “user_id” is missing"),
        ({"user_id": None, "email": PRIVATE}, "a member whose “user_id” is missing"),
        ({"user_id": [PRIVATE]}, "a member whose “user_id” is not text"),
        ({"user_id": True}, "a member whose “user_id” is not text"),
        ({"user_id": 1.5}, "a member whose “user_id” is not text"),
        ({"user_id": "u", "name": {"first": PRIVATE}}, "a member whose “name” is not text"),
        ({"user_id": "u", "roles": {"0": PRIVATE}}, "a member whose “roles” is not a list of text"),
        ({"user_id": "u", "roles": [PRIVATE, 1]}, "a member whose “roles” is not a list of text"),
        (PRIVATE, "a member that is not a JSON object"),
        ([PRIVATE], "a member that is not a JSON object"),
        (None, "a member that is not a JSON object"),
    ],
)
def test_a_member_of_the_wrong_kind_is_an_error_that_names_the_field_and_no_value(raw, says):
    with pytest.raises(MalformedResponseError) as caught:
        Member.from_json(raw)

    assert (says in str(caught.value), PRIVATE in repr(caught.value)) == (True, False)


# --- Line items -----------------------------------------------------------------------------------


def test_every_field_of_a_line_item_survives_reading_and_writing():
    assert LineItem.from_json(ITEM).to_json() == ITEM


def test_what_is_null_or_blank_is_left_out():
    """Open edX sends nulls that its own PUT refuses."""
    raw = ITEM | {"tag": None, "resourceId": "", "startDateTime": None, "gradesReleased": None, "x": None}

    assert LineItem.from_json(raw).to_json() == {
        key: value for key, value in ITEM.items() if key not in ("tag", "resourceId", "startDateTime", "gradesReleased")
    }


def test_a_time_nobody_can_read_goes_back_as_it_came():
    raw = ITEM | {"startDateTime": "31.12.2026 24:00"}
    item = LineItem.from_json(raw)

    assert (item.starts_at, item.to_json()) == (None, raw)


@pytest.mark.parametrize(
    ("sent", "when"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T13:00:00+01:00", NOON),
        ("2026-03-01T12:00:00", NOON),
        ("2026-03-01T12:00:00.000000001Z", NOON),
        ("20260301T120000Z", NOON),
        ("2026-02-30T12:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1772366400, None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_time_is_utc_or_missing(sent, when):
    assert LineItem.from_json(ITEM | {"startDateTime": sent}).starts_at == when


def test_a_time_without_a_zone_is_local():
    item = LineItem("Quiz", 1, starts_at=datetime(2026, 3, 1, 12), ends_at=NOON)

    assert item.starts_at == datetime(2026, 3, 1, 12).astimezone(UTC)


@pytest.mark.parametrize(
    ("out_of", "wire"),
    [(60.0, "60"), (0.5, "0.5"), (np.float32(2.5), "2.5"), (np.int64(3), "3"), (2.0**60, "1.152921504606847e+18")],
)
def test_a_whole_maximum_is_an_integer_on_the_wire(out_of, wire):
    """Open edX takes nothing else."""
    assert json.dumps(LineItem("Quiz", out_of).to_json()["scoreMaximum"]) == wire


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": None}, "“id” is missing"),
        ({"scoreMaximum": None}, "“scoreMaximum” is missing"),
        ({"scoreMaximum": " "}, "“scoreMaximum” is missing"),
        ({"scoreMaximum": "many"}, "“scoreMaximum” is not a number"),
        ({"scoreMaximum": True}, "“scoreMaximum” is not a number"),
        ({"scoreMaximum": 10**400}, "“scoreMaximum” is not a number"),
        ({"scoreMaximum": 1e999}, "“scoreMaximum” is not a finite number"),
        ({"label": [PRIVATE]}, "“label” is not text"),
    ],
)
def test_a_line_item_without_what_it_must_have_is_an_error(change, says):
    with pytest.raises(MalformedResponseError, match=f"a line item whose {says}"):
        LineItem.from_json(ITEM | change)


# --- Results --------------------------------------------------------------------------------------


def test_a_result_is_read_whole():
    raw = {
        "id": "https://lms.example.edu/li/1/results/5",
        "scoreOf": "https://lms.example.edu/li/1",
        "userId": "5323497",
        "resultScore": 0.83,
        "resultMaximum": 2,
        "scoringUserId": 17,
        "comment": "This is exceptional work.",
        "timestamp": "2026-03-01T12:00:00Z",
        "https://x.example/late": True,
    }

    assert Result.from_json(raw) == Result(
        user_id="5323497",
        score=0.83,
        out_of=2.0,
        comment="This is exceptional work.",
        item_id="https://lms.example.edu/li/1",
        result_id="https://lms.example.edu/li/1/results/5",
        scoring_user_id="17",
        scored_at=NOON,
        extensions={"https://x.example/late": True},
    )


@pytest.mark.parametrize(
    ("fields", "score", "out_of", "percent"),
    [
        ({"resultScore": 0.5}, 0.5, 1.0, 50.0),
        ({"resultScore": 0, "resultMaximum": 10}, 0.0, 10.0, 0.0),
        ({"resultScore": "7.5", "resultMaximum": "10"}, 7.5, 10.0, 75.0),
        ({"resultScore": 12, "resultMaximum": 10}, 12.0, 10.0, 120.0),
        ({"resultScore": 3, "resultMaximum": 0}, 3.0, 0.0, None),
        ({"resultScore": 3, "resultMaximum": -2}, 3.0, -2.0, None),
        ({"resultScore": None, "resultMaximum": None}, None, None, None),
        ({"resultScore": ""}, None, None, None),
        ({}, None, None, None),
    ],
)
def test_no_grade_is_not_zero_and_the_maximum_is_1_by_default(fields, score, out_of, percent):
    """Moodle sends only id and userId where a grade was cleared. [AGS §3.3.4.6]"""
    result = Result.from_json({"userId": "u1", **fields})

    assert (result.score, result.out_of, result.percent) == (score, out_of, percent)


# --- Scores ---------------------------------------------------------------------------------------


def test_a_score_is_compact_json_in_the_wires_words():
    score = Score(
        "007",
        NOON,
        score=8.0,
        out_of=10,
        comment="Très bien \U0001f600",
        scoring_user_id="t1",
        started_at=NOON - timedelta(hours=1),
        submitted_at=datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1))),
        extensions={spec.CANVAS_SUBMISSION: {"new_submission": False}},
    )

    assert score.to_bytes().decode() == (
        '{"userId":"007","scoreGiven":8,"scoreMaximum":10,"comment":"Très bien \U0001f600",'
        '"activityProgress":"Completed","gradingProgress":"FullyGraded","timestamp":"2026-03-01T12:00:00.000+00:00",'
        '"scoringUserId":"t1","submission":{"startedAt":"2026-03-01T11:00:00.000+00:00",'
        '"submittedAt":"2026-03-01T12:00:00.000+00:00"},'
        '"https://canvas.instructure.com/lti/submission":{"new_submission":false}}'
    )


def test_a_score_without_points_clears_the_grade_and_sends_no_null():
    assert Score("u1", NOON, grading="NotReady", activity="Initialized").to_json() == {
        "userId": "u1",
        "activityProgress": "Initialized",
        "gradingProgress": "NotReady",
        "timestamp": "2026-03-01T12:00:00.000+00:00",
    }


@pytest.mark.parametrize("comment", ["broken \ud83d emoji", "\udfff"])
def test_half_an_emoji_in_a_comment_does_not_stop_the_upload(comment):
    score = Score("u1", NOON, score=1, out_of=1, comment=comment)

    assert json.loads(score.to_bytes())["comment"] == comment.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    )


@pytest.mark.parametrize(("points", "wire"), [(np.float32(0.5), 0.5), (np.float64(7.0), 7), (np.int8(3), 3), (-0.0, 0)])
def test_numpys_numbers_are_numbers(points, wire):
    assert json.loads(Score("u1", NOON, score=points, out_of=np.int64(10)).to_bytes())["scoreGiven"] == wire


def test_more_than_the_maximum_is_legal():
    """[AGS §3.4.4]"""
    assert Score("u1", NOON, score=11, out_of=10).to_json()["scoreGiven"] == 11


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": -1},
        {"score": float("nan")},
        {"score": float("inf")},
        {"score": True},
        {"score": "8"},
        {"score": Decimal(8)},
        {"score": 10**400},
        {"score": np.bool_(True)},
        {"out_of": None},
        {"out_of": 0},
        {"out_of": True},
        {"out_of": "10"},
        {"out_of": float("nan")},
        {"user_id": " "},
        {"user_id": ""},
        {"user_id": None},
        {"user_id": 7},
        {"activity": "completed"},
        {"grading": "Done"},
        {"timestamp": datetime(2026, 3, 1)},
        {"started_at": NOON, "submitted_at": NOON - timedelta(seconds=1)},
    ],
)
def test_what_no_platform_should_get_is_refused_before_it_is_sent(wrong):
    with pytest.raises(UsageError):
        Score(**{"user_id": "u1", "timestamp": NOON, "score": 8, "out_of": 10, **wrong})
