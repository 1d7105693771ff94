"""The three reports of the package, run by the command line in real kernels against a practice platform."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import nbformat
import pytest

import ltix_data as ltix
from ltix_data.reports import catalogue

from .conftest import Page, run

AOIFE, ANNA, WULANDARI = "0004711", "e2d40b1c-55f3-4c7a-8a2e-7f10c3b96d03", "0000000000004712"
_PATH = re.compile(r"""(?<![\w:/.…])(/(home|Users|tmp|work|root|mnt|var|opt)/|[A-Z]:\\|file://)""")


@pytest.fixture
def html(tmp_path):
    return tmp_path / "page.html"


def nobody_is_named(practice, *texts):
    return [name for name in practice.people if any(name in text for text in texts)] == []


# --- As files -------------------------------------------------------------------------------------


def test_there_are_three():
    assert catalogue.names() == ["at_risk", "institution_overview", "weekly_report"]


@pytest.fixture(params=catalogue.names())
def packaged(request):
    return request.param


def test_each_is_a_notebook_that_is_quiet_in_a_diff(packaged):
    from importlib import resources

    text = (resources.files("ltix_data.reports") / "notebooks" / f"{packaged}.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook, relax_add_props=False)

    assert nbformat.writes(notebook) + "\n" == text
    assert [cell.id for cell in notebook.cells if not re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id)] == []
    assert [cell.id for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")] == []
    assert _PATH.findall(text) == []
    assert len(catalogue.find(packaged).summary.split()) > 8


# --- Weekly report --------------------------------------------------------------------------------


@pytest.mark.process
def test_the_first_weekly_report_says_that_it_has_nothing_to_compare_with_and_takes_a_snapshot(practice, html):
    done = run("weekly_report", "-p", "course=SEM12", "--html", html)

    page = Page(html)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (page.title, page.language) == ("Weekly report: SEM12", "en")
    assert page.table("Learners with and without a result") == [
        {"Column": "ltix_data: activity", "Out of": "100", "With a result": "0", "Without": "8"},
        {"Column": "Quiz 1", "Out of": "10", "With a result": "7", "Without": "1"},
    ]
    assert page.table("Learners without a result") == [{"User": ANNA, "Missing": "1", "Columns": "Quiz 1"}]
    assert "nothing to compare with yet" in page.text
    assert [alt for alt in page.pictures if "8 learners" not in alt] == []
    assert nobody_is_named(practice, page.source)
    with ltix.connect("uni") as session:
        assert len(session.course("SEM12").snapshots()) == 1


@pytest.mark.process
def test_the_next_weekly_report_says_what_changed(practice, html):
    with ltix.connect("uni") as session:
        course = session.course("SEM12")
        course.snapshot()
        course.post_score("Quiz 1", ANNA, 9)
        course.post_score("Quiz 1", WULANDARI, 8)
    practice.platform.unenrol("SEM12", AOIFE)

    done = run("weekly_report", "-p", "course=SEM12", "-p", "snapshot=no", "--html", html)

    page = Page(html)
    assert done.exit_code == 0, done.output
    assert page.table("Who joined, left") == [{"Change": "left", "User": AOIFE, "Before": "Instructor", "Now": "–"}]
    assert page.table("How many grades") == [{"Column": "Quiz 1", "new": "1", "raise": "1"}]
    assert "Columns that changed: none." in page.text
    assert any("Progress" in alt or "snapshot" in alt for alt in page.pictures)
    assert nobody_is_named(practice, page.source)
    with ltix.connect("uni") as session:
        assert len(session.course("SEM12").snapshots()) == 1


@pytest.mark.process
def test_no_small_band_of_results_is_shown_nor_can_it_be_worked_out(practice, html):
    run("weekly_report", "-p", "course=SEM12", "-p", "least=3", "-p", "snapshot=no", "--html", html)

    (empty, quiz) = Page(html).table("Learners in each band of percent")

    assert (empty["All"], quiz["All"]) == ("0", "7")
    assert set(list(empty.values())[1:]) == {"0"}
    assert [count for count in list(quiz.values())[1:-1] if count in ("1", "2")] == []
    assert list(quiz.values()).count("–") > 1


@pytest.mark.process
def test_a_column_that_cannot_be_read_leaves_the_rest_and_ends_with_2(practice, html, tmp_path):
    practice.break_results("Quiz 1")
    output = tmp_path / "run.ipynb"

    done = run("weekly_report", "-p", "course=SEM12", "--html", html, "--output", output)

    page = Page(html)
    assert done.exit_code == 2
    assert re.fullmatch(
        r"Error: This report is not complete\. It lacks: the results of “Quiz 1”: [^\n]+\n", done.stderr
    )
    assert page.table("Learners with and without a result")[0]["With a result"] == "0"
    assert page.table("Learners with and without a result")[1]["With a result"] == "–"
    assert page.text.index("This report is not complete.") < page.text.index("How many have a result?")
    assert page.text.rindex("the results of “Quiz 1”:") > page.text.index("Is that all?")
    said = page.source + output.read_text() + done.output
    assert _PATH.findall(page.source + output.read_text()) == []
    assert not any(token in said for token in practice.platform.access_tokens)


@pytest.mark.process
def test_papermill_itself_runs_a_report_and_fails_where_it_lacks_something(practice, tmp_path):
    from importlib import resources

    practice.break_results("Quiz 1")
    path = resources.files("ltix_data.reports") / "notebooks" / "weekly_report.ipynb"
    command = [sys.executable, "-m", "papermill", str(path), str(tmp_path / "out.ipynb"), "-p", "course", "SEM12"]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=tmp_path)

    assert ended.returncode != 0
    assert "PartialDataError: This report is not complete" in ended.stderr


@pytest.mark.process
def test_without_the_course_there_is_no_report(practice, html):
    html.write_text("last week")

    done = run("weekly_report", "-p", "course=nowhere", "--html", html)

    assert (done.exit_code, html.read_text()) == (1, "last week")
    assert "“weekly_report” is no report: UnknownNameError: “uni” knows no course “nowhere”." in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.process
def test_with_pseudonyms_no_user_id_is_in_the_page_and_the_notebook(practice, html, tmp_path, monkeypatch):
    monkeypatch.setenv("LTIX_DATA_PSEUDONYM_KEY_UNI", "a key of sixteen bytes or more")
    output = tmp_path / "run.ipynb"

    done = run("weekly_report", "-p", "course=SEM12", "-p", "pseudonyms=true", "--html", html, "--output", output)

    said = html.read_text() + output.read_text()
    (row,) = Page(html).table("Learners without a result")
    assert done.exit_code == 0, done.output
    assert re.fullmatch(r"p[a-z2-7]{12}", row["User"])
    assert [user_id for user_id in practice.platform.course("SEM12").members if user_id in said] == []
    assert nobody_is_named(practice, said)


# --- Whom to look at ------------------------------------------------------------------------------


@pytest.mark.process
def test_each_rule_lists_whom_it_means_with_its_reason_and_missing_is_never_zero(practice, html):
    with ltix.connect("uni") as session:
        course = session.course("SEM12")
        course.create_line_item("Essay", 10)
        course.post_score("Essay", AOIFE, 9)
        course.snapshot()
        course.post_score("Essay", AOIFE, 3)

    done = run("at_risk", "-p", "course=SEM12", "-p", "drop=25", "--html", html)

    page = Page(html)
    listed = {row["User"]: row["Why"] for row in page.table("8 of 8 active learners")}
    assert done.exit_code == 0, done.output
    assert listed[ANNA] == "missing: no result in 2 of 2 columns"
    assert listed[WULANDARI] == "missing: no result in 1 of 2 columns; low: average 0.0 % over 1 of 2 columns"
    assert re.fullmatch(r"fell: average [\d.]+ % then, [\d.]+ % now", listed[AOIFE])
    assert "no verdict" in page.text
    assert nobody_is_named(practice, page.source)


@pytest.mark.process
def test_a_result_that_is_gone_is_missing_and_no_drop(practice, html):
    with ltix.connect("uni") as session:
        course = session.course("SEM12")
        course.create_line_item("Essay", 10)
        for user_id in course.roster("Learner", status="Active").query("~test_user")["user_id"]:
            course.post_score("Essay", user_id, 10)
        course.snapshot()
    for item in practice.platform.course("SEM12").items.values():
        if item.fields["label"] == "Essay":
            item.cells.pop(AOIFE)

    run("at_risk", "-p", "course=SEM12", "-p", "without=100", "-p", "below=0", "-p", "drop=1", "--html", html)

    assert "0 of 8 active learners, those with most reasons first: none." in Page(html).text


# --- Institution ----------------------------------------------------------------------------------


@pytest.mark.process
def test_the_overview_shows_every_course_and_no_small_group(practice, html):
    done = run("institution_overview", "--html", html)

    page = Page(html)
    rows = {row["Course"]: row for row in page.table("“–” is what could not be read")}
    assert done.exit_code == 0, done.output
    assert set(rows) == set(practice.platform.courses)
    assert (rows["SEM12"]["Learners"], rows["SEM12"]["Teachers"], rows["SEM12"]["With a result"]) == ("7", "–", "6")
    assert int(rows["BIO101"]["Learners"]) > 100
    assert "3 of 3 courses done" in page.text
    ids = [user_id for course in practice.platform.courses.values() for user_id in course.members if len(user_id) > 8]
    assert [user_id for user_id in ids if user_id in page.source] == []
    assert nobody_is_named(practice, page.source)


@pytest.mark.process
def test_a_course_that_cannot_be_read_is_told_and_the_others_are_shown(practice, html):
    practice.break_results("Quiz 1")

    done = run("institution_overview", "-p", "courses=[SEM12, BIO101]", "--html", html)

    page = Page(html)
    rows = {row["Course"]: row for row in page.table("“–” is what could not be read")}
    assert done.exit_code == 2
    assert re.search(r"It lacks: the results of SEM12: [^\n]+\n$", done.stderr)
    assert ".attrs" not in done.stderr
    assert list(rows) == ["SEM12", "BIO101"]
    assert (rows["SEM12"]["Learners"], rows["SEM12"]["With a result"]) == ("7", "–")


# --- On time --------------------------------------------------------------------------------------


@pytest.mark.process
def test_a_weekly_report_compares_with_last_week_also_where_it_runs_daily(practice, html):
    with ltix.connect("uni") as session:
        week = datetime.now(UTC) - timedelta(days=8)
        move_back(session.course("SEM12").snapshot(), week)
        session.course("SEM12").snapshot()

    run("weekly_report", "-p", "course=SEM12", "-p", "snapshot=no", "--html", html)

    assert f"Since {week:%Y-%m-%d %H:%M} UTC." in Page(html).text


def move_back(snapshot, to):
    """Let a stored snapshot be older than it is."""
    about = snapshot.path / "about.json"
    told = json.loads(about.read_text())
    told["taken_at"] = to.isoformat()
    about.write_text(json.dumps(told))
