"""A plan that was saved under pseudonyms holds nothing else, and is sent by those who have the key."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from uploading import ANNA, SEAN, WANG, Met, forwarded, planned, stored, user_ids

import ltix_data as ltix
from ltix_data.errors import PlanOutdatedError, UsageError
from ltix_data.http import HttpClient

from .conftest import leaked, pseudonymous, shown, traces


@pytest.fixture
def plan(practice, quiz, pseudonym_of):
    """Return a plan of a pseudonymous session: two grades, one over a comment that names somebody, and a problem."""
    planned(practice.course, {SEAN: 4}, columns={"comment": ["Seán, see me"]}, comment="comment").send()
    frame = pd.DataFrame(
        {"user_id": [pseudonym_of(SEAN), pseudonym_of(ANNA), "Seán O’Brien"], "points": [7, 8, 9]}, dtype="object"
    )
    return pseudonymous(practice).course("SEM12").plan_grades(frame, "Quiz 1", "user_id", "points")


@pytest.fixture
def place(plan, tmp_path):
    return plan.save(tmp_path / "quiz.plan")


def test_the_file_holds_pseudonyms_alone_and_says_so(practice, place, pseudonym_of):
    text = place.read_text()

    assert leaked(text, traces(practice.platform)) == []
    assert "the people in it are pseudonyms" in text
    assert [row.get("user_id") for row in json.loads(text)["rows"]] == [pseudonym_of(SEAN), pseudonym_of(ANNA), None]


def test_what_knows_nothing_of_pseudonyms_takes_it_for_a_newer_version(place, practice, tmp_path):
    plain = planned(practice.course, {SEAN: 5}).save(tmp_path / "plain.plan")

    assert json.loads(place.read_text())["ltix_data plan"] > json.loads(plain.read_text())["ltix_data plan"] == 1


def test_a_new_session_that_has_seen_nobody_sends_it(practice, place, pseudonym_of):
    loaded = pseudonymous(practice).load_plan(place)
    report = loaded.send()

    assert list(loaded.changes["user_id"]) == [pseudonym_of(SEAN), pseudonym_of(ANNA)]
    assert stored(practice) == {SEAN: 7.0, ANNA: 8.0}
    assert leaked(shown(loaded, report, report.outcomes, *loaded.rows), traces(practice.platform)) == []


def test_the_comment_that_it_replaces_is_put_back_by_undo_though_the_file_lacks_it(practice, place):
    session = pseudonymous(practice)
    report = session.load_plan(place).send()

    session.undo(report.upload_id)

    assert stored(practice, "Quiz 1", "comment") == {SEAN: "Seán, see me"}


def test_the_roster_is_read_once_for_it(practice, place):
    session = pseudonymous(practice)
    practice.requests.clear()

    session.load_plan(place)

    assert len([path for path in practice.sent("GET") if path.endswith("memberships")]) == 1


def test_an_ordinary_session_refuses_it(practice, place):
    practice.requests.clear()

    with pytest.raises(UsageError, match=r"“quiz.plan” are pseudonyms.*pseudonyms=True"):
        practice.session.load_plan(place)

    assert practice.requests == []


def test_another_key_refuses_it(practice, place):
    session = ltix.connect(practice.registration, http=practice.http, pseudonyms="a key of somebody else's")

    with pytest.raises(UsageError, match=r"“quiz.plan” are pseudonyms that were made with another key"):
        session.load_plan(place)


def test_whoever_left_the_course_is_a_problem_and_the_others_are_sent(practice, place):
    del practice.platform.courses["SEM12"].members[user_ids(practice)[ANNA]]

    loaded = pseudonymous(practice).load_plan(place)
    report = loaded.send()

    problems = loaded.problems
    assert list(zip(problems["row"], problems["problem"], strict=True)) == [(3, "unknown_user"), (4, "unknown_user")]
    assert problems["hint"].str.contains("this pseudonym any more").tolist() == [True, False]
    assert list(report.outcomes["outcome"]) == ["confirmed", "skipped", "skipped"]


def test_an_ordinary_plan_is_covered_where_it_is_opened_under_pseudonyms(practice, quiz, tmp_path, pseudonym_of):
    place = planned(practice.course, {SEAN: 7, WANG: 8}).save(tmp_path / "plain.plan")
    met = Met(practice, forwarded)
    session = pseudonymous(practice, HttpClient(transport=met, sleep=lambda seconds: None))

    loaded = session.load_plan(place)
    report = loaded.send()

    assert list(loaded.changes["user_id"]) == [pseudonym_of(SEAN), pseudonym_of(WANG)]
    assert leaked(shown(loaded, report.outcomes, *loaded.rows), traces(practice.platform)) == []
    assert {json.loads(body)["userId"] for body in met.bodies} == {user_ids(practice)[SEAN], user_ids(practice)[WANG]}


def test_a_plan_is_refused_whole_where_a_grade_changed_since(practice, place):
    practice.course.post_score("Quiz 1", user_ids(practice)[SEAN], 1)

    with pytest.raises(PlanOutdatedError):
        pseudonymous(practice).load_plan(place).send()


def test_a_file_that_was_changed_by_hand_names_nobody_in_its_error(practice, place):
    text = place.read_text()
    place.write_text(text.replace('"state": "ready"', '"state": "Seán O’Brien"'))

    with pytest.raises(UsageError) as caught:
        pseudonymous(practice).load_plan(place)

    assert leaked(str(caught.value), traces(practice.platform)) == []
