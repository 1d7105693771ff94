"""Each notebook does what it says: run in a real kernel, against a practice platform on a real port."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from flask import Response, request
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from ltix_data import spec

from .conftest import NOTEBOOKS, kernel_environment, practising, table, text

pytestmark = pytest.mark.process

AOIFE, SEAN, XIUYING, LAYLA = "0004711", "9007199254740993", "000812", "1f6d2c88-0e57-4a61-b0c9-94d35be8f602"
ANNA, WULANDARI, ZOE, MARIA = (
    "e2d40b1c-55f3-4c7a-8a2e-7f10c3b96d03",
    "0000000000004712",
    "77b1a9e4-2c60-4d8f-93a5-0c4e6b1d8f04",
    "0004713",
)
LEFT, TEST_STUDENT = "9007199254740995", "a0000000-0000-4000-8000-000000000012"


# --- 01 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def first_roster(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("roster"), key) as practice:
        yield practice, practice.run("01_first_roster.ipynb")


def test_the_roster_has_a_row_for_every_member(first_roster):
    practice, shown = first_roster
    people = [member.person for member in practice.platform.course("SEM12").members.values()]

    rows = table(shown, "roster")

    assert len(rows) == 12
    assert [(row["user_id"], row["name"]) for row in rows] == [(person.user_id, person.name) for person in people]


def test_the_learners_include_one_who_teaches_too(first_roster):
    _, shown = first_roster

    rows = table(shown, "learners")

    assert [row["user_id"] for row in rows] == [
        *(AOIFE, SEAN, XIUYING, LAYLA, ANNA, WULANDARI, ZOE, MARIA),
        *(LEFT, TEST_STUDENT),
    ]
    assert rows[0]["role"] == "Instructor"


def test_roles_are_counted(first_roster):
    _, shown = first_roster

    counts = re.findall(r"^(\w+) +(\d+)$", text(shown, "roles"), re.MULTILINE)

    assert dict(counts) == {"Learner": "9", "Instructor": "2", "TeachingAssistant": "1"}


def test_a_learner_without_a_result_is_missing_and_one_with_a_zero_is_not(first_roster):
    _, shown = first_roster

    joined = {row["user_id"]: row["percent"] for row in table(shown, "joined")}
    gradebook = {row["index"]: row["Quiz 1"] for row in table(shown, "gradebook")}

    assert joined == {
        AOIFE: "95.0",
        SEAN: "70.0",
        XIUYING: "100.0",
        LAYLA: "82.5",
        ANNA: "NaN",
        WULANDARI: "0.0",
        ZOE: "65.0",
        MARIA: "90.0",
        LEFT: "NaN",
        TEST_STUDENT: "NaN",
    }
    assert (gradebook[WULANDARI], gradebook[ANNA]) == ("0.00", "NaN")
    assert re.search(r"Quiz 1 +3$", text(shown, "without"), re.MULTILINE)


def test_the_session_and_its_token_say_what_they_are_and_no_secret(first_roster):
    practice, shown = first_roster

    assert "practice-client-0001" in text(shown, "connect")
    assert re.search(r"\b60\b.* min.* granted .*\bresult\.readonly\b", text(shown, "token"))
    assert not any(secret in json.dumps(shown) for secret in _secrets(practice))


def test_the_kernel_is_this_interpreter(practice):
    cell = nbformat.v4.new_code_cell("import sys\nprint(sys.executable)", id="which")

    shown = practice.execute(nbformat.v4.new_notebook(cells=[cell]))

    assert Path(text(shown, "which").strip()).samefile(sys.executable)
    assert Path(text(shown, "which").strip()).parent == Path(sys.executable).parent


def test_the_first_notebook_runs_on_what_the_demo_leaves(tmp_path):
    with kernel_environment(tmp_path) as patch:
        patch.delenv("LTIX_KEY_FILE", raising=False)
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        try:
            demo = subprocess.run(
                [sys.executable, "-m", "ltix_data.cli", "demo", "--keep"], capture_output=True, text=True, timeout=120
            )
            assert demo.returncode == 0, demo.stderr
            patch.setenv("LTIX_KEY_FILE", re.search(r"export LTIX_KEY_FILE=(.+)", demo.stdout)[1])
            notebook = nbformat.read(NOTEBOOKS / "01_first_roster.ipynb", as_version=4)
            resources = {"metadata": {"path": str(tmp_path)}}
            shown = NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
        finally:
            kept = json.loads((tmp_path / "data" / "practice" / "platform.json").read_text())
            os.kill(kept["pid"], signal.SIGTERM)

    assert len(table(shown, "roster")) == 12
    assert {row["label"] for row in table(shown, "line-items")} == {"ltix_data: activity", "Quiz 1"}


# --- 02 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def upload(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("upload"), key) as practice:
        yield practice, practice.run("02_upload_grades.ipynb")


def test_the_platform_holds_what_the_sheets_say_and_nothing_for_a_blank(upload):
    practice, _ = upload

    stored = {label: practice.stored(label) for label in ("Essay 1", "Essay 2")}

    assert stored == {"Essay 1": {AOIFE: 17.5, SEAN: 12.0, LAYLA: 0.0}, "Essay 2": {AOIFE: 18.0, ANNA: 0.0}}


def test_the_plan_tells_changes_and_problems_before_anything_is_sent(upload):
    _, shown = upload

    assert [(row["row"], row["new"], row["change"]) for row in table(shown, "changes")] == [
        ("2", "17.5", "new"),
        ("3", "12.0", "new"),
        ("5", "0.0", "new"),
    ]
    assert table(shown, "problems") == []
    assert [(row["row"], row["value"], row["problem"]) for row in table(shown, "file-problems")] == [
        ("3", "85%", "percent"),
        ("4", "12347", "unknown_user"),
        ("7", "00099999", "unknown_user"),
        ("8", "25", "above_maximum"),
    ]


def test_the_hints_are_whole(upload):
    _, shown = upload

    assert [row["hint"] for row in table(shown, "file-problems") if row["hint"].endswith("...")] == []


def test_the_report_accounts_for_every_row(upload):
    _, shown = upload

    # what to do follows the code, after a full stop
    outcomes = [(row["row"], row["outcome"], row["reason"].partition(".")[0]) for row in table(shown, "file-send")]

    assert outcomes == [
        ("2", "confirmed", ""),
        ("3", "skipped", "problem: percent"),
        ("4", "skipped", "problem: unknown_user"),
        ("5", "skipped", "blank"),
        ("6", "confirmed", ""),
        ("7", "skipped", "problem: unknown_user"),
        ("8", "skipped", "problem: above_maximum"),
    ]
    assert [row["row"] for row in table(shown, "file-failures")] == ["3", "4", "7", "8"]
    assert table(shown, "failures") == []


def test_reading_back_shows_the_zero_and_leaves_the_blank_missing(upload):
    _, shown = upload

    read = {row["index"]: row["Essay 1"] for row in table(shown, "read-back")}

    assert (read[AOIFE], read[LAYLA], read[XIUYING]) == ("17.5", "0.0", "NaN")


def test_sending_the_same_again_is_unchanged(upload):
    _, shown = upload

    again = [row["outcome"] for row in table(shown, "again-send")]

    assert again == ["unchanged", "unchanged", "skipped", "unchanged"]


def test_a_second_run_of_the_whole_notebook_changes_nothing(upload):
    practice, _ = upload
    before = practice.moments()

    shown = practice.run("02_upload_grades.ipynb")

    assert practice.moments() == before
    assert [row["outcome"] for row in table(shown, "outcomes")] == ["unchanged", "unchanged", "skipped", "unchanged"]
    assert len(practice.platform.course("SEM12").items) == 4


# --- 03 -------------------------------------------------------------------------------------------


def papermill(practice, *arguments: str) -> tuple[subprocess.CompletedProcess[str], nbformat.NotebookNode]:
    """Run the weekly report as cron would; return how it ended and the notebook it saved."""
    saved = practice.folder / "report.ipynb"
    command = [sys.executable, "-m", "papermill", str(NOTEBOOKS / "03_weekly_report.ipynb"), str(saved)]
    ended = subprocess.run(
        [*command, "--no-progress-bar", "--log-output", *arguments],
        cwd=practice.folder,
        capture_output=True,
        text=True,
        timeout=180,
    )
    return ended, nbformat.read(saved, as_version=4)


def test_the_weekly_report_succeeds_and_holds_neither_secret_nor_name(practice):
    members = practice.platform.course("SEM12").members.values()

    ended, report = papermill(practice, "-p", "registration", "practice", "-p", "course", "SEM12")

    assert ended.returncode == 0, ended.stderr
    assert [_without_index(row) for row in table(report, "coverage")] == [
        {"label": "ltix_data: activity", "out_of": "100.0", "with_result": "0", "without_result": "8"},
        {"label": "Quiz 1", "out_of": "10.0", "with_result": "7", "without_result": "1"},
    ]
    assert [row["index"] for row in table(report, "without") if row["Quiz 1"] == "True"] == [ANNA]
    assert list(table(report, "spread")[1].values()) == ["Quiz 1", "1", "0", "1", "1", "1", "2", "1"]
    said = json.dumps(report, ensure_ascii=False) + ended.stdout + ended.stderr
    assert [name for member in members if (name := member.person.name) in said] == []
    assert not any(secret in said for secret in _secrets(practice))


def test_the_weekly_report_fails_where_results_are_not_granted(practice):
    options = practice.platform.options
    granted = tuple(scope for scope in spec.ALL_SCOPES if scope != spec.SCOPE_RESULT_READONLY)
    practice.platform.options = replace(options, granted_scopes=granted)

    ended, report = papermill(practice)

    assert ended.returncode != 0
    assert "This report is not complete" in ended.stderr
    assert [row["with_result"] for row in table(report, "coverage")] == ["<NA>", "<NA>"]
    said = json.dumps(report) + ended.stdout + ended.stderr
    assert not any(secret in said for secret in _secrets(practice))


def test_the_weekly_report_names_the_one_column_it_lacks_and_shows_the_rest(practice):
    def fail(response: Response) -> None:
        response.status_code = 500

    practice.spoil_results("ltix_data: activity", fail)
    notebook = nbformat.read(NOTEBOOKS / "03_weekly_report.ipynb", as_version=4)

    with pytest.raises(CellExecutionError, match=r"It lacks:\nltix_data: activity: [^\n]+\n"):
        practice.execute(notebook)

    coverage = {row["label"]: row["with_result"] for row in table(notebook, "coverage")}
    assert coverage == {"ltix_data: activity": "<NA>", "Quiz 1": "7"}


def test_the_weekly_report_takes_a_warning_for_a_lack(practice):
    def repeat(response: Response) -> None:
        response.headers["Link"] = f'<{request.url}&again=1>; rel="next"'

    practice.spoil_results("Quiz 1", repeat)
    notebook = nbformat.read(NOTEBOOKS / "03_weekly_report.ipynb", as_version=4)

    with pytest.raises(CellExecutionError, match=r"It lacks:\nQuiz 1: [^\n]+ repeated the last page"):
        practice.execute(notebook)

    assert [row["with_result"] for row in table(notebook, "coverage")] == ["0", "<NA>"]


def test_markup_in_a_label_stays_text(practice):
    for item in practice.platform.course("SEM12").items.values():
        item.fields["label"] = "<img src=x onerror=alert(1)>"

    shown = practice.run("03_weekly_report.ipynb")

    html = [output.data.get("text/html", "") for cell in shown.cells for output in cell.get("outputs", [])]
    assert any("&lt;img" in part for part in html)
    assert not any("<img" in part for part in html)


def _without_index(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name != "index"}


def _secrets(practice) -> list[str]:
    """Return every token that is alive, and the private key in each form it has."""
    pem = [line for line in practice.key.private_pem().splitlines() if "-----" not in line]
    parts = re.findall(r"[\w-]{24,}", practice.key.compact())
    tokens = list(practice.platform.access_tokens)
    assert pem
    assert parts
    assert tokens
    return [*pem, *parts, *tokens]
