"""The gradebooks of many courses in one frame: equal labels share a column, different maxima are told."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import ltix_data as ltix
from ltix_data import columns, errors, frames
from ltix_data.columns import Book
from ltix_data.records import LineItem


@pytest.fixture
def term(make_term):
    term = make_term(3)
    term.labels = {"C000": [("Quiz", 10.0)], "C001": [("Quiz", 20.0), ("Essay", 5.0)], "C002": []}
    return term


def text(*values: str | None) -> pd.Series:
    return pd.Series([np.nan if value is None else value for value in values], dtype=frames.text_dtype())


def test_equal_labels_share_a_column_and_their_maxima_are_told_apart(term):
    found = term.session().gradebooks()

    expected = pd.DataFrame(
        {
            "course": text("C000", "C001", "C001", "C002", "C002", "C002"),
            "user_id": text("c000-0", "c001-0", "c001-1", "c002-0", "c002-1", "c002-2"),
            "name": text("Ann c000-0", "Ann c001-0", "Ann c001-1", "Ann c002-0", "Ann c002-1", "Ann c002-2"),
            "Quiz": [5, 10, np.nan, np.nan, np.nan, np.nan],
            "Essay": [np.nan, 2.5, np.nan, np.nan, np.nan, np.nan],
        }
    )
    assert_frame_equal(found, expected.astype({"Quiz": float, "Essay": float}), check_column_type=False)
    assert found.attrs["out_of"] == {"C000": {"Quiz": 10.0}, "C001": {"Quiz": 20.0, "Essay": 5.0}, "C002": {}}
    assert found.attrs["item_id"]["C001"]["Essay"] == f"{term.url}/C001/lineitems/1"


def test_percent_makes_different_maxima_comparable(term):
    assert term.session().gradebooks(values="percent")["Quiz"].dropna().tolist() == [50, 50]


def test_each_course_has_what_its_own_gradebook_has(term):
    session = term.session()

    found = session.gradebooks()

    for name in term.members:
        alone = session.course(name).gradebook().reset_index()
        rows = found[found["course"].eq(name)].reset_index(drop=True)
        assert_frame_equal(rows[alone.columns], alone)


def test_labels_that_repeat_in_a_course_are_told_apart_and_so_are_names_of_columns(term):
    term.labels["C000"] = [("Quiz", 10.0), ("Quiz", 10.0), ("course", 1.0), ("platform", 1.0), ("name", 1.0)]

    found = term.session().gradebooks()

    labels = ["Quiz", "Quiz (2)", "course (2)", "platform (2)", "name (2)", "Essay"]
    assert found.columns.tolist() == ["course", "user_id", "name", *labels]


def test_no_course_is_an_empty_frame_with_the_columns_of_all(term):
    session = term.session()

    empty, full = session.gradebooks([]), session.gradebooks(["C002"])

    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
    assert (empty.attrs["out_of"], empty.attrs["errors"]) == ({}, [])


def test_a_gradebook_that_lacks_its_roster_is_listed_and_not_half_there(term):
    term.answer = lambda path: 404 if path == "/C001/members" else None

    with pytest.warns(ltix.LtixWarning, match=r"1 course could not be read \(C001\)"):
        found = term.session().gradebooks()

    assert set(found["course"]) == {"C000", "C002"}
    assert found.columns.tolist() == ["course", "user_id", "name", "Quiz"]


@pytest.mark.parametrize("wrong", [{"values": "points"}, {"status": "gone"}])
def test_a_word_that_is_none_is_told_before_anything_is_read(term, wrong):
    with pytest.raises(errors.UsageError):
        term.session().gradebooks(**wrong)

    assert term.asked == []


def test_only_learners_of_a_status_are_shown(practice):
    session = practice.session

    active, everybody = (
        session.gradebooks(["SEM12", "BIO101"], status="active"),
        session.gradebooks(["SEM12", "BIO101"]),
    )

    assert 0 < len(active) < len(everybody)


def test_more_cells_than_a_table_can_hold_is_an_error_that_names_the_long_form(monkeypatch):
    monkeypatch.setattr("ltix_data.frames.wide.MOST_CELLS", 7)
    people = {"user_id": ["a", "b"], "name": [None, None]}
    results = (columns.results_of_one([]),)
    books = [(name, Book(people, (LineItem(name, 1.0, f"https://e.example/{name}"),), results)) for name in "xy"]

    with pytest.raises(
        errors.TooLargeError, match=r"2 gradebooks alone, with 2 different labels, make 4 rows.*results\(\)"
    ):
        frames.gradebooks_of(books)


def test_what_is_too_much_for_one_table_is_told_at_once_and_not_after_an_hour(make_term, monkeypatch):
    term = make_term(200)
    term.labels = {name: [(f"Quiz {name}", 10.0)] for name in term.members}
    monkeypatch.setattr("ltix_data.frames.wide.MOST_CELLS", 100)

    with pytest.raises(errors.TooLargeError, match=r"gradebooks alone, with \d+ different labels"):
        term.session().gradebooks()

    assert len(term.courses_asked()) < 100


def test_the_attrs_of_thousands_of_courses_are_copied_as_fast_as_they_can_be(term):
    """pandas copies them at every step; each copy is one of its own, and what it holds is plain."""
    found = term.session().gradebooks()

    part = found[found["course"].eq("C001")]
    part.attrs["out_of"]["C001"]["Quiz"] = 1.0

    assert found.attrs["out_of"]["C001"]["Quiz"] == 20.0
    assert type(part.attrs["out_of"]) is type(found.attrs["out_of"]) is not dict
    assert json.loads(json.dumps(found.attrs["item_id"])) == found.attrs["item_id"]
