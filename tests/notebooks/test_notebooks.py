"""Each notebook does what it says: run in a real kernel, against a practice platform on a real port."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

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


def test_the_picture_has_a_text_with_numbers_and_no_name(first_roster):
    practice, shown = first_roster
    names = [member.person.name for member in practice.platform.course("SEM12").members.values()]

    said = text(shown, "picture")

    assert "7 have a result, of 8 learners. Median 82.5%" in said
    assert [name for name in names if name in said] == []


def test_the_kernel_is_this_interpreter(practice):
    cell = nbformat.v4.new_code_cell("import sys\nprint(sys.executable)", id="which")

    shown = practice.execute(nbformat.v4.new_notebook(cells=[cell]))

    assert Path(text(shown, "which").strip()).samefile(sys.executable)
    assert Path(text(shown, "which").strip()).parent == Path(sys.executable).parent


def test_the_first_notebooks_run_on_what_the_demo_leaves(tmp_path):
    with kernel_environment(tmp_path) as patch:
        patch.delenv("LTIX_KEY_FILE", raising=False)
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        try:
            demo = subprocess.run(
                [sys.executable, "-m", "ltix_data.cli", "demo", "--keep"], capture_output=True, text=True, timeout=120
            )
            assert demo.returncode == 0, demo.stderr
            patch.setenv("LTIX_KEY_FILE", re.search(r"export LTIX_KEY_FILE=(.+)", demo.stdout)[1])
            shown, connected = (_executed(name, tmp_path) for name in ("01_first_roster", "02_connect_your_platform"))
        finally:
            kept = json.loads((tmp_path / "data" / "practice" / "platform.json").read_text())
            os.kill(kept["pid"], signal.SIGTERM)

    assert len(table(shown, "roster")) == 12
    assert {row["label"] for row in table(shown, "line-items")} == {"ltix_data: activity", "Quiz 1"}
    assert "try-out: 0 problems, 0 warnings" in text(connected, "examine")


def _executed(name: str, folder: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()


# --- 03 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def upload(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("upload"), key) as practice:
        yield practice, practice.run("03_upload_grades.ipynb")


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

    shown = practice.run("03_upload_grades.ipynb")

    assert practice.moments() == before
    assert [row["outcome"] for row in table(shown, "outcomes")] == ["unchanged", "unchanged", "skipped", "unchanged"]
    assert len(practice.platform.course("SEM12").items) == 4


# --- 02 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def connected(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("connect"), key) as practice:
        yield practice, practice.run("02_connect_your_platform.ipynb")


def test_the_platform_knows_the_new_tool_and_gave_it_the_course(connected):
    practice, shown = connected
    tools = list(practice.platform.tools.values())

    assert len(tools) == 2
    assert tools[1].client_id in text(shown, "registered")
    assert "SEM12" in text(shown, "launch")
    assert "SEM12" in text(shown, "captured")


def test_what_was_connected_is_found_well_and_the_tool_is_closed_at_the_end(connected):
    _, shown = connected

    assert "try-out: 0 problems, 0 warnings" in text(shown, "examine")
    assert "listening" in text(shown, "receive")
    assert "closed" in text(shown, "close")


def test_a_try_leaves_no_registration_behind(connected):
    practice, _ = connected

    assert [path.stem for path in (practice.folder / "data" / "registrations").glob("*.json")] == ["practice"]


# --- 04 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def undo(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("undo"), key) as practice:
        after = {}

        def keep(cell: nbformat.NotebookNode, **_: object) -> None:
            after[cell.id] = practice.stored("Essay 3") if cell.id in _WITH_ESSAY else None

        yield practice, practice.run("04_undo.ipynb", on_cell_executed=keep), after


_WITH_ESSAY = ("before", "mistake", "somebody", "undo", "redo", "broken", "resume")


def test_undoing_brings_back_what_was_there_and_keeps_what_somebody_changed(undo):
    _, shown, after = undo

    assert after["before"] == {AOIFE: 17.0, SEAN: 12.0, XIUYING: 9.0}
    assert after["mistake"] == {AOIFE: 20.0, SEAN: 20.0, XIUYING: 20.0, LAYLA: 20.0}
    assert {user: score for user, score in after["undo"].items() if score is not None} == {
        AOIFE: 17.0,
        SEAN: 13.0,
        XIUYING: 9.0,
    }
    assert [row["outcome"] for row in table(shown, "undo")] == ["confirmed", "refused", "confirmed", "confirmed"]
    assert {row["index"]: row["Essay 3"] for row in table(shown, "after")} == {
        AOIFE: "17.0",
        SEAN: "13.0",
        XIUYING: "9.0",
    }


def test_undoing_the_undoing_brings_the_upload_back(undo):
    _, _, after = undo

    assert after["redo"] == {AOIFE: 20.0, SEAN: 13.0, XIUYING: 20.0, LAYLA: 20.0}


def test_what_broke_off_is_finished_by_resuming(undo):
    _, shown, after = undo
    everybody = dict.fromkeys((AOIFE, SEAN, XIUYING, LAYLA, ANNA, WULANDARI, ZOE, MARIA), 15.0)

    assert after["broken"] != everybody
    assert "session.resume(" in text(shown, "broken")
    assert after["resume"] == everybody
    assert "8 confirmed" in text(shown, "resume")


def test_the_column_to_practise_on_is_gone_at_the_end(undo):
    practice, _, _ = undo

    labels = [item.fields["label"] for item in practice.platform.course("SEM12").items.values()]
    assert labels == ["ltix_data: activity", "Quiz 1"]


# --- 05 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("many"), key) as practice:
        yield practice, practice.run("05_many_courses.ipynb")


def test_courses_that_are_there_are_added_and_another_is_told(many):
    _, shown = many

    assert [(row["id"], row["added"]) for row in table(shown, "add")] == [
        ("BIO101", "True"),
        ("MED3000", "True"),
        ("BIO999", "False"),
    ]
    assert "knows no such course" in table(shown, "add")[2]["reason"]


def test_everybody_in_every_course_is_counted(many):
    practice, shown = many
    members = {name: len(practice.platform.course(name).members) for name in ("SEM12", "BIO101", "MED3000")}

    counted = {row["index"]: sum(int(row[role]) for role in row if role != "index") for row in _body(shown, "rosters")}

    assert counted == members


def test_a_course_that_cannot_be_read_is_told_and_the_others_are_there(many):
    _, shown = many

    assert "1 course could not be read (GONE)" in text(shown, "missing")
    assert re.findall(r"^(\w+) +(\d+)$", text(shown, "missing"), re.MULTILINE) == [
        ("MED3000", "3000"),
        ("BIO101", "350"),
        ("SEM12", "12"),
    ]
    assert "'error': 'NotFoundError'" in text(shown, "errors")
    assert raised(shown, "strict") == "LtixWarning"
    assert "GONE" not in text(shown, "forget")


def test_courses_that_were_read_are_taken_from_this_computer_the_second_time(many):
    practice, shown = many
    people = sum(len(practice.platform.course(name).members) for name in ("SEM12", "BIO101", "MED3000"))

    assert [text(shown, cell) for cell in ("keep", "go-on")] == [
        f"3 of 3 courses done\n(0, {people})",
        f"3 of 3 courses done, 3 of them kept from before\n(3, {people})",
    ]


def test_gradebooks_and_platforms_are_tables_of_counts(many):
    practice, shown = many
    graded = {label: str(len(practice.stored(label))) for label in ("Quiz 1",)}

    (row,) = [row for row in _body(shown, "gradebooks") if row["index"] == "SEM12"]
    assert {label: row[label] for label in graded} == graded
    assert re.findall(r"^(?:practice)? *(BIO101|MED3000|SEM12) +\d+$", text(shown, "platforms"), re.MULTILINE) == [
        *("BIO101", "MED3000", "SEM12")
    ]


def test_the_notebook_of_many_courses_names_nobody(many):
    practice, shown = many
    people = [
        member.person for course in ("SEM12", "BIO101") for member in practice.platform.course(course).members.values()
    ]

    said = json.dumps([cell.get("outputs") for cell in shown.cells], ensure_ascii=False)

    assert [person.name for person in people if person.name in said] == []


# --- 06 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("service"), key) as practice:
        yield practice, practice.run("06_custom_service.ipynb")


def test_a_service_of_ones_own_reads_what_the_platform_says(service):
    _, shown = service

    assert "'label': 'SEM12'" in text(shown, "get")
    assert dict(re.findall(r"^(\w+) +(\d+)$", text(shown, "service"), re.MULTILINE)) == {
        "Active": "11",
        "Inactive": "1",
    }
    assert [row["status"] for row in table(shown, "join")] == [row["status_again"] for row in table(shown, "join")]


def test_what_is_not_offered_granted_or_ours_ends_in_its_own_error(service):
    _, shown = service

    assert raised(shown, "lacking") == "UsageError"
    assert raised(shown, "refused") == "ScopeError"
    assert raised(shown, "foreign") == "ForeignHostError"


# --- 07 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def privacy(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("privacy"), key) as practice:
        yield practice, practice.run("07_privacy.ipynb")


def test_nothing_that_tells_a_person_is_in_the_notebook(privacy):
    practice, shown = privacy
    people = [member.person for member in practice.platform.course("SEM12").members.values()]
    telling = [value for person in people for value in (person.name, person.user_id, person.email, person.username)]

    said = json.dumps(shown, ensure_ascii=False)

    assert [value for value in telling if value and value in said] == []


def test_a_plan_under_pseudonyms_finds_everybody(privacy):
    _, shown = privacy
    rows = table(shown, "upload")

    assert len(rows) == 8
    assert all(re.fullmatch(r"p[a-z2-7]{12}", row["user_id"]) for row in rows)
    assert [row["new"] for row in rows] == ["8.0"] * 8


def test_small_counts_are_hidden(privacy):
    _, shown = privacy

    assert {row["index"]: row["learners"] for row in _body(shown, "small")} == {"Active": "9", "Inactive": "<NA>"}


def test_a_saved_notebook_is_scrubbed(privacy):
    practice, shown = privacy
    (saved,) = practice.folder.rglob("shown_in_class.ipynb")

    assert "to remove" in text(shown, "scrub")
    assert text(shown, "clean") == "True"
    assert "O'Neil" not in saved.read_text(encoding="utf-8")


# --- 08 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("scheduled"), key) as practice:
        yield practice, practice.run("08_scheduled_report.ipynb")


def test_the_report_is_made_and_holds_neither_name_nor_secret(scheduled):
    practice, shown = scheduled
    (page,) = practice.folder.rglob("weekly.html")
    html = page.read_text(encoding="utf-8")

    assert "Wrote weekly.html.\n[exit code 0]" in text(shown, "first")
    assert "SEM12" in html
    assert [
        person
        for member in practice.platform.course("SEM12").members.values()
        if (person := member.person.name) in html
    ] == []
    assert not any(secret in html for secret in _secrets(practice))


def test_a_mistyped_parameter_runs_nothing(scheduled):
    _, shown = scheduled

    assert "Did you mean “course”?\n[exit code 1]" in text(shown, "mistyped")


def test_what_changed_since_is_told(scheduled):
    practice, shown = scheduled

    assert re.search(r"grades: 1 \w+", text(shown, "changes"))
    assert "2 snapshots" in text(shown, "progress")
    assert practice.stored("Quiz 1")[AOIFE] == 9.5


def test_a_recipe_says_what_to_write_into_the_crontab(scheduled):
    _, shown = scheduled

    assert re.search(r"^0 6 \* \* 1 .* report weekly_report -p course=SEM12", text(shown, "cron"), re.MULTILINE)


# --- 09 -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def troubles(tmp_path_factory, key):
    with practising(tmp_path_factory.mktemp("troubles"), key) as practice:
        yield practice, practice.run("09_troubleshooting.ipynb")


def test_each_error_is_the_one_that_is_talked_about(troubles):
    _, shown = troubles

    assert [raised(shown, cell) for cell in ("error", "unknown", "item", "scope")] == [
        "UnknownNameError",
        "UnknownNameError",
        "UnknownNameError",
        "ScopeError",
    ]


def test_the_examination_and_the_hints_say_what_to_do(troubles):
    _, shown = troubles

    assert "practice: 0 problems" in text(shown, "examine")
    assert "Quiz 1" in text(shown, "catch")
    assert [(row["row"], row["problem"]) for row in table(shown, "grades")] == [
        ("3", "unknown_user"),
        ("4", "not_a_number"),
    ]


def test_what_is_missing_in_a_roster_is_counted(troubles):
    _, shown = troubles

    assert re.findall(r"^(\w+) +([\d.]+)$", text(shown, "names"), re.MULTILINE) == [
        ("name", "0.000000"),
        ("email", "0.166667"),
        ("sourcedid", "0.083333"),
        ("username", "0.000000"),
    ]


# --- All of them ----------------------------------------------------------------------------------

RUN = ("first_roster", "connected", "upload", "undo", "many", "service", "privacy", "scheduled", "troubles")


@pytest.fixture(params=RUN)
def executed(request):
    return request.getfixturevalue(request.param)


def test_no_token_and_no_key_is_in_a_saved_notebook(executed):
    practice, shown, *_ = executed
    said = json.dumps(shown)

    assert not any(secret in said for secret in _secrets(practice))


def test_nothing_is_written_to_stderr(executed):
    _, shown, *_ = executed

    outputs = [(cell.id, output) for cell in shown.cells for output in cell.get("outputs", ())]
    assert [(cell_id, output.text) for cell_id, output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("name", ["05_many_courses.ipynb", "04_undo.ipynb", "09_troubleshooting.ipynb"])
def test_a_notebook_that_changes_something_can_be_run_again(practice, name):
    practice.run(name)

    practice.run(name)  # ends with an error where it cannot


def test_markup_in_a_label_stays_text(practice):
    for item in practice.platform.course("SEM12").items.values():
        if item.fields["label"] != "Quiz 1":
            item.fields["label"] = "<img src=x onerror=alert(1)>"

    shown = practice.run("01_first_roster.ipynb")

    html = [output.data.get("text/html", "") for cell in shown.cells for output in cell.get("outputs", [])]
    assert any("&lt;img" in part for part in html)
    assert not any("<img src=x" in part for part in html)


def raised(shown: nbformat.NotebookNode, cell_id: str) -> str:
    """Return the name of the error that a cell ended with."""
    (cell,) = (cell for cell in shown.cells if cell.id == cell_id)
    return cell.outputs[-1].ename


def _body(shown: nbformat.NotebookNode, cell_id: str) -> list[dict[str, str]]:
    """Return the rows of a table whose index has a name of its own, and so a heading of two rows."""
    return [row for row in table(shown, cell_id) if row["index"]]


def _secrets(practice) -> list[str]:
    """Return every token that is alive, and the private key in each form it has."""
    pem = [line for line in practice.key.private_pem().splitlines() if "-----" not in line]
    parts = re.findall(r"[\w-]{24,}", practice.key.compact())
    tokens = list(practice.platform.access_tokens)
    assert pem
    assert parts
    assert tokens
    return [*pem, *parts, *tokens]
