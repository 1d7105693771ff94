"""The command that runs reports, where nothing runs: what it lists, refuses and prints."""

from __future__ import annotations

import pytest

from ltix_data.cli import reports
from ltix_data.recipes import KINDS
from ltix_data.reports import catalogue

from .conftest import run, told


@pytest.fixture
def html(tmp_path):
    return str(tmp_path / "page.html")


def test_it_lists_the_reports_with_what_they_are_for():
    lines = run("report", "--list").stdout.splitlines()

    assert [line for line in lines if not line.startswith(" ")] == ["at_risk", "institution_overview", "weekly_report"]
    assert "    Learners whose results say that somebody may have to look, and why each of them is listed." in lines


@pytest.mark.parametrize("name", catalogue.names())
def test_it_lists_a_notebooks_parameters_with_what_they_are_for(name):
    done = run("report", name, "--help-parameters")

    assert done.exit_code == 0
    assert "  registration  (str, default None)\n      one of ltix.registrations()" in done.stdout
    assert ("must be given" in done.stdout) == (name != "institution_overview")


def test_an_unknown_report_is_refused_and_near_misses_are_suggested(html):
    done = run("report", "weekly_raport", "--html", html)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "Error: There is no report and no notebook “weekly_raport”. Did you mean “weekly_report”?"
    )


def test_what_must_be_told_is_named(html):
    done = run("report", "weekly_report", "--html", html)

    assert (done.exit_code, told(done)) == (
        1,
        "Error: This notebook must be told course. Nothing was run. Add -p course=….\n",
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Say which notebook to run"),
        (["weekly_report"], "Say where the report goes"),
        (["weekly_report", "-p", "course", "--html", "x.html"], "-p takes NAME=VALUE"),
        (["weekly_report", "--html", "nowhere/x.html"], "The folder of --html is not there"),
        (["weekly_report", "--html", "."], "--html is a folder"),
        (["weekly_report", "-f", "none.yaml", "--html", "x.html"], "“none.yaml” cannot be read"),
        (["weekly_report", "-p", "course=x", "-p", "least=few", "--html", "x.html"], "“least” must be a whole number"),
        (["weekly_report", "--recipe", "cron", "--output", "x.ipynb", "-p", "course=x"], "A recipe writes a page"),
    ],
)
def test_what_cannot_be_is_told_before_anything_runs(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    done = run("report", *arguments)

    assert (done.exit_code, done.stdout) == (1, "")
    assert says in told(done)
    assert list(tmp_path.glob("x.*")) == []


def test_a_file_that_is_no_notebook_is_refused(tmp_path, html):
    path = tmp_path / "grades.ipynb"
    path.write_text('{"a": 1}')

    assert "“grades.ipynb” is not a Jupyter notebook." in run("report", str(path), "--html", html).stderr


def test_the_recipes_offered_are_those_there_are():
    assert reports._RECIPES == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_runs_just_what_the_line_would(practice, kind, html):
    line = ["weekly_report", "-p", "course=BIO 101", "-r", "since=007", "--html", html]

    done = run("report", *line, "--recipe", kind)

    assert done.exit_code == 0, told(done)
    words = "weekly_report -p 'course=BIO 101' -r since=007 -p registration=uni --html"
    assert words in done.stdout
    assert "pseudonym" not in done.stdout.lower()


def test_a_recipe_with_pseudonyms_brings_their_key(practice, html):
    done = run("report", "at_risk", "-p", "course=SEM12", "-p", "pseudonyms=yes", "--html", html, "--recipe", "cron")

    assert "LTIX_PSEUDONYM_KEY_FILE=" in done.stdout


def test_a_recipe_says_which_registrations_there_are_if_it_cannot_tell(practice, html):
    practice.register("other")

    done = run("report", "weekly_report", "-p", "course=SEM12", "--html", html, "--recipe", "cron")

    assert (done.exit_code, "There are “other”, “uni”." in done.stderr) == (1, True)
