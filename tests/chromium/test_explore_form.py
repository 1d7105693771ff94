"""``course.widgets.explore()`` in a real JupyterLab: search, filter, and grades beside the people."""

from __future__ import annotations

import json
import re

import pytest
from uploading import ANNA, LEILA, SEAN, WANG

import ltix_data as ltix

from .practised import SOON, practising

pytestmark = [pytest.mark.system, pytest.mark.process]

CELLS = [
    "import ltix_data as ltix\ncourse = ltix.connect('practice').course('SEM12')",
    "form = course.widgets.explore()\nform",
]


@pytest.fixture
def lms(tmp_path, monkeypatch, signing_key):
    with practising(tmp_path, monkeypatch, signing_key, "Quiz 1") as practised:
        with ltix.connect("practice") as session:
            course = session.course("SEM12")
            people = course.roster().set_index("sourcedid")["user_id"]
            for number, score in {SEAN: 2, WANG: 5.5, LEILA: 8, ANNA: 10}.items():
                course.post_score("Quiz 1", people[number], score)
        yield practised


@pytest.fixture
def form(lab, page, lms, request):
    lab.open(page, cells=CELLS, theme=getattr(request, "param", "light"))
    lab.run(page)
    return lab.output(page, 1)


def says(form, text) -> None:
    form.get_by_role("status").get_by_text(text).wait_for(timeout=SOON * 1000)


def rows(form) -> int:
    return form.locator("table:has(caption:has-text('people')) tbody tr").count()


@pytest.mark.parametrize("form", ["light", "dark"], indirect=True)
def test_people_are_searched_and_filtered_and_their_grades_stand_beside_them(form, page, picture):
    says(form, "12 of 12 people are shown.")
    picture("1-everybody")
    form.get_by_label("Line item", exact=True).select_option("Quiz 1, out of 10")
    form.get_by_text(re.compile("4 grades, mean 64 %")).wait_for(timeout=SOON * 1000)
    form.get_by_label("Sorted by").select_option("lowest score first")
    form.locator("tbody tr").first.get_by_text("Seán").wait_for()
    picture("2-grades")

    form.get_by_label("Role").select_option("Instructor")
    says(form, "2 of 12 people are shown.")
    form.get_by_role("button", name="Show everybody").click()
    says(form, "12 of 12 people are shown.")
    search = form.get_by_label("Search")
    search.fill("schmidt")
    search.press("Enter")
    says(form, "1 of 12 people is shown.")
    picture("3-found")

    assert (rows(form), search.input_value()) == (1, "")
    assert form.get_by_text("1 grade, mean 100 %").count() == 1


def test_the_saved_notebook_holds_nobody_in_the_state_of_its_widgets(form, lab, page, lms):
    search = form.get_by_label("Search")
    search.fill("Seán O’Brien")
    search.press("Enter")
    says(form, "1 of 12 people is shown.")

    state = json.dumps(lab.saved().metadata["widgets"], ensure_ascii=False)

    people = [member.person for member in lms.platform.courses["SEM12"].members.values()]
    told = {word for one in people for word in (one.user_id, one.name, one.email, one.sourcedid) if word}
    assert [word for word in told if word in state] == []
    assert "Sorted by" in state
