"""The form that sends the grades of a sheet, from the file to the gradebook."""

from __future__ import annotations

import io
import re
import threading
from urllib.parse import unquote_to_bytes

import httpx
import pandas as pd
import pytest
from uploading import ANNA, LEILA, MARIA, SEAN, WANG, Met, forwarded, meeting, sheet, stored

import ltix_data as ltix
from ltix_data.http import HttpClient

from .conftest import SOON, choose, csv, is_there, press, upload, words_of, write

GOOD = {SEAN: "7.25", WANG: "9", LEILA: "4"}
BAD = {SEAN: "7.25", WANG: "nine", "00099999": "5", LEILA: "12"}  # rows 2 to 5

CANVAS = f"""\
Student,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (41),Final Score
    Points Possible,,,,,10,(read only)
"O’Brien, Seán",1,{SEAN},sobrien,A,7.25,70
"Wang, Xiuying",2,{WANG},xwang,A,nine,70
"Haddad, Leila",3,0009999,lhaddad,A,4,70
"Student, Test",4,,,A,1,1
"""

FORMS = f"""\
Timestamp,Email Address,Score,Matric
2026/03/02 10:15:02 AM GMT+1,a@example.edu,8 / 10,{SEAN}
2026/03/02 10:16:02 AM GMT+1,b@example.edu,6 / 10,none
"""

NBGRADER = """\
assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score
ps1,,2026-02-02 15:58:23.948203,sobrien,O’Brien,Seán,,7.5,0.0,7.5,9.0
ps2,,2026-02-02 15:58:23.948203,sobrien,O’Brien,Seán,,4,0.0,4,10.0
ps2,,2026-02-02 15:58:23.948203,xwang,Wang,Xiuying,,5,0.0,5,10.0
"""


@pytest.fixture
def form(practice):
    return practice.course.widgets.upload()


def planned(practice, points, **wishes):
    """Return a form that was given a sheet and all that it needs, and has planned."""
    wishes = {"item": "Quiz 1", "match": "sourcedid", "score": "points"} | wishes
    return practice.course.widgets.upload(sheet(points), **wishes)


# --- Choosing a sheet ---------------------------------------------------------------------------


def test_a_form_that_is_given_everything_shows_the_plan_and_sends_nothing(practice):
    form = planned(practice, GOOD)

    assert form.said.text == "3 scores ready to send."
    shown = words_of(form.planned.html)
    assert "What would be sent to “ Quiz 1 ” out of 10 Note: 3 scores to send. Nothing is sent yet." in shown
    assert (is_there(form.delivering.send), stored(practice)) == (True, {})


def test_a_chosen_file_is_described_and_its_bytes_leave_the_widget(form):
    upload(form, "marks.csv", csv(sheet(GOOD)).replace(b",", b";"))

    shown = words_of(form.looked.html)
    assert "“ marks.csv ” 3 rows, 2 columns; a plain table" in shown
    assert re.search("UTF-8|ASCII", shown), shown
    assert "decimal points" in shown
    assert form.files.upload.value == ()


def test_columns_that_leave_no_doubt_are_chosen_by_themselves(form):
    choose(form.choices.item, "Quiz 1")
    upload(form, "marks.csv", csv(sheet(GOOD)))
    press(form, form.choices.go)

    assert (form.choices.match.value, form.choices.score.value) == ("sourcedid", "points")
    assert form.plan.count("ready") == 3


def test_a_file_is_read_by_its_path_and_the_path_leaves_its_box(form, tmp_path):
    file = tmp_path / "marks.csv"
    file.write_bytes(csv(sheet(GOOD)))

    write(form.files.path, str(file))
    form.wait(SOON)

    assert (form.sheet.source, form.files.path.value) == ("marks.csv", "")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.csv", b"", "“empty.csv” is empty"),
        ("page.xlsx", b"PK\x03\x04 no workbook", "“page.xlsx” is"),
        ("picture.csv", bytes(range(256)), "“picture.csv” "),
        ("people.csv", f"Seán,{SEAN},8\nXiuying,{WANG},9\n".encode(), "looks like a person's"),
        ("people.csv", "O’Brien,Seán\n王秀英,other\n".encode(), "looks like a person's"),
    ],
)
def test_a_file_that_is_no_sheet_of_grades_is_refused_in_words(form, name, data, words):
    upload(form, name, data)

    assert words in form.looked.text
    assert 'role="alert"' in form.looked.html
    assert (form.said.text, is_there(form.choices.widget)) == ("That did not work: the form says why.", False)


def test_after_a_refused_file_another_can_be_chosen(form):
    upload(form, "empty.csv", b"")
    upload(form, "marks.csv", csv(sheet(GOOD)))

    assert ("Error" in words_of(form.looked.html), form.said.text) == (False, "The sheet was read: 3 rows.")


def test_a_path_that_leads_nowhere_is_told_in_words(practice, tmp_path):
    form = practice.course.widgets.upload(tmp_path / "no.csv", item="Quiz 1", match="email")

    assert "“no.csv” could not be opened" in form.looked.text


def test_a_sheet_of_a_workbook_can_be_chosen(form):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    for title, score in (("first", 1), ("second", 2)):
        page = book.create_sheet(title)
        page.append(["sourcedid", "points"])
        page.append([SEAN, score])
    book.save(file := io.BytesIO())

    upload(form, "book.xlsx", file.getvalue())
    assert "has more than one sheet" in form.looked.text
    choose(form.files.page, "second")
    form.wait(SOON)

    assert form.sheet.column("points") == [2]


# --- Choosing what goes where -------------------------------------------------------------------


def test_a_label_that_two_line_items_have_must_be_chosen_in_the_form(practice):
    form = planned(practice, GOOD, item="Essay")
    assert "2 line items are called “Essay”" in form.planned.text

    labels = [label for label in form.choices.item._options_labels if label.startswith("Essay")]
    choose(form.choices.item, labels[1])
    press(form, form.choices.go)

    assert len(set(labels)) == 2
    assert (form.plan.label, form.plan.count("ready")) == ("Essay", 3)


def test_a_label_that_there_is_not_gets_near_misses(practice):
    form = planned(practice, GOOD, item="Quizz 1")

    assert "“Quiz 1”" in form.planned.text


def test_a_way_to_tell_people_that_the_platform_withholds_is_refused(make_practice):
    practice = make_practice(withhold_names=True)
    practice.course.create_line_item("Quiz 1", 10)

    form = planned(practice, GOOD, match="email")

    assert "People cannot be told by “email” here" in form.planned.text
    assert "email" not in [value for _, value in form.choices.match.options]


def test_a_new_line_item_is_made_when_its_grades_are_sent(practice):
    form = planned(practice, GOOD, item=None)
    choose(form.choices.item, "a new one")
    write(form.choices.label, "Quiz 2")
    write(form.choices.maximum, "12.5")
    press(form, form.choices.go)
    before = list(practice.course.line_items()["label"])
    press(form, form.delivering.send)

    items = practice.course.line_items().set_index("label")["out_of"]
    assert ("Quiz 2" in before, items["Quiz 2"]) == (False, 12.5)
    assert stored(practice, "Quiz 2") == {SEAN: 7.25, WANG: 9, LEILA: 4}


@pytest.mark.parametrize("maximum", ["", "0", "many"])
def test_a_new_line_item_needs_a_maximum(practice, maximum):
    form = planned(practice, GOOD, item=None)
    choose(form.choices.item, "a new one")
    write(form.choices.label, "Quiz 2")
    write(form.choices.maximum, maximum)
    press(form, form.choices.go)

    assert "maximum" in form.planned.text
    assert form.plan is None


@pytest.mark.parametrize(
    ("unchosen", "words"), [("item", "No line item is chosen"), ("match", "Nothing says yet whose a row is")]
)
def test_what_is_not_chosen_yet_is_told(practice, unchosen, words):
    form = planned(practice, GOOD)
    choose(getattr(form.choices, unchosen), "Choose")
    press(form, form.choices.go)

    assert words in form.planned.text


def test_a_sheet_without_the_column_that_tells_people_needs_one_chosen(practice):
    form = practice.course.widgets.upload(sheet(GOOD).rename(columns={"sourcedid": "Matric"}), score="points")
    choose(form.choices.item, "Quiz 1")
    choose(form.choices.match, "student number")
    press(form, form.choices.go)
    assert "which column tells whose a row is" in form.planned.text

    choose(form.choices.key, "Matric")
    press(form, form.choices.go)

    assert form.plan.count("ready") == 3


def test_of_assignments_below_each_other_one_is_chosen(practice):
    """nbgrader's rows of other assignments are left alone; the line item's own is found by its label."""
    form = practice.course.widgets.upload(item="Quiz 1", match="username")
    upload(form, "grades.csv", NBGRADER.encode())
    assert form.choices.score._options_labels[0] == "Choose…"
    choose(form.choices.score, "assignment “ps2”")
    press(form, form.choices.go)
    press(form, form.delivering.send)

    assert stored(practice) == {SEAN: 4, WANG: 5}
    choose(form.choices.item, "a new one")
    write(form.choices.label, "ps1")
    choose(form.choices.score, "found: score")
    write(form.choices.maximum, "9")
    press(form, form.choices.go)
    assert [row.row for row in form.plan.rows if row.state == "ready"] == [2]


def test_percentages_are_sent_as_such(practice):
    form = planned(practice, {SEAN: "85 %"})
    assert form.plan.count("problem") == 1

    choose(form.choices.scale, "percent")
    press(form, form.choices.go)
    press(form, form.delivering.send)

    assert stored(practice) == {SEAN: 8.5}


def test_another_choice_takes_the_plan_away(practice):
    """What is sent is what was shown."""
    form = planned(practice, GOOD)
    choose(form.choices.scale, "percent")

    assert (form.plan, is_there(form.delivering.send), form.planned.text) == (None, False, "")
    assert form.said.text == "Changed: show again what would be sent."


def test_a_grade_that_a_teacher_changed_is_replaced_only_if_that_is_ticked(practice):
    press(first := planned(practice, {SEAN: "5"}), first.delivering.send)
    user = practice.course.roster().set_index("sourcedid").loc[SEAN, "user_id"]
    practice.course.post_score("Quiz 1", user, 6)

    form = planned(practice, {SEAN: "7"})
    assert [row.problem for row in form.plan.rows] == ["changed_since"]
    form.choices.overwrite.set_state({"value": True})
    press(form, form.choices.go)
    press(form, form.delivering.send)

    assert stored(practice) == {SEAN: 7}


# --- Mending ------------------------------------------------------------------------------------


def test_problems_are_filtered_by_their_kind(practice):
    form = planned(practice, BAD)
    choose(form.mending.problem, "nobody on the roster")

    shown = words_of(form.planned.html)
    assert "Rows that cannot be sent (1 of 3)" in shown
    assert [row.row for row in form.mending.shown] == [4]
    assert form.mending.row._options_labels == ("4: sourcedid, nobody on the roster has this id",)


def test_a_mended_cell_is_planned_again_and_the_typed_text_is_gone(practice):
    form = planned(practice, BAD)
    choose(form.mending.row, "3: points")
    write(form.mending.value, "9")
    press(form, form.mending.put)

    assert (form.plan.count("ready"), form.plan.count("problem"), form.mending.value.value) == (2, 2, "")
    assert form.said.text == "2 scores ready to send; 2 rows cannot be sent."


def test_nothing_typed_is_no_blank(practice):
    """A blank leaves the row out, which has a button of its own."""
    form = planned(practice, BAD)
    choose(form.mending.row, "3: points")
    press(form, form.mending.put)

    assert (form.plan.count("problem"), form.plan.count("blank")) == (3, 0)
    assert form.said.text.startswith("Type the right value first.")


def test_problems_of_one_kind_are_mended_one_after_another(practice):
    form = planned(practice, BAD | {"00099998": "1", "00099997": "2"})
    choose(form.mending.problem, "nobody on the roster")
    for number in (ANNA, MARIA):
        write(form.mending.value, number)
        press(form, form.mending.put)

    assert form.mending.problem.label == "nobody on the roster has this id (1)"
    assert (form.mending.row.value, "Rows that cannot be sent (1 of 3)" in words_of(form.planned.html)) == (7, True)


def test_a_mended_id_leads_to_its_person(practice):
    form = planned(practice, BAD)
    choose(form.mending.row, "4: sourcedid")
    write(form.mending.value, ANNA)
    press(form, form.mending.put)
    press(form, form.delivering.send)

    assert stored(practice) == {SEAN: 7.25, ANNA: 5}


def test_a_row_that_is_left_out_is_no_failure(practice):
    form = planned(practice, BAD)
    for row in ("3:", "4:", "5:"):
        choose(form.mending.row, row)
        press(form, form.mending.leave)
    press(form, form.delivering.send)

    assert (list(form.report.outcomes["outcome"]), form.report.ok) == (["confirmed", *["skipped"] * 3], True)


def test_all_rows_of_a_kind_are_left_out_at_once(practice):
    form = planned(practice, BAD | {"00099998": "1"})
    choose(form.mending.problem, "nobody on the roster")
    press(form, form.mending.leave_all)

    assert sorted(row.row for row in form.plan.rows if row.state == "blank") == [4, 6]
    assert form.plan.count("problem") == 2


def test_changes_are_taken_back(practice):
    form = planned(practice, BAD)
    press(form, form.mending.leave_all)
    press(form, form.mending.undo)

    assert (form.plan.count("problem"), is_there(form.mending.undo)) == (3, False)


def test_an_export_stays_what_it_is_when_it_is_mended(practice):
    """Its header rows stay left out, rows keep the numbers of the file, and its columns are found by themselves."""
    form = practice.course.widgets.upload(item="Quiz 1", match="sourcedid")
    upload(form, "grades.csv", CANVAS.encode())
    assert "This is a gradebook export of Canvas" in words_of(form.looked.html)
    assert form.choices.score._options_labels[0] == "found: Quiz 1 (41)"
    press(form, form.choices.go)
    assert [(row.row, row.problem) for row in form.plan.rows if row.problem] == [
        (4, "not_a_number"),
        (5, "unknown_user"),
    ]

    for row, right in (("4:", "9"), ("5:", LEILA)):
        choose(form.mending.row, row)
        write(form.mending.value, right)
        press(form, form.mending.put)
    press(form, form.delivering.send)

    assert stored(practice) == {SEAN: 7.25, WANG: 9, LEILA: 4}
    assert list(form.report.outcomes["row"]) == [3, 4, 5, 6]


def test_a_kind_that_is_told_by_its_scores_stays_what_it_is_whatever_is_typed(practice):
    """Google Forms writes “8 / 10”; “8” among them would be a plain table's."""
    form = practice.course.widgets.upload(item="Quiz 1")
    upload(form, "responses.csv", FORMS.encode())
    choose(form.choices.match, "student number")
    choose(form.choices.key, "Matric")
    press(form, form.choices.go)
    assert [(row.row, row.problem) for row in form.plan.rows if row.problem] == [(3, "unknown_user")]

    write(form.mending.value, WANG)
    press(form, form.mending.put)
    press(form, form.mending.undo)
    form._put(2, "Score", "8")
    form.wait(SOON)

    assert [(row.row, row.problem) for row in form.plan.rows if row.problem] == [
        (2, "not_a_number"),
        (3, "unknown_user"),
    ]


def test_mending_leaves_the_frame_that_was_given_alone(practice):
    frame = sheet(BAD)
    before = frame.copy()
    form = practice.course.widgets.upload(frame, item="Quiz 1", match="sourcedid", score="points")
    press(form, form.mending.leave_all)

    pd.testing.assert_frame_equal(frame, before)


# --- Sending ------------------------------------------------------------------------------------


def test_the_report_can_be_downloaded_and_holds_no_formula(practice):
    form = planned(practice, GOOD | {"=cmd|'/c calc'!A1": "3"})
    press(form, form.delivering.send)

    link = re.search(r'href="data:text/csv;charset=utf-8,([^"]+)" download="(report-[^"]+\.csv)"', form.sent.html)
    assert link, form.sent.html
    text = unquote_to_bytes(link[1]).decode("utf-8-sig")
    assert (text.splitlines()[0], len(text.splitlines())) == ("row,user_id,score,outcome,reason,held", 5)
    assert not re.search(r"(^|,)[=+@-]", text, re.MULTILINE)


def test_what_did_not_reach_the_gradebook_is_shown_with_its_reason(practice):
    form = planned(practice, BAD)
    press(form, form.delivering.send)

    shown = words_of(form.sent.html)
    assert "3 rows of 4 did not reach the gradebook" in shown
    assert "problem: not_a_number" in shown
    assert not is_there(form.delivering.resume)  # sending again would not help


class Holding:
    """Answers the first score, and holds the second until `release`; `came` is set when it has come."""

    def __init__(self) -> None:
        self.came, self.release, self.count = threading.Event(), threading.Event(), 0

    def __call__(self, request, forward):
        self.count += 1
        if self.count > 1:
            self.came.set()
            assert self.release.wait(SOON)
        return forward()


def test_a_cancelled_upload_says_what_is_missing_and_goes_on(practice):
    """Cancel works while scores are on their way; what was sent is not sent again."""
    points = {**dict.fromkeys((SEAN, WANG, LEILA, ANNA, MARIA), "5")}
    holding = Holding()
    session, met = meeting(practice, holding)
    course = session.course("SEM12")
    form = course.widgets.upload(sheet(points), item="Quiz 1", match="sourcedid", score="points")
    form.delivering.send.click()
    assert holding.came.wait(SOON)

    assert is_there(form.delivering.cancel)
    assert form.choices.go.disabled
    form.delivering.cancel.click()
    assert form.said.text.startswith("Stopping")
    holding.release.set()
    form.wait(SOON)

    assert form.said.text.startswith("Every row") or form.said.text.startswith("Stopped.")
    met.answer = forwarded
    if is_there(form.delivering.resume):
        press(form, form.delivering.resume)
    assert form.report.ok
    assert stored(practice) == dict.fromkeys(points, 5)
    assert len(met.bodies) == len(set(met.bodies)) == 5


def test_an_upload_that_the_platform_never_answers_can_be_cancelled_and_resumed(practice):
    holding = Holding()
    session, met = meeting(practice, holding)
    numbers = [number for number in session.course("SEM12").roster()["sourcedid"].dropna() if number > SEAN][:6]
    form = session.course("SEM12").widgets.upload(
        sheet({SEAN: "5", **dict.fromkeys(numbers, "6")}), item="Quiz 1", match="sourcedid", score="points"
    )
    form.delivering.send.click()
    assert holding.came.wait(SOON)
    form.delivering.cancel.click()
    form.wait(SOON)

    assert form.said.text.startswith("Stopped. ")
    assert "nobody knows yet" in words_of(form.sent.html)
    holding.release.set()
    met.answer = forwarded
    press(form, form.delivering.resume)
    assert set(form.report.outcomes["outcome"]) <= {"confirmed", "skipped"}


def test_progress_counts_the_scores(practice):
    form = planned(practice, GOOD)
    press(form, form.delivering.send)

    bar = form.delivering.bar
    assert (bar.value, bar.max, bar.description, is_there(form.delivering.cancel)) == (3, 3, "3 of 3", True)
    assert not is_there(form.delivering._sending)


def test_another_upload_to_the_same_line_item_is_told_in_words(practice):
    holding = Holding()
    session, _ = meeting(practice, holding)
    first = session.course("SEM12").widgets.upload(sheet(GOOD), item="Quiz 1", match="sourcedid", score="points")
    first.delivering.send.click()
    assert holding.came.wait(SOON)

    second = planned(practice, {ANNA: "3"})
    press(second, second.delivering.send)
    holding.release.set()
    first.wait(SOON)

    assert "Another upload to “Quiz 1” is under way" in second.sent.text
    assert is_there(second.delivering.send)  # it can be tried again


def test_a_platform_that_fails_is_told_in_words_and_asked_again_later(practice):
    down = [True]

    class Failing(Met):
        def handle_request(self, request):
            if down[0] and "/members" in request.url.path:
                return httpx.Response(500, request=request)
            return super().handle_request(request)

    http = HttpClient(transport=Failing(practice, forwarded), sleep=lambda seconds: None)
    form = ltix.connect(practice.registration, http=http).course("SEM12").widgets.upload()
    assert (form.looked.text.startswith("practice.example"), "Traceback" in form.looked.html) == (True, False)

    down[0] = False
    upload(form, "marks.csv", csv(sheet(GOOD)))

    assert form.said.text == "The sheet was read: 3 rows."


def test_a_fault_of_our_own_is_no_traceback_and_names_nobody(practice, monkeypatch):
    form = planned(practice, GOOD)

    def fails(*args, **how):
        raise KeyError("Seán O’Brien")

    monkeypatch.setattr(form._course, "plan_grades", fails)
    press(form, form.choices.go)

    assert form.planned.text == "Something went wrong that this form did not expect (KeyError). Run the cell again."
