"""Plans and reports: what would become of the rows and what did, in words; no person and no single grade."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest
from uploading import ANNA, LEILA, MARIA, SEAN, WANG, ZOE, meeting, planned, user_ids

from ltix_data.markup import words

from .reading import Page

LABEL = "<img src=x onerror=alert(1)> & “Quiz” {{ 7*7 }} {% raw %} \u202e"


@pytest.fixture
def quiz(practice):
    return practice.course.create_line_item("Quiz 1", 10, tag="quiz")


def refused(request: httpx.Request, forward) -> httpx.Response:
    """Take no score."""
    return httpx.Response(422, text="no")


def shown(thing) -> Page:
    return Page(thing._repr_html_())


# --- Plans ---------------------------------------------------------------------------------------------


def test_a_plan_says_that_nothing_is_sent_and_what_would_become_of_each_row(practice, quiz):
    planned(practice.course, {SEAN: 2, WANG: 9.9, LEILA: 5}).send()

    page = shown(planned(practice.course, {SEAN: 10, WANG: 9.9, LEILA: 1, MARIA: 3, ANNA: "", ZOE: "?"}))

    assert page.text.startswith("Plan for “ Quiz 1 ” out of 10 Note: Nothing is sent yet.")
    assert page.tables["What would become of each row"] == [
        ["new grade", "", "1"],
        ["higher than now", "", "1"],
        ["lower than now", "", "1"],
        ["unchanged: there already", "", "1"],
        ["blank: not sent", "", "1"],
        ["problem: not sent", "", "1"],
    ]


def test_a_plan_tells_its_problems_in_words_with_what_to_do(practice, quiz):
    page = shown(planned(practice.course, {SEAN: "?", WANG: "x", LEILA: 11, "00099999": 5, "1e5": 5}))

    assert page.tables["Problems"][0] == ["what is the matter", "what to do", "code", "rows"]
    assert [*words.PROBLEMS["not_a_number"], "not_a_number", "2"] in page.tables["Problems"]
    assert sum(int(row[-1]) for row in page.tables["Problems"][1:]) == 5


def test_a_plan_shows_the_grades_before_and_after_in_tens(practice, quiz):
    planned(practice.course, {SEAN: 2, WANG: 9.9}).send()

    page = shown(planned(practice.course, {SEAN: 10, WANG: 9.9, LEILA: 0, MARIA: 5.5, ANNA: 5.6, ZOE: ""}))

    (rows,) = (rows for caption, rows in page.tables.items() if caption.startswith("Grades in percent"))
    assert {name: (before, after) for name, _, before, _, after in rows[1:] if (before, after) != ("0", "0")} == {
        "0–10": ("0", "1"),
        "20–30": ("1", "0"),
        "50–60": ("0", "2"),
        "90–100": ("1", "2"),
    }
    assert "Before: 2 grades, mean 60, median 60. After: 5 grades, mean 62, median 56." in page.text


def test_the_grades_of_a_handful_of_people_are_not_shown_as_a_distribution(practice, quiz):
    plan = planned(practice.course, {SEAN: 7, WANG: 8, LEILA: 9, MARIA: 1})

    assert [caption for caption in shown(plan).tables if "Grades" in caption] == []
    assert "mean" not in repr(plan)


@pytest.mark.parametrize(
    ("points", "codes"),
    [
        ({SEAN: 7}, ["plan.changes", "report = plan.send()"]),
        ({SEAN: 7, WANG: "?"}, ["plan.problems", "plan.changes", "report = plan.send()"]),
        ({SEAN: "?"}, ["plan.problems"]),
        ({SEAN: ""}, []),
    ],
)
def test_a_plan_says_what_to_type_next(practice, quiz, points, codes):
    assert shown(planned(practice.course, points)).codes == codes


def test_a_plan_warns_of_what_somebody_changed_on_the_platform(practice, quiz):
    plan = planned(practice.course, {SEAN: 7, WANG: 8})
    plan.rows = (replace(plan.rows[0], overwrites=True), plan.rows[1])

    assert "Warning: 1 of these would overwrite a grade that somebody changed" in shown(plan).text


def test_a_plan_without_a_row_is_no_error(practice, quiz):
    assert "There is no row." in shown(planned(practice.course, {})).text


# --- Reports -------------------------------------------------------------------------------------------


def test_a_report_of_all_well_says_so(practice, quiz):
    report = planned(practice.course, {SEAN: 7, WANG: 8}).send()

    page = shown(report)

    assert "Done: Every row that holds a score is in the gradebook." in page.text
    assert page.tables["What became of each row"] == [["confirmed: in the gradebook", "", "2"]]
    assert page.codes == [report.upload_id, 'report.save("report.csv")', f'session.undo("{report.upload_id}")']


def test_a_report_groups_the_reasons_and_says_how_to_go_on(practice, quiz):
    session, _ = meeting(practice, refused)
    report = planned(session.course("SEM12"), {SEAN: 7, WANG: 8, LEILA: "?"}).send()

    page = shown(report)

    assert "Warning: 3 rows of 3 did not reach the gradebook." in page.text
    assert [(row[0], row[-1]) for row in page.tables["Why"][1:]] == [("refused", "2"), ("skipped", "1")]
    assert page.codes[1:3] == ["report.failures", f'session.resume("{report.upload_id}")']


def test_a_report_where_only_problems_are_left_offers_no_resuming(practice, quiz):
    page = shown(planned(practice.course, {SEAN: 7, WANG: "?"}).send())

    assert not [code for code in page.codes if "resume" in code]
    assert ["skipped", ". ".join(words.PROBLEMS["not_a_number"]), "1"] in page.tables["Why"]


def test_a_report_of_nothing_sent_offers_nothing_to_take_back(practice, quiz):
    assert shown(planned(practice.course, {SEAN: ""}).send()).codes == ['report.save("report.csv")']


def test_every_outcome_has_words():
    from typing import get_args

    from ltix_data.rows import Word

    assert set(get_args(Word)) == set(words.OUTCOMES)


# --- Both ----------------------------------------------------------------------------------------------


def both(practice) -> tuple[str, str]:
    practice.course.create_line_item(LABEL, 10)
    item = practice.course.line_items()["item_id"].iloc[-1]
    points = {SEAN: 7.25, WANG: 8.75, LEILA: 3.125, MARIA: 2.5, ANNA: 1.5, "00099999": 5, ZOE: 11}
    plan = planned(practice.course, points, item)
    report = plan.send()
    return plan._repr_html_() + report._repr_html_(), repr(plan) + repr(report)


def test_a_hostile_label_is_text(practice):
    html, text = both(practice)

    assert html.count("&lt;img src=x onerror=alert(1)&gt; &amp; “Quiz” {{ 7*7 }} {% raw %}") == 2
    assert "<img" not in html
    assert "\u202e" not in html + text


def test_hostile_notes_problems_and_reasons_are_text(practice, quiz):
    plan = planned(practice.course, {SEAN: 7})
    report = plan.send()
    plan.notes = ("<script>alert(1)</script>",)
    plan.rows = (replace(plan.rows[0], state="problem", problem="<b>x</b>"),)
    report._outcomes = (replace(report._outcomes[0], outcome="refused", reason="<i>no</i>\x1b[2J"),)

    assert {"script", "i"}.isdisjoint(shown(plan).tags + shown(report).tags)
    assert "<b>x</b>" in shown(plan).text
    assert "<i>no</i>\ufffd[2J" in shown(report).text


def test_nothing_shown_holds_a_name_an_id_or_a_grade(practice):
    html, text = both(practice)

    people = user_ids(practice)
    private = ("Seán", "王", SEAN, people[SEAN], "00099999", "7.25", "8.75", "3.125", "sobrien", "@")
    told = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL) + text
    assert [secret for secret in private if secret in told] == []


def test_a_hint_that_quotes_somebody_elses_address_is_left_to_the_frame(practice, quiz):
    """The hint for an unknown key suggests keys like it, which are other people's."""
    mail = practice.course.roster()["email"].dropna().iloc[0]
    plan = planned(practice.course, {"x" + mail: 7}, match="email", key="sourcedid")

    assert mail in plan.problems["hint"].iloc[0]
    assert "@" not in shown(plan).text + shown(plan.send()).text
