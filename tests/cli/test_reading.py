"""Reading a course: the same frames as in a notebook, in every format, to every place."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pandas as pd
import pytest

import ltix_data as ltix
from ltix_data import spec

from .conftest import run, told


def test_a_roster_is_a_table_of_the_columns_that_matter(practice):
    shown = run("roster", "uni", "SEM12")

    head, *rows = told(shown).splitlines()
    assert (shown.exit_code, head.split()) == (
        0,
        ["user_id", "name", "email", "sourcedid", "username", "role", "status"],
    )
    assert len(rows) == len(ltix.connect("uni").course("SEM12").roster())


def test_filters_reach_the_platform(practice):
    learners = json.loads(run("roster", "uni", "SEM12", "--role", "Learner", "--format", "json").stdout)
    teachers = json.loads(run("roster", "uni", "SEM12", "--role", "Instructor", "--format", "json").stdout)
    tagged = json.loads(run("items", "uni", "SEM12", "--tag", "nothing", "--format", "json").stdout)

    everyone = ltix.connect("uni").course("SEM12")
    assert [one["user_id"] for one in learners] == everyone.roster(role="Learner")["user_id"].tolist()
    assert [one["user_id"] for one in teachers] == everyone.roster(role="Instructor")["user_id"].tolist()
    assert 0 < len(teachers) < len(learners)
    assert tagged == []


@pytest.mark.parametrize("command", ["roster", "items", "results", "gradebook"])
def test_json_has_every_column_of_the_frame(practice, command):
    course = ltix.connect("uni").course("SEM12")
    users = course.roster(role="Learner")["user_id"]
    item = course.create_line_item("Quiz 1", 10)
    course.post_score(item, users[0], 8.5)

    records = json.loads(run(command, "uni", "SEM12", "--format", "json").stdout)

    frames = {
        "roster": course.roster,
        "items": course.line_items,
        "results": course.results,
        "gradebook": lambda: course.gradebook().reset_index(),
    }
    frame = frames[command]()
    assert (len(records), list(records[0])) == (len(frame), list(frame.columns))


def test_results_of_one_item_and_one_person(practice):
    course = ltix.connect("uni").course("SEM12")
    users = course.roster(role="Learner")["user_id"]
    item = course.create_line_item("Quiz 1", 10)
    for user in users[:2]:
        course.post_score(item, user, 8.5)

    records = json.loads(
        run("results", "uni", "SEM12", "--item", "Quiz 1", "--user", users[1], "--format", "json").stdout
    )

    assert [(one["user_id"], one["score"], one["percent"]) for one in records] == [(users[1], 8.5, 85.0)]


def test_nobody_and_none_are_said_in_words_and_the_other_formats_stay_readable(practice):
    practice.platform.courses["SEM12"].members.clear()

    assert told(run("roster", "uni", "SEM12")) == "Nobody.\n"
    assert run("roster", "uni", "SEM12", "--format", "json").stdout == "[]\n"
    assert run("roster", "uni", "SEM12", "--format", "csv").stdout.startswith("user_id,name,")


# --- Files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_a_file_is_written_by_its_suffix_for_its_owner_alone(practice, suffix):
    place = practice.folder / f"roster.{suffix}"

    done = run("roster", "uni", "SEM12", "--output", str(place))

    readers = {
        "csv": pd.read_csv,
        "json": lambda path: pd.DataFrame(json.loads(path.read_text())),
        "parquet": pd.read_parquet,
    }
    assert (done.exit_code, done.stdout, len(readers[suffix](place))) == (0, "", 12)
    assert done.stderr == f"Wrote 12 rows to {place}.\n"
    assert os.name != "posix" or place.stat().st_mode & 0o777 == 0o600


def test_leading_zeros_survive_in_a_csv_file(practice):
    place = practice.folder / "roster.csv"

    run("roster", "uni", "SEM12", "--output", str(place))

    numbers = pd.read_csv(place, dtype=str)["sourcedid"].dropna()
    assert numbers.str.startswith("0001").any()


def test_a_file_that_is_there_is_refused_before_the_platform_is_asked(practice):
    place = practice.folder / "roster.csv"
    place.write_text("mine")
    practice.platform.under_maintenance = True

    done = run("roster", "uni", "SEM12", "--output", str(place))

    assert (done.exit_code, place.read_text()) == (1, "mine")
    assert "is there already; --force replaces it" in done.stderr


def test_force_replaces_it_whole_and_leaves_nothing_beside_it(practice):
    place = practice.folder / "roster.csv"
    place.write_text("mine")

    done = run("roster", "uni", "SEM12", "--output", str(place), "--force")

    assert (done.exit_code, len(pd.read_csv(place))) == (0, 12)
    assert [path.name for path in practice.folder.iterdir() if "roster" in path.name] == ["roster.csv"]


def test_a_command_that_fails_writes_no_file(practice):
    place = practice.folder / "roster.csv"
    practice.platform.courses.pop("SEM12")

    done = run("roster", "uni", "SEM12", "--output", str(place))

    assert (done.exit_code, place.exists()) == (1, False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--output", "roster.txt"], "must end with .csv"),
        (["--output", "missing/roster.csv"], "folder"),
        (["--format", "xlsx"], "xlsx"),
    ],
)
def test_what_cannot_be_written_is_told_with_status_1(practice, monkeypatch, options, words):
    monkeypatch.chdir(practice.folder)

    done = run("roster", "uni", "SEM12", *options)

    assert (done.exit_code, done.stdout) == (1, "")
    assert words in done.stderr


def test_parquet_goes_into_a_pipe(practice):
    done = run("items", "uni", "SEM12", "--format", "parquet")

    assert len(pd.read_parquet(io.BytesIO(done.stdout_bytes))) == 1


def test_without_pyarrow_the_error_says_what_to_install(practice):
    code = "import sys; sys.modules['pyarrow'] = None\nfrom ltix_data.cli import main; main(prog_name='ltix-data')"

    done = subprocess.run(
        [sys.executable, "-c", code, "items", "uni", "SEM12", "--format", "parquet"], capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: Writing parquet needs pyarrow.")
    assert 'pip install "ltix-data[parquet]"' in done.stderr


@pytest.mark.process
def test_parquet_is_refused_on_a_terminal(practice, terminal):
    shown = terminal("items", "uni", "SEM12", "--format", "parquet")

    assert shown.end() == 1
    assert "Parquet is not for a terminal" in shown.shown


@pytest.mark.process
def test_a_table_fits_the_terminal_and_has_no_colour(practice, terminal):
    shown = terminal("items", "uni", "SEM12", columns=60)

    assert shown.end() == 0
    assert max(len(line) for line in shown.shown.splitlines()) <= 60
    assert "\x1b" not in shown.shown


# --- Errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["roster", "uno", "SEM12"], "Did you mean “uni”?"),
        (["roster", "uni", "SEM13"], "Did you mean “SEM12”?"),
        (["roster", "uni", "BIO999", "--role", "King"], "BIO101"),
        (["results", "uni", "SEM12", "--item", "nothing"], "nothing"),
        (["roster", "uni"], "Missing argument 'COURSE'"),
    ],
)
def test_an_error_is_one_line_in_words_of_the_command_line(practice, arguments, words):
    done = run(*arguments)

    assert (done.exit_code, done.stdout) == (1, "")
    assert words in told(done)
    assert "session." not in done.stderr
    assert "ltix." not in done.stderr


def test_a_scope_that_was_not_granted_is_an_error_that_says_whom_to_ask(make_practice):
    make_practice(granted_scopes=(spec.SCOPE_LINE_ITEM,))

    done = run("roster", "uni", "SEM12")

    assert done.exit_code == 1
    assert "administrator" in done.stderr


def test_a_warning_is_one_line_without_code(practice, monkeypatch):
    import warnings

    from ltix_data.errors import LtixWarning
    from ltix_data.session import Session

    def warned(self, name):
        warnings.warn("Something is odd; see session.courses().", LtixWarning, stacklevel=2)
        return Session._open(self, self._find(name))

    monkeypatch.setattr(Session, "course", warned)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        done = run("items", "uni", "SEM12")

    assert (done.exit_code, done.stderr) == (0, "Warning: Something is odd; see “ltix-data courses”.\n")
