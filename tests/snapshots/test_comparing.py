"""What counts as a change of people, line items and grades, and what does not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from ltix_data import frames, spec
from ltix_data.frames import text_dtype
from ltix_data.records import LineItem, Member, Result
from ltix_data.snapshots import Changes, Snapshot, between, taken
from tests.snapshots.frames_to_keep import AT, INSTRUCTOR, LEARNER, owner

QUIZ = LineItem("Quiz", 10.0, "https://lms.example/items/1")
ESSAY = LineItem("Essay", 50.0, "https://lms.example/items/2")
ADA = Member("a", (LEARNER,), name="Ada")
BEN = Member("b", (LEARNER,), name="Ben")
CAT = Member("c", (INSTRUCTOR,), name="Cat")


@dataclass
class Course:
    """A course at one time; grades are (user_id, item, score, out_of or the item's)."""

    people: list[Member] | None = field(default_factory=lambda: [ADA, BEN, CAT])
    items: list[LineItem] | None = field(default_factory=lambda: [QUIZ, ESSAY])
    grades: list[tuple] | None = field(default_factory=list)

    def at(self, days: int) -> Snapshot:
        found = {}
        if self.people is not None:
            found["roster"] = frames.roster(self.people)
        if self.items is not None:
            found["line_items"] = frames.line_items(self.items, lambda item: False)
        if self.grades is not None:
            found["results"] = frames.results(
                (item, Result(user, score, scale[0] if scale else item.out_of))
                for user, item, score, *scale in self.grades
            )
        return taken(owner(), AT + timedelta(days=days), found, None)


def compare(old: Course, new: Course) -> Changes:
    return between(old.at(0), new.at(7))


def rows(frame: pd.DataFrame, *names: str) -> list[tuple]:
    """Return some columns as tuples, missing as None."""
    columns = (frame[name].astype(object).where(frame[name].notna(), None) for name in names)
    return list(zip(*columns, strict=True))


def people(changes: Changes) -> list[tuple]:
    return rows(changes.members, "change", "user_id", "name", "old", "new")


def grades(changes: Changes) -> list[tuple]:
    return rows(changes.grades, "change", "user_id", "old", "new", "out_of")


# --- People ---------------------------------------------------------------------------------------


def test_who_joined_and_who_left():
    dan = Member("d", (LEARNER,), name="Dan")

    found = compare(Course([ADA, BEN]), Course([BEN, dan]))

    assert people(found) == [("joined", "d", "Dan", None, "Learner"), ("left", "a", "Ada", "Learner", None)]


def test_a_role_and_a_status_are_two_changes():
    found = compare(Course([ADA]), Course([replace(ADA, roles=(INSTRUCTOR,), status="Inactive")]))

    assert people(found) == [
        ("role", "a", "Ada", "Learner", "Instructor"),
        ("status", "a", "Ada", "Active", "Inactive"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ADA, replace(ADA, name="Ada L.", email="a@x.example")),
        (replace(ADA, roles=(INSTRUCTOR, LEARNER)), replace(ADA, roles=(LEARNER, INSTRUCTOR))),
        (replace(ADA, roles=()), replace(ADA, roles=("urn:x",))),
    ],
    ids=["name", "order of roles", "roles outside the course"],
)
def test_what_is_no_change_of_a_person(before, after):
    assert not compare(Course([before]), Course([after]))


def test_a_role_that_is_lost_is_missing():
    found = compare(Course([ADA]), Course([replace(ADA, roles=())]))

    assert people(found) == [("role", "a", "Ada", "Learner", None)]


def test_one_whose_user_id_changed_left_and_joined():
    """Canvas gives the id of the other account after a merge."""
    found = compare(Course([ADA]), Course([replace(ADA, user_id="a2")]))

    assert [row[:2] for row in people(found)] == [("joined", "a2"), ("left", "a")]


def test_somebody_listed_as_deleted_left():
    found = compare(Course([ADA]), Course([replace(ADA, status="Deleted")]))

    assert [row[:2] for row in people(found)] == [("left", "a")]


def test_the_platforms_test_student_is_nobody():
    student = Member("t", (LEARNER, spec.TEST_USER), name="Test Student")
    graded = Course([student], grades=[("t", QUIZ, 5.0)])

    assert not compare(Course([]), graded)
    assert not compare(graded, Course([student]))


def test_people_come_by_change_and_name_however_the_rosters_were_ordered():
    members = [Member(f"u{n}", (LEARNER,), name=name) for n, name in enumerate(["Zoe", "Ann", None, "Max"])]

    forth, back = compare(Course([]), Course(members)), compare(Course([]), Course(members[::-1]))

    assert [row[2] for row in people(forth)] == ["Ann", "Max", "Zoe", None]
    assert_frame_equal(forth.members, back.members)


# --- Line items -----------------------------------------------------------------------------------


def test_line_items_that_are_new_gone_renamed_and_out_of_more():
    exam = LineItem("Exam", 100.0, "https://lms.example/items/3")
    lab = LineItem("Lab", 5.0, "https://lms.example/items/4")

    found = compare(
        Course(items=[QUIZ, ESSAY, lab]), Course(items=[replace(QUIZ, label="Quiz 1", out_of=20.0), lab, exam])
    )

    assert rows(found.line_items, "change", "label", "old_label", "out_of", "old_out_of") == [
        ("new", "Exam", None, 100.0, None),
        ("removed", "Essay", None, 50.0, None),
        ("renamed", "Quiz 1", "Quiz", 20.0, None),
        ("maximum", "Quiz 1", None, 20.0, 10.0),
    ]


def test_another_order_of_line_items_is_no_change():
    assert not compare(Course(items=[QUIZ, ESSAY]), Course(items=[ESSAY, QUIZ]))


# --- Grades ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [(None, 0.0, "new"), (5.0, 6.0, "raise"), (5.0, 4.0, "lower"), (5.0, None, "clear"), (0.0, None, "clear")],
)
def test_a_grade_that_changed(old, new, change):
    found = compare(Course(grades=[("a", QUIZ, old)]), Course(grades=[("a", QUIZ, new)]))

    assert rows(found.grades, "change", "user_id", "name", "item_id", "label", "old", "new", "out_of") == [
        (change, "a", "Ada", QUIZ.item_id, "Quiz", old, new, 10.0)
    ]


def test_a_result_that_is_no_longer_listed_is_cleared():
    """Moodle sends no row, or one without a score; both are no grade."""
    assert grades(compare(Course(grades=[("a", QUIZ, 5.0)]), Course())) == [("clear", "a", 5.0, None, 10.0)]
    assert not compare(Course(grades=[("a", QUIZ, None)]), Course())


@pytest.mark.parametrize(("old", "new"), [(3.33333, 10 / 3), (5.0, 5.0 + 9e-5), (0.0, 0.0)])
def test_a_difference_of_rounding_is_no_change(old, new):
    """Moodle keeps five decimals."""
    assert not compare(Course(grades=[("a", QUIZ, old)]), Course(grades=[("a", QUIZ, new)]))


def test_a_difference_above_rounding_is_a_change():
    assert compare(Course(grades=[("a", QUIZ, 5.0)]), Course(grades=[("a", QUIZ, 5.001)]))


def test_a_grade_on_another_scale_is_in_points_of_the_line_item():
    """Open edX tells each score on the maximum that it was sent with."""
    found = compare(Course(grades=[("a", QUIZ, 1.0, 2.0)]), Course(grades=[("a", QUIZ, 80.0, 100.0)]))

    assert grades(found) == [("raise", "a", 5.0, 8.0, 10.0)]
    assert not compare(Course(grades=[("a", QUIZ, 1.0, 2.0)]), Course(grades=[("a", QUIZ, 50.0, 100.0)]))


@pytest.mark.parametrize("score", [16.0, 8.0], ids=["Moodle rescales the points", "others keep them"])
def test_what_a_new_maximum_makes_of_grades_is_no_change_of_them(score):
    doubled = replace(QUIZ, out_of=20.0)

    found = compare(Course(grades=[("a", QUIZ, 8.0)]), Course(items=[doubled, ESSAY], grades=[("a", doubled, score)]))

    assert grades(found) == []
    assert rows(found.line_items, "change", "old_out_of", "out_of") == [("maximum", 10.0, 20.0)]


def test_a_grade_that_changed_beside_its_maximum_is_told_on_the_new_one():
    doubled = replace(QUIZ, out_of=20.0)

    found = compare(Course(grades=[("a", QUIZ, 8.0)]), Course(items=[doubled], grades=[("a", doubled, 18.0)]))

    assert grades(found) == [("raise", "a", 16.0, 18.0, 20.0)]


def test_a_grade_of_somebody_who_left_is_not_cleared():
    found = compare(Course(grades=[("a", QUIZ, 5.0)]), Course([BEN, CAT]))

    assert grades(found) == []
    assert [row[:2] for row in people(found)] == [("left", "a")]


def test_a_grade_of_somebody_who_became_inactive_is_not_cleared():
    found = compare(Course(grades=[("a", QUIZ, 5.0)]), Course([replace(ADA, status="Inactive"), BEN, CAT]))

    assert grades(found) == []


def test_a_grade_of_somebody_who_left_can_still_be_raised_and_has_their_name():
    found = compare(Course(grades=[("a", QUIZ, 5.0)]), Course([BEN], grades=[("a", QUIZ, 6.0)]))

    assert rows(found.grades, "change", "name") == [("raise", "Ada")]


def test_grades_of_a_removed_line_item_are_not_cleared():
    found = compare(Course(grades=[("a", ESSAY, 5.0)]), Course(items=[QUIZ]))

    assert grades(found) == []
    assert rows(found.line_items, "change", "label") == [("removed", "Essay")]


def test_a_line_item_out_of_nothing_still_shows_its_points():
    nothing = replace(QUIZ, out_of=0.0)

    found = compare(Course(items=[nothing]), Course(items=[nothing], grades=[("a", nothing, 3.0)]))

    assert grades(found) == [("new", "a", None, 3.0, 0.0)]


def test_grades_come_by_line_item_and_name():
    given = [(user, item, 1.0) for user in ("b", "a") for item in (ESSAY, QUIZ)]

    found = compare(Course(), Course(grades=given))

    assert rows(found.grades, "label", "name") == [("Quiz", "Ada"), ("Quiz", "Ben"), ("Essay", "Ada"), ("Essay", "Ben")]


# --- The whole --------------------------------------------------------------------------------------

TEXT, NUMBER = text_dtype(), np.dtype("float64")


def test_columns_and_dtypes_are_the_same_without_any_change():
    nothing = compare(Course(), Course())
    busy = compare(
        Course([ADA], [QUIZ], [("a", QUIZ, 1.0)]),
        Course([BEN], [ESSAY, replace(QUIZ, label="x")], [("b", ESSAY, 2.0)]),
    )
    unread = compare(Course(None, None, None), Course(None, None, None))

    for name, columns in {
        "members": {"user_id": TEXT, "name": TEXT, "old": TEXT, "new": TEXT},
        "grades": dict.fromkeys(("user_id", "name", "item_id", "label"), TEXT)
        | dict.fromkeys(("old", "new", "out_of"), NUMBER),
        "line_items": dict.fromkeys(("item_id", "label", "old_label"), TEXT)
        | dict.fromkeys(("out_of", "old_out_of"), NUMBER),
    }.items():
        for found in (nothing, busy, unread):
            frame = getattr(found, name)
            assert dict(frame.dtypes.drop("change")) == columns
            assert_frame_equal(frame.iloc[:0], getattr(nothing, name))
    assert list(nothing.members["change"].cat.categories) == ["joined", "left", "role", "status"]
    assert list(nothing.grades["change"].cat.categories) == ["new", "raise", "lower", "clear"]
    assert list(nothing.line_items["change"].cat.categories) == ["new", "removed", "renamed", "maximum"]


def test_changes_are_true_where_anything_changed():
    assert not compare(Course(), Course())
    assert compare(Course(), Course([ADA, BEN]))
    assert compare(Course(), Course(items=[QUIZ]))
    assert compare(Course(), Course(grades=[("a", QUIZ, 1.0)]))


def test_what_one_side_could_not_read_is_not_compared_and_noted():
    found = compare(Course(items=None, grades=None), Course(grades=[("a", QUIZ, 1.0)]))

    assert not found
    assert found.notes == (
        "Line items are not compared: this tool could not read them then.",
        "Grades are not compared: this tool could not read them then.",
    )


def test_an_empty_roster_is_noted():
    assert "lists nobody" in compare(Course(), Course([])).notes[0]


def test_changes_show_counts_and_no_person():
    found = compare(
        Course(grades=[("a", QUIZ, 5.0)]),
        Course([ADA, Member("d", (LEARNER,), name="Dan")], grades=[("a", QUIZ, 7.25)]),
    )

    assert repr(found) == (
        "<Changes in BIO101 from 2026-11-18 06:00 to 2026-11-25 06:00 UTC: "
        "members: 1 joined, 2 left; grades: 1 raised; line items: no change>"
    )
    html = re.sub(r"<style>.*?</style>", "", found._repr_html_(), flags=re.DOTALL)
    assert "<caption>" in html
    assert "2026-11-18" in html
    for text in (repr(found), html):
        assert not any(secret in text for secret in ("Ada", "Ben", "Dan", "7.25"))


def test_a_course_of_hostile_name_is_escaped():
    whose = owner(name="<script>alert(1)</script>\x1b[2J")
    now = taken(whose, AT, {}, None)

    assert "<script>" not in between(now, now)._repr_html_()
    assert "\x1b" not in repr(between(now, now))
