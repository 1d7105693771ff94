"""The form to look around in: who is in the course, and one line item's grades beside them."""

from __future__ import annotations

import httpx
import pytest
from uploading import ANNA, LEILA, SEAN, WANG, ZOE, Met, forwarded, planned

import ltix_data as ltix
from ltix_data import privacy
from ltix_data.http import HttpClient

from .conftest import SOON, choose, press, words_of, write


@pytest.fixture
def course(practice):
    planned(practice.course, {SEAN: "2", WANG: "5", LEILA: "8", ANNA: "10"}).send()
    return practice.course


@pytest.fixture
def form(course):
    return course.widgets.explore()


def people(form) -> list[str]:
    return list(form.shown["sourcedid"].dropna())


def test_everybody_is_shown_with_role_and_status(form):
    shown = words_of(form.area.html)

    assert (len(form.shown), form.said.text) == (12, "12 of 12 people are shown.")
    assert "12 of 12 people name role status e-mail" in shown
    assert "Seán O’Brien Learner Active Sean.OBrien@Students.Example.edu" in shown


@pytest.mark.parametrize("words", ["o’brien", "SEAN.OBRIEN@", SEAN, "9007199254740993"])
def test_a_search_finds_names_addresses_and_ids_in_any_case(form, words):
    write(form.search, words)

    assert people(form) == [SEAN]


def test_what_was_searched_for_leaves_its_box_and_is_told_above_the_list(form):
    write(form.search, "schmidt")

    assert (form.search.value, form.area.text) == ("", "1 of 12 people, those with “schmidt”")


def test_roles_count_whoever_has_them_beside_others(form):
    """A student who helps to teach is a learner too."""
    choose(form.role, "Learner")

    assert "Aoife O'Neil" in list(form.shown["name"])
    assert "Ursula Vögeli-Núñez" not in list(form.shown["name"])


def test_status_and_role_and_search_are_taken_together(form):
    write(form.search, "garcía")
    choose(form.role, "Learner")
    choose(form.status, "Inactive")

    assert len(form.shown) == 1


def test_everybody_comes_back_with_one_button(form):
    write(form.search, "garcía")
    choose(form.status, "Inactive")
    press(form, form.everybody)

    assert (len(form.shown), form.status.value, form.area.text) == (12, "", "12 of 12 people")


def test_the_grades_of_a_line_item_stand_beside_the_people(form):
    choose(form.item, "Quiz 1")
    form.wait(SOON)

    assert dict(form.shown.set_index("sourcedid")["percent"].dropna()) == {SEAN: 20, WANG: 50, LEILA: 80, ANNA: 100}
    shown = words_of(form.area.html)
    assert "Quiz 1, out of 10: 4 grades, mean 62 %, median 65 %" in shown
    assert "90–100 % 1 no grade 6" in shown


def test_the_distribution_is_of_those_who_are_shown(form):
    choose(form.item, "Quiz 1")
    form.wait(SOON)
    write(form.search, "schmidt")

    assert "1 grade, mean 100 %" in words_of(form.area.html)


def test_nobody_with_a_grade_is_told(form):
    choose(form.item, "Quiz 1")
    form.wait(SOON)
    write(form.search, "nguyễn")

    assert (people(form), "None of these people has a grade" in words_of(form.area.html)) == ([ZOE], True)


def test_people_are_sorted_by_their_score(course):
    form = course.widgets.explore("Quiz 1")
    choose(form.order, "lowest")
    first = people(form)[:4]
    choose(form.order, "highest")

    assert (first, people(form)[:4]) == ([SEAN, WANG, LEILA, ANNA], [ANNA, LEILA, WANG, SEAN])


def test_reading_again_keeps_the_filters(form, course):
    choose(form.status, "Active")
    course.create_line_item("Quiz 9", 10)
    press(form, form.again)

    assert (form.status.value, "Quiz 9, out of 10" in form.item._options_labels) == ("Active", True)


def test_an_unknown_line_item_is_told_in_words(course):
    form = course.widgets.explore("Quizz 1")

    assert "There is no such line item here “Quizz 1”." in form.area.text


def test_masked_names_are_not_shown(course):
    privacy.mask_names()
    try:
        form = course.widgets.explore()
        write(form.search, "sean")
    finally:
        privacy.mask_names(False)

    shown = words_of(form.area.html)
    assert ("S. O." in shown, "Brien" in shown, "Students.Example" in shown, "“sean”" in shown) == (
        True,
        False,
        False,
        False,
    )


def test_a_course_without_line_items_shows_its_people(practice):
    known = next(course for course in practice.registration.courses if course.name == "SEM12")
    session = ltix.connect(
        ltix.Registration(
            name="roster-only",
            issuer=practice.registration.issuer,
            client_id=practice.registration.client_id,
            token_url=practice.registration.token_url,
            private_key=practice.registration.signing_key(),
        ),
        http=practice.http,
    )
    course = session.add_course("SEM12", memberships_url=known.memberships_url)

    form = course.widgets.explore()

    assert (len(form.shown), form.item._options_labels) == (12, ("none",))


def test_a_platform_that_fails_is_told_in_words_and_asked_again(practice):
    down = [True]

    class Failing(Met):
        def handle_request(self, request):
            if down[0] and "/members" in request.url.path:
                return httpx.Response(500, request=request)
            return super().handle_request(request)

    http = HttpClient(transport=Failing(practice, forwarded), sleep=lambda seconds: None)
    form = ltix.connect(practice.registration, http=http).course("SEM12").widgets.explore()
    assert (form.shown, "practice.example" in form.area.text, "Traceback" in form.area.html) == (None, True, False)

    down[0] = False
    press(form, form.again)

    assert len(form.shown) == 12
