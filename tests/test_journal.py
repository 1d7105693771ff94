"""What is on the disk before a score is sent, and what happens where nothing can be written there."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest
from uploading import (
    ANNA,
    LEILA,
    SEAN,
    WANG,
    Killed,
    data_dir,
    journals,
    lines,
    meeting,
    planned,
    stored,
    user_ids,
)

import ltix_data as ltix
from ltix_data import errors, journal

POINTS = {SEAN: 7, WANG: 8.5, LEILA: 0, ANNA: 3.25}


@pytest.fixture
def quiz(practice):
    return practice.course.create_line_item("Quiz 1", 10, tag="quiz")


@contextmanager
def files_of_at_most(size: int):
    """Let no file of this process grow beyond *size*, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# --- What is on the disk, and when -----------------------------------------------------------------


def test_when_the_platform_sees_a_score_its_very_bytes_are_in_the_journal_and_no_answer_is(practice, quiz):
    seen = []

    def answer(request, forward):
        said = lines(journals()[0])
        seen.append((list(said[-1]), said[-1].get("body", "").encode() == request.read()))
        return forward()

    session, _ = meeting(practice, answer)
    planned(session.course("SEM12"), POINTS).send(workers=1)

    assert seen == [(["send", "body"], True)] * 4


def test_each_line_is_flushed_to_the_disk_before_its_score_is_sent(practice, quiz, monkeypatch):
    """A line that only the page cache has is lost when the power goes."""
    flushed, safe = {}, []
    flush = os.fsync

    def noting(handle):
        flush(handle)
        found = os.fstat(handle)
        flushed[found.st_ino] = found.st_size

    def answer(request, forward):
        found = journals()[0].stat()
        safe.append(flushed.get(found.st_ino) == found.st_size and journals()[0].parent.stat().st_ino in flushed)
        return forward()

    monkeypatch.setattr(os, "fsync", noting)
    session, _ = meeting(practice, answer)
    planned(session.course("SEM12"), POINTS).send(workers=1)

    assert safe == [True] * 4


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "upload.jsonl"
    opened = journal.Journal(path, os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND))
    yield path, opened
    opened.close()


def test_rows_that_leave_at_the_same_time_are_flushed_together(book, monkeypatch):
    """A flush may take longer than an answer: eight threads do not wait for eight of them."""
    path, opened = book
    flush, flushes, safe = os.fsync, [], []

    def noting(handle):
        while not flushes and len(lines(path)) < 8:  # the first is as slow as the others are to come
            pass
        flushes.append(len(lines(path)))
        flush(handle)

    def leave(row):
        opened.sending(row, b"{}")
        safe.append((row, flushes[-1]))

    monkeypatch.setattr(os, "fsync", noting)
    threads = [threading.Thread(target=leave, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert flushes == [8, 8]
    assert sorted(row for row, flushed in safe if flushed == 8) == list(range(8))


def test_after_a_flush_that_failed_no_later_one_is_believed(book, monkeypatch):
    """Linux drops what it could not write, and the next flush succeeds."""
    _, opened = book
    monkeypatch.setattr(os, "fsync", lambda handle: os.close(-1))
    with pytest.raises(errors.JournalError, match="could not be written"):
        opened.sending(2, b"{}")
    monkeypatch.undo()

    with pytest.raises(errors.JournalError, match="could not be written"):
        opened.sending(3, b"{}")


def test_the_whole_plan_is_on_the_disk_before_the_first_score(practice, quiz, monkeypatch, tmp_path):
    left = tmp_path / "left"
    session, _ = meeting(practice, Killed(left, 1, arrived=False))
    planned(session.course("SEM12"), POINTS).send(workers=1)
    monkeypatch.setenv("LTIX_DATA_DIR", str(left))

    found = journal.read(journals()[0].stem)

    assert [(row.row, row.state, row.user_id, row.score, row.out_of) for row in found.rows] == [
        (row, "ready", user_ids(practice)[number], float(points), 10.0)
        for row, (number, points) in enumerate(POINTS.items(), start=2)
    ]
    assert (found.state, list(found.tries), found.tries[2].word) == ("interrupted", [2], None)


def test_eight_threads_write_whole_lines(practice, quiz):
    course = practice.session.course("BIO101")
    course.create_line_item("Quiz 1", 10)
    people = course.roster().query("role == 'Learner' and status == 'Active'")["sourcedid"].tolist()

    planned(course, dict.fromkeys(people, 5)).send(workers=8)

    said = lines(journals()[0])
    assert sum("answer" in line for line in said) == len(people)
    assert {line["send"] for line in said if "send" in line} == set(range(2, len(people) + 2))


def test_only_its_owner_can_read_a_journal(practice, quiz):
    before = os.umask(0)
    try:
        planned(practice.course, POINTS).send()
    finally:
        os.umask(before)

    folder = data_dir() / "uploads"
    modes = {path.name.rpartition(".")[2]: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert modes == {"jsonl": "0o600", "lock": "0o600"}
    assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_a_journal_holds_no_name_no_address_and_nothing_else_of_the_sheet(practice, quiz):
    columns = {"name": ["Seán O’Brien", "王秀英"], "note": ["was ill", "moved here"], "remark": ["Good", "Better"]}
    planned(practice.course, {SEAN: 7, "not a number": "cheated?"}, columns=columns, comment="remark").send()

    written = journals()[0].read_text(encoding="utf-8")

    roster = practice.course.roster()
    private = {text for name in ("name", "given_name", "family_name", "email", "username", "sourcedid")
               for text in roster[name].dropna() if text}  # fmt: skip
    assert [text for text in (*private, "was ill", "moved", "cheated", "not a number") if text in written] == []
    assert user_ids(practice)[SEAN] in written


def test_a_journal_holds_no_token_and_no_key(practice, quiz):
    planned(practice.course, POINTS).send()

    written = journals()[0].read_text(encoding="utf-8")
    assert not any(token in written for token in practice.platform.access_tokens)
    assert "PRIVATE" not in written


# --- What a crash or a failing disk leaves ----------------------------------------------------------


def test_half_a_line_at_the_end_is_as_if_it_had_not_been_begun(practice, quiz):
    planned(practice.course, POINTS).send()
    path = journals()[0]
    before = journal.read(path.stem)

    with path.open("ab") as file:
        file.write('{"send":5,"body":"{\\"userId\\":\\"ä'.encode()[:-1])

    assert journal.read(path.stem) == before


def test_going_on_after_half_a_line_cuts_it_off(practice, quiz, monkeypatch, tmp_path):
    left = tmp_path / "left"
    session, _ = meeting(practice, Killed(left, 2, arrived=False))
    planned(session.course("SEM12"), POINTS).send(workers=1)
    monkeypatch.setenv("LTIX_DATA_DIR", str(left))
    path = journals()[0]
    path.write_bytes(path.read_bytes()[:-3])

    report = practice.session.resume(path.stem)

    assert report.ok
    assert journal.read(path.stem).state == "complete"
    assert sum("resumed" in line for line in lines(path)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\x00" * 40,
        b"[1]",
        b"null",
        b'{"send":2}',
        b'{"answer":99,"outcome":"confirmed","reason":""}',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=lambda damage: repr(damage[:12]),
)
def test_a_damaged_line_in_the_middle_stops_resume_and_undo_and_sends_nothing(practice, quiz, damage):
    planned(practice.course, POINTS).send()
    path = journals()[0]
    kept = path.read_bytes().split(b"\n")
    kept[2] = damage
    path.write_bytes(b"\n".join(kept))
    practice.requests.clear()

    for act in (practice.session.resume, practice.session.undo):
        with pytest.raises(errors.JournalError, match="is damaged"):
            act(path.stem)

    assert practice.sent("POST") == []
    assert ltix.uploads()[["upload_id", "state"]].to_numpy().tolist() == [[path.stem, "damaged"]]


def test_one_damaged_journal_bars_no_plan_and_is_said(practice, quiz):
    planned(practice.course, POINTS).send()
    path = journals()[0]
    path.write_bytes(path.read_bytes().replace(b'{"answer"', b'{"?', 1))

    plan = planned(practice.course, {SEAN: 8})

    assert plan.count("ready") == 1
    assert "is damaged" in repr(plan)


def test_a_journal_of_a_newer_version_says_so(practice, quiz):
    planned(practice.course, POINTS).send()
    path = journals()[0]
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2', 1))

    with pytest.raises(errors.JournalError, match="newer version of ltix_data"):
        practice.session.resume(path.stem)


def test_an_empty_journal_which_a_crash_leaves_stops_no_later_comparison(practice, quiz):
    """Nothing was sent by an upload that did not come to its first line."""
    planned(practice.course, {SEAN: 5}).send()
    practice.course.post_score("Quiz 1", user_ids(practice)[SEAN], 9)
    (data_dir() / "uploads" / "20200101-000000-abcdef.jsonl").touch()

    plan = planned(practice.course, {SEAN: 6}, overwrite=False)

    assert plan.problems["problem"].tolist() == ["changed_since"]


# --- Where nothing can be written, nothing is sent ---------------------------------------------------


def test_a_folder_that_cannot_be_made_means_nothing_is_sent(practice, quiz, monkeypatch):
    plan = planned(practice.course, POINTS)
    data_dir().mkdir(parents=True, exist_ok=True)
    (data_dir() / "uploads").write_text("I am no folder")
    practice.requests.clear()

    with pytest.raises(errors.JournalError, match="LTIX_DATA_DIR"):
        plan.send()

    assert practice.sent("POST") == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_means_nothing_is_sent(practice, quiz):
    plan = planned(practice.course, POINTS)
    folder = data_dir() / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o500)
    practice.requests.clear()

    with pytest.raises(errors.JournalError, match="LTIX_DATA_DIR"):
        plan.send()

    assert practice.sent("POST") == []


@pytest.mark.parametrize("space", [0, 100])
def test_a_full_disk_means_nothing_is_sent(practice, quiz, space):
    plan = planned(practice.course, POINTS)
    practice.requests.clear()

    with files_of_at_most(space), pytest.raises(errors.JournalError, match="free space"):
        plan.send()

    assert practice.sent("POST") == []


def test_an_upload_that_could_not_be_begun_leaves_no_journal(practice, quiz):
    with files_of_at_most(100), pytest.raises(errors.JournalError):
        planned(practice.course, POINTS).send()

    folder = data_dir() / "uploads"
    assert [path.name for path in folder.iterdir() if path.suffix != ".lock"] == []


def test_a_disk_that_fills_up_ends_the_upload_before_the_next_score(practice, quiz):
    full = []

    def answer(request, forward):
        if not full:  # with room for half a line
            full.append(files_of_at_most(journals()[0].stat().st_size + 20))
            full[0].__enter__()
        return forward()

    session, met = meeting(practice, answer)
    try:
        with pytest.raises(errors.JournalError, match=r'session\.resume\("'):
            planned(session.course("SEM12"), POINTS).send(workers=1)
    finally:
        full[0].__exit__(None, None, None)

    assert len(met.bodies) == 1
    assert stored(practice) == {SEAN: 7.0}


def test_an_upload_that_a_full_disk_ended_can_be_resumed(practice, quiz):
    full = []

    def answer(request, forward):
        if not full:
            full.append(files_of_at_most(journals()[0].stat().st_size + 20))
            full[0].__enter__()
        return forward()

    session, _ = meeting(practice, answer)
    try:
        with pytest.raises(errors.JournalError):
            planned(session.course("SEM12"), POINTS).send(workers=1)
    finally:
        full[0].__exit__(None, None, None)
    session, met = meeting(practice)

    report = session.resume(journals()[0].stem)

    assert report.ok
    assert stored(practice) == {number: float(points) for number, points in POINTS.items()}
    assert len(met.bodies) == 3


def test_a_line_that_did_not_fit_damages_none_of_those_after_it(practice, quiz):
    """The disk was full for a moment, and other threads go on writing their answers."""
    plan = planned(practice.course, POINTS)
    with journal.locked(plan._target):
        book = journal.Journal.begin(plan._target, plan.rows, kind="upload")
        book.sending(2, b"{}")
        with files_of_at_most(journals()[0].stat().st_size + 20), pytest.raises(errors.JournalError):
            book.sending(3, b"{}")
        book.answered(2, "confirmed", "")
        book.close()

    assert journal.read(book.upload_id).tries[2].word == "confirmed"


# --- One upload to a line item at a time ------------------------------------------------------------


def test_a_second_upload_to_the_same_line_item_is_refused_while_the_first_is_under_way(practice, quiz):
    second = planned(practice.course, {WANG: 1})
    told = []

    def answer(request, forward):
        with pytest.raises(errors.JournalError, match="under way; nothing was sent") as caught:
            second.send()
        told.append((str(caught.value), ltix.uploads()["state"].tolist()))
        return forward()

    session, met = meeting(practice, answer)
    report = planned(session.course("SEM12"), {SEAN: 7}).send()

    assert (len(told), told[0][1], len(met.bodies)) == (1, ["running"], 1)
    assert report.ok
    assert stored(practice) == {SEAN: 7.0}


def test_undo_and_resume_are_refused_while_another_upload_is_under_way(practice, quiz):
    person = user_ids(practice)[WANG]
    plan = planned(practice.course, {SEAN: 5, WANG: 5})
    practice.platform.set_status("SEM12", person, "Inactive")
    first = plan.send().upload_id
    told = []

    def answer(request, forward):
        for act in (practice.session.undo, practice.session.resume):
            with pytest.raises(errors.JournalError, match="under way; nothing was sent"):
                act(first)
            told.append(act)
        return forward()

    session, _ = meeting(practice, answer)
    planned(session.course("SEM12"), {SEAN: 7}).send()

    assert len(told) == 2
    assert stored(practice) == {SEAN: 7.0}


def test_two_line_items_are_uploaded_to_at_the_same_time(practice, quiz):
    practice.course.create_line_item("Quiz 2", 10)
    other = planned(practice.course, {WANG: 1}, "Quiz 2")
    reports = []

    def answer(request, forward):
        reports.append(other.send())
        return forward()

    session, _ = meeting(practice, answer)
    planned(session.course("SEM12"), {SEAN: 7}).send()

    assert [report.ok for report in reports] == [True]


def test_a_line_item_that_was_renamed_is_still_the_same_to_the_lock(practice, quiz):
    told = []

    def answer(request, forward):
        practice.course.update_line_item(quiz, label="Quiz 1 (final)")
        with pytest.raises(errors.JournalError, match="under way"):
            planned(practice.course, {WANG: 1}, "Quiz 1 (final)").send()
        told.append(True)
        return forward()

    session, _ = meeting(practice, answer)
    planned(session.course("SEM12"), {SEAN: 7}).send()

    assert told == [True]


_HOLD = """
import sys, time
from ltix_data import journal
found = journal.read(sys.argv[1])
with journal.locked(found.target):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_another_process_is_kept_out_and_a_killed_one_lets_go(practice, quiz):
    first = planned(practice.course, {SEAN: 5}).send().upload_id
    plan = planned(practice.course, {SEAN: 7})
    other = subprocess.Popen([sys.executable, "-c", _HOLD, first], stdout=subprocess.PIPE, env=dict(os.environ))
    assert other.stdout.readline() == b"locked\n"

    with pytest.raises(errors.JournalError, match="under way; nothing was sent"):
        plan.send()
    other.send_signal(signal.SIGKILL)
    other.wait()
    other.stdout.close()

    assert plan.send().ok


def test_uploads_of_one_second_are_in_the_order_they_were_made(practice, quiz):
    """An upload and its undo are often made in one second; which was last decides what changed since."""
    made = [planned(practice.course, {SEAN: points}).send().upload_id for points in range(1, 9)]

    assert ltix.uploads()["upload_id"].tolist() == made[::-1]


def test_the_answer_is_in_the_journal_before_the_next_score_of_its_thread(practice, quiz):
    seen = []

    def answer(request, forward):
        seen.append([line["outcome"] for line in lines(journals()[0]) if "answer" in line])
        return forward()

    session, _ = meeting(practice, answer)
    planned(session.course("SEM12"), {SEAN: 7, WANG: 8, LEILA: 9}).send(workers=1)

    assert seen == [[], ["confirmed"], ["confirmed", "confirmed"]]


def test_a_refusal_is_written_down_with_its_reason(practice, quiz):
    def answer(request, forward):
        return httpx.Response(422, json={"message": "User not found in course or is not a student"}, request=request)

    session, _ = meeting(practice, answer)
    planned(session.course("SEM12"), {SEAN: 7}).send()

    [told] = [line for line in lines(journals()[0]) if "answer" in line]
    assert (told["outcome"], "422" in json.dumps(told) or "not a student" in told["reason"]) == ("refused", True)
