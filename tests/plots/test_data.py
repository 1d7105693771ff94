"""The frame behind each picture: who is counted, with what."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from ltix_data import spec
from ltix_data.errors import UnknownNameError
from ltix_data.frames import text_dtype
from ltix_data.plots import CoursePlots

from .classes import LEARNER, START, TEACHER, Classroom, item, member, result

QUIZ, ESSAY = item(1, "Quiz"), item(2, "Essay", out_of=20)


@pytest.fixture
def course() -> Classroom:
    members = [
        member("a", "Ana"),
        member("b", "Bo"),
        member("c", "Chi", roles=(*TEACHER, *LEARNER)),
        member("gone", "Dee", status="Inactive"),
        member("test", "Test Student", roles=(*LEARNER, spec.TEST_USER)),
        member("t", "Teacher", roles=TEACHER),
    ]
    cells = [
        (QUIZ, result("a", 0)),
        (QUIZ, result("b", None)),
        (QUIZ, result("c", 12)),
        (QUIZ, result("gone", 5)),
        (QUIZ, result("test", 5)),
        (QUIZ, result("left", 5)),
        (QUIZ, result("t", 5)),
        (ESSAY, result("a", 10, 20)),
    ]
    return Classroom(members, [QUIZ, ESSAY], cells)


def text(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype=text_dtype())


def test_a_distribution_counts_active_learners_and_a_missing_result_is_no_zero(course):
    picture = CoursePlots(course).distribution("Quiz")

    expected = pd.DataFrame(
        {
            "user_id": text("a", "b", "c"),
            "score": [0.0, np.nan, 12.0],
            "out_of": [10.0, np.nan, 10.0],
            "percent": [0.0, np.nan, 120.0],
        }
    )
    assert_frame_equal(picture.data, expected)


def test_an_item_may_be_a_label_an_id_or_a_row(course):
    by_label, by_id, by_row = (
        CoursePlots(course).distribution(named) for named in ("Quiz", QUIZ.item_id, course.line_items().iloc[0])
    )

    assert_frame_equal(by_label.data, by_id.data)
    assert_frame_equal(by_label.data, by_row.data)
    assert by_label.alt == by_id.alt == by_row.alt


def test_an_unknown_item_is_the_error_of_the_course(course):
    with pytest.raises(UnknownNameError):
        CoursePlots(course).distribution("Quizz")


def test_completion_counts_for_each_line_item_who_has_a_result(course):
    picture = CoursePlots(course).completion()

    expected = pd.DataFrame(
        {
            "item_id": text(QUIZ.item_id, ESSAY.item_id),
            "label": text("Quiz", "Essay"),
            "out_of": [10.0, 20.0],
            "with_result": [2, 1],
            "without_result": [1, 2],
            "share": [200 / 3, 100 / 3],
        }
    )
    assert_frame_equal(picture.data, expected)


def test_the_gradebook_holds_active_learners_in_the_order_of_the_roster(course):
    picture = CoursePlots(course).gradebook()

    expected = pd.DataFrame(
        {"name": text("Ana", "Bo", "Chi"), "Quiz": [0.0, np.nan, 120.0], "Essay": [50.0, np.nan, np.nan]}
    )
    expected.index = pd.Index(["a", "b", "c"], dtype=text_dtype(), name="user_id")
    assert_frame_equal(picture.data, expected)


def test_a_large_gradebook_is_sorted_by_the_mean_and_who_has_nothing_comes_last():
    course = Classroom.of(50, 3)
    course.cells = [cell for cell in course.cells if cell[1].user_id != "u00007"]

    data = CoursePlots(course).gradebook().data

    mean = data.drop(columns="name").mean(axis="columns")
    assert mean.dropna().is_monotonic_decreasing
    assert data.index[-1] == "u00007"
    assert set(data.index) == {f"u{number:05d}" for number in range(50)}


def test_progress_has_a_row_for_each_snapshot_and_line_item(course):
    course.taken = [course.snapshot(0), course.snapshot(1)]
    course.taken[0].results = course.results("Quiz")

    data = CoursePlots(course).progress_over_time().data

    later = START + timedelta(weeks=1)
    expected = pd.DataFrame(
        {
            "taken_at": pd.Series([START, START, later, later], dtype="datetime64[us, UTC]"),
            "item_id": text(*[QUIZ.item_id, ESSAY.item_id] * 2),
            "label": text(*["Quiz", "Essay"] * 2),
            "learners": [3, 3, 3, 3],
            "with_result": [2, 0, 2, 1],
            "share": [200 / 3, 0.0, 200 / 3, 100 / 3],
            "median": [60.0, np.nan, 60.0, 50.0],
        }
    )
    assert_frame_equal(data, expected)


def test_a_snapshot_without_results_is_no_course_without_results(course):
    course.taken = [course.snapshot(0), course.snapshot(1)]
    course.taken[1].parts = ("roster",)

    picture = CoursePlots(course).progress_over_time()

    assert picture.data["taken_at"].unique().tolist() == [START]
    assert "Left out: 1 snapshot without roster or results." in picture.alt


def test_since_leaves_earlier_snapshots_out():
    data = CoursePlots(Classroom.of(5, 1)).progress_over_time(START + timedelta(weeks=2)).data

    assert data["taken_at"].to_list() == [pd.Timestamp(START + timedelta(weeks=week)) for week in (2, 3)]


def test_nothing_at_all_has_the_same_columns_and_dtypes():
    full, empty = CoursePlots(Classroom.of(5, 2)), CoursePlots(Classroom([], [], []))

    assert_frame_equal(empty.completion().data, full.completion().data.iloc[:0].reset_index(drop=True))
    assert_frame_equal(empty.progress_over_time().data, full.progress_over_time().data.iloc[:0].reset_index(drop=True))
    assert list(empty.gradebook().data) == ["name"]


def test_of_two_results_of_one_person_the_later_counts_unless_it_has_no_score():
    course = Classroom([member("a"), member("b")], [QUIZ], [])
    course.cells = [
        (QUIZ, result("a", 3)),
        (QUIZ, result("a", 7)),
        (QUIZ, result("b", 3)),
        (QUIZ, result("b", None)),
    ]

    pictures = CoursePlots(course)

    assert pictures.distribution("Quiz").data["percent"].to_list() == [70.0, 30.0]
    assert pictures.gradebook().data["Quiz"].to_list() == [70.0, 30.0]


def test_a_person_whom_the_platform_lists_twice_is_one():
    course = Classroom([member("a", "Ana"), member("a", "Ana")], [QUIZ], [(QUIZ, result("a", 3))])

    pictures = CoursePlots(course)

    assert len(pictures.distribution("Quiz").data) == 1
    assert pictures.completion().data["share"].to_list() == [100.0]
    assert len(pictures.gradebook().data) == 1
