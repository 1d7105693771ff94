"""What DESIGN §2 promises, asked of an LMS that was written by somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from keyring_backends import MemoryKeyring, installed
from pandas.testing import assert_frame_equal, assert_series_equal

import ltix_data as ltix

from .conftest import KID, pem, public_jwks
from .lms import ALL_SCOPES, ATTENDANCE, ATTENDANCE_CLAIM, LINEITEM_READ, MEMBERS, RESULT, SCORE, Lms
from .people import ASSISTANT, DIFFICULT, INSTRUCTOR, LEARNER

TEXT = pd.Series(["x"]).dtype
ROSTER_TEXT = ["user_id", "name", "given_name", "family_name", "email", "sourcedid", "username"]
ITEM_TEXT = ["item_id", "label", "tag", "resource_id", "resource_link_id"]
ZOE, MARIA = "000000000000007", "9007199254740993"


def text(frame: pd.DataFrame) -> set[str]:
    return {str(name) for name in frame.columns if frame[name].dtype == TEXT}


# -- connecting ------------------------------------------------------------------------------------------


def test_connecting_sends_nothing(lms: Lms, session: ltix.Session) -> None:
    session.add_course("small", **lms.urls("small"))

    assert lms.log == []


def test_repr_names_platform_client_scopes_and_minutes_but_no_secret(
    lms: Lms, session: ltix.Session, course: ltix.Course
) -> None:
    course.roster()
    shown = repr(session)
    (token,) = lms.tokens

    assert "strange" in shown
    assert "tool-1" in shown
    assert "contextmembership.readonly" in shown
    assert re.search(r"\b(59|60)\b.*\bmin", shown)
    assert token not in shown
    assert token not in repr(session.token()) + repr(vars(session)) + repr(course)


def test_a_session_is_a_context_manager(lms: Lms, registration: ltix.Registration) -> None:
    with ltix.connect(registration) as session:
        session.add_course("small", **lms.urls("small")).roster()

    with pytest.raises(ltix.LtixError):
        session.course("small").roster()


def test_the_package_publishes_the_public_half_only(registration: ltix.Registration) -> None:
    (ours,) = public_jwks()["keys"]
    theirs = registration.public_jwk

    assert {name: theirs[name] for name in ("kty", "n", "e", "kid")} == {
        name: ours[name] for name in ("kty", "n", "e")
    } | {"kid": KID}
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(theirs)
    assert registration.jwks() == {"keys": [theirs]}
    assert "PRIVATE" not in registration.public_pem


# -- courses ---------------------------------------------------------------------------------------------


def test_courses_have_the_same_columns_when_there_are_none(lms: Lms, session: ltix.Session) -> None:
    before = session.courses()
    session.add_course("BIO101", "ctx-007", label="BIO 101", title="Biology I", **lms.urls("small"))
    after = session.courses()

    assert len(before) == 0
    assert list(after["name"]) == ["BIO101"]
    assert list(after["context_id"]) == ["ctx-007"]
    assert_series_equal(before.dtypes, after.dtypes)


@pytest.mark.parametrize("name", ["BIO101", "BIO 101", "Biology I", "ctx-007"])
def test_a_course_is_found_by_name_label_title_and_context_id(lms: Lms, session: ltix.Session, name: str) -> None:
    session.add_course("BIO101", "ctx-007", label="BIO 101", title="Biology I", **lms.urls("small"))

    assert len(session.course(name).roster()) == 12


def test_near_misses_are_suggested(lms: Lms, session: ltix.Session) -> None:
    session.add_course("BIO101", **lms.urls("small"))

    with pytest.raises(ltix.LtixError, match="BIO101"):
        session.course("BIO1O1")


def test_a_title_that_two_courses_share_is_an_error(lms: Lms, session: ltix.Session) -> None:
    session.add_course("a", title="Same", **lms.urls("small"))
    session.add_course("b", title="Same", **lms.urls("small"))

    with pytest.raises(ltix.LtixError):
        session.course("Same")


# -- rosters ---------------------------------------------------------------------------------------------


def test_a_roster_holds_everybody_as_they_are(course: ltix.Course) -> None:
    frame = course.roster()
    people = [
        (user_id, f"{given} {family}", given, family, email, sourced, f"u{number:05d}")
        for number, (given, family, user_id, email, sourced) in enumerate(DIFFICULT)
    ]
    people = [tuple(value.replace("&amp;", "&") for value in one) for one in people]  # as Moodle escapes
    expected = pd.DataFrame(people, columns=ROSTER_TEXT)

    stripped = frame[ROSTER_TEXT].iloc[1:].reset_index(drop=True)
    for name in ("name", "given_name", "sourcedid"):  # the contract does not say whether blanks at the ends stay
        expected[name], stripped[name] = expected[name].str.strip(), stripped[name].str.strip()
    assert_frame_equal(stripped, expected)


def test_the_types_of_a_roster(course: ltix.Course) -> None:
    frame = course.roster()

    assert set(ROSTER_TEXT) <= text(frame)
    assert frame["role"].dtype == "category"
    assert frame["status"].dtype == "category"
    assert list(frame["role"]) == ["Instructor"] + ["Learner"] * 11
    assert set(frame["status"]) == {"Active"}
    assert list(frame["roles"].map(list)) == [[INSTRUCTOR]] + [[LEARNER]] * 11


@pytest.mark.parametrize("size", [1, 5, 11, 12, 13])
def test_a_roster_is_whole_whatever_the_page_size(lms: Lms, course: ltix.Course, size: int) -> None:
    lms.page_size = size

    assert list(course.roster()["user_id"]) == [one["user_id"] for one in lms.courses["small"].members]


@pytest.mark.parametrize(
    "link",
    [
        '<{url}>; rel="next"',
        "<{url}>;rel=next",
        "<{url}>; REL=Next",
        '<{url}>; rel="prev next"',
        '<{url}>; title="a, b; c"; rel="next"',
        '<{url}&x=1>; rel="prev", <{url}>; rel="next"',
        '<{url}&x=1>; rel="last"\n<{url}>; rel="next"',
        '<?{query}>; rel="next"',
        "<{url}>; rel=”next”",
    ],
)
def test_links_are_followed_however_they_are_written(lms: Lms, course: ltix.Course, link: str) -> None:
    """RFC 8288: relation types are case-insensitive lists; targets may be relative."""
    lms.page_size = 5
    lms.link_style = link.replace("”", "\u201d".encode().decode("latin-1"))

    assert len(course.roster()) == 12


def test_thousands_of_members_arrive_each_once_in_order(lms: Lms, session: ltix.Session) -> None:
    place = lms.add_course("huge", 10_000)
    frame = session.add_course("huge", **lms.urls("huge")).roster()

    assert list(frame["user_id"]) == [one["user_id"] for one in place.members]
    assert 10 <= lms.count("GET", "/people") <= 17  # a larger page, and pages ahead, where it is slow


def test_a_member_who_moves_to_the_next_page_is_listed_once(lms: Lms, course: ltix.Course) -> None:
    lms.page_size, lms.shifted_pages = 4, True

    assert list(course.roster()["user_id"]) == [one["user_id"] for one in lms.courses["small"].members]


def test_an_empty_course_has_the_same_columns_and_types(lms: Lms, session: ltix.Session, course: ltix.Course) -> None:
    lms.add_course("nobody", 0)
    empty = session.add_course("nobody", **lms.urls("nobody")).roster()

    assert len(empty) == 0
    assert_series_equal(empty.dtypes, course.roster().dtypes)


def test_withheld_names_are_missing_not_the_text_none(lms: Lms, course: ltix.Course) -> None:
    full = course.roster()
    lms.member_filter = lambda one: {"user_id": one["user_id"], "roles": one["roles"]}
    bare = course.roster()

    assert bare[ROSTER_TEXT[1:]].isna().all(axis=None)
    assert list(bare["user_id"]) == list(full["user_id"])
    assert set(bare["status"]) == {"Active"}  # NRPS §2.3: absent is Active
    assert_series_equal(bare.dtypes, full.dtypes)


def test_null_and_blank_fields_are_missing(lms: Lms, course: ltix.Course) -> None:
    lms.member_filter = lambda one: one | {"email": None, "lis_person_sourcedid": "", "status": None}
    frame = course.roster()

    assert frame["email"].isna().all()
    assert frame["sourcedid"].isna().all()
    assert set(frame["status"]) == {"Active"}


def test_a_numeric_user_id_becomes_text(lms: Lms, course: ltix.Course) -> None:
    lms.member_filter = lambda one: one | {"user_id": 9007199254740993 if one["user_id"] == MARIA else one["user_id"]}

    assert list(course.roster()["user_id"])[2] == MARIA


@pytest.mark.parametrize("role", ["Instructor", "Learner", LEARNER])
@pytest.mark.parametrize("quirk", ["", "ignore_role", "page_2_unfiltered", "short_roles"])
def test_a_role_filter_holds_whatever_the_platform_does(lms: Lms, course: ltix.Course, role: str, quirk: str) -> None:
    lms.page_size = 3
    if quirk:
        setattr(lms, quirk, True)
    frame = course.roster(role=role)

    plain = role.rpartition("#")[2]
    assert list(frame["role"]) == [plain] * (1 if plain == "Instructor" else 11)


def test_short_role_names_mean_the_same(lms: Lms, course: ltix.Course) -> None:
    long = course.roster()
    lms.short_roles = True

    assert_frame_equal(course.roster(), long)


def test_role_is_the_most_privileged_of_several(lms: Lms, course: ltix.Course) -> None:
    lms.member_filter = lambda one: one | {"roles": [LEARNER, INSTRUCTOR]}
    assert set(course.roster()["role"]) == {"Instructor"}

    lms.member_filter = lambda one: one | {"roles": [LEARNER, ASSISTANT]}
    assert set(course.roster()["role"]) == {"TeachingAssistant"}

    lms.member_filter = lambda one: (
        one | {"roles": ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"]}
    )
    assert course.roster()["role"].isna().all()


def test_status_filter_and_inactive_members(lms: Lms, course: ltix.Course) -> None:
    lms.member_filter = lambda one: one | {"status": "Inactive" if one["user_id"] == ZOE else "Active"}

    assert list(course.roster(status="Inactive")["user_id"]) == [ZOE]
    assert len(course.roster(status="Active")) == 11
    assert len(course.roster()) == 12


def test_resource_link_is_asked_for_by_rlid(lms: Lms, course: ltix.Course) -> None:
    assert len(course.roster(resource_link="small-link")) == 12
    assert lms.count("GET", "rlid=small-link") == 1

    with pytest.raises(ltix.LtixError):
        course.roster(resource_link="of another course")


def test_a_filter_that_fits_nobody_keeps_the_types(course: ltix.Course) -> None:
    empty = course.roster(role="Mentor")

    assert len(empty) == 0
    assert_series_equal(empty.dtypes, course.roster().dtypes)


# -- line items ------------------------------------------------------------------------------------------


def test_line_items_as_they_are(lms: Lms, course: ltix.Course) -> None:
    frame = course.line_items()
    place = lms.courses["small"]
    expected = pd.DataFrame(
        {
            "item_id": [lms.item_url("small", item) for item in place.items.values()],
            "label": ["Quiz 1", "Essay", "Practical"],
            "out_of": [10.0, 40.0, 100.0],
            "tag": ["grade", None, None],
            "resource_id": ["quiz-1", None, None],
            "resource_link_id": [None, None, "small-link"],
            "starts_at": pd.to_datetime([None, None, None], utc=True).as_unit("us"),
            "ends_at": pd.to_datetime([None, "2024-06-01T10:00:00Z", None], utc=True).as_unit("us"),
            "coupled": [False, False, True],
        }
    )

    assert set(ITEM_TEXT) <= text(frame)
    assert frame["coupled"].dtype == bool
    assert isinstance(frame["ends_at"].dtype, pd.DatetimeTZDtype)
    assert_frame_equal(frame[list(expected.columns)], expected, check_dtype=False)


def test_line_items_of_an_empty_course_keep_the_types(lms: Lms, session: ltix.Session, course: ltix.Course) -> None:
    lms.add_course("nobody", 0)
    empty = session.add_course("nobody", **lms.urls("nobody"))

    assert_series_equal(empty.line_items().dtypes, course.line_items().dtypes)
    assert_series_equal(empty.results().dtypes, course.results().dtypes)
    assert len(empty.line_items()) == len(empty.results()) == 0


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [
        ({"tag": "grade"}, ["Quiz 1"]),
        ({"resource_id": "quiz-1"}, ["Quiz 1"]),
        ({"resource_link": "small-link"}, ["Practical"]),
        ({"tag": "no such"}, []),
    ],
)
def test_line_items_can_be_filtered(course: ltix.Course, wanted: dict[str, str], labels: list[str]) -> None:
    assert list(course.line_items(**wanted)["label"]) == labels


@pytest.mark.parametrize("size", [1, 2, 3])
def test_line_items_in_pages_are_whole(lms: Lms, course: ltix.Course, size: int) -> None:
    lms.item_page_size = size

    assert len(course.line_items()) == 3
    assert lms.complaints == []


def test_nulls_in_line_items_are_missing(lms: Lms, course: ltix.Course) -> None:
    plain = course.line_items()
    lms.nulls_in_items = True

    assert_frame_equal(course.line_items(), plain)


# -- results ---------------------------------------------------------------------------------------------


def test_results_are_one_row_per_item_and_user(lms: Lms, course: ltix.Course) -> None:
    quiz, essay = lms.courses["small"].item("Quiz 1"), lms.courses["small"].item("Essay")
    lms.give(quiz, ZOE, 0, "nothing handed in")
    lms.give(quiz, MARIA, 7.25)
    lms.give(essay, ZOE, 40)
    frame = course.results()
    expected = pd.DataFrame(
        {
            "user_id": [ZOE, MARIA, ZOE],
            "item_id": [lms.item_url("small", one) for one in (quiz, quiz, essay)],
            "label": ["Quiz 1", "Quiz 1", "Essay"],
            "score": [0.0, 7.25, 40.0],
            "out_of": [10.0, 10.0, 40.0],
            "percent": [0.0, 72.5, 100.0],
            "comment": ["nothing handed in", None, None],
        }
    )

    assert {"user_id", "item_id", "label", "comment"} <= text(frame)
    assert_frame_equal(frame[list(expected.columns)], expected, check_dtype=False)
    assert (frame[["score", "out_of", "percent"]].dtypes == "float64").all()


def test_a_null_score_is_missing_and_zero_is_zero(lms: Lms, course: ltix.Course) -> None:
    quiz = lms.courses["small"].item("Quiz 1")
    lms.give(quiz, ZOE, None)
    lms.give(quiz, MARIA, 0)
    scores = course.results().set_index("user_id")["score"]

    assert np.isnan(scores.get(ZOE, np.nan))
    assert scores[MARIA] == 0


def test_a_missing_maximum_is_one(lms: Lms, course: ltix.Course) -> None:
    """AGS §3.3.4.6."""
    lms.give(lms.courses["small"].item("Quiz 1"), ZOE, 0.75)
    lms.no_result_maximum = True
    (row,) = course.results("Quiz 1").to_dict("records")

    assert (row["score"], row["out_of"], row["percent"]) == (0.75, 1.0, 75.0)


@pytest.mark.parametrize("how", ["label", "item_id", "row"])
def test_an_item_is_named_by_label_id_or_row(lms: Lms, course: ltix.Course, how: str) -> None:
    lms.give(lms.courses["small"].item("Essay"), ZOE, 12)
    row = course.line_items().iloc[1]
    item = {"label": "Essay", "item_id": row["item_id"], "row": row}[how]

    assert list(course.results(item)["score"]) == [12.0]


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("user", [one[2] for one in DIFFICULT])
def test_results_of_one_user_however_strange_the_id(lms: Lms, course: ltix.Course, user: str, ignored: bool) -> None:
    lms.ignore_user_filter = ignored
    quiz = lms.courses["small"].item("Quiz 1")
    for number, one in enumerate(DIFFICULT):
        lms.give(quiz, one[2], number / 2)
    frame = course.results("Quiz 1", user=user)

    assert list(frame["user_id"]) == [user]
    assert list(frame["score"]) == [[one[2] for one in DIFFICULT].index(user) / 2]


def test_results_in_pages_are_whole(lms: Lms, session: ltix.Session) -> None:
    place = lms.add_course("big", 3000)
    item = lms.add_item("big", "Exam", 50)
    for number, one in enumerate(place.members):
        lms.give(item, one["user_id"], number % 51)
    lms.result_page_size = 200
    frame = session.add_course("big", **lms.urls("big")).results()

    assert list(frame["user_id"]) == [one["user_id"] for one in place.members]
    assert list(frame["score"]) == [float(number % 51) for number in range(3000)]


# -- gradebook -------------------------------------------------------------------------------------------


def test_a_gradebook_is_one_row_per_learner(lms: Lms, course: ltix.Course) -> None:
    lms.give(lms.courses["small"].item("Quiz 1"), ZOE, 0)
    lms.give(lms.courses["small"].item("Essay"), MARIA, 33.5)
    frame = course.gradebook()

    assert frame.index.name == "user_id"
    assert list(frame.index) == [one[2] for one in DIFFICULT]
    assert list(frame.columns) == ["name", "Quiz 1", "Essay", "Practical"]
    assert frame.loc[ZOE, "Quiz 1"] == 0
    assert frame.loc[MARIA, "Essay"] == 33.5
    assert frame[["Quiz 1", "Essay", "Practical"]].isna().sum().sum() == 31
    assert (frame[["Quiz 1", "Essay", "Practical"]].dtypes == "float64").all()


def test_duplicate_labels_become_different_columns(lms: Lms, course: ltix.Course) -> None:
    again = lms.add_item("small", "Quiz 1", 5)
    lms.give(lms.courses["small"].items[1], ZOE, 9)
    lms.give(again, ZOE, 4)
    frame = course.gradebook()

    assert frame.columns.is_unique
    assert sorted(frame.loc[ZOE, [name for name in frame.columns if "Quiz 1" in name]]) == [4, 9]


@pytest.mark.parametrize("label", ["name", "user_id", "index", "0", "", " "])
def test_a_label_that_is_a_column_name_loses_nothing(lms: Lms, course: ltix.Course, label: str) -> None:
    item = lms.add_item("small", label, 5)
    lms.give(item, ZOE, 4)
    frame = course.gradebook()

    assert frame.columns.is_unique
    assert frame.loc[ZOE, "name"] == "Zoë O’Brien-D'Arcy"
    assert 4.0 in list(frame.loc[ZOE])


def test_an_empty_gradebook_keeps_its_shape(lms: Lms, session: ltix.Session) -> None:
    lms.add_course("nobody", 0)
    frame = session.add_course("nobody", **lms.urls("nobody")).gradebook()

    assert frame.shape == (0, 1)
    assert frame.index.name == "user_id"
    assert frame.index.dtype == TEXT
    assert frame["name"].dtype == TEXT


def test_null_rows_do_not_fill_a_gradebook_with_zeros(lms: Lms, course: ltix.Course) -> None:
    lms.null_rows = True
    frame = course.gradebook()

    assert frame["Quiz 1"].isna().all()
    assert list(frame.index) == [one[2] for one in DIFFICULT]


def test_grades_of_people_who_left_are_not_lost(lms: Lms, course: ltix.Course) -> None:
    lms.strangers_in_results = True

    assert "left-long-ago" in set(course.results()["user_id"])
    assert course.gradebook().loc["left-long-ago", "Quiz 1"] == 3


# -- changing line items -----------------------------------------------------------------------------------


def test_create_sends_what_was_said_and_returns_what_is_stored(lms: Lms, course: ltix.Course) -> None:
    made = course.create_line_item(
        "Übung 7",
        12.5,
        tag="week-7",
        resource_id="007",
        starts=datetime(2024, 5, 1, 8, tzinfo=timezone(timedelta(hours=2))),
        ends=pd.Timestamp("2024-05-02", tz="UTC"),
        extensions={"https://tool.example/x": {"a": None}},
    )
    stored = lms.courses["small"].item("Übung 7").fields

    assert {name: stored[name] for name in ("scoreMaximum", "tag", "resourceId")} == {
        "scoreMaximum": 12.5,
        "tag": "week-7",
        "resourceId": "007",
    }
    assert datetime.fromisoformat(stored["startDateTime"]) == datetime(2024, 5, 1, 6, tzinfo=UTC)
    assert stored["https://tool.example/x"] == {"a": None}
    assert_series_equal(made, course.line_items().iloc[-1], check_names=False)


@pytest.mark.parametrize("out_of", [20, 20.0, np.float64(20), np.int64(20)])
def test_a_whole_maximum_is_sent_as_an_integer(lms: Lms, course: ltix.Course, out_of: Any) -> None:
    """Open edX takes no 20.0."""
    lms.integer_maximum = True
    course.create_line_item("Whole", out_of, resource_id="x")

    assert lms.courses["small"].item("Whole").fields["scoreMaximum"] == 20


@pytest.mark.parametrize("nulls", [False, True])
def test_update_changes_one_thing_and_keeps_the_rest(lms: Lms, course: ltix.Course, nulls: bool) -> None:
    lms.nulls_in_items = nulls
    item = lms.courses["small"].item("Essay")
    item.fields |= {"https://other.example/ext": [1, {"deep": "x"}], "gradesReleased": True, "tag": "t"}
    before = dict(item.fields)
    course.update_line_item("Essay", label="Essay (final)")

    kept = item.fields
    assert kept.pop("label") == "Essay (final)"
    assert {name: kept[name] for name in kept if name != "endDateTime"} == {
        name: before[name] for name in before if name not in ("label", "endDateTime")
    }
    assert datetime.fromisoformat(kept["endDateTime"]) == datetime.fromisoformat(before["endDateTime"])


def test_update_of_a_coupled_item_keeps_its_link(lms: Lms, course: ltix.Course) -> None:
    row = course.update_line_item("Practical", out_of=50)

    assert lms.courses["small"].item("Practical").fields == {
        "label": "Practical",
        "scoreMaximum": 50,
        "resourceLinkId": "small-link",
    }
    assert row["out_of"] == 50


def test_update_returns_what_is_stored_not_what_is_echoed(lms: Lms, course: ltix.Course) -> None:
    """Moodle echoes the JSON it was sent."""
    lms.echo_put = True
    item = lms.courses["small"].item("Essay")
    row = course.update_line_item("Essay", tag="new")

    assert row["item_id"] == lms.item_url("small", item)
    assert row["tag"] == item.fields["tag"] == "new"


def test_delete_needs_force_for_the_platforms_own_column(lms: Lms, course: ltix.Course) -> None:
    course.delete_line_item("Essay")
    with pytest.raises(ltix.LtixError, match="force=True"):
        course.delete_line_item("Practical")
    assert [one.fields["label"] for one in lms.courses["small"].items.values()] == ["Quiz 1", "Practical"]

    course.delete_line_item("Practical", force=True)
    assert [one.fields["label"] for one in lms.courses["small"].items.values()] == ["Quiz 1"]


# -- one score -----------------------------------------------------------------------------------------------


def test_a_score_arrives_as_it_was_meant(lms: Lms, course: ltix.Course) -> None:
    course.post_score("Quiz 1", ZOE, 7.25, comment="Très bien — “ok”\n2nd line")
    item = lms.courses["small"].item("Quiz 1")
    (post,) = item.posts

    assert {name: value for name, value in post.items() if name != "timestamp"} == {
        "userId": ZOE,
        "scoreGiven": 7.25,
        "scoreMaximum": 10,
        "comment": "Très bien — “ok”\n2nd line",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    assert item.results[ZOE] == {"resultScore": 7.25, "resultMaximum": 10, "comment": "Très bien — “ok”\n2nd line"}
    assert lms.complaints == []


@pytest.mark.parametrize("score", [7, 7.0, np.float64(7), np.int64(7), np.float32(7)])
def test_scores_of_any_number_type_are_sent(lms: Lms, course: ltix.Course, score: Any) -> None:
    course.post_score("Quiz 1", ZOE, score)

    assert lms.courses["small"].item("Quiz 1").score(ZOE) == 7


@pytest.mark.parametrize("user", [one[2] for one in DIFFICULT])
def test_a_score_reaches_the_right_user(lms: Lms, course: ltix.Course, user: str) -> None:
    course.post_score("Quiz 1", user, 3)

    assert set(lms.courses["small"].item("Quiz 1").results) == {user}


def test_a_score_on_its_own_scale_is_rescaled_by_the_platform(lms: Lms, course: ltix.Course) -> None:
    course.post_score("Essay", ZOE, 50, out_of=100)

    assert lms.courses["small"].item("Essay").score(ZOE) == 20
    assert lms.courses["small"].item("Essay").posts[0]["scoreMaximum"] == 100


def test_a_partial_grade_says_so(lms: Lms, course: ltix.Course) -> None:
    course.post_score("Quiz 1", ZOE, 5, activity="InProgress", grading="Pending", scoring_user="0-teacher")
    item = lms.courses["small"].item("Quiz 1")

    assert (item.posts[0]["activityProgress"], item.posts[0]["gradingProgress"]) == ("InProgress", "Pending")
    assert item.posts[0]["scoringUserId"] == "0-teacher"
    assert item.score(ZOE) is None


def test_a_score_goes_to_a_row_of_the_roster(lms: Lms, course: ltix.Course) -> None:
    course.post_score(course.line_items().iloc[0], course.roster().iloc[2], 1)

    assert set(lms.courses["small"].item("Quiz 1").results) == {MARIA}


def test_scores_in_quick_succession_have_rising_timestamps(lms: Lms, course: ltix.Course) -> None:
    """AGS §3.4.9: strictly increasing."""
    for score in (1, 2, 3):
        course.post_score("Quiz 1", ZOE, score)

    assert lms.courses["small"].item("Quiz 1").score(ZOE) == 3


@pytest.mark.parametrize("offset", [-5000, 5000])
def test_timestamps_and_assertions_are_in_the_platforms_time(lms: Lms, course: ltix.Course, offset: float) -> None:
    """The token endpoint refuses what lies ahead of its clock or has expired by it."""
    lms.clock_offset = offset
    course.post_score("Quiz 1", ZOE, 3)
    stamp = lms.courses["small"].item("Quiz 1").stamps[ZOE]

    assert abs(stamp.timestamp() - lms.now()) < 30


def test_clearing_takes_the_grade_away(lms: Lms, course: ltix.Course) -> None:
    item = lms.courses["small"].item("Quiz 1")
    lms.give(item, ZOE, 3)
    course.post_score("Quiz 1", ZOE, None, clear=True)

    assert item.score(ZOE) is None


# -- many courses ----------------------------------------------------------------------------------------


def test_rosters_of_many_courses_in_one_frame(lms: Lms, session: ltix.Session) -> None:
    for number in range(6):
        lms.add_course(f"c{number}", 3 + number)
        session.add_course(f"c{number}", **lms.urls(f"c{number}"))
    frame = session.rosters()

    assert frame.groupby("course", observed=True).size().to_dict() == {f"c{number}": 3 + number for number in range(6)}
    assert frame["user_id"].dtype == TEXT
    assert list(session.rosters(["c1", "c0"])["course"].unique()) in (["c1", "c0"], ["c0", "c1"])
    assert not frame.attrs.get("errors")


def test_results_of_many_courses_in_one_frame(lms: Lms, session: ltix.Session) -> None:
    for number in range(3):
        lms.add_course(f"c{number}", 3)
        lms.give(lms.add_item(f"c{number}", "Quiz", 10), ZOE, number)
        session.add_course(f"c{number}", **lms.urls(f"c{number}"))
    frame = session.results()

    assert dict(zip(frame["course"], frame["score"], strict=True)) == {"c0": 0.0, "c1": 1.0, "c2": 2.0}


def test_many_courses_keep_their_types_when_empty(lms: Lms, session: ltix.Session) -> None:
    none = session.rosters([]), session.results([])
    lms.add_course("c", 3)
    lms.give(lms.add_item("c", "Quiz", 10), ZOE, 1)
    session.add_course("c", **lms.urls("c"))
    some = session.rosters(), session.results()

    for empty, full in zip(none, some, strict=True):
        assert len(empty) == 0
        assert_series_equal(empty.dtypes, full.dtypes)


def test_a_course_that_fails_is_told_of_and_the_others_arrive(lms: Lms, session: ltix.Session) -> None:
    for key in ("good", "bad"):
        lms.add_course(key, 4)
        session.add_course(key, **lms.urls(key))
    del lms.courses["bad"]
    with pytest.warns(ltix.LtixWarning):
        frame = session.rosters()

    assert set(frame["course"]) == {"good"}
    assert [one["course"] for one in frame.attrs["errors"]] == ["bad"]


# -- any other service -----------------------------------------------------------------------------------


class Attendance(ltix.AdvantageService):
    claim = ATTENDANCE_CLAIM
    scopes = (ATTENDANCE,)

    def days(self) -> list[Any]:
        return self.get(self.url("attendance"))["days"]

    def mark(self, day: str) -> None:
        self.send("POST", self.url("attendance"), {"day": day})


def test_a_service_of_ones_own(lms: Lms, session: ltix.Session) -> None:
    claim = {ATTENDANCE_CLAIM: {"attendance": f"{lms.origin}/api/small/attendance"}}
    course = session.add_course("small", services=claim, **lms.urls("small"))
    service = course.service(Attendance)
    service.mark("2024-05-01")

    assert service.days() == [{"day": "2024-05-01"}]
    assert len(course.roster()) == 12


def test_get_reads_any_address_of_the_platform(lms: Lms, session: ltix.Session, course: ltix.Course) -> None:
    assert session.get(f"{lms.origin}/api/small/attendance", scope=ATTENDANCE) == {"days": []}
    assert len(course.roster()) == 12


# -- scopes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allowed", [{MEMBERS}, {MEMBERS, LINEITEM_READ}, {MEMBERS, RESULT, SCORE}])
@pytest.mark.parametrize("refuse_extra", [False, True])
def test_what_was_granted_works_and_the_rest_is_named(
    lms: Lms, session: ltix.Session, course: ltix.Course, allowed: set[str], refuse_extra: bool
) -> None:
    lms.allowed, lms.refuse_extra = allowed, refuse_extra

    assert len(course.roster()) == 12
    with pytest.raises(ltix.LtixError, match="scope"):
        course.create_line_item("x", 1)
    if LINEITEM_READ in allowed:
        assert len(course.line_items()) == 3
    assert not [one for one in lms.log if one[0] == "POST" and "columns" in one[1]]


def test_a_scope_granted_later_is_used_without_a_new_session(
    lms: Lms, session: ltix.Session, course: ltix.Course
) -> None:
    lms.allowed = {MEMBERS}
    course.roster()
    lms.allowed = set(ALL_SCOPES)
    session.refresh()

    assert len(course.line_items()) == 3


# -- registrations -----------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path))
    with installed(MemoryKeyring(priority=5)) as ring:
        yield ring


def facts(lms: Lms) -> dict[str, str]:
    return {"issuer": lms.origin, "client_id": "tool-9", "token_url": f"{lms.origin}/oauth/token"}


@pytest.mark.usefixtures("home")
def test_a_registration_with_a_new_key_works_with_the_platform(lms: Lms) -> None:
    made = ltix.register("uni", **facts(lms))
    lms.trust(made.jwks(), client_id="tool-9")
    with ltix.connect("uni") as session:
        session.add_course("small", **lms.urls("small"))

    with ltix.connect("uni") as again:
        assert len(again.course("small").roster()) == 12
    assert lms.complaints == []


@pytest.mark.usefixtures("home")
def test_registrations_are_listed_with_the_same_types_when_none(lms: Lms) -> None:
    before = ltix.registrations()
    ltix.register("uni", **facts(lms))
    after = ltix.registrations()

    assert list(after.columns)[:6] == ["name", "platform", "issuer", "client_id", "courses", "key_storage"]
    assert len(before) == 0
    assert list(after["name"]) == ["uni"]
    assert list(after["key_storage"]) == ["keyring"]
    assert list(after["courses"]) == [0]
    assert_series_equal(before.dtypes, after.dtypes)


def test_the_secret_is_in_the_keyring_only(lms: Lms, home: MemoryKeyring, tmp_path: Path) -> None:
    made = ltix.register("uni", private_key=pem(), kid=KID, **facts(lms))
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    secret = [line for line in pem().splitlines() if not line.startswith("-")][5]

    assert home.entries
    assert "PRIVATE" not in written + repr(made) + str(made)
    assert secret not in written + repr(made)
    assert all(len(value) <= 1280 for value in home.entries.values())
    assert made.public_jwk["kid"] == KID


@pytest.mark.usefixtures("home")
def test_rotating_publishes_both_keys_until_one_is_retired(lms: Lms) -> None:
    made = ltix.register("uni", **facts(lms))
    old = made.public_jwk["kid"]
    lms.trust(made.jwks(), client_id="tool-9")
    made.rotate_key()
    assert {key["kid"] for key in made.jwks()["keys"]} == {old, made.public_jwk["kid"]}
    assert old != made.public_jwk["kid"]

    lms.trust(made.jwks(), client_id="tool-9")
    made.retire_key(old)
    with ltix.connect("uni") as session:
        session.add_course("small", **lms.urls("small")).roster()

    assert [key["kid"] for key in made.jwks()["keys"]] == [made.public_jwk["kid"]]
    assert lms.complaints == []


def test_forget_leaves_nothing(lms: Lms, home: MemoryKeyring, tmp_path: Path) -> None:
    ltix.register("uni", **facts(lms))
    ltix.forget("uni")

    assert home.entries == {}
    assert len(ltix.registrations()) == 0
    assert not [path for path in tmp_path.rglob("*.json") if "tool-9" in path.read_text()]
    with pytest.raises(ltix.LtixError):
        ltix.connect("uni")


def test_a_registration_without_a_stored_key(
    lms: Lms, home: MemoryKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ltix.register("uni", private_key=pem(), kid=KID, store="none", **facts(lms))
    lms.trust(public_jwks(), client_id="tool-9")
    (tmp_path / "key.pem").write_text(pem())
    (tmp_path / "key.pem").chmod(0o600)
    assert home.entries == {}
    with pytest.raises(ltix.LtixError, match="LTIX_"):
        ltix.connect("uni").course("small")

    monkeypatch.setenv("LTIX_KEY_FILE", str(tmp_path / "key.pem"))
    with ltix.connect("uni") as session:
        assert len(session.add_course("small", **lms.urls("small")).roster()) == 12


def test_a_registration_made_by_hand_stores_nothing(
    lms: Lms, registration: ltix.Registration, home: MemoryKeyring, tmp_path: Path
) -> None:
    with ltix.connect(registration) as session:
        session.add_course("small", **lms.urls("small")).roster()

    assert home.entries == {}
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert len(ltix.registrations()) == 0


# -- threads -----------------------------------------------------------------------------------------------


def test_twenty_calls_over_three_courses_from_eight_threads_ask_for_one_token(
    lms: Lms, connect: Callable[..., ltix.Session]
) -> None:
    session = connect()
    for key in ("a", "b", "c"):
        lms.add_course(key, 30)
        lms.add_item(key, "Quiz")
        session.add_course(key, **lms.urls(key))

    def call(number: int) -> int:
        course = session.course("abc"[number % 3])
        return len(course.roster() if number % 2 else course.line_items())

    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(call, range(20)))

    assert sizes == [30 if n % 2 else 1 for n in range(20)]
    assert len(lms.token_log) == 1


def test_json_on_the_wire_is_utf8_and_compact(lms: Lms, course: ltix.Course) -> None:
    course.post_score("Quiz 1", ZOE, 1, comment="a: b, c")
    course.create_line_item("a: b", 1)

    assert lms.complaints == []
    assert lms.courses["small"].item("Quiz 1").posts[0]["comment"] == "a: b, c"
