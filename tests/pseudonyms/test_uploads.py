"""Uploads under pseudonyms: sheets hold pseudonyms, the platform and the journals hold the people themselves."""

from __future__ import annotations

import json
import time

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from uploading import (
    ANNA,
    LEILA,
    SEAN,
    WANG,
    ZOE,
    Met,
    after_kill,
    forwarded,
    journals,
    lines,
    lost_after,
    planned,
    stored,
    user_ids,
)

import ltix_data as ltix
from ltix_data import history
from ltix_data.errors import GradeProblemsError, UsageError
from ltix_data.http import HttpClient
from ltix_data.timestamps import ScoreClock

from .conftest import leaked, pseudonymous, shown, traces

POINTS = {SEAN: 7, WANG: 8, LEILA: 9, ANNA: 0}


@pytest.fixture
def sheet(pseudonym_of):
    """Return a function that makes a sheet with a column of pseudonyms out of points by student number."""

    def make(points, **columns):
        people = [pseudonym_of(number) for number in points]
        return pd.DataFrame({"user_id": people, "points": list(points.values()), **columns}, dtype="object")

    return make


def plan_of(course, frame, **options):
    return course.plan_grades(frame, "Quiz 1", "user_id", "points", **options)


def sending(practice, answer=forwarded):
    """Return the seminar in a pseudonymous session whose posts of scores *answer* meets."""
    met = Met(practice, answer)
    session = pseudonymous(practice, HttpClient(transport=met, sleep=lambda seconds: None))
    return session.course("SEM12"), met


# --- there ----------------------------------------------------------------------------------------


def test_grades_reach_the_people_behind_the_pseudonyms(practice, covered, quiz, sheet):
    report = plan_of(covered, sheet(POINTS)).send()

    assert report.ok
    assert stored(practice, "Quiz 1") == {SEAN: 7.0, WANG: 8.0, LEILA: 9.0, ANNA: 0.0}


def test_a_file_that_went_through_a_spreadsheet_is_taken(practice, covered, quiz, tmp_path):
    learners = covered.roster(role="Learner", status="Active")[["user_id"]].assign(points=5)
    learners.to_csv(tmp_path / "marks.csv", index=False)

    report = covered.upload_grades(tmp_path / "marks.csv", "Quiz 1", "user_id", "points", skip_problems=True)

    assert (report.outcomes["outcome"] == "confirmed").sum() == len(learners) - 1  # but the test student
    assert set(practice.course.results("Quiz 1")["score"]) == {5.0}


def test_the_plan_and_the_report_know_people_by_pseudonym_alone(practice, covered, quiz, sheet, pseudonym_of):
    plan = plan_of(covered, sheet(POINTS))
    changes = plan.changes
    report = plan.send()

    people = [pseudonym_of(number) for number in POINTS]
    assert list(changes["user_id"]) == list(report.outcomes["user_id"]) == people
    assert changes["name"].isna().all()
    assert leaked(shown(plan, changes, report, report.outcomes, *plan.rows), traces(practice.platform)) == []


def test_the_bodies_that_are_sent_hold_real_ids(practice, quiz, sheet):
    course, met = sending(practice)
    plan_of(course, sheet({SEAN: 7})).send()

    assert [json.loads(body)["userId"] for body in met.bodies] == [user_ids(practice)[SEAN]]


def test_a_mapping_may_lead_to_pseudonyms(practice, covered, quiz, pseudonym_of):
    frame = pd.DataFrame({"mail": ["sobrien@example.edu", "nobody@example.edu"], "points": [3, 4]})
    plan = covered.plan_grades(frame, "Quiz 1", {"sobrien@example.edu": pseudonym_of(SEAN)}, "points", key="mail")

    report = plan.send()

    assert "@" not in shown(plan, plan.problems, plan.changes, report.outcomes, *plan.rows)
    assert stored(practice) == {SEAN: 3.0}


# --- problems -------------------------------------------------------------------------------------


def test_problems_show_row_and_code_and_no_cell_of_the_sheet(practice, covered, quiz, pseudonym_of):
    keys = ["9007199254740993", "Seán O’Brien", "sobrien@students.example.edu", pseudonym_of(WANG), pseudonym_of(ZOE)]
    frame = pd.DataFrame({"user_id": keys, "points": [1, 2, 3, "王秀英", 99]}, dtype="object")

    plan = plan_of(covered, frame)

    problems = plan.problems
    assert list(problems["problem"]) == ["unknown_user"] * 3 + ["not_a_number", "above_maximum"]
    assert list(problems["row"]) == [2, 3, 4, 5, 6]
    assert problems["value"].isna().all()
    assert any("key column must hold the user_ids of its roster()" in note for note in plan.notes)
    report = plan.send()
    assert leaked(shown(plan, problems, report, report.outcomes, *plan.rows), traces(practice.platform)) == []


def test_an_upload_with_problems_is_refused_without_naming_anybody(practice, covered, quiz):
    frame = pd.DataFrame({"user_id": ["sobrien@students.example.edu"], "points": [1]})

    with pytest.raises(GradeProblemsError) as caught:
        covered.upload_grades(frame, "Quiz 1", "user_id", "points")

    assert leaked(shown(caught.value, caught.value.problems), traces(practice.platform)) == []


def test_a_saved_report_names_nobody(practice, covered, quiz, sheet, tmp_path):
    frame = pd.concat([sheet(POINTS), pd.DataFrame({"user_id": ["Seán O’Brien"], "points": [1]})])

    place = plan_of(covered, frame).send().save(tmp_path / "report.csv")

    text = place.read_text(encoding="utf-8-sig")
    assert "unknown_user" in text
    assert leaked(text, traces(practice.platform)) == []


@pytest.mark.parametrize("by", ["email", "sourcedid", "username", "name", "lti11_legacy_user_id"])
def test_matching_by_what_is_withheld_says_what_to_do(practice, covered, quiz, by):
    practice.requests.clear()

    with pytest.raises(UsageError, match=rf'{by} is withheld.*match="user_id"'):
        covered.plan_grades(pd.DataFrame({by: ["x"], "points": [1]}), "Quiz 1", by, "points")

    assert practice.requests == []


# --- comments -------------------------------------------------------------------------------------


def test_a_comment_that_was_replaced_is_shown_nowhere_and_put_back_by_undo(practice, covered, quiz, sheet):
    planned(practice.course, {SEAN: 4}, columns={"comment": ["Seán, see me"]}, comment="comment").send()
    plan = plan_of(covered, sheet({SEAN: 7}, comment=["better"]), comment="comment")
    assert leaked(shown(plan, plan.changes, *plan.rows), traces(practice.platform)) == []

    report = plan.send()
    assert stored(practice, "Quiz 1", "comment") == {SEAN: "better"}
    pseudonymous(practice).undo(report.upload_id)

    assert stored(practice) == {SEAN: 4.0}
    assert stored(practice, "Quiz 1", "comment") == {SEAN: "Seán, see me"}


# --- journals -------------------------------------------------------------------------------------


def test_a_journal_holds_the_same_whichever_session_wrote_it(practice, covered, quiz, sheet, pseudonym_of):
    planned(practice.course, POINTS).send()
    plan_of(covered, sheet(POINTS | {SEAN: 1})).send()

    plain, other = (lines(path) for path in journals())
    assert [row["user_id"] for row in other[1]["plan"]] == [row["user_id"] for row in plain[1]["plan"]]
    assert not any(pseudonym_of(number) in path.read_text() for path in journals() for number in POINTS)


SESSIONS = {"ordinary": lambda practice: practice.session, "pseudonymous": pseudonymous}


@pytest.fixture(params=list(SESSIONS))
def another(request, practice):
    """Return a session of either kind."""
    return SESSIONS[request.param](practice)


@pytest.fixture(params=list(SESSIONS))
def begun_by(request, practice, sheet):
    """Return a function that plans points in a session of either kind."""

    def plan(points):
        if request.param == "ordinary":
            return planned(practice.course, points)
        return plan_of(pseudonymous(practice).course("SEM12"), sheet(points))

    return plan


def test_an_upload_that_was_killed_is_resumed_by_any_session(
    practice, quiz, sheet, another, monkeypatch, tmp_path, pseudonym_of
):
    left = tmp_path / "killed"
    from uploading import Killed

    course, _ = sending(practice, Killed(left, 3, arrived=True))
    plan_of(course, sheet(POINTS)).send(workers=1)
    monkeypatch.setenv("LTIX_DATA_DIR", str(left))
    (path,) = journals()

    report = another.resume(path.stem)

    assert report.ok
    assert stored(practice) == {SEAN: 7.0, WANG: 8.0, LEILA: 9.0, ANNA: 0.0}
    known = pseudonym_of if another._client.veil else user_ids(practice).__getitem__
    assert list(report.outcomes["user_id"]) == [known(number) for number in POINTS]


def test_an_ordinary_upload_that_was_killed_is_resumed_under_pseudonyms(
    practice, quiz, monkeypatch, tmp_path, pseudonym_of
):
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=2, arrived=False)

    report = pseudonymous(practice).resume(upload_id)

    assert report.ok
    assert list(report.outcomes["user_id"]) == [pseudonym_of(number) for number in POINTS]
    assert stored(practice) == {SEAN: 7.0, WANG: 8.0, LEILA: 9.0, ANNA: 0.0}
    assert leaked(shown(report, report.outcomes), traces(practice.platform)) == []


def test_an_answer_that_was_lost_is_settled_under_pseudonyms(practice, quiz, sheet):
    course, met = sending(practice, lost_after)

    report = plan_of(course, sheet(POINTS)).send()

    assert report.ok
    assert len(met.bodies) == len(POINTS)


def test_a_complete_upload_is_told_again_as_each_session_knows_people(practice, quiz, begun_by, another, pseudonym_of):
    report = begun_by(POINTS).send()

    told = another.resume(report.upload_id)

    known = pseudonym_of if another._client.veil else user_ids(practice).__getitem__
    assert list(told.outcomes["user_id"]) == [known(number) for number in POINTS]


def test_a_report_goes_on_by_itself(practice, covered, quiz, sheet):
    report = plan_of(covered, sheet(POINTS)).send()

    assert_frame_equal(report.resume().outcomes, report.outcomes)


def test_any_session_undoes_what_another_sent(practice, quiz, begun_by, another):
    begun_by({SEAN: 2}).send()
    report = begun_by({SEAN: 7, WANG: 8}).send()
    another._clock = ScoreClock(lambda: time.time() + 60)  # nobody sleeps here: a clock of now would be behind

    undone = another.undo(report.upload_id)

    assert undone.ok
    assert stored(practice) == {SEAN: 2.0}
    assert another.undo(undone.upload_id).ok
    assert stored(practice) == {SEAN: 7.0, WANG: 8.0}


@pytest.mark.parametrize("sender", ["ordinary", "pseudonymous"])
@pytest.mark.parametrize("planner", ["ordinary", "pseudonymous"])
def test_a_grade_that_a_teacher_changed_is_seen_whichever_session_sent_it(practice, quiz, sheet, sender, planner):
    def plan(kind, points, **options):
        if kind == "ordinary":
            return planned(practice.course, points, **options)
        return plan_of(pseudonymous(practice).course("SEM12"), sheet(points), **options)

    plan(sender, {SEAN: 7, WANG: 8}).send()
    practice.course.post_score("Quiz 1", user_ids(practice)[SEAN], 3)

    again = plan(planner, {SEAN: 9, WANG: 9})
    strict = plan(planner, {SEAN: 9, WANG: 9}, overwrite=False)

    assert list(again.changes["overwrites"]) == [True, False]
    assert list(strict.problems["problem"]) == ["changed_since"]


def test_what_was_sent_last_is_known_by_pseudonym(practice, covered, quiz, sheet, pseudonym_of):
    plan = plan_of(covered, sheet({SEAN: 7}))
    plan.send()

    assert history.last_sent(plan._target, veil=covered._client.veil) == {pseudonym_of(SEAN): pytest.approx(70.0)}
    assert history.last_sent(plan._target) == {user_ids(practice)[SEAN]: pytest.approx(70.0)}


def test_sending_the_same_again_is_unchanged(covered, quiz, sheet):
    plan_of(covered, sheet(POINTS)).send()

    again = plan_of(covered, sheet(POINTS)).send()

    assert set(again.outcomes["outcome"]) == {"unchanged"}


def test_the_list_of_uploads_names_nobody(practice, covered, quiz, sheet):
    plan_of(covered, sheet(POINTS)).send()

    assert leaked(shown(ltix.uploads()), traces(practice.platform)) == []
