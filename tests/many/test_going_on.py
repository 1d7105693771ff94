"""What was read is kept for as long as somebody says, and reading goes on where it broke off."""

from __future__ import annotations

import gzip
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import ltix_data as ltix
from ltix_data import errors, registry
from ltix_data.session import ages

KEY = "a key that is long enough"


def kept() -> list[Path]:
    return sorted((registry.data_dir() / "kept").rglob("*.gz"))


def test_nothing_is_kept_unless_it_is_asked_for(term):
    session = term.session()

    session.rosters()
    session.rosters()

    assert kept() == []
    assert set(term.courses_asked().values()) == {2}


@pytest.mark.parametrize("method", ["rosters", "results", "gradebooks"])
def test_what_is_kept_is_the_same_frame_and_asks_for_nothing(term, method):
    term.labels["C001"] = [("Same", 10), ("Same", 20)]
    read = getattr(term.session(), method)(max_age="2h")
    asked = len(term.asked)

    session = term.session()
    again = getattr(session, method)(max_age="2h")

    assert_frame_equal(again, read)
    assert {k: v for k, v in again.attrs.items() if k in ("out_of", "item_id")} == {
        k: v for k, v in read.attrs.items() if k in ("out_of", "item_id")
    }
    assert (len(term.asked), term.tokens) == (asked, 1)
    assert (read.attrs["from_cache"], again.attrs["from_cache"]) == (0, 3)


def test_only_the_courses_that_are_not_kept_are_asked_for(term):
    session = term.session()
    session.rosters(["C001"], max_age="1h")

    found = session.rosters(["C002", "C001", "C000"], max_age=3600)

    assert found["course"].drop_duplicates().tolist() == ["C002", "C001", "C000"]
    assert term.courses_asked() == {"C000": 1, "C001": 1, "C002": 1}
    assert found.attrs["from_cache"] == 1


def test_a_course_that_failed_is_not_kept(term):
    session = term.session()
    term.answer = lambda path: 404 if "C001" in path else None
    with pytest.warns(ltix.LtixWarning, match="1 course"):
        session.rosters(max_age="1h")
    term.answer = lambda path: None

    found = session.rosters(max_age="1h")

    assert (found["course"].nunique(), found.attrs["from_cache"], found.attrs["errors"]) == (3, 2, [])


def test_what_is_older_than_max_age_is_read_again_and_removed(term):
    clock = [time.time()]
    session = term.session()
    session._client.now = lambda: clock[0]
    session.rosters(max_age="2h")

    clock[0] += 2 * 3600 - 1
    young = session.rosters(["C000"], max_age="2h")
    clock[0] += 2
    old = session.rosters(["C000"], max_age="2h")

    assert (young.attrs["from_cache"], old.attrs["from_cache"]) == (1, 0)
    assert len(kept()) == 1  # those of the other two were removed, though nobody asked for them


def test_a_frame_says_how_old_the_oldest_in_it_is(term):
    clock = [datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()]
    session = term.session()
    session._client.now = lambda: clock[0]
    session.rosters(["C000"], max_age="2h")

    clock[0] += 3600
    fresh, mixed = session.rosters(["C001"], max_age="2h"), session.rosters(max_age="2h")

    assert fresh.attrs["read_at"] == "2026-03-01T13:00:00+00:00"
    assert mixed.attrs["read_at"] == "2026-03-01T12:00:00+00:00"


def test_an_age_of_nothing_reads_everything_anew_and_keeps_it(term):
    session = term.session()
    clock = [time.time()]
    session._client.now = lambda: clock[0]
    session.rosters(max_age="1h")
    clock[0] += 1

    assert session.rosters(["C000"], max_age=0).attrs["from_cache"] == 0
    assert len(kept()) == 1
    assert session.rosters(max_age="1h").attrs["from_cache"] == 1


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        *(("2h", 7200), ("30min", 1800), ("7 days", 604_800), ("1 day 2 hours", 93_600)),
        *((90, 90), (0.5, 0.5), (timedelta(hours=1), 3600), (pd.Timedelta("1h"), 3600), (None, None)),
    ],
)
def test_ages_are_written_as_spans_of_time_are_elsewhere(age, seconds):
    assert ages.seconds(age) == seconds


@pytest.mark.parametrize(
    "age", ["7", "2026-03-01", "soon", "", -1, "-2h", float("nan"), float("inf"), True, pd.NaT, [2], b"2h"]
)
def test_what_is_no_age_is_told_before_anything_is_read(term, age):
    with pytest.raises(errors.UsageError, match="max_age"):
        term.session().rosters(max_age=age)

    assert term.asked == []


# --- Nothing is mixed up --------------------------------------------------------------------------


def test_names_never_come_into_a_pseudonymous_session_nor_out_of_it(term):
    named, veiled = term.session(), term.session(pseudonyms=KEY)
    other = term.session(pseudonyms=KEY + " and another")

    frames = [session.rosters(max_age="1h") for session in (named, veiled, other, named, veiled, other)]

    assert [frame.attrs["from_cache"] for frame in frames] == [0, 0, 0, 3, 3, 3]
    assert [frame["name"].notna().all() for frame in frames] == [True, False, False] * 2
    assert not set(frames[4]["user_id"]) & (set(frames[5]["user_id"]) | set(frames[3]["user_id"]))


def test_another_registration_tool_or_platform_has_its_own(make_term):
    term = make_term(1)
    term.session().rosters(max_age="1h")

    for facts in ({"name": "other"}, {"client_id": "c2"}, {"issuer": "https://lms.example"}):
        assert term.session(**facts).rosters(max_age="1h").attrs["from_cache"] == 0, facts


def test_a_course_whose_address_changed_is_another_and_one_that_was_renamed_is_not(term):
    term.session().rosters(max_age="1h")
    session = term.session()
    session.registration.forget_course("C000")
    session.registration.forget_course("C001")
    session.registration.remember(
        term.known("C000", memberships_url=f"{term.url}/C001/members"), term.known("C001", name="Renamed")
    )

    found = session.rosters(max_age="1h")

    assert found.attrs["from_cache"] == 2
    assert found.loc[found["course"].eq("C000"), "user_id"].tolist() == ["c001-0", "c001-1"]
    assert found.loc[found["course"].eq("Renamed"), "user_id"].tolist() == ["c001-0", "c001-1"]


def test_rosters_results_and_gradebooks_are_kept_apart_and_so_is_each_status(term):
    session = term.session()

    taken = [
        frame.attrs["from_cache"]
        for frame in (
            session.rosters(max_age="1h"),
            session.results(max_age="1h"),
            session.gradebooks(max_age="1h"),
            session.gradebooks(status="Active", max_age="1h"),
            session.gradebooks(values="percent", max_age="1h"),
        )
    ]

    assert taken == [0, 0, 0, 0, 3]  # points and percents are of the same book


# --- Personal data --------------------------------------------------------------------------------


def test_the_files_are_their_owners_alone(term):
    term.session().rosters(max_age="1h")

    paths = list((registry.data_dir() / "kept").rglob("*"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()}
    above = {stat.S_IMODE(path.stat().st_mode) for path in (registry.data_dir() / "kept", *paths) if path.is_dir()}

    assert (modes, above) == ({0o600}, {0o700})
    assert not any(name in path.name for path in paths for name in term.members)


def test_files_of_a_pseudonymous_session_name_nobody(term):
    session = term.session(pseudonyms=KEY)
    session.rosters(max_age="1h")
    session.results(max_age="1h")
    session.gradebooks(max_age="1h")

    content = b"".join(gzip.decompress(path.read_bytes()) for path in kept())

    assert len(kept()) == 9
    for private in (b"Ann", b"@uni.example", b"c001-", b"Well done", KEY.encode()):
        assert private not in content


def test_forgetting_a_registration_removes_what_is_kept_of_its_courses(make_term, signing_key, monkeypatch, tmp_path):
    term = make_term(2)
    key_file = tmp_path / "key.pem"
    key_file.touch(mode=0o600)
    key_file.write_text(signing_key.private_pem(), encoding="utf-8")
    monkeypatch.setenv("LTIX_KEY_FILE", str(key_file))
    for name in ("one", "two"):
        found = ltix.register(name, issuer=term.url, client_id="c", token_url=f"{term.url}/token", store="none")
        found.remember(*map(term.known, term.members))
        with ltix.connect(name) as session:
            session.rosters(max_age="1h")

    ltix.forget("one")

    assert {path.parent.name for path in kept()} == {"two"}


def test_forgetting_removes_what_is_kept_of_a_registration_made_by_hand(term):
    term.session().rosters(max_age="1h")

    ltix.forget("uni")

    assert kept() == []
    with pytest.raises(errors.UnknownNameError):
        ltix.forget("uni")


# --- A disk that refuses --------------------------------------------------------------------------


def test_what_cannot_be_kept_is_a_warning_and_not_a_loss(term):
    registry.data_dir().mkdir(parents=True)
    (registry.data_dir() / "kept").write_text("a file where the folder belongs")

    with pytest.warns(ltix.LtixWarning, match=r"could not be kept \(.*LTIX_DATA_DIR") as warned:
        found = term.session().rosters(max_age="1h")

    assert (len(warned), found["course"].nunique(), found.attrs["errors"]) == (1, 3, [])


def test_progress_says_how_many_were_kept(make_term, capsys):
    term = make_term(20)
    session = term.session()
    session.rosters(list(term.members)[:12], max_age="1h")
    capsys.readouterr()

    session.rosters(max_age="1h")

    assert capsys.readouterr().err.splitlines()[-1] == "20 of 20 courses done, 12 of them kept from before"


def test_who_is_behind_a_pseudonym_that_was_kept_is_found_again(practice):
    """What is kept has pseudonyms alone; a grade for one of them finds its person by reading the roster anew."""
    practice.course.create_line_item("Quiz 1", 10)
    session = ltix.connect(practice.registration, http=practice.http, pseudonyms=KEY)
    session.rosters(["SEM12"], max_age="1h")
    session = ltix.connect(practice.registration, http=practice.http, pseudonyms=KEY)
    kept_roster = session.rosters(["SEM12"], max_age="1h")
    learner = kept_roster[kept_roster["role"].eq("Learner") & kept_roster["status"].eq("Active")].iloc[0]

    session.course("SEM12").post_score("Quiz 1", learner["user_id"], 7)

    assert kept_roster.attrs["from_cache"] == 1
    assert practice.course.results("Quiz 1")["score"].tolist() == [7]


def test_two_notebooks_may_keep_the_same_course_at_once(make_term):
    term = make_term(40)
    sessions = [term.session() for _ in range(4)]
    frames: list[pd.DataFrame] = []
    threads = [threading.Thread(target=lambda s=s: frames.append(s.rosters(max_age="1h"))) for s in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(frame) for frame in frames] == [len(frames[0])] * 4
    assert term.session().rosters(max_age="1h").attrs["from_cache"] == 40
