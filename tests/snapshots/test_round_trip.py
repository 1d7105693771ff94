"""What is stored comes back with the same values and dtypes: in both formats, on both pandas."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from ltix_data import frames
from ltix_data.records import LineItem, Member, Result
from ltix_data.snapshots import all_of, formats, kept
from ltix_data.snapshots.columns import columns
from tests.snapshots.frames_to_keep import AT, ITEM, SETS, snapshot

SAMPLES = Path(__file__).parent / "samples"


def back(frame: pd.DataFrame, form: str) -> pd.DataFrame:
    return formats.read(formats.written(frame, form), form, columns(frame))


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("part", ["roster", "line_items", "results"])
def test_a_frame_comes_back_as_it_was(kind, part, form):
    made = SETS[kind][part]()

    stored = kept(snapshot(kind)).contents(part)

    assert_frame_equal(stored, made, check_exact=True)
    assert stored.attrs == made.attrs


@pytest.mark.parametrize("kind", SETS)
def test_a_category_keeps_its_words_in_their_order(kind, form):
    roster = kept(snapshot(kind)).roster

    assert list(roster["status"].cat.categories) == list(SETS[kind]["roster"]()["status"].cat.categories)
    assert roster["role"].cat.categories[0] == "Administrator"


def test_a_blank_text_is_not_a_missing_one(form):
    roster = kept(snapshot()).roster.set_index("user_id")["name"]

    assert roster["t0"] == ""
    assert pd.isna(roster["00123"])


def test_roles_come_back_as_tuples(form):
    roles = kept(snapshot()).roster["roles"]

    assert {type(value) for value in roles} == {tuple}


TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.none()


@pytest.mark.parametrize("form", formats.FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, max_size=6), numbers=st.lists(st.floats(0, allow_infinity=False), max_size=6))
def test_any_text_and_any_number_comes_back(form, texts, numbers):
    people = frames.roster(Member(f"u{n}", tuple(t for t in texts if t), name=text) for n, text in enumerate(texts))
    graded = frames.results(
        (LineItem("Quiz", 10.0, ITEM), Result(f"u{n}", score, 10.0)) for n, score in enumerate(numbers)
    )

    assert_frame_equal(back(people, form), people)
    assert_frame_equal(back(graded, form), graded, check_exact=True)


@pytest.mark.parametrize("version", ["pandas-2.2", "pandas-3.1"])
def test_a_snapshot_of_another_version_of_pandas_is_read_like_one_of_this(version, tmp_path, monkeypatch):
    """Text is object on pandas 2 and str on 3: each reads what the other wrote as its own."""
    shutil.copytree(SAMPLES / version, tmp_path / "data")
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path / "data"))

    stored = list(all_of())

    assert [pair.mark for pair in stored] == [None] * 4
    for one in stored:
        made = SETS["full" if one.taken_at == AT else "empty"]
        for part in made:
            assert_frame_equal(one.contents(part), made[part](), check_exact=True)


def test_parquet_without_pyarrow_says_what_to_install(monkeypatch):
    stored = kept(snapshot())
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(formats.SnapshotError, match=r"ltix-data\[parquet\]"):
        stored.roster  # noqa: B018 - reading is the act

    assert formats.best() == "csv.gz"
