"""What is missing is listed in the frame's attrs as plain data, for pandas does not bear a frame there."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pandas as pd
import pytest

import ltix_data as ltix
from ltix_data.frames import Failures

ROWS = [
    {"course": "BIO101", "error": "NotFoundError", "message": "It is gone."},
    {"course": "<b>", "error": "AccessError", "message": "<script>alert(1)</script>"},
]


@pytest.fixture
def lacking(term):
    """A frame that lacks a course, as a session gives it."""
    term.answer = lambda path: 404 if "C001" in path else None
    with pytest.warns(ltix.LtixWarning):
        return term.session().rosters()


def test_a_frame_within_attrs_would_break_pandas():
    """The reason why the list is none; should this fail, pandas has learnt it."""
    one = pd.DataFrame({"a": [1]})
    one.attrs["errors"] = pd.DataFrame({"course": ["x"]})

    with pytest.raises(ValueError, match="ambiguous"):
        pd.concat([one, one.copy()])


@pytest.mark.filterwarnings("ignore:.*attrs")
def test_a_frame_within_attrs_could_not_be_written_to_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    one = pd.DataFrame({"a": [1]})
    one.attrs["errors"] = pd.DataFrame({"course": ["x"]})

    with pytest.raises(TypeError, match="not JSON serializable"):
        one.to_parquet(tmp_path / "one.parquet")


def test_what_is_missing_survives_concat_merge_and_copies(lacking):
    together = pd.concat([lacking, lacking.copy()])

    assert len(together) == 2 * len(lacking)
    for frame in (together, lacking[lacking["course"].eq("C000")], lacking.copy(), pickle.loads(pickle.dumps(lacking))):
        assert (frame.attrs["errors"], type(frame.attrs["errors"])) == (lacking.attrs["errors"], Failures)


def test_what_is_missing_survives_parquet(lacking, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "rosters.parquet"

    lacking.to_parquet(path)

    assert pd.read_parquet(path).attrs["errors"] == list(lacking.attrs["errors"])


def test_all_attrs_are_json(lacking):
    assert json.loads(json.dumps(lacking.attrs))["errors"][0]["course"] == "C001"


def test_it_has_a_frame():
    found = Failures(ROWS).frame()

    assert found.to_dict("records") == ROWS
    assert Failures().frame().columns.tolist() == ["course", "error", "message"]
    pd.testing.assert_series_equal(Failures().frame().dtypes, found.dtypes)


def test_where_several_platforms_were_asked_its_frame_says_of_which_each_was():
    whole = {"platform": "uni", "course": None, "error": "TokenError", "message": "No."}

    found = Failures([{"platform": "uni", **ROWS[0]}, whole]).frame()

    assert found.columns.tolist() == ["platform", "course", "error", "message"]
    assert found["course"].isna().tolist() == [False, True]


def test_it_shows_itself_as_a_table_in_which_text_stays_text():
    shown = Failures([*ROWS, {"platform": "uni", "course": None, "error": "E", "message": "m"}])._repr_html_()

    assert "It is gone." in shown
    assert "<script>alert" not in shown
    assert "–" in shown  # no “nan”, no “None”
    assert "nan" not in shown.split("</style>")[-1]


def test_a_copy_is_one_of_its_own():
    one = Failures([dict(ROWS[0])])

    other = copy.deepcopy(one)
    other[0]["course"] = "changed"

    assert one == [ROWS[0]]
    assert type(other) is Failures


def test_numbers_in_attrs_are_plain(lacking):
    assert [type(lacking.attrs[key]) for key in ("from_cache", "read_at")] == [int, str]
    assert not any(isinstance(value, np.generic) for value in lacking.attrs.values())


@pytest.mark.parametrize("ask", ["rosters", "results", "gradebooks"])
def test_a_closed_session_is_an_error_and_no_frame_without_courses(term, ask):
    session = term.session()
    session.close()

    with pytest.raises(ltix.errors.UsageError, match="This session was closed"):
        getattr(session, ask)()
