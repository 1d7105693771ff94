"""A snapshot is whole or not there, readable by its owner alone; a damaged one hides no other."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from ltix_data import disk
from ltix_data.errors import LtixError, LtixWarning, SnapshotError
from ltix_data.snapshots import (
    all_of,
    forget,
    forget_registration,
    kept,
    of_course,
    store,
    table,
    taken,
)
from tests.snapshots.frames_to_keep import AT, FULL, owner, snapshot


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def damage(path: Path, part: str = "roster") -> None:
    (file,) = path.glob(f"{part}.*")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_the_owner_can_read_a_snapshot(form):
    before = os.umask(0)
    try:
        kept(snapshot())
    finally:
        os.umask(before)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in store.folder().rglob("*") if path.is_dir()}
    assert modes | {stat.S_IMODE(store.folder().stat().st_mode)} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(store.folder())} == {0o600}


@pytest.mark.parametrize(("room", "fails_at"), [(store, "_write_file"), (disk, "keep_entries")])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_snapshot_that_breaks_off_leaves_nothing_behind(monkeypatch, room, fails_at, failure):
    """The second call fails: the first file, or the folder's own entry, is on the disk by then."""
    calls = []
    sound = getattr(room, fails_at)

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == (2 if fails_at == "_write_file" else 1):
            raise failure
        sound(*arguments)

    monkeypatch.setattr(room, fails_at, failing)
    expected = SnapshotError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        kept(snapshot())

    assert files(store.folder()) == []
    assert list(all_of()) == []


def test_a_full_disk_is_told_with_what_to_do(monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write_file", full)
    with pytest.raises(SnapshotError, match=r"No space left.*LTIX_DATA_DIR"):
        kept(snapshot())


def test_what_a_kill_left_half_written_is_no_snapshot_and_goes_after_a_day():
    whole = kept(snapshot())
    half = whole.path.with_name(f".{store.new_name(AT)}")
    half.mkdir()
    (half / "roster.parquet").write_bytes(b"half")
    fresh = half.with_name(f".{store.new_name(AT)}")
    fresh.mkdir()
    os.utime(half, (0, 0))

    kept(snapshot(at=AT + timedelta(days=1)))

    assert len(list(all_of())) == 2
    assert (half.exists(), fresh.exists()) == (False, True)


def test_many_at_once_are_all_there():
    def take() -> None:
        kept(snapshot("empty"))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(of_course(owner(), None)[0]) == 8


HOSTILE = ["../../../etc/passwd", "CON", "a/b\\c:d*?", "x" * 10_000, "\x00\n", "..", "-rf", "ü" * 300]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_of_a_platform_becomes_a_path(name):
    whose = owner(name=f"n{name}", context_id=name)

    stored = kept(taken(whose, AT, {part: make() for part, make in FULL.items()}, None))

    below = stored.path.relative_to(store.folder()).parts
    assert [len(part) for part in below] == [24, 24, 31]
    assert set("".join(below)) <= set("0123456789abcdef-")
    assert [found.course for found in of_course(whose, None)[0]] == [f"n{name}"]


@pytest.mark.parametrize("part", ["roster", "line_items", "results"])
def test_a_damaged_file_is_an_error_for_who_asks_for_it(part, form):
    stored = kept(snapshot())
    damage(stored.path, part)

    with pytest.raises(SnapshotError, match="damaged"):
        stored.contents(part)


def test_a_file_that_is_gone_is_an_error_for_who_asks_for_it(form):
    stored = kept(snapshot())
    next(stored.path.glob("results.*")).unlink()

    with pytest.raises(SnapshotError, match="damaged"):
        stored.check()


ABOUT = ["", "[]", "{", '{"version": "x"}', '{"version": 1}', "[" * 100_000, '{"version": 1, "taken_at": 3}']


@pytest.mark.parametrize("content", ABOUT, ids=range(len(ABOUT)))
def test_a_damaged_description_hides_no_other_snapshot(content):
    first, second = kept(snapshot()), kept(snapshot(at=AT + timedelta(days=7)))
    (first.path / "about.json").write_text(content)

    with pytest.warns(LtixWarning, match="damaged"):
        found, _ = of_course(owner(), None)

    assert [one.taken_at for one in found] == [second.taken_at]
    assert table(owner())["state"].tolist() == ["whole", "damaged"]
    assert table(owner())["taken_at"].tolist() == [second.taken_at, first.taken_at]


def change(path: Path, **fields: object) -> None:
    file = path / "about.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "../../../secret"},
        {"format": None},
        {"taken_at": "2026-01-01T00:00:00"},
        {"course": {"name": ""}},
        {"pseudonyms": 5},
        {"files": {}},
    ],
)
def test_a_description_changed_by_hand_is_not_believed(fields):
    stored = kept(snapshot())
    change(stored.path, **fields)

    with pytest.warns(LtixWarning, match="damaged"):
        assert list(all_of()) == []


def test_a_snapshot_of_a_newer_version_asks_for_an_upgrade():
    stored = kept(snapshot())
    change(stored.path, version=2)

    with pytest.warns(LtixWarning, match="Upgrade ltix_data"):
        assert list(all_of()) == []


def test_all_of_reads_one_after_another_and_by_registration():
    kept(snapshot())
    kept(taken(owner(name="Other", context_id="2"), AT, {}, None))

    assert next(all_of()).path is not None
    assert len(list(all_of("uni"))) == 2
    assert list(all_of("elsewhere")) == []


def test_forgetting_removes_what_is_older_and_the_damaged_too(form):
    old, damaged, late = (kept(snapshot(at=AT + timedelta(days=days))) for days in (0, 1, 7))
    (damaged.path / "about.json").write_text("{")

    count = forget(owner(), late.taken_at)

    assert count == 2
    assert [one.taken_at for one in all_of()] == [late.taken_at]
    assert not old.path.exists()


def test_forgetting_a_registration_leaves_no_file():
    kept(snapshot())
    kept(taken(owner(name="Other", context_id="2"), AT, {}, None))

    assert forget_registration("https://lms.example", "client-1") == 2
    assert files(store.folder()) == []


def test_what_an_earlier_removal_left_goes_with_the_next():
    half = kept(snapshot())
    half.path.rename(gone := half.path.with_name(f".{half.path.name}"))
    os.utime(gone, (0, 0))
    kept(snapshot(at=AT + timedelta(days=1)))

    forget(owner(), AT + timedelta(days=2))

    assert files(store.folder()) == []


def test_forgetting_leaves_other_registrations_alone():
    kept(snapshot())

    assert forget_registration("https://lms.example", "client-2") == 0
    assert len(list(all_of())) == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a folder that refuses")
def test_what_cannot_be_removed_is_an_error():
    stored = kept(snapshot())
    stored.path.parent.chmod(0o500)
    try:
        with pytest.raises(SnapshotError, match="cannot be removed"):
            forget_registration("https://lms.example", "client-1")
    finally:
        stored.path.parent.chmod(0o700)


def test_a_course_that_moved_or_was_launched_later_keeps_its_snapshots():
    """It was added by hand at first; its launch brings an id; then the platform's address changes."""
    by_hand = kept(taken(owner(name="by hand", context_id=None), AT, {}, None))
    launched = kept(taken(owner(), AT + timedelta(days=1), {}, None))

    def seen(**course: str) -> list:
        return [one.path for one in of_course(owner(**course), None)[0]]

    assert seen() == [by_hand.path, launched.path]
    assert seen(memberships_url="https://lms.example/moved/m") == [launched.path]
    assert seen(context_id="another") == [by_hand.path]  # the same roster, and no id that speaks against it


def test_errors_are_the_packages_own():
    assert issubclass(SnapshotError, LtixError)
