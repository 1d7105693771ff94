"""A file that is damaged, foreign or hostile is never believed: the course is read again, and the file removed."""

from __future__ import annotations

import gzip
import json
import os
import time
from datetime import UTC, datetime

import pytest

from ltix_data import columns, coursecache, registry
from ltix_data.columns import Book
from ltix_data.coursecache import BOOK, RESULTS, ROSTER, CourseCache
from ltix_data.records import LineItem, Member, Result

NOW = 1_750_000_000.0
NAME = coursecache.key("a course")
MEMBERS = [
    Member(user_id="u1", roles=("http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",), name="Zoë \U0001f600"),
    Member(user_id="00017", roles=(), status="Inactive", email="b@uni.example"),
]
ITEM = LineItem("Quiz", 10.0, "https://uni.example/i/1", tag="t", starts_at=datetime(2026, 3, 1, tzinfo=UTC))
RESULT = Result("u1", 1 / 3, 10.0, comment="Fein", scored_at=datetime(2026, 3, 1, 1, 2, 3, 456, tzinfo=UTC))


def cache(*, max_age: float = 3600, now: float = NOW) -> CourseCache:
    return CourseCache("uni", max_age=max_age, now=lambda: now)


def path():
    return registry.data_dir() / "kept" / "uni" / f"{NAME}.json.gz"


@pytest.fixture
def whole():
    """A roster that is kept, and what its file says."""
    cache().put(ROSTER, NAME, columns.roster(MEMBERS), NOW - 60)
    return json.loads(gzip.decompress(path().read_bytes()))


def write(told) -> None:
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    path().write_bytes(gzip.compress(content))


def test_what_is_kept_comes_back_as_it_was():
    roster, results = columns.roster(MEMBERS), columns.results([(ITEM, RESULT), (ITEM, Result("u2"))])
    of_one = columns.results_of_one([Result("u1", 1 / 3, 10.0, scored_at=RESULT.scored_at), Result("u2")])
    book = Book.of({"user_id": ["u1"], "name": [None]}, [ITEM], [of_one])

    for form, found in ((ROSTER, roster), (RESULTS, results), (BOOK, book)):
        cache().put(form, NAME, found, NOW - 60)
        assert cache().get(form, NAME) == (found, NOW - 60)


def test_a_book_is_kept_without_comments():
    book = Book.of({"user_id": ["u1"], "name": [None]}, [ITEM], [columns.results_of_one([RESULT])])

    cache().put(BOOK, NAME, book, NOW)

    assert b"Fein" not in gzip.decompress(path().read_bytes())


def damages(whole):
    found = whole["found"]
    roles = found["roles"]
    yield "not gzip", b"\x00" * 100
    yield "empty", b""
    for cut in (1, 20, 9):
        yield f"cut by {cut}", path().read_bytes()[:-cut]
    yield "rubbish behind it", path().read_bytes() + b"rubbish"
    for what, told in {
        "no JSON": b"{",
        "a list": [whole],
        "nothing": None,
        "deep": b"[" * 100_000,
        "a number too long": b'{"version": ' + b"9" * 10_000 + b"}",
        "another version": whole | {"version": 2},
        "no version": {key: value for key, value in whole.items() if key != "version"},
        "another course's": whole | {"key": coursecache.key("another course")},
        "another form's": whole | {"form": "results"},
        "of the future": whole | {"read_at": NOW + 60},
        "of no time": json.dumps(whole | {"read_at": float("nan")}).encode(),
        "of a long time ago": whole | {"read_at": NOW - 3601},
        "nobody's": whole | {"found": None},
        "a column missing": whole | {"found": {name: found[name] for name in found if name != "email"}},
        "a column too many": whole | {"found": found | {"grade": [1, 2]}},
        "columns of two lengths": whole | {"found": found | {"email": [None]}},
        "no list": whole | {"found": found | {"email": "ab"}},
        "no id": whole | {"found": found | {"user_id": ["u1", None]}},
        "a number as id": whole | {"found": found | {"user_id": ["u1", 17]}},
        "a flag that is a word": whole | {"found": found | {"test_user": [False, "no"]}},
        "roles that are text": whole | {"found": found | {"roles": ["Learner", ""]}},
        "a role that is none": whole | {"found": found | {"roles": [roles[0], [["x"]]]}},
        "a lone surrogate": whole | {"found": found | {"name": ["\ud800", None]}},
    }.items():
        yield what, gzip.compress(told if isinstance(told, bytes) else json.dumps(told).encode())


def test_a_damaged_file_is_not_believed_and_removed(whole):
    tried = list(damages(whole))
    believed = []
    for what, content in tried:
        path().write_bytes(content)
        if cache().get(ROSTER, NAME) is not None or path().exists():
            believed.append(what)

    write(whole)
    assert cache().get(ROSTER, NAME) is not None  # the undamaged one is believed
    assert (believed, len(tried) > 25) == ([], True)


@pytest.mark.parametrize(
    "change",
    [
        {"score": ["1", None]},
        {"score": [float("inf"), None]},
        {"score": [True, None]},
        {"scored_at": ["2026-03-01T10:00:00", None]},
        {"scored_at": ["soon", None]},
        {"scored_at": [17, None]},
    ],
    ids=str,
)
def test_numbers_and_times_must_be_such(change):
    cache().put(RESULTS, NAME, columns.results([(ITEM, RESULT), (ITEM, Result("u2"))]), NOW)
    told = json.loads(gzip.decompress(path().read_bytes()))
    write(json.dumps(told | {"found": told["found"] | change}).replace("Infinity", "1e999").encode())

    assert cache().get(RESULTS, NAME) is None


@pytest.mark.parametrize("items", [[{}], ["Quiz"], {}, [], [{"id": "i", "label": "Quiz"}], [None]], ids=str)
def test_the_line_items_of_a_book_must_be_such(items):
    book = Book.of({"user_id": ["u1"], "name": [None]}, [ITEM], [columns.results_of_one([RESULT])])
    cache().put(BOOK, NAME, book, NOW)
    told = json.loads(gzip.decompress(path().read_bytes()))
    write(told | {"found": told["found"] | {"items": items}})

    assert cache().get(BOOK, NAME) is None


def test_a_file_that_unpacks_to_more_than_any_roster_is_not_unpacked_whole(whole, monkeypatch):
    monkeypatch.setattr("ltix_data.coursecache.store.LARGEST", 10_000)
    write(b" " * 10_000_000 + json.dumps(whole).encode())

    assert cache().get(ROSTER, NAME) is None


def test_what_is_too_large_is_not_kept_and_no_trouble(monkeypatch):
    monkeypatch.setattr("ltix_data.coursecache.store.LARGEST", 100)
    kept = cache()

    assert (kept.put(ROSTER, NAME, columns.roster(MEMBERS), NOW), kept.trouble) == (False, None)
    assert not path().exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_that_others_can_write_to_is_not_believed(whole):
    path().chmod(0o622)

    assert cache().get(ROSTER, NAME) is None
    assert not path().exists()


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_a_link_or_a_pipe_in_the_place_of_a_file_is_removed_and_leads_nowhere(whole, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(path().read_bytes())
    elsewhere.chmod(0o600)
    for put in (lambda: path().symlink_to(elsewhere), lambda: os.mkfifo(path())):
        path().unlink()
        put()
        assert cache().get(ROSTER, NAME) is None
        assert not os.path.lexists(path())
        cache().put(ROSTER, NAME, columns.roster(MEMBERS), NOW)

    assert elsewhere.exists()


def test_sweeping_leaves_what_is_young_and_what_is_no_file_of_ours(whole):
    folder = path().parent
    old, draft, young_draft, other = (
        folder / name
        for name in (f"{'0' * 40}.json.gz", f".{NAME}.json.gz.x.tmp", f".{NAME}.json.gz.y.tmp", "notes.txt")
    )
    for file, age in ((old, 3700), (draft, 90_000), (young_draft, 3700), (other, 90_000)):
        file.write_bytes(b"")
        os.utime(file, (NOW - age, NOW - age))

    cache().sweep()

    assert {file.name for file in folder.iterdir()} == {path().name, young_draft.name, other.name}


def test_a_folder_that_is_not_there_is_swept_and_forgotten_like_any_other():
    cache().sweep()

    assert (coursecache.forget("uni"), coursecache.forget("no such name!")) == (False, False)


def test_a_key_tells_apart_whatever_is_different():
    facts = [("a", None, "b"), ("a", "b", None), ("ab", None, None), ("a",), ("a", "None", "b"), (["a", None, "b"],)]

    assert len({coursecache.key(*some) for some in facts}) == len(facts)


def test_the_clock_of_a_file_is_when_its_course_was_read():
    cache().put(ROSTER, NAME, columns.roster(MEMBERS), NOW - 60)

    assert path().stat().st_mtime == NOW - 60
    assert time.time() > NOW
