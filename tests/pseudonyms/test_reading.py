"""Whatever a pseudonymous session reads names nobody."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from uploading import ANNA, SEAN, planned

import ltix_data as ltix
from ltix_data import choosing
from ltix_data.errors import UnknownNameError, UsageError
from ltix_data.services.grades import Grades
from ltix_data.services.memberships import Memberships

from .conftest import KEY, leaked, pseudonymous, shown, traces

PERSONAL = ["name", "given_name", "family_name", "middle_name", "email", "sourcedid", "username"]


@pytest.fixture
def graded(practice, quiz):
    """Give two grades, with comments that name somebody."""
    columns = {"comment": ["Well done, Seán", "See Anna Maria"]}
    planned(practice.course, {SEAN: 7, ANNA: 0}, columns=columns, comment="comment").send()


def test_a_roster_keeps_its_columns_and_dtypes_and_loses_who_they_are(practice, covered):
    plain, roster = practice.course.roster(), covered.roster()

    assert_frame_equal(roster.drop(columns=["user_id", *PERSONAL]), plain.drop(columns=["user_id", *PERSONAL]))
    assert roster.dtypes.to_dict() == plain.dtypes.to_dict()
    assert roster[PERSONAL].isna().all(axis=None)
    assert not set(roster["user_id"]) & set(plain["user_id"])


def test_members_come_one_by_one_under_the_same_pseudonyms(covered):
    assert [member.user_id for member in covered.members()] == list(covered.roster()["user_id"])


def test_people_who_are_in_two_courses_have_one_pseudonym(practice):
    session = pseudonymous(practice)

    both = set(session.course("SEM12").roster()["user_id"]) & set(session.course("BIO101").roster()["user_id"])

    assert len(both) == 4


def test_filters_work_as_in_any_session(practice, covered):
    assert len(covered.roster(role="Instructor")) == len(practice.course.roster(role="Instructor"))
    assert len(covered.roster(status="Inactive")) == 1


def test_that_a_resource_link_was_heeded_is_seen_before_its_messages_are_dropped(practice, covered, recwarn):
    link = practice.platform.courses["SEM12"].links[practice.tool.client_id]

    members = list(covered.members(resource_link=link))

    assert len(members) == len(covered.roster(resource_link=link)) == 12
    assert [member.messages for member in members if member.messages] == []
    assert [str(warning.message) for warning in recwarn] == []


def test_results_come_under_pseudonyms_and_without_their_comments(practice, covered, graded, pseudonym_of):
    plain, results = practice.course.results("Quiz 1"), covered.results("Quiz 1")

    hidden = ["user_id", "comment"]
    assert plain["comment"].notna().all()
    assert results["comment"].isna().all()
    assert_frame_equal(results.drop(columns=hidden), plain.drop(columns=hidden))
    assert dict(zip(results["user_id"], results["score"], strict=True)) == {
        pseudonym_of(SEAN): 7.0,
        pseudonym_of(ANNA): 0.0,
    }


@pytest.mark.parametrize("read_roster_first", [True, False])
def test_one_persons_results_are_found_by_pseudonym(covered, graded, pseudonym_of, read_roster_first):
    if read_roster_first:
        covered.roster()

    found = covered.results("Quiz 1", pseudonym_of(SEAN))

    assert (list(found["user_id"]), list(found["score"])) == ([pseudonym_of(SEAN)], [7.0])


def test_the_platform_is_asked_for_one_person_by_the_real_id_and_only_once_that_is_known(
    practice, graded, pseudonym_of
):
    import httpx

    from ltix_data.http import HttpClient

    queries = []

    class Watched(httpx.BaseTransport):
        def handle_request(self, request):
            queries.append(request.url.params.get("user_id"))
            return practice.http._connections.transport.handle_request(request)

    course = pseudonymous(practice, HttpClient(transport=Watched())).course("SEM12")
    course.results("Quiz 1", pseudonym_of(SEAN))
    course.results("Quiz 1", pseudonym_of(SEAN))

    assert [query for query in queries if query] == ["9007199254740993"]


def test_a_real_id_finds_nobody(practice, covered, graded):
    real = practice.course.results("Quiz 1")["user_id"].iloc[0]

    assert len(covered.results("Quiz 1", real)) == 0


def test_the_gradebook_has_pseudonyms_for_its_index_and_no_names(practice, covered, graded):
    plain, book = practice.course.gradebook(), covered.gradebook()

    assert book["name"].isna().all()
    assert not set(book.index) & set(plain.index)
    assert_frame_equal(
        book.reset_index(drop=True).drop(columns="name"), plain.reset_index(drop=True).drop(columns="name")
    )


def test_many_courses_at_once_come_under_pseudonyms_too(practice, graded):
    session = pseudonymous(practice)

    text = shown(session.rosters(["SEM12", "BIO101"]), session.results(["SEM12"]))

    assert leaked(text, traces(practice.platform)) == []


def test_nothing_that_is_shown_names_anybody(practice, covered, graded):
    session = pseudonymous(practice)
    course = session.course("SEM12")
    things = [session, course, course.roster(), course.results(), course.gradebook(), course.line_items()]
    things += [list(course.members()), course.service(Grades).results(choosing.item_url(course.line_items().iloc[1]))]

    assert leaked(shown(*things), traces(practice.platform)) == []


def test_a_session_says_that_it_shows_pseudonyms(practice):
    assert "; pseudonyms;" in repr(pseudonymous(practice))
    assert "pseudonyms" not in repr(practice.session)


# --- answers that cannot be covered ---------------------------------------------------------------


class Attendance(ltix.AdvantageService):
    claim = "https://lms.example.com/claim/attendance"


@pytest.mark.parametrize(
    "ask",
    [
        lambda session, course: session.get("https://practice.example/people"),
        lambda session, course: course.service(Attendance),
        lambda session, course: course.service(type("Mine", (Memberships,), {})),
        lambda session, course: course.service(Memberships).get("https://practice.example/people"),
        lambda session, course: course.service(Memberships).pages("https://practice.example/people"),
        lambda session, course: course.service(Grades).send("POST", "https://practice.example/people", {}),
    ],
    ids=["get", "service", "subclass", "service.get", "service.pages", "service.send"],
)
def test_raw_answers_are_refused_before_anything_is_sent(practice, ask):
    session = pseudonymous(practice)
    course = session.course("SEM12")
    practice.requests.clear()

    with pytest.raises(UsageError, match=r"under pseudonyms alone.*nothing was sent.*without pseudonyms"):
        ask(session, course)

    assert practice.requests == []


# --- the bridge back ------------------------------------------------------------------------------


def test_an_ordinary_session_tells_who_is_behind_the_pseudonyms(practice, covered):
    bridge = practice.course.pseudonyms(KEY)

    assert list(bridge.columns) == ["user_id", "name", "pseudonym"]
    assert_frame_equal(bridge[["user_id", "name"]], practice.course.roster()[["user_id", "name"]])
    assert list(bridge["pseudonym"]) == list(covered.roster()["user_id"])
    assert bridge["pseudonym"].dtype == bridge["user_id"].dtype


def test_the_bridge_of_an_empty_course_has_the_same_columns_and_dtypes(practice):
    full = practice.course.pseudonyms(KEY)
    practice.platform.courses["SEM12"].members.clear()

    empty = practice.course.pseudonyms(KEY)

    assert_frame_equal(empty, full.iloc[:0])


def test_a_pseudonymous_session_has_no_bridge(covered):
    with pytest.raises(UsageError, match="pseudonyms alone"):
        covered.pseudonyms(KEY)


@pytest.mark.parametrize("key", [False, 5, b"short"])
def test_a_bridge_needs_a_key(practice, key):
    with pytest.raises(UsageError):
        practice.course.pseudonyms(key)


# --- one score ------------------------------------------------------------------------------------


@pytest.mark.parametrize("read_roster_first", [True, False])
def test_one_score_is_posted_for_a_pseudonym(practice, covered, quiz, pseudonym_of, read_roster_first):
    if read_roster_first:
        covered.roster()

    covered.post_score("Quiz 1", pseudonym_of(SEAN), 5, scoring_user=pseudonym_of("00000107"))

    results = practice.course.results("Quiz 1")
    assert list(results["user_id"]) == ["9007199254740993"]
    (item,) = (item for item in practice.platform.courses["SEM12"].items.values() if item.fields["label"] == "Quiz 1")
    cell = item.cells["9007199254740993"]
    assert (cell.given, cell.scoring_user_id) == (5, "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10")


def test_one_score_is_posted_for_a_row_of_the_roster(practice, covered, quiz):
    learner = covered.roster(role="Learner").iloc[0]

    covered.post_score("Quiz 1", learner, 5)

    assert list(practice.course.results("Quiz 1")["score"]) == [5.0]


def test_a_real_id_gets_no_score_and_is_not_repeated(practice, covered, quiz):
    practice.requests.clear()

    with pytest.raises(UnknownNameError, match=r"has this pseudonym.*roster\(\)") as caught:
        covered.post_score("Quiz 1", "9007199254740993", 5)

    assert "9007199254740993" not in str(caught.value)
    assert practice.sent("POST") == []


def test_a_scorer_that_nobody_knows_is_refused_too(practice, covered, quiz, pseudonym_of):
    with pytest.raises(UnknownNameError):
        covered.post_score("Quiz 1", pseudonym_of(SEAN), 5, scoring_user="b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10")

    assert practice.sent("POST")[1:] == []  # the first made the line item


def test_a_course_without_a_roster_knows_those_who_have_results(practice, graded, pseudonym_of):
    session = pseudonymous(practice)
    course = session._open(replace(practice.course._known, memberships_url=None))
    with pytest.raises(UnknownNameError):
        course.post_score("Quiz 1", pseudonym_of(SEAN), 5)

    course.results("Quiz 1")
    course.post_score("Quiz 1", pseudonym_of(SEAN), 5)

    assert 5.0 in set(practice.course.results("Quiz 1")["score"])


def test_frames_of_an_ordinary_session_are_as_they_were(practice):
    assert isinstance(practice.course.roster(), pd.DataFrame)
    assert practice.course.roster()["name"].notna().all()
