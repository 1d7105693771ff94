"""``course.widgets.upload()`` in a real JupyterLab: choose a file, mend a row, send, cancel, go on, download."""

from __future__ import annotations

import csv
import json
import re

import pytest
from uploading import ANNA, LEILA, MARIA, SEAN, WANG, WULANDARI, ZOE

from .practised import SOON, practising

pytestmark = [pytest.mark.system, pytest.mark.process]

COURSE = "import ltix_data as ltix\ncourse = ltix.connect('practice').course('SEM12')"
FORM = "form = course.widgets.upload()\nform"
MARKS = f"Matric;Name;Quiz 1\n{SEAN};Seán;7,5\n{WANG};秀英;nine\n00099999;Nobody;5\n{LEILA};ليلى;4\n"
ALL = (SEAN, WANG, LEILA, ANNA, WULANDARI, ZOE, MARIA)


@pytest.fixture
def lms(tmp_path, monkeypatch, signing_key):
    with practising(tmp_path, monkeypatch, signing_key, "Quiz 1", "Essay") as practised:
        yield practised


@pytest.fixture
def form(lab, page, lms, request):
    """The form, shown by a cell; in the theme that the test is called with."""
    lab.open(page, cells=[COURSE, FORM], theme=getattr(request, "param", "light"))
    lab.run(page)
    return lab.output(page, 1)


def choose_file(form, name: str, data: str) -> None:
    with form.page.expect_file_chooser() as asked:
        form.get_by_role("button", name="Choose a file").click()
    asked.value.set_files({"name": name, "mimeType": "text/csv", "buffer": data.encode()})
    form.get_by_text(re.compile("The sheet was read")).wait_for(timeout=SOON * 1000)


def plan(form) -> None:
    form.get_by_label("Line item", exact=True).select_option("Quiz 1, out of 10")
    form.get_by_label("Tell people by").select_option("student number (sourcedid)")
    form.get_by_label("which is in column").select_option("Matric")
    form.get_by_label("Column of scores").select_option("Quiz 1")
    form.get_by_role("button", name="Show what would be sent").click()


def says(form, text: str | re.Pattern) -> None:
    """Wait until the form's live line says so."""
    form.get_by_role("status").get_by_text(text).wait_for(timeout=SOON * 1000)


@pytest.mark.parametrize("form", ["light", "dark"], indirect=True)
def test_a_file_is_chosen_mended_sent_and_reported(form, page, lms, tmp_path, picture):
    picture("1-empty")
    choose_file(form, "marks.csv", MARKS)
    form.get_by_text("4 rows, 3 columns").wait_for()
    picture("2-read")
    plan(form)
    says(form, "2 scores ready to send; 2 rows cannot be sent.")
    form.get_by_text("Rows that cannot be sent", exact=True).scroll_into_view_if_needed()
    picture("3-planned")

    form.get_by_label("Show", exact=True).select_option("a score that is no number (1)")
    form.get_by_text("Rows that cannot be sent (1 of 2)").wait_for()
    form.get_by_label("The right value").fill("9")
    form.get_by_role("button", name="Put it there").click()
    says(form, "3 scores ready to send; 1 row cannot be sent.")
    form.get_by_role("button", name="Leave this row out").click()
    says(form, "3 scores ready to send.")
    picture("4-mended")
    form.get_by_role("button", name="Send 3 scores").click()
    says(form, "Every row that holds a score is in the gradebook.")
    form.get_by_role("link", name="Download the report (CSV)").scroll_into_view_if_needed()
    picture("5-sent")
    with page.expect_download() as got:
        form.get_by_role("link", name="Download the report (CSV)").click()

    got.value.save_as(tmp_path / "report.csv")
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["outcome"]) for row in rows] == [
        ("2", "confirmed"),
        ("3", "confirmed"),
        ("4", "skipped"),
        ("5", "confirmed"),
    ]
    assert re.fullmatch(r"report-\d{8}-.+\.csv", got.value.suggested_filename)
    assert lms.stored("Quiz 1") == {SEAN: 7.5, WANG: 9, LEILA: 4}


def test_a_file_can_be_dropped_on_the_form(form, page):
    """The drop goes to the place that says so, as from a window of files."""
    dropped = page.evaluate_handle(
        """text => {
            const files = new DataTransfer();
            files.items.add(new File([text], "dropped.csv", {type: "text/csv"}));
            return files;
        }""",
        MARKS,
    )
    form.get_by_text("or drop it here").dispatch_event("drop", {"dataTransfer": dropped})

    form.get_by_text("dropped.csv").first.wait_for(timeout=SOON * 1000)
    form.get_by_text("4 rows, 3 columns").wait_for()


def test_a_running_upload_is_cancelled_and_finished_later(form, page, lms, picture):
    """Nothing is sent twice, and the buttons answer while scores are on their way."""
    choose_file(form, "marks.csv", "\n".join(["Matric,Quiz 1", *(f"{number},5" for number in ALL)]))
    plan(form)
    says(form, "7 scores ready to send.")
    lms.hold(2)
    form.get_by_role("button", name="Send 7 scores").click()
    assert lms.came.wait(SOON)
    form.get_by_text("2 of 7").wait_for()
    picture("1-sending")
    form.get_by_role("button", name="Cancel").click()
    says(form, re.compile("Stopped|Every row"))
    picture("2-cancelled")
    lms.release()
    form.get_by_role("button", name="Send what is missing").click()
    says(form, "Every row that holds a score is in the gradebook.")
    picture("3-resumed")

    assert lms.stored("Quiz 1") == dict.fromkeys(ALL, 5)
    assert len(set(lms.bodies)) == 7


def test_a_file_that_is_no_sheet_is_refused_in_words(form, page, picture):
    with page.expect_file_chooser() as asked:
        form.get_by_role("button", name="Choose a file").click()
    asked.value.set_files({"name": "empty.csv", "mimeType": "text/csv", "buffer": b""})

    form.get_by_role("alert").get_by_text("“empty.csv” is empty").wait_for(timeout=SOON * 1000)
    picture("refused")
    assert form.get_by_text("Traceback").count() == 0


def test_the_form_can_be_used_with_the_keyboard_alone(lab, page, lms):
    """From a path in a box to the gradebook: Tab, the arrow keys, Enter and Space."""
    lab.put("marks.csv", f"sourcedid,points\n{SEAN},7\n{WANG},8\n".encode())
    lab.open(page, cells=[COURSE, FORM])
    lab.run(page)
    form = lab.output(page, 1)
    keys = page.keyboard

    tab_to(page, form.get_by_label("or its path:"))
    keys.type("marks.csv")
    keys.press("Enter")
    says(form, "The sheet was read: 2 rows.")
    tab_to(page, form.get_by_label("Line item", exact=True))
    keys.type("Quiz")  # as in any list of the browser
    tab_to(page, form.get_by_role("button", name="Show what would be sent"))
    keys.press("Enter")
    says(form, "2 scores ready to send.")
    tab_to(page, form.get_by_role("button", name="Send 2 scores"))
    keys.press("Space")
    says(form, "Every row that holds a score is in the gradebook.")

    assert lms.stored("Quiz 1") == {SEAN: 7, WANG: 8}


def tab_to(page, control) -> None:
    """Press Tab until that control has the focus; from the notebook itself, begin at the form's first one."""
    handle = control.element_handle(timeout=SOON * 1000)
    if page.evaluate("() => document.activeElement.closest('.jp-OutputArea') === null"):
        page.locator(".jp-OutputArea button").first.focus()
    for _ in range(40):
        if handle.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab never leads there")


def test_every_control_has_a_name_and_every_table_a_caption(form, page):
    choose_file(form, "marks.csv", MARKS)
    plan(form)
    says(form, re.compile("ready to send"))

    for role in ("combobox", "textbox", "button", "checkbox"):
        for control in form.get_by_role(role).all():
            name = control.evaluate(
                "node => node.getAttribute('aria-label') || node.labels?.[0]?.textContent"
                " || node.textContent || node.closest('label')?.textContent"
            )
            assert (name or "").strip(), control.evaluate("node => node.outerHTML")
    tables = form.locator(".ltix table")
    assert tables.count() >= 3
    assert form.locator(".ltix table:not(:has(caption))").count() == 0


def test_a_saved_notebook_holds_nobody_in_the_state_of_its_widgets(form, lab, page, lms):
    choose_file(form, "marks.csv", MARKS)
    plan(form)
    says(form, re.compile("ready to send"))
    form.get_by_label("The right value").fill("9,25")
    form.get_by_role("button", name="Put it there").click()
    says(form, "3 scores ready to send; 1 row cannot be sent.")

    state = json.dumps(lab.saved().metadata["widgets"], ensure_ascii=False)

    people = [member.person for member in lms.platform.courses["SEM12"].members.values()]
    told = {word for one in people for word in (one.user_id, one.name, one.email, one.sourcedid) if word}
    assert [word for word in {*told, "9,25", "00099999", "nine", "Seán", "ليلى", "秀英"} if word in state] == []
    assert "Tell people by" in state  # it is the form's
