"""Uploads by the command line: as processes of their own, in cron's bare environment, against a real port.

Whatever a command prints is searched for names, addresses and grades (`Practice.run`).
"""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Response, request

import ltix_data as ltix
from ltix_data.cli import ending
from ltix_data.courses import KnownCourse
from ltix_data.errors import JournalError
from ltix_data.journal import Journal
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.model import LineItem
from ltix_data.sandbox.server import listen

pytestmark = pytest.mark.process

COMMANDS = ["upload", "send", "resume", "undo", "uploads"]
ITEM = "Quiz 1"
USUAL = ("--item", ITEM, "--match", "sourcedid", "--key", "id", "--score", "points")
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")


class Practice:
    """A platform on a real port, a registration with it whose key is in a file, and the commands.

    `posts` counts the scores that were posted; while `refusing` they are refused.
    """

    def __init__(self, folder: Path, key: SigningKey, **options: Any) -> None:
        self.folder, self.platform = folder, Platform(Options(**options))
        self.posts, self.refusing = 0, False
        self.tool = self.platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
        self.item = LineItem(self.platform.next_item, self.tool.client_id, {"label": ITEM, "scoreMaximum": 10})
        self.platform.add_item(self.platform.course("SEM12"), self.item)
        self.big = LineItem(self.platform.next_item, self.tool.client_id, {"label": ITEM, "scoreMaximum": 100})
        self.platform.add_item(self.platform.course("BIO101"), self.big)
        key_file = folder / "key.pem"
        key_file.touch(mode=0o600)
        key_file.write_text(key.private_pem(), encoding="utf-8")
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ}
        self.cron = {**kept, "HOME": str(folder), "LTIX_KEY_FILE": str(key_file), "LTIX_DATA_DIR": str(folder / "data")}

    @property
    def grades(self) -> dict[str, float]:
        """Return the seminar's grades, by sourcedid."""
        people = self.platform.course("SEM12").members
        return {people[user].person.sourcedid: cell.given for user, cell in self.item.cells.items() if cell.given}

    def answer(self) -> Response | None:
        """Count the scores that arrive, and refuse them if told to."""
        if request.method != "POST" or not request.path.endswith("/scores"):
            return None
        self.posts += 1
        return Response('{"status": 400, "reason": "no"}', 400, mimetype="application/json") if self.refusing else None

    def sheet(self, rows: Iterable[tuple[str, str]], name: str = "grades.csv") -> str:
        """Write a sheet; return its path."""
        path = self.folder / name
        path.write_text("id,points\n" + "".join(f"{who},{grade}\n" for who, grade in rows), encoding="utf-8")
        return str(path)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as cron would; nothing that it prints may tell of anybody."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=90)
        return self.checked(subprocess.CompletedProcess(arguments, process.returncode, out, err))

    def start(self, *arguments: str, **environment: Any) -> subprocess.Popen[str]:
        before = environment.pop("before", None)
        return subprocess.Popen(
            [sys.executable, "-m", "ltix_data.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=self.folder,
            env={**self.cron, **environment},
            preexec_fn=before,
        )

    def checked(self, done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
        told = done.stdout + done.stderr
        people = [member.person for course in self.platform.courses.values() for member in course.members.values()]
        private = {word for person in people for word in (person.name, person.email, person.username) if word}
        private |= {"7.125", "8.375", "9.625"}
        assert [word for word in private if word in told] == []
        assert "Traceback" not in told
        return done

    def upload(self, sheet: str, *options: str, course: str = "SEM12", **environment: str) -> Any:
        return self.run("upload", "uni", course, sheet, *USUAL, *options, **environment)

    def uploads(self) -> list[str]:
        """Return the ids of the uploads there were."""
        return sorted(path.stem for path in (self.folder / "data" / "uploads").glob("[!.]*.jsonl"))


@contextmanager
def practising(folder: Path, key: SigningKey, **options: Any) -> Iterator[Practice]:
    practice = Practice(folder, key, **options)
    server = listen(practice.platform)
    server.app.before_request(practice.answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.port}"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LTIX_KEY_FILE", "LTIX_DATA_DIR"):
            patch.setenv(name, practice.cron[name])
        facts = {"issuer": url, "client_id": practice.tool.client_id, "token_url": f"{url}/token"}
        for name in ("uni", "twin"):
            registered = ltix.register(name, **facts, store="none")
        registered = ltix.registration.load("uni")
        for course in ("SEM12", "BIO101"):
            registered.remember(KnownCourse.from_claims(practice.platform.course_claims(course, practice.tool, url)))
    try:
        yield practice
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def practise(tmp_path, signing_key):
    return lambda **options: practising(tmp_path, signing_key, **options)


@pytest.fixture
def practice(practise):
    with practise() as started:
        yield started


GOOD = [("00012345", "7.125"), ("00012346", "8.375"), ("00012347", "")]
BAD = [*GOOD, ("00099999", "9.625"), ("00000107", "9.625"), ("00012348", "85%")]


# --- 0: all is well ---------------------------------------------------------------------------------


def test_an_upload_tells_its_plan_its_report_and_its_id(practice):
    """All of it on stdout; cron mails nothing where stderr is silent."""
    done = practice.upload(practice.sheet(GOOD))

    [upload_id] = practice.uploads()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Plan for “Quiz 1” (out of 10): 2 ready (2 new), 0 unchanged, 1 blank, 0 problems.",
        "“grades.csv” was read as UTF-8, with “,” between cells and decimal points.",
        "Report for “Quiz 1”: 2 confirmed, 1 skipped.",
        f"Upload {upload_id}",
    ]
    assert practice.grades == {"00012345": 7.125, "00012346": 8.375}


def test_nothing_to_do_is_all_well(practice):
    practice.upload(practice.sheet(GOOD))

    done = practice.upload(practice.sheet(GOOD))

    assert (done.returncode, done.stderr, practice.posts) == (0, "", 2)
    assert "There was nothing to send." in done.stdout


def test_every_option_reaches_the_plan(practice):
    """A line item that is made, percentages, comments, a word that clears, an .xlsx file's sheet."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for name, rows in {"other": [["x"], [1]], "grades": [["id", "points", "words"], ["00012345", 85, "fine"]]}.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(practice.folder / "grades.xlsx")
    options = ("--item", "Essay", "--sheet", "grades", "--scale", "percent", "--comment", "words", "--out-of", "20")

    done = practice.upload("grades.xlsx", *options, "--create", "--clear", "x")

    assert (done.returncode, done.stderr) == (0, "")
    [made] = [item for item in practice.platform.course("SEM12").items.values() if item.fields["label"] == "Essay"]
    [cell] = made.cells.values()
    assert (made.fields["scoreMaximum"], cell.given, cell.given_out_of, cell.comment) == (20, 85, 100, "fine")


def test_out_of_is_a_number_or_a_column(practice):
    practice.sheet([])
    (practice.folder / "grades.csv").write_text("id,points,most\n00012345,7.125,8\n")

    by_column = practice.upload("grades.csv", "--out-of", "most")
    by_number = practice.upload("grades.csv", "--out-of", "7.5")

    [cell] = practice.item.cells.values()
    assert (by_column.returncode, by_number.returncode, cell.given_out_of) == (0, 0, 7.5)


def test_a_dry_run_sends_nothing_and_leaves_nothing(practice):
    done = practice.upload(practice.sheet(GOOD), "--dry-run")

    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, "", "Nothing was sent.")
    assert (practice.posts, practice.uploads()) == (0, [])


def test_a_saved_plan_is_sent_by_another_command(practice):
    saved = practice.upload(practice.sheet(GOOD), "--save-plan", "plan.json")
    before = practice.posts

    sent = practice.run("send", "uni", "plan.json", "--report", "report.csv")

    assert (saved.returncode, before, saved.stderr) == (0, 0, "")
    assert saved.stdout.endswith("To send it: ltix-data send uni plan.json\n")
    assert (sent.returncode, sent.stderr, practice.grades) == (0, "", {"00012345": 7.125, "00012346": 8.375})
    assert (practice.folder / "report.csv").exists()


def test_a_report_goes_where_it_was_told_to_or_beside_the_sheet(practice):
    told = practice.upload(practice.sheet(GOOD), "--report", "out.csv")
    beside = practice.upload(practice.sheet(GOOD[:1], "other.csv"), "--report-beside")

    assert (told.returncode, beside.returncode) == (0, 0)
    with (practice.folder / "out.csv").open(encoding="utf-8-sig") as file:
        assert [(row["row"], row["outcome"]) for row in csv.DictReader(file)] == [
            ("2", "confirmed"),
            ("3", "confirmed"),
            ("4", "skipped"),
        ]
    assert (practice.folder / "other.report-nothing-sent.csv").exists()


def test_an_undone_upload_leaves_the_grades_there_were(practice):
    """The registration's name stands in the journal; undoing is an upload of its own."""
    practice.upload(practice.sheet([("00012345", "7.125")]))
    practice.upload(practice.sheet([("00012345", "8.375"), ("00012346", "9.625")]))
    second = practice.uploads()[-1]

    done = practice.run("undo", second)

    assert (done.returncode, done.stderr, practice.grades) == (0, "", {"00012345": 7.125})
    [undo] = set(practice.uploads()) - {second} - {practice.uploads()[0]}
    assert f"Upload {undo}" in done.stdout
    table = practice.run("uploads").stdout
    assert table.splitlines()[0].split()[:4] == ["upload_id", "kind", "platform", "course"]
    assert [line.split()[0] for line in table.splitlines()[1:]] == practice.uploads()[::-1]


def test_another_name_for_the_registration_can_be_given(practice):
    practice.upload(practice.sheet(GOOD))
    [upload_id] = practice.uploads()
    practice.run("forget", "uni")

    forgotten = practice.run("resume", upload_id)
    named = practice.run("resume", upload_id, "--platform", "twin")

    assert (forgotten.returncode, named.returncode) == (1, 0)
    assert "No registration is called “uni”" in forgotten.stderr


def test_no_upload_is_said_in_words(practice):
    done = practice.run("uploads")

    assert (done.returncode, done.stdout, done.stderr) == (0, "None yet.\n", "")


def test_a_log_that_knows_no_such_letters_ends_nothing(practice):
    """Such as a latin-1 one: the first quotation mark would have ended it with a traceback."""
    done = practice.upload(practice.sheet(GOOD), PYTHONIOENCODING="latin-1")

    assert (done.returncode, done.stderr) == (0, "")
    assert r"Report for \u201cQuiz 1\u201d: 2 confirmed" in done.stdout


# --- 1: refused before anything was sent ------------------------------------------------------------


def test_problems_are_told_by_row_and_nothing_is_sent(practice):
    """Not the cells: they hold names and grades. Not whom a row may mean: that is somebody else."""
    done = practice.upload(practice.sheet(BAD))

    assert (done.returncode, practice.posts, practice.uploads()) == (1, 0, [])
    told = done.stderr.splitlines()
    assert told[0].split() == ["row", "column", "problem", "hint"]
    assert [line.split()[:3] for line in told[1:4]] == [
        ["5", "id", "unknown_user"],
        ["6", "id", "not_learner"],
        ["7", "points", "percent"],
    ]
    assert told[4:] == [
        "Error: 3 of 6 rows cannot be sent; nothing was sent. Mend them, or send the others with --skip-problems."
    ]
    assert "--scale percent" in told[3]


@pytest.mark.parametrize(
    ("match", "slip"),
    [("email", "sean.obrien@students.example.org"), ("name", "Seán O’Brian"), ("username", "sobrian")],
)
def test_a_slip_does_not_show_whom_it_may_mean(practice, match, slip):
    """In a notebook the hint says so; a mail from cron is read by others."""
    done = practice.upload(practice.sheet([(slip, "7.125")]), "--match", match)

    assert (done.returncode, slip in done.stderr) == (1, False)
    assert "unknown_user" in done.stderr


def test_a_great_many_problems_are_not_all_told(practice):
    done = practice.upload(practice.sheet((f"9{number}", "7.125") for number in range(70)))

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 + 50 + 1 + 1
    assert "and 20 more rows" in done.stderr


def test_a_plan_with_problems_is_saved_only_on_request(practice):
    refused = practice.upload(practice.sheet(BAD), "--save-plan", "plan.json")
    made = (practice.folder / "plan.json").exists()
    saved = practice.upload(practice.sheet(BAD), "--save-plan", "plan.json", "--skip-problems")
    again = practice.upload(practice.sheet(BAD), "--save-plan", "plan.json", "--skip-problems")

    assert (refused.returncode, made, saved.returncode, again.returncode, practice.posts) == (1, False, 0, 1, 0)


def test_a_grade_that_was_changed_is_replaced_only_on_request(practice):
    practice.upload(practice.sheet([("00012345", "7.125")]))
    [cell] = practice.item.cells.values()
    cell.given = 9.0

    refused = practice.upload(practice.sheet([("00012345", "8.375")]))
    kept = dict(practice.grades)
    done = practice.upload(practice.sheet([("00012345", "8.375")]), "--overwrite")

    assert (refused.returncode, kept) == (1, {"00012345": 9.0})
    assert "changed_since" in refused.stderr
    assert "--overwrite replaces it" in refused.stderr
    assert (done.returncode, practice.grades) == (0, {"00012345": 8.375})


def test_a_saved_plan_is_refused_once_the_gradebook_moved(practice):
    practice.upload(practice.sheet(GOOD), "--save-plan", "plan.json")
    practice.upload(practice.sheet([("00012345", "9.625")]))
    before = practice.posts

    done = practice.run("send", "uni", "plan.json")

    assert (done.returncode, practice.posts - before, practice.grades) == (1, 0, {"00012345": 9.625})
    assert "changed since this plan was saved; nothing was sent" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["upload", "uni", "SEM12", "none.csv"], "could not be opened"),
        (["upload", "uni", "SEM12", "grades.csv", "--score", "marks"], "no column of scores"),
        (["upload", "uni", "SEM12", "grades.csv", "--item", "Quiz 2"], "no line item “Quiz 2”"),
        (["upload", "uni", "SEM12", "grades.csv", "--item", "New", "--create"], "--create needs --out-of,"),
        (["upload", "uni", "SEM12", "grades.csv", "--match", "shoe size"], "Use --match one of"),
        (["upload", "uni", "SEM12", "grades.csv", "--key", "nobody"], "has no column “nobody”"),
        (["upload", "uni", "SEM13", "grades.csv"], "knows no course “SEM13”"),
        (["upload", "university", "SEM12", "grades.csv"], "No registration is called"),
        (["upload", "uni", "SEM12", "grades.csv", "--out-of", "0"], "a number above 0"),
        (["upload", "uni", "SEM12", "grades.csv", "--stop-after", "0"], "x>=1"),
        (["upload", "uni", "SEM12", "grades.csv", "--scale", "stars"], "'points', 'percent', 'fraction'"),
        (["upload", "uni", "SEM12", "grades.csv", "--bogus"], "--bogus"),
        (["upload", "uni", "SEM12"], "SHEET"),
        (
            ["upload", "uni", "SEM12", "grades.csv", "--dry-run", "--report-beside"],
            "only one of --dry-run and --report",
        ),
        (["upload", "uni", "SEM12", "grades.csv", "--report", "out.pdf"], ".csv or .xlsx"),
        (["upload", "uni", "SEM12", "grades.csv", "--report", "key.csv"], "there already"),
        (["upload", "uni", "SEM12", "grades.csv", "--report", "nowhere/out.csv"], "folder is not there"),
        (["send", "uni", "grades.csv"], "is no plan that can be read"),
        (["send", "uni", "none.json"], "could not be opened"),
        (["send", "uni"], "PLANFILE"),
        (["resume", "20260101-000000-abcdef"], "There is no upload"),
        (["undo", "20260101-000000-abcdef"], "“ltix-data uploads” lists them"),
        (["undo"], "UPLOAD_ID"),
        (["uploads", "--bogus"], "--bogus"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_used_is_refused_with_status_1(practice, arguments, words):
    practice.sheet(GOOD)
    (practice.folder / "key.csv").touch()

    done = practice.run(*arguments[:1], *(USUAL if arguments[0] == "upload" else []), *arguments[1:])

    assert (done.returncode, practice.posts, practice.uploads()) == (1, 0, [])
    assert words in done.stderr
    assert (practice.folder / "key.csv").stat().st_size == 0


def test_no_token_is_status_1(practice):
    practice.platform.tools.clear()

    done = practice.upload(practice.sheet(GOOD))

    assert (done.returncode, done.stdout, done.stderr.startswith("Error: "), practice.uploads()) == (1, "", True, [])


def test_no_leave_to_post_scores_is_status_1(practise):
    with practise(granted_scopes=tuple(s for s in ltix.spec.ALL_SCOPES if s != ltix.spec.SCOPE_SCORE)) as practice:
        done = practice.upload(practice.sheet(GOOD))

        assert (done.returncode, practice.posts, practice.uploads()) == (1, 0, [])
        assert "score" in done.stderr


def test_no_journal_is_status_1(practice):
    """Grades are sent only while their journal can be kept."""
    (practice.folder / "data" / "uploads").write_text("a file where the folder should be")

    done = practice.upload(practice.sheet(GOOD))

    assert (done.returncode, practice.posts) == (1, 0)
    assert "journal" in done.stderr


# --- 2: sent in part --------------------------------------------------------------------------------


def test_rows_with_a_problem_that_were_skipped_count_as_not_sent(practice):
    """Resuming would not send them, so it is not what is advised."""
    done = practice.upload(practice.sheet(BAD), "--skip-problems")

    assert (done.returncode, practice.grades) == (2, {"00012345": 7.125, "00012346": 8.375})
    assert "Report for “Quiz 1”: 4 skipped, 2 confirmed." in done.stdout
    assert done.stderr.splitlines()[-1].startswith("Error: Not in the gradebook: 3 of 6 rows. Mend those rows")


def test_a_grade_that_the_platform_kept_is_told_by_its_row(practice):
    users = {member.person.sourcedid: user for user, member in practice.platform.course("SEM12").members.items()}
    practice.platform.override_grade("SEM12", practice.item.number, users["00012346"], 3)

    done = practice.upload(practice.sheet(GOOD))

    [upload_id] = practice.uploads()
    told = done.stderr.splitlines()
    assert (done.returncode, told[0].split(), told[1].split()[:2]) == (
        2,
        ["row", "outcome", "reason"],
        ["3", "differs"],
    )
    assert f"“ltix-data resume {upload_id}” sends what is missing" in told[-1]


def test_equal_refusals_stop_it_and_resume_goes_on(practice):
    members = practice.platform.course("BIO101").members.values()
    learners = [m.person.sourcedid for m in members if m.has("Learner") and m.status == "Active"][:60]
    sheet = practice.sheet((who, "7.125") for who in learners)
    practice.refusing = True
    stopped = practice.upload(sheet, "--stop-after", "3", course="BIO101")
    refused, practice.refusing = practice.posts, False
    [upload_id] = practice.uploads()

    done = practice.run("resume", upload_id)

    assert (stopped.returncode, 3 <= refused < 20) == (2, True)
    assert "and 10 more rows" in stopped.stderr
    assert (done.returncode, len(practice.big.cells), practice.uploads()) == (0, 60, [upload_id])
    assert f"Upload {upload_id}" in done.stdout


def test_what_somebody_changed_since_is_not_undone(practice):
    practice.upload(practice.sheet(GOOD))
    [upload_id] = practice.uploads()
    next(iter(practice.item.cells.values())).given = 3.0

    done = practice.run("undo", upload_id)

    assert (done.returncode, list(practice.grades.values())) == (2, [3.0])


@POSIX
def test_an_interrupted_upload_says_how_to_go_on(practise):
    """While it runs, resuming it is refused; afterwards it sends the rest, each score once."""
    with practise(latency=0.1) as practice:
        members = practice.platform.course("BIO101").members.values()
        learners = [m.person.sourcedid for m in members if m.has("Learner") and m.status == "Active"][:200]
        sheet = practice.sheet((who, "7.125") for who in learners)
        process = practice.start("upload", "uni", "BIO101", sheet, *USUAL)
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGSTOP)
        [upload_id] = practice.uploads()
        meanwhile = practice.run("resume", upload_id)
        running = practice.run("uploads").stdout
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=30)
        broken_off = practice.posts
        practice.platform.options = replace(practice.platform.options, latency=0.0)
        listed = practice.run("uploads").stdout
        resumed = practice.run("resume", upload_id)

        assert (first, "scores sent" in out) == ("20 of 200 scores sent to “Quiz 1”\n", False)
        assert (meanwhile.returncode, "nothing was sent" in meanwhile.stderr, "running" in running) == (1, True, True)
        assert (process.returncode, 20 <= broken_off < 200) == (2, True)
        practice.checked(subprocess.CompletedProcess([], 2, out, err))
        assert err.endswith(f"Error: Interrupted; nothing is lost.\nGo on with: ltix-data resume {upload_id}\n")
        assert "interrupted" in listed
        assert (resumed.returncode, len(practice.big.cells), practice.posts) == (0, 200, 200)


@POSIX
def test_an_interrupt_before_anything_was_sent_is_status_1(practise):
    with practise(latency=1.0) as practice:
        process = practice.start("upload", "uni", "SEM12", practice.sheet(GOOD), *USUAL)
        assert process.stdout is not None
        process.stdout.readline()  # the plan; a new look at the results takes a second
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)

        assert (process.returncode, practice.posts, practice.uploads()) == (1, 0, [])
        assert "Traceback" not in err


@POSIX
def test_a_journal_that_cannot_be_kept_any_longer_is_status_2(practice):
    """The disk is full in the midst of it: some scores are on the platform."""
    import resource

    members = practice.platform.course("BIO101").members.values()
    learners = [m.person.sourcedid for m in members if m.has("Learner") and m.status == "Active"][:100]
    sheet = practice.sheet((who, "7.125") for who in learners)
    room = 30_000

    process = practice.start(
        *("upload", "uni", "BIO101", sheet, *USUAL),
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    out, err = process.communicate(timeout=60)

    [upload_id] = practice.uploads()
    practice.checked(subprocess.CompletedProcess([], 2, out, err))
    assert (process.returncode, 0 < practice.posts < 100) == (2, True)
    assert f"ltix-data resume {upload_id}" in err
    assert (practice.run("resume", upload_id).returncode, len(practice.big.cells)) == (0, 100)


@POSIX
def test_an_undo_that_breaks_off_is_status_2_and_names_itself(practice):
    """What is to be resumed is the undoing, not the upload."""
    import resource

    members = practice.platform.course("BIO101").members.values()
    learners = [m.person.sourcedid for m in members if m.has("Learner") and m.status == "Active"][:100]
    practice.upload(practice.sheet((who, "7.125") for who in learners), course="BIO101")
    [upload_id] = practice.uploads()
    room = 30_000

    process = practice.start("undo", upload_id, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))
    _, err = process.communicate(timeout=60)

    [undo_id] = set(practice.uploads()) - {upload_id}
    left = sum(cell.given is not None for cell in practice.big.cells.values())
    assert (process.returncode, 0 < left < 100, f"ltix-data resume {undo_id}" in err) == (2, True, True)
    assert practice.run("resume", undo_id).returncode == 0
    assert not any(cell.given for cell in practice.big.cells.values())


def test_who_is_refused_while_another_process_sends_has_sent_nothing(practice, monkeypatch):
    """The journal grows meanwhile, but not by us."""
    practice.upload(practice.sheet(GOOD))
    [upload_id] = practice.uploads()

    monkeypatch.setenv("LTIX_DATA_DIR", practice.cron["LTIX_DATA_DIR"])

    def refused() -> None:
        with ending.sending(lambda begun: begun.upload_id == upload_id):
            Journal.reopen(upload_id).close()
            raise JournalError("Another upload is under way; nothing was sent.")

    with pytest.raises(JournalError, match="nothing was sent"):
        refused()


@POSIX
def test_a_report_that_cannot_be_kept_after_all_is_status_2(practice):
    """Its folder is looked at before; that somebody makes the file meanwhile is told after sending."""
    practice.platform.options = replace(practice.platform.options, latency=0.5)
    process = practice.start("upload", "uni", "SEM12", practice.sheet(GOOD), *USUAL, "--report", "out.csv")
    assert process.stdout is not None
    process.stdout.readline()
    (practice.folder / "out.csv").touch()
    _, err = process.communicate(timeout=30)

    assert (process.returncode, practice.grades) == (2, {"00012345": 7.125, "00012346": 8.375})
    assert err.startswith("Error: Sent, but the report could not be kept.")
    assert (practice.folder / "out.csv").stat().st_size == 0


# --- Help -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_tells_its_exit_status_and_all_options(name):
    from ltix_data.cli import main

    done = subprocess.run(
        [sys.executable, "-m", "ltix_data.cli", name, "--help"], capture_output=True, encoding="utf-8"
    )

    command = main.commands[name]
    assert done.returncode == 0
    assert "Exit status" in done.stdout
    assert [option.name for option in command.params if option.param_type_name == "option" and not option.help] == []
    told = [line.split()[0] for line in done.stdout.splitlines() if line[:3] == "   " and line[4:5] in "012"]
    assert told == ([] if name == "uploads" else ["0", "1", "2"])
