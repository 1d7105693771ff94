"""A notebook as a file: what is written, what is refused, what is said."""

from __future__ import annotations

import json
import os
import stat
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

import ltix_data as ltix
from ltix_data import scrubbing
from ltix_data.errors import PartialDataError, UsageError

from .conftest import stream

TELLING = ("Zoë", "O’Brien", "zobrien", "00012345", "zoe.obrien", "王秀英", "Lovelace")


def test_the_result_says_how_many_of_what_kind_where_and_never_what(notebooks):
    notebooks.write(stream("Zoë O’Brien, 王秀英\nzobrien"), source="# Zoë O’Brien\nada = 1", prose="Zoë")

    found = notebooks.scrub()

    rows = [tuple(row) for row in found.table.itertuples(index=False)]
    assert rows == [
        (1, "code", "given name", 1, "left"),
        (1, "code", "full name", 1, "removed"),
        (1, "stdout", "full name", 2, "removed"),
        (1, "stdout", "username", 1, "removed"),
        (2, "prose", "given name", 1, "left"),
    ]
    assert (found.removed, found.left, found.clean) == (4, 2, False)
    said = repr(found) + found._repr_html_() + str(found.table)
    assert "cell 1, stdout: 2 full name, 1 username" in repr(found)
    assert not [word for word in TELLING if word in said]


def test_the_table_has_the_same_columns_where_nothing_was_found(notebooks):
    notebooks.write(stream("Zoë"))
    full = notebooks.scrub().table
    empty = notebooks.scrub().table

    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_a_check_changes_nothing_and_counts_the_same(notebooks):
    notebooks.write(stream("Zoë O’Brien"), source="# Ada Lovelace")
    before = notebooks.path.read_bytes()

    looked = notebooks.scrub(check=True)

    assert notebooks.path.read_bytes() == before
    assert (looked.checked, looked.removed) == (True, notebooks.scrub().removed)
    assert "2 to remove" in repr(looked)


def test_a_second_time_finds_nothing_and_writes_nothing(notebooks):
    notebooks.write(stream("Zoë O’Brien <zoe.obrien@students.example.edu>"), source="print('Ada')")
    notebooks.scrub()
    before = (notebooks.path.read_bytes(), notebooks.path.stat().st_ino)

    again = notebooks.scrub()

    assert again.removed == 0
    assert (notebooks.path.read_bytes(), notebooks.path.stat().st_ino) == before


@pytest.mark.parametrize("indent", [1, 2, "\t", None])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_only_what_was_removed_differs_in_the_file(notebooks, indent, ascii_only):
    notebooks.write(stream("é Zoë O’Brien\nother\n"), source="x = 1.0\ny = 1e-7")
    made = json.loads(notebooks.path.read_text(encoding="utf-8"))
    made["cells"][0]["outputs"][0]["text"] = ["é Zoë O’Brien\n", "other\n"]
    before = json.dumps(made, indent=indent, ensure_ascii=ascii_only) + "\n"
    notebooks.path.write_text(before, encoding="utf-8")

    notebooks.scrub()

    name = json.dumps("Zoë O’Brien", ensure_ascii=ascii_only).strip('"')
    assert notebooks.path.read_text(encoding="utf-8") == before.replace(name, "[removed]")


def test_line_ends_of_windows_stay(notebooks):
    notebooks.write(stream("Zoë O’Brien"))
    before = notebooks.path.read_text(encoding="utf-8").replace("\n", "\r\n")
    notebooks.path.write_bytes(before.encode())

    notebooks.scrub()

    assert notebooks.path.read_bytes().decode() == before.replace("Zoë O’Brien", "[removed]")


def test_half_a_character_does_not_stop_it(notebooks):
    notebooks.write(stream("Zoë O’Brien MARK"))
    text = notebooks.path.read_text(encoding="utf-8").replace("MARK", "\\ud83d")
    notebooks.path.write_text(text, encoding="utf-8")

    notebooks.scrub()

    assert notebooks.path.read_text(encoding="utf-8") == text.replace("Zoë O’Brien", "[removed]")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_file_keeps_its_permissions_and_a_link_stays_one(notebooks, tmp_path):
    notebooks.write(stream("Zoë O’Brien"))
    notebooks.path.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to(notebooks.path)

    done = scrubbing.scrub(link, notebooks.roster)

    assert (done.removed, link.is_symlink()) == (1, True)
    assert stat.S_IMODE(notebooks.path.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["link.ipynb", "n.ipynb"]


def test_a_page_made_of_a_notebook_is_scrubbed_too(notebooks, tmp_path):
    page = tmp_path / "n.html"
    page.write_text("<html><style>.ada {}</style><p>Zoë <b>O’Brien</b></p><code>ada</code></html>", encoding="utf-8")

    done = scrubbing.scrub(page, notebooks.roster)

    assert page.read_text(encoding="utf-8") == (
        "<html><style>.ada {}</style><p>[removed]<b></b></p><code>[removed]</code></html>"
    )
    assert done.removed == 2


# --- Rosters ------------------------------------------------------------------------------------------


def test_without_a_roster_nothing_is_called_clean(notebooks):
    notebooks.write(stream("Zoë"))

    with pytest.raises(UsageError, match="No roster is known"):
        scrubbing.scrub(notebooks.path)


@pytest.mark.parametrize("empty", [True, False])
def test_nor_with_a_roster_of_nobody(notebooks, empty):
    notebooks.write(stream("Zoë"))
    frame = notebooks.roster.iloc[:0] if empty else notebooks.roster.assign(name=None)[["name"]]

    with pytest.raises(UsageError, match="nobody"):
        scrubbing.scrub(notebooks.path, frame)


def test_nor_with_pseudonyms_alone(notebooks):
    notebooks.write(stream("Zoë"))

    with pytest.raises(UsageError, match="pseudonyms"):
        scrubbing.scrub(notebooks.path, pd.DataFrame({"user_id": ["pabcdefghij23"], "name": [None]}))


def test_nor_where_a_course_could_not_be_read(notebooks):
    notebooks.write(stream("Zoë"))
    frame = notebooks.roster.assign(course="a")
    frame.attrs["errors"] = [{"course": "b", "error": "AccessError", "message": "no"}]

    with pytest.raises(PartialDataError, match="“b”"):
        scrubbing.scrub(notebooks.path, SimpleNamespace(rosters=lambda: frame))


@pytest.mark.parametrize(
    "given", ["Zoë", {"name": "Zoë"}, 7, pd.DataFrame({"n": [1]})], ids=["text", "dict", "int", "frame"]
)
def test_what_is_no_roster_is_refused(notebooks, given):
    notebooks.write(stream("Zoë"))

    with pytest.raises(UsageError):
        scrubbing.scrub(notebooks.path, given)


def test_rosters_come_from_a_course_a_session_or_several(practice, notebooks):
    name = "王秀英"
    for rosters in (
        practice.course,
        practice.session,
        [practice.course],
        practice.course.roster().set_index("user_id"),
    ):
        notebooks.write(stream(name))
        assert scrubbing.scrub(notebooks.path, rosters).removed == 1


def test_by_default_they_come_from_the_snapshots_of_this_computer(practice, notebooks):
    notebooks.write(stream("王秀英 0004711"))
    practice.course.snapshot()

    assert scrubbing.scrub(notebooks.path).removed == 2


# --- What is no notebook --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Zo\xc3\xab", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "nbformat"),
        (b'{"cells": []}', "nbformat"),
        (b'{"nbformat": 3, "worksheets": []}', "before 4"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_file_that_is_no_notebook_is_refused_and_not_quoted(notebooks, content, words):
    notebooks.path.write_bytes(content)

    with pytest.raises(UsageError, match=words) as refused:
        notebooks.scrub()

    assert "Zo" not in str(refused.value)
    assert notebooks.path.read_bytes() == content


def test_a_file_that_is_not_there_is_refused(notebooks):
    with pytest.raises(UsageError, match="cannot be read"):
        notebooks.scrub()


def test_strange_but_valid_notebooks_are_read(notebooks):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_raw_cell("Ada Lovelace"), nbformat.v4.new_code_cell("")])
    made.metadata["deep"] = json.loads("[" * 150 + '"Ada"' + "]" * 150)
    nbformat.write(made, notebooks.path)

    assert notebooks.scrub().removed == 2


def test_it_works_with_the_public_name():
    assert getattr(ltix, "scrub", scrubbing.scrub) is scrubbing.scrub
