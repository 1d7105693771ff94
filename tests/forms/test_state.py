"""Nothing that a widget ever tells the browser names a person or a grade: notebooks keep it."""

from __future__ import annotations

import json

from ipywidgets.widgets.widget import _instances
from uploading import ANNA, LEILA, SEAN, WANG, planned, sheet

import ltix_data as ltix

from .conftest import SOON, choose, csv, found_in, press, upload, write

#: Scores that stand nowhere else.
GRADES = {"7.31", "6.47", "3.1459"}
MARKS = {SEAN: "7.31", WANG: "six point 6.47", "00098765": "3.1459", LEILA: "87.31"}


def states() -> list[str]:
    """Return the state of every widget there is, as “Save Widget State” would write it."""
    return [json.dumps(widget.get_state(), default=str, ensure_ascii=False) for widget in _instances.values()]


def test_an_upload_leaves_nothing_personal_in_any_widget(practice, secrets, told, recwarn):
    """From the file to the report: chosen, mended, left out, sent, and failed to be read."""
    form = practice.course.widgets.upload()
    upload(form, "marks.csv", csv(sheet(MARKS, remark=list("abcd"))))
    choose(form.choices.item, "Quiz 1")
    press(form, form.choices.go)
    choose(form.mending.row, "3:")
    write(form.mending.value, "6.47")
    press(form, form.mending.put)
    choose(form.mending.row, "4:")
    write(form.mending.value, ANNA)
    press(form, form.mending.put)
    choose(form.mending.row, "5:")
    press(form, form.mending.leave)
    press(form, form.delivering.send)
    write(form.files.path, f"/nowhere/{SEAN}.csv")
    form.wait(SOON)

    assert form.report.ok
    assert found_in(secrets | GRADES | {"00098765", "87.31"}, [*told, *states()]) == []
    assert len(told) > 50  # it was listened to


def test_a_sheet_whose_header_names_people_gets_into_no_list(practice, secrets, told):
    form = practice.course.widgets.upload()
    upload(form, "marks.csv", f"item,{SEAN}x,O’Brien,Schmidt\nQuiz 1,7.31,1,2\n".encode())
    upload(form, "wide.csv", "item,Seán O’Brien\nQuiz 1,7.31\n".encode())

    assert "looks like a person's" in form.looked.text
    assert found_in(secrets | GRADES, [*told, *states()]) == []


def test_exploring_leaves_nothing_personal_in_any_widget(practice, secrets, told, recwarn):
    planned(practice.course, {SEAN: "7.31"}).send()
    form = practice.course.widgets.explore("Quiz 1")
    write(form.search, "Seán O’Brien")
    choose(form.role, "Learner")
    choose(form.order, "highest")
    press(form, form.everybody)
    press(form, form.again)

    assert "7.31" in form.area.html
    assert found_in(secrets | GRADES, [*told, *states()]) == []


def test_what_is_personal_is_cell_output(practice, capsys):
    """The form shows itself as widgets with outputs between them, and updates those."""
    form = practice.course.widgets.upload(sheet(MARKS), item="Quiz 1", match="sourcedid", score="points")

    form._ipython_display_()

    assert "FileUpload" in capsys.readouterr().out
    assert "00098765" in form.planned.html


def test_in_a_pseudonymous_session_the_forms_name_nobody(practice, secrets, told):
    """They tell people by their pseudonyms alone, and take these back."""
    with ltix.connect(practice.registration, http=practice.http, pseudonyms=b"a key of this test") as session:
        course = session.course("SEM12")
        roster = course.roster(role="Learner", status="Active")
        marks = roster[["user_id"]].assign(points="7.31").head(2)
        form = course.widgets.upload(marks, item="Quiz 1", match="user_id", score="points")
        press(form, form.delivering.send)
        seen = course.widgets.explore("Quiz 1")

    assert form.report.ok
    shown = [form.looked.html, form.planned.html, form.sent.html, seen.area.html]
    assert found_in(secrets, [*shown, *told]) == []
    assert marks["user_id"].iloc[0] in form.sent.html
