"""Pictures of a real course, on the practice platform."""

from __future__ import annotations

import pytest
from matplotlib.text import Text

import ltix_data as ltix
from ltix_data import demo
from ltix_data.errors import UnknownNameError


@pytest.fixture
def course(practice):
    demo.upload(practice.course, lambda said: None)
    return practice.course


def said(picture) -> list[str]:
    return [text.get_text() for text in picture.figure.findobj(Text) if text.get_text()]


def test_the_four_pictures_of_a_course(course):
    course.snapshot()

    plot = course.plot

    assert plot.distribution("Quiz 1").alt == (
        "Distribution of results: Quiz 1. 7 have a result, of 8 learners. Median 82.5%. "
        "1 has no result, which is not counted as 0. Left out: 1 inactive learner, 1 test student."
    )
    assert plot.completion().data[["label", "with_result", "without_result"]].to_numpy().tolist() == [
        ["ltix_data: activity", 0, 8],
        ["Quiz 1", 7, 1],
    ]
    assert plot.gradebook().alt.startswith("Heat map: Gradebook, SEM12. 8 learners, 2 line items: 7 of 16 results")
    assert plot.progress_over_time().data[["label", "learners", "with_result", "median"]].fillna(
        -1
    ).to_numpy().tolist() == [
        ["ltix_data: activity", 8, 0, -1],
        ["Quiz 1", 8, 7, 82.5],
    ]


def test_an_unknown_item_is_the_error_of_the_course_with_its_near_misses(course):
    with pytest.raises(UnknownNameError, match="There are “ltix_data: activity”, “Quiz 1”"):
        course.plot.distribution("Midterm")


def test_a_row_of_the_line_items_will_do_also_where_nobody_has_a_result(course):
    item = course.line_items().iloc[0]

    picture = course.plot.distribution(item)

    assert picture.alt.startswith("Distribution of results: ltix_data: activity. None of 8 learners has a result yet.")


def test_under_pseudonyms_rows_are_called_by_them_and_nobody_is_named(practice, course):
    people = [member.person for member in practice.platform.course("SEM12").members.values()]
    covered = ltix.connect(practice.registration, http=practice.http, pseudonyms="a key for practising only")

    picture = covered.course("SEM12").plot.gradebook()

    words = said(picture)
    assert set(picture.data.index) <= set(words)
    assert all(user_id.startswith("p") for user_id in picture.data.index)
    assert [person.name for person in people if any(person.name in word for word in words)] == []
    assert [person.user_id for person in people if person.user_id in words] == []


def test_a_course_of_three_thousand_is_drawn(practice):
    big = practice.session.course("MED3000")
    quiz = big.create_line_item("Quiz", 10)
    learners = big.roster(role="Learner", status="Active")["user_id"].head(300)
    for number, user_id in enumerate(learners[::3]):
        big.post_score(quiz, user_id, number % 11)

    picture = big.plot.distribution("Quiz")

    assert "100 have a result, of 2,9" in picture.alt
    assert picture.png().startswith(b"\x89PNG")
