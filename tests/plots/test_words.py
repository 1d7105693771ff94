"""What a picture says in words: numbers and whom it leaves out, and no name in the text that stands for it."""

from __future__ import annotations

import sys
from html.parser import HTMLParser

import pytest
from matplotlib.text import Text

from ltix_data import privacy, spec
from ltix_data.errors import UsageError
from ltix_data.plots import CoursePlots, Picture

from .classes import LEARNER, Classroom, item, member, result


@pytest.fixture(autouse=True)
def names_shown():
    yield
    privacy.mask_names(False)


def pictures(course: Classroom) -> list[Picture]:
    plot = CoursePlots(course)
    return [plot.distribution(course.labels[0]), plot.completion(), plot.gradebook(), plot.progress_over_time()]


def words(picture: Picture) -> list[str]:
    return [text.get_text() for text in picture.figure.findobj(Text) if text.get_text()]


def test_a_distribution_tells_counts_and_the_median():
    course = Classroom([member("a"), member("b"), member("c")], [item(1, "Quiz")], [])
    course.cells = [(course.items[0], result("a", 4)), (course.items[0], result("b", 9))]

    picture = CoursePlots(course).distribution("Quiz")

    assert picture.alt == (
        "Distribution of results: Quiz. 2 have a result, of 3 learners. Median 65%. "
        "1 has no result, which is not counted as 0."
    )
    assert repr(picture) == picture.alt


def test_the_others_tell_how_many_results_are_there():
    course = Classroom([member("a"), member("b")], [item(1, "Quiz"), item(2, "Essay")], [])
    course.cells = [(course.items[0], result("a", 4)), (course.items[0], result("b", 9))]
    course.taken = [course.snapshot(0)]

    _, completion, gradebook, progress = pictures(course)

    assert completion.alt == (
        "Bar chart: Who has a result, SEM12. 2 learners, 2 line items: 2 of 4 results are there (50%). "
        "Fewest results: 0 of 2 in “Essay”."
    )
    assert gradebook.alt == (
        "Heat map: Gradebook, SEM12. 2 learners, 2 line items: 2 of 4 results are there; median 65%. "
        "Hatched: no result, which is not a 0."
    )
    assert progress.alt == (
        "Line chart: Progress, SEM12. One snapshot, 2026-03-02 08:00 UTC: 50% of the results are there. "
        "Of the learners who were active at each time. Who has no result is not in a median."
    )


def test_it_says_whom_it_leaves_out():
    quiz = item(1, "Quiz")
    course = Classroom(
        [
            member("a"),
            member("in", status="Inactive"),
            member("in2", status="Inactive"),
            member("te", roles=(*LEARNER, spec.TEST_USER)),
        ],
        [quiz],
        [(quiz, result("a", 1)), (quiz, result("left", 2)), (quiz, result("in", 2))],
    )
    said = "Left out: 2 inactive learners, 1 test student, 1 who left the course with a result."

    for picture in pictures(course)[:3]:
        assert picture.alt.endswith(said)
        assert said in " ".join(words(picture))


@pytest.mark.parametrize("kind", range(4))
def test_where_there_is_nothing_a_card_says_so(kind):
    empty = Classroom([], [item(1, "Quiz")] if kind == 0 else [], [])
    plot = CoursePlots(empty)

    picture = [lambda: plot.distribution("Quiz"), plot.completion, plot.gradebook, plot.progress_over_time][kind]()

    said = ["There are no learners.", "There are no line items yet", "There are no learners yet", "no snapshot"][kind]
    assert said in picture.alt
    assert said in " ".join(words(picture))
    assert picture.figure.axes == []


def test_no_name_and_no_id_of_a_person_is_in_the_text_or_in_a_picture_of_many():
    course = Classroom.of(41, 3)
    people = [*(person.user_id for person in course.members), *(person.name or "" for person in course.members)]

    for picture in pictures(course):
        assert [name for name in people if name in picture.alt] == []
        assert [name for name in people if name in words(picture)] == []


def test_a_few_learners_are_named_at_their_rows_and_by_their_id_without_a_name():
    course = Classroom([member("u1", "Ana Lee"), member("u2", None), member("u3", "王秀英")], [item(1, "Quiz")], [])

    said = words(CoursePlots(course).gradebook())

    assert [name for name in ("Ana Lee", "u2", "u3") if name in said] == ["Ana Lee", "u2", "u3"]


def test_names_are_masked_while_the_switch_is_on_also_in_a_picture_made_before():
    course = Classroom([member("u1", "Ana Lee")], [item(1, "Quiz")], [])
    picture = CoursePlots(course).gradebook()
    before = words(picture)

    privacy.mask_names()
    during = words(picture)
    privacy.mask_names(False)

    assert "Ana Lee" in before
    assert "A. L." in during
    assert "Ana Lee" not in during
    assert "Ana Lee" in words(picture)
    assert picture.data["name"].to_list() == ["Ana Lee"]


def test_what_somebody_changes_in_the_figure_stays():
    picture = CoursePlots(Classroom.of(3, 1)).completion()

    picture.figure.axes[0].set_xlabel("of mine")

    assert "of mine" in words(picture)


def test_the_image_has_the_text_for_those_who_do_not_see_it_and_needs_no_network():
    course = Classroom.of(3, 1, label='<script>alert("1")</script> %d')

    shown = CoursePlots(course).distribution(course.labels[0])._repr_mimebundle_()

    tags = Tags()
    tags.feed(shown["text/html"])
    ((name, attributes),) = tags.found
    assert name == "img"
    assert attributes["src"].startswith("data:image/png;base64,")
    assert attributes["alt"].startswith('Distribution of results: <script>alert("1")</script> 1.')
    assert attributes["alt"] == shown["text/plain"]
    assert "background:#fff" in attributes["style"]


class Tags(HTMLParser):
    """Collects what elements there are."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_no_control_character_of_a_label_reaches_a_terminal():
    course = Classroom.of(3, 2, label="\x1b[2J\u202eQuiz\n%d")

    for picture in pictures(course):
        assert picture.alt.isprintable()


def test_a_long_label_does_not_drown_the_text():
    course = Classroom.of(3, 2, label="%d " + "W" * 300)

    for picture in pictures(course):
        assert len(picture.alt) < 400


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(UsageError, match=r'pip install "ltix-data\[plots\]"'):
        CoursePlots(Classroom.of(3, 1))
