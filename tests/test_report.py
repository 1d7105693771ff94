"""What a report says of every row, what it leaves out, and what becomes of it as a file."""

from __future__ import annotations

import csv
import os
from dataclasses import replace

import httpx
import openpyxl
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from uploading import (
    ANNA,
    LEILA,
    MARIA,
    SEAN,
    WANG,
    WULANDARI,
    ZOE,
    item_number,
    lost_before,
    meeting,
    planned,
    sheet,
    stored,
    user_ids,
)

import ltix_data as ltix
from ltix_data import errors, frames, judging, reporting
from ltix_data.records import Result
from ltix_data.rows import PlannedRow

HOSTILE = [
    '=HYPERLINK("https://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "x;=1+1;y",
    'x";=1+1',
    "x\n=1+1",
    "x\t=1+1",
]


@pytest.fixture
def quiz(practice):
    return practice.course.create_line_item("Quiz 1", 10, tag="quiz")


def told(report, *columns: str) -> list[tuple]:
    names = columns or ("row", "score", "held", "outcome", "reason")
    return list(report.outcomes[list(names)].astype(object).itertuples(index=False, name=None))


# --- What it says of each row ------------------------------------------------------------------------


def test_a_report_has_one_row_for_each_row_of_the_sheet_with_what_the_platform_holds(practice, quiz):
    people = user_ids(practice)
    planned(practice.course, {WANG: 8}).send()

    report = planned(practice.course, {SEAN: 7, WANG: 8, LEILA: "", "00099999": 3}).send()

    expected = [
        {"row": 2, "user_id": people[SEAN], "score": 7, "held": 7, "outcome": "confirmed", "reason": ""},
        {
            "row": 3,
            "user_id": people[WANG],
            "score": 8,
            "held": 8,
            "outcome": "unchanged",
            "reason": "The platform already holds this grade.",
        },
        {"row": 4, "outcome": "skipped", "reason": "blank"},
        {
            "row": 5,
            "score": 3,
            "outcome": "skipped",
            "reason": "problem: unknown_user. Mend this row and plan the sheet again.",
        },
    ]
    assert_frame_equal(report.outcomes, frames.outcomes(expected))


def test_what_is_held_stands_on_the_scale_of_the_sheet(practice, quiz):
    report = planned(practice.course, {SEAN: 70}, scale="percent").send()

    assert told(report, "score", "held", "outcome") == [(70.0, 70.0, "confirmed")]
    assert stored(practice) == {SEAN: 7.0}


def test_what_was_not_read_back_is_not_said_to_be_held(practice, quiz):
    report = planned(practice.course, {SEAN: 7}).send(verify=False)

    assert report.outcomes["outcome"].tolist() == ["confirmed"]
    assert report.outcomes["held"].isna().tolist() == [True]


def differs(practice, make_answer) -> list[tuple]:
    session, met = meeting(practice)
    plan = planned(session.course("SEM12"), {SEAN: 7})
    met.answer = make_answer
    return told(plan.send(), "held", "outcome", "reason")


def test_a_score_that_the_platform_cut_at_the_maximum_is_said_to_be_capped():
    """No platform does so with a maximum that is sent along, as ours always is; the words must fit if one does."""
    row = PlannedRow(row=2, state="ready", user_id="u", score=12.0, out_of=10.0)

    outcome = judging.verified(row, Result("u", 10.0, 10.0))

    assert (outcome.outcome, outcome.held, outcome.reason) == (
        "differs",
        10.0,
        "The platform accepted it, and capped it at the maximum.",
    )


def test_a_grade_that_a_teacher_overrode_is_said_to_be_kept(practice, quiz):
    practice.platform.override_grade("SEM12", item_number(practice), user_ids(practice)[SEAN], 3)

    report = planned(practice.course, {SEAN: 7}).send()

    assert told(report, "held", "outcome", "reason") == [
        (
            3.0,
            "differs",
            "The platform accepted it, and kept the grade it had: a teacher may have overridden or locked it.",
        )
    ]
    assert not report.ok


def test_a_score_that_the_platform_accepts_and_ignores_is_said_to_be_hidden(practice, quiz):
    def ignored(request, forward):
        return httpx.Response(200, json={}, request=request)

    [(held, outcome, reason)] = differs(practice, ignored)

    assert (pd.isna(held), outcome) == (True, "differs")
    assert (
        reason
        == "The platform accepted it, and shows no grade: it may be hidden or ignored. Look at it on the platform."
    )


def test_another_grade_than_the_one_sent_is_said_to_be_another(practice, quiz):
    def halved(request, forward):
        answer = forward()
        practice.platform.override_grade("SEM12", item_number(practice), user_ids(practice)[SEAN], 3.5)
        return answer

    [(held, outcome, reason)] = differs(practice, halved)

    assert (held, outcome, reason) == (
        3.5,
        "differs",
        "The platform accepted it, and shows another grade. Look at it on the platform.",
    )


# --- Refused alike ------------------------------------------------------------------------------------


def refused(request, forward):
    return httpx.Response(422, json={"message": "This course is not published"}, request=request)


def test_equal_refusals_end_an_upload_and_every_row_says_why(practice, quiz):
    session, met = meeting(practice, refused)
    points = dict.fromkeys((SEAN, WANG, LEILA, ANNA, WULANDARI, ZOE, MARIA), 5)

    report = planned(session.course("SEM12"), points).send(workers=1, stop_after=3)

    assert len(met.bodies) == 3
    assert report.outcomes["outcome"].tolist() == ["refused"] * 7
    reasons = report.outcomes["reason"].tolist()
    assert all(reason.startswith("Not sent: 3 scores in a row got the same answer.") for reason in reasons[3:])
    assert not any(reason.startswith("Not sent") for reason in reasons[:3])


def test_refusals_with_a_success_between_them_end_nothing(practice, quiz):
    def every_other(request, forward):
        return refused(request, forward) if len(met.bodies) % 2 else forward()

    session, met = meeting(practice, every_other)
    points = dict.fromkeys((SEAN, WANG, LEILA, ANNA, WULANDARI, ZOE), 5)

    report = planned(session.course("SEM12"), points).send(workers=1, stop_after=2)

    assert len(met.bodies) == 6
    assert report.outcomes["outcome"].tolist() == ["refused", "confirmed"] * 3


def test_eight_threads_stop_at_equal_refusals_as_well(practice, quiz):
    session, met = meeting(practice, refused)
    course = session.course("BIO101")
    course.create_line_item("Quiz 1", 10)
    people = course.roster().query("role == 'Learner' and status == 'Active'")["user_id"]

    frame = pd.DataFrame({"user_id": people, "points": 5})
    report = course.plan_grades(frame, "Quiz 1", "user_id", "points").send(workers=8, stop_after=10)

    assert 10 <= len(met.bodies) < 10 + 8
    assert set(report.outcomes["outcome"]) == {"refused"}


def test_rows_without_an_answer_are_never_counted_as_confirmed(practice, quiz):
    session, _ = meeting(practice, lost_before)

    report = planned(session.course("SEM12"), {SEAN: 7}).send()

    assert (report.ok, report.failures["outcome"].tolist()) == (False, ["unknown"])


# --- As a file ----------------------------------------------------------------------------------------


def test_a_report_goes_beside_its_spreadsheet_and_reads_back_whole(practice, quiz, tmp_path):
    source = tmp_path / "marks.csv"
    sheet({SEAN: 7, WANG: "", "00099999": 3}).to_csv(source, index=False)
    report = practice.course.plan_grades(source, "Quiz 1", "sourcedid", "points").send()

    place = report.save()

    assert place == tmp_path / f"marks.report-{report.upload_id}.csv"
    back = pd.read_csv(place, dtype={"user_id": str}, encoding="utf-8-sig", keep_default_na=True)
    expected = report.outcomes.assign(reason=report.outcomes["reason"].replace("", None))
    assert_frame_equal(
        back.astype(object).where(back.notna(), None), expected.astype(object).where(expected.notna(), None)
    )


def test_a_report_as_a_workbook_reads_back_whole(practice, quiz, tmp_path):
    report = planned(practice.course, {SEAN: 7, WANG: "", LEILA: 0}).send()

    page = openpyxl.load_workbook(report.save(tmp_path / "report.xlsx")).active

    people = user_ids(practice)
    header, *rows = page.iter_rows(values_only=True)
    assert header == tuple(report.outcomes.columns)
    told = [{name: cell for name, cell in zip(header, row, strict=True) if cell is not None} for row in rows]
    assert told == [
        {"row": 2, "user_id": people[SEAN], "score": 7, "held": 7, "outcome": "confirmed"},
        {"row": 3, "outcome": "skipped", "reason": "blank"},
        {"row": 4, "user_id": people[LEILA], "score": 0, "held": 0, "outcome": "confirmed"},
    ]


def hostile_frame() -> pd.DataFrame:
    rows = [
        {"row": number, "user_id": text, "score": -1.5, "outcome": "refused", "reason": text}
        for number, text in enumerate(HOSTILE, start=2)
    ]
    return frames.outcomes(rows)


@pytest.mark.parametrize("mark", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_no_cell_of_a_csv_file_is_a_formula_whatever_separates_cells(tmp_path, mark):
    """A person chose their user_id; a teacher opens the file in a spreadsheet that splits at semicolons."""
    place = reporting.write(hostile_frame(), tmp_path / "report.csv")

    text = place.read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(text.splitlines(), delimiter=mark) for cell in row]
    whole = [cell for row in csv.reader(text.splitlines(keepends=True), delimiter=mark) for cell in row]
    formulas = [c for c in (*cells, *whole) if c.lstrip(' "')[:1] in tuple("=+@＝＋＠") and c.strip()]
    assert formulas == []


def test_numbers_of_a_csv_file_stay_numbers(tmp_path):
    place = reporting.write(hostile_frame(), tmp_path / "report.csv")

    assert pd.read_csv(place, encoding="utf-8-sig")["score"].tolist() == [-1.5] * len(HOSTILE)


def test_no_cell_of_a_workbook_is_a_formula(tmp_path):
    place = reporting.write(hostile_frame(), tmp_path / "report.xlsx")

    page = openpyxl.load_workbook(place).active
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
    assert page["B2"].value == HOSTILE[0]


def test_a_control_character_does_not_keep_a_workbook_from_being_written(tmp_path):
    frame = frames.outcomes([{"row": 2, "user_id": "a\x00b\x1b[31m", "outcome": "refused", "reason": "x" * 40_000}])

    place = reporting.write(frame, tmp_path / "report.xlsx")

    assert openpyxl.load_workbook(place).active["B2"].value == "a\ufffdb\ufffd[31m"


@pytest.mark.parametrize("name", ["report.csv", "report.xlsx"])
def test_a_report_overwrites_nothing(practice, quiz, tmp_path, name):
    place = tmp_path / name
    place.write_bytes(b"mine")

    with pytest.raises(errors.UsageError, match="is there already"):
        planned(practice.course, {SEAN: 7}).send().save(place)

    assert place.read_bytes() == b"mine"


def test_a_report_follows_no_link_to_another_file(practice, quiz, tmp_path):
    (tmp_path / "report.csv").symlink_to(tmp_path / "elsewhere.csv")

    with pytest.raises(errors.UsageError, match="is there already"):
        planned(practice.course, {SEAN: 7}).send().save(tmp_path / "report.csv")

    assert not (tmp_path / "elsewhere.csv").exists()


def test_only_its_owner_can_read_a_report(practice, quiz, tmp_path):
    before = os.umask(0)
    try:
        place = planned(practice.course, {SEAN: 7}).send().save(tmp_path / "report.csv")
    finally:
        os.umask(before)

    assert oct(place.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("name", ["report.pdf", "report", "nowhere/report.csv"])
def test_a_place_that_cannot_be_written_is_a_plain_error(practice, quiz, tmp_path, name):
    with pytest.raises(errors.UsageError, match=r"must end with|cannot be written"):
        planned(practice.course, {SEAN: 7}).send().save(tmp_path / name)


def test_a_report_that_did_not_fit_on_the_disk_leaves_no_half_of_it(practice, quiz, tmp_path):
    import resource

    report = planned(practice.course, {SEAN: 7}).send()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(errors.UsageError, match="cannot be written"):
            report.save(tmp_path / "report.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert not (tmp_path / "report.csv").exists()


def test_a_report_of_a_frame_needs_a_place(practice, quiz):
    with pytest.raises(errors.UsageError, match="no spreadsheet to put the report beside"):
        planned(practice.course, {SEAN: 7}).send().save()


# --- As it is shown ------------------------------------------------------------------------------------

LABEL = "<img src=x onerror=alert(1)> & “Quiz” {{ 7*7 }} {% raw %}"


def shown(practice) -> tuple[str, str]:
    practice.course.create_line_item(LABEL, 10)
    plan = planned(practice.course, {SEAN: 7.25, WANG: 8.75, "00099999": 5}, LABEL)
    report = plan.send()
    return plan._repr_html_() + report._repr_html_(), repr(plan) + repr(report)


def test_a_hostile_label_is_text_in_a_notebook(practice):
    html, _ = shown(practice)

    assert html.count("&lt;img src=x onerror=alert(1)&gt; &amp; “Quiz” {{ 7*7 }} {% raw %}") == 2
    assert "<img" not in html


def test_a_hostile_note_and_problem_are_text_in_a_notebook(practice, quiz, tmp_path):
    plan = planned(practice.course, {SEAN: 7})
    plan.notes = ("<script>alert(1)</script>",)
    plan.rows = (replace(plan.rows[0], state="problem", problem="<b>x</b>"),)

    html = plan._repr_html_()

    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;x" in html
    assert "<script" not in html
    assert "<b>x" not in html


def test_nothing_shown_holds_a_name_an_id_or_a_grade(practice):
    html, text = shown(practice)

    people = user_ids(practice)
    secrets = ("Seán", "王", SEAN, people[SEAN], "00099999", "7.25", "8.75", "sobrien")
    assert [secret for secret in secrets if secret in html + text] == []


def test_a_report_that_is_not_all_right_says_how_to_go_on(practice, quiz):
    session, _ = meeting(practice, refused)
    report = planned(session.course("SEM12"), {SEAN: 7}).send()

    assert f'session.resume("{report.upload_id}")' in repr(report)
    assert f"session.resume(&#34;{report.upload_id}&#34;)" in report._repr_html_()


def test_a_label_moves_no_cursor_in_a_terminal(practice):
    """A line item's label is the platform's text; escape sequences rewrite what is on the screen."""
    practice.course.create_line_item("Quiz \x1b[2J\x1b]0;x\x07 1", 10)
    plan = planned(practice.course, {SEAN: 7}, practice.course.line_items()["item_id"].iloc[-1])

    assert "\x1b" not in repr(plan) + repr(plan.send())


def test_a_report_of_nothing_sent_has_no_id(practice, quiz):
    report = planned(practice.course, {SEAN: ""}).send()

    assert (report.upload_id, report.ok, ltix.uploads().empty) == (None, True, True)
