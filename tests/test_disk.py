"""A file is whole or not there."""

from __future__ import annotations

import os
import stat

import pytest

from ltix_data import disk

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links as POSIX has them")


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_new_file_is_its_owners_alone(tmp_path):
    disk.put(tmp_path / "new", b"1")

    assert ((tmp_path / "new").read_bytes(), mode(tmp_path / "new")) == (b"1", 0o600)


@posix
@pytest.mark.parametrize(("asked", "then"), [(None, 0o640), (0o644, 0o644)])
def test_a_file_that_was_there_keeps_its_readers_unless_told(tmp_path, asked, then):
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "there").chmod(0o640)

    disk.put(tmp_path / "there", b"new", mode=asked)

    assert ((tmp_path / "there").read_bytes(), mode(tmp_path / "there")) == (b"new", then)


@posix
def test_a_link_goes_on_being_one(tmp_path):
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to("there")

    disk.put(tmp_path / "link", b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_bytes() == b"new"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_breaks_off_leaves_what_was_there_and_nothing_beside_it(tmp_path, monkeypatch, step):
    (tmp_path / "there").write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space"):
        disk.put(tmp_path / "there", b"new")

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"there": b"old"}


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        disk.put(tmp_path / "gone" / "file", b"1")
