"""Small-cell suppression: what is hidden stays hidden, whatever the table's totals say."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltix_data import privacy
from ltix_data.errors import UsageError


def ints(values: list[int | None]) -> pd.Series:
    return pd.Series(values, dtype="Int64")


def with_margins(cells: list[list[int]], *, row: bool = True, column: bool = True) -> pd.DataFrame:
    frame = pd.DataFrame(cells, columns=[f"c{n}" for n in range(len(cells[0]))])
    frame.index = pd.Index([f"r{n}" for n in range(len(cells))])
    if column:
        frame["All"] = frame.sum(axis=1)
    if row:
        frame.loc["All"] = frame.sum()
    return frame


def test_small_counts_are_missing_and_a_zero_stays():
    table = pd.DataFrame({"course": ["a", "b", "c", "d"], "late": [0, 1, 4, 5]})

    shown = privacy.suppress(table)

    pd.testing.assert_frame_equal(shown, table.assign(late=ints([0, None, None, 5])))


def test_the_table_itself_is_untouched():
    table = pd.DataFrame({"learners": [3, 30], "mean": [50.0, 60.0]})
    before = table.copy(deep=True)

    privacy.suppress(table, by="learners")

    pd.testing.assert_frame_equal(table, before)


def test_a_series_of_counts_is_a_table_too():
    counts = pd.Series(["x"] * 7 + ["y"] * 2, name="role").value_counts()

    shown = privacy.suppress(counts)

    assert shown.name == "count"
    assert [shown["x"], shown["y"] is pd.NA] == [7, True]


def test_a_small_row_loses_its_means_and_its_other_counts():
    table = pd.DataFrame({"learners": [4, 20], "missing": [0, 9], "mean": [91.5, 70.25]}, index=["a", "b"])

    shown = privacy.suppress(table, by="learners")

    assert shown.loc["a"].isna().all()
    assert shown.loc["b"].tolist() == [20, 9, 70.25]
    assert shown["mean"].dtype == "float64"


def test_a_share_that_gives_a_hidden_count_back_is_hidden():
    table = pd.DataFrame(
        {"learners": [10, 10, 10], "failed": [2, 6, 2], "rate": [20.0, 60.0, 33.0], "passed": [0.8, 0.4, 0.5]}
    )

    shown = privacy.suppress(table, by="learners")

    assert shown["rate"].isna().tolist() == [True, False, False]
    assert shown["passed"].isna().tolist() == [True, False, False]


def test_a_total_does_not_give_the_one_hidden_cell_back():
    table = pd.DataFrame({"late": [3, 12, 40, 55]}, index=["a", "b", "c", "All"])

    shown = privacy.suppress(table)

    assert shown["late"].isna().tolist() == [True, True, False, False]  # b is the least that will do


def test_two_hidden_ones_whose_sum_gives_both_away_get_a_third():
    """1 + 1 = 2 can be nothing else, where a hidden count is at least 1."""
    table = pd.DataFrame({"late": [1, 1, 40, 42]}, index=["a", "b", "c", "All"])

    shown = privacy.suppress(table)

    assert shown["late"].isna().tolist() == [True, True, True, False]


def test_totals_may_be_called_anything_when_they_are_named():
    table = pd.DataFrame({"late": [3, 12], "on time": [30, 30], "members": [33, 42]}, index=["a", "b"])

    shown = privacy.suppress(table, totals="members")

    assert shown.isna().to_numpy().tolist() == [[True, True, False], [False, False, False]]


def test_totals_of_groups_that_overlap_are_refused_unless_said_to_be_none():
    table = pd.DataFrame({"learners": [3, 12, 13]}, index=["a", "b", "Total"])

    with pytest.raises(UsageError, match="not the sum"):
        privacy.suppress(table)
    assert privacy.suppress(table, totals=())["learners"].isna().tolist() == [True, False, False]


def test_counts_that_unstack_made_floats_are_counts():
    table = pd.DataFrame({"x": [2.0, np.nan], "y": [8.0, 0.0]})

    shown = privacy.suppress(table)

    pd.testing.assert_frame_equal(shown, pd.DataFrame({"x": ints([None, None]), "y": ints([8, 0])}))


def test_crosstab_with_margins_is_understood_as_it_is():
    who = pd.DataFrame({"course": list("aaaaaaaabbbbbbbb"), "state": list("xxxxxxyyxxxxyyyy")})

    shown = privacy.suppress(pd.crosstab(who["course"], who["state"], margins=True))

    assert shown.loc["a", "y"] is pd.NA
    assert shown.loc["All", "All"] == 16


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (pd.DataFrame({"mean": [1.5]}), {}, "no column of counts"),
        (pd.DataFrame({"n": [-1]}), {}, "below zero"),
        (pd.DataFrame({"n": [1]}), {"by": "learners"}, "by="),
        (pd.DataFrame({"n": [1]}), {"totals": "Everybody"}, "totals="),
        (pd.DataFrame({"n": [1]}), {"least": 0}, "least="),
        (pd.DataFrame({"n": [1]}), {"least": 2.5}, "least="),
        ([1, 2], {}, "DataFrame"),
        (pd.DataFrame([[1, 2]], columns=["n", "n"]), {}, "one name"),
        (pd.DataFrame({"n": [5, 5, 5]}, index=["a", "All", "Total"]), {}, "More than one row"),
    ],
)
def test_what_cannot_be_suppressed_is_refused(table, options, words):
    with pytest.raises(UsageError, match=words):
        privacy.suppress(table, **options)


def test_an_empty_table_stays_empty():
    table = pd.DataFrame({"learners": pd.Series(dtype="int64"), "mean": pd.Series(dtype="float64")})

    assert privacy.suppress(table, by="learners").empty


# --- Nothing can be worked out ------------------------------------------------------------------------

SMALL = st.one_of(st.integers(0, 6), st.sampled_from([0, 1, 1, 2, 9, 30]))


def other_tables(shown: pd.DataFrame, counts: np.ndarray, floor: int, *, row: bool, column: bool) -> np.ndarray:
    """Return which hidden cells differ in some other table that looks the same and has the same sums.

    Found by trying every change of the hidden cells by -1, 0 or 1: nothing of how they were chosen is used.
    """
    hidden = [tuple(cell) for cell in np.argwhere(shown.isna().to_numpy())]
    changes = np.array(list(itertools.product((-1, 0, 1), repeat=len(hidden))), dtype=np.int8)
    grid = np.zeros((len(changes), *counts.shape), dtype=np.int16)
    for place, cell in enumerate(hidden):
        grid[:, cell[0], cell[1]] = changes[:, place]
    fits = np.ones(len(changes), dtype=bool)
    if column:
        fits &= (grid[:, :, :-1].sum(axis=2) == grid[:, :, -1]).all(axis=1)
    if row:
        fits &= (grid[:, :-1, :].sum(axis=1) == grid[:, -1, :]).all(axis=1)
    for place, cell in enumerate(hidden):
        fits &= counts[cell] + changes[:, place] >= floor
    return np.array([(changes[fits][:, place] != 0).any() for place in range(len(hidden))])


@given(
    cells=st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(SMALL, min_size=width, max_size=width), min_size=1, max_size=2)
    ),
    margins=st.sampled_from([(True, True), (True, False), (False, True)]),
    least=st.sampled_from([2, 3, 5]),
)
@settings(max_examples=150, deadline=None)
def test_no_hidden_count_can_be_worked_out_from_the_totals(cells, margins, least):
    row, column = margins
    table = with_margins(cells, row=row, column=column)

    shown = privacy.suppress(table, least=least)

    counts = table.to_numpy()
    assert other_tables(shown, counts, 1, row=row, column=column).all()
    small = (counts >= 1) & (counts < least)
    assert shown.isna().to_numpy()[small].all()
    assert not shown.isna().to_numpy()[counts == 0].any()
    kept = ~shown.isna().to_numpy()
    assert (shown.to_numpy()[kept] == counts[kept]).all()


@given(cells=st.lists(st.lists(SMALL, min_size=3, max_size=3), min_size=3, max_size=3))
@settings(max_examples=25, deadline=None)
def test_nor_in_a_larger_table_of_which_little_is_hidden(cells):
    table = with_margins(cells) + 0
    table.loc[table.index[:-1], table.columns[:-1]] *= 5
    table.iloc[0, 0] = 3
    table["All"] = table.iloc[:, :-1].sum(axis=1)
    table.loc["All"] = table.iloc[:-1].sum()

    shown = privacy.suppress(table)

    if shown.isna().to_numpy().sum() <= 12:
        assert other_tables(shown, table.to_numpy(), 1, row=True, column=True).all()


@given(learners=st.lists(st.integers(0, 12), min_size=2, max_size=4), share=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_nor_where_rows_lose_all_their_numbers(learners, share):
    passed = [round(count * share) for count in learners]
    table = pd.DataFrame({"learners": learners, "passed": passed, "mean": [float(50 + n) for n in learners]})
    table.loc["All"] = [sum(learners), sum(passed), 55.0]
    table = table.astype({"learners": "int64", "passed": "int64"})

    shown = privacy.suppress(table, by="learners")

    counts = table[["learners", "passed"]].to_numpy()
    hidden = shown[["learners", "passed"]]
    secret = counts[hidden.isna().to_numpy()] > 0
    differs = other_tables(hidden, counts, 0, row=True, column=False)
    assert differs[secret].all()
    assert shown.loc[shown["learners"].isna(), "mean"].isna().all()


def test_suppressing_twice_changes_nothing():
    table = with_margins([[3, 12, 0], [7, 1, 20]])
    once = privacy.suppress(table)

    again = privacy.suppress(once, totals=())

    pd.testing.assert_frame_equal(again, once)
