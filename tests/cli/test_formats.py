"""What cells become in a table, in CSV, in JSON, in parquet."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from ltix_data.cli import formats


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user_id": ["007", "=1+1"],
            "name": ["Zoë Ångström", None],
            "score": [7.5, np.nan],
            "coupled": [True, False],
            "roles": pd.Series([("http://x/membership#Learner", "b"), None], dtype="object"),
            "at": pd.to_datetime(["2026-01-31T09:30:00.250Z", None]),
            "status": pd.Categorical(["Active", None]),
            "rows": [10, 2],
        }
    )


def test_a_table_reads_well_and_leaves_out_what_says_nothing(frame):
    assert formats.table(frame.assign(email=None), ["user_id", "email", "score", "coupled", "at", "roles"]) == (
        "user_id  score  coupled  at                    roles\n"
        "007      7.5    yes      2026-01-31 09:30 UTC  Learner b\n"
        "=1+1"
    )


def test_a_table_is_cut_to_the_terminal_and_never_in_a_pipe(frame):
    long = frame.assign(name="x" * 90)

    assert max(map(len, formats.table(long, width=80).splitlines())) <= 80
    assert "…" in formats.table(long, width=80)
    assert "x" * 90 in formats.table(long)


def test_wide_letters_keep_the_columns_straight():
    shown = formats.table(pd.DataFrame({"name": ["王芳", "e\u0301"], "role": ["a", "b"]})).splitlines()

    assert shown == ["name  role", "王芳  a", "e\u0301     b"]


def test_what_a_platform_wrote_moves_no_cursor_and_forges_no_row():
    hostile = pd.DataFrame({"name": ["\x1b[31mred\nforged  row\u202e", "b"]})

    shown = formats.table(hostile)

    assert len(shown.splitlines()) == 3
    assert not any(letter in shown for letter in "\x1b\u202e")


def test_csv_keeps_ids_and_lets_no_cell_be_a_formula(frame):
    text = formats.as_csv(frame).decode("utf-8-sig")

    assert text.splitlines() == [
        "user_id,name,score,coupled,roles,at,status,rows",
        "007,Zoë Ångström,7.5,True,http://x/membership#Learner b,2026-01-31T09:30:00.250000Z,Active,10",
        "'=1+1,,,False,,,,2",
    ]


def test_json_has_null_for_missing_iso_times_and_every_cell_as_it_is(frame):
    text = formats.as_json(frame)

    records = json.loads(text, parse_constant=lambda word: pytest.fail(word))
    assert records == [
        {
            "user_id": "007",
            "name": "Zoë Ångström",
            "score": 7.5,
            "coupled": True,
            "roles": ["http://x/membership#Learner", "b"],
            "at": "2026-01-31T09:30:00.250000Z",
            "status": "Active",
            "rows": 10,
        },
        {
            "user_id": "=1+1",
            "name": None,
            "score": None,
            "coupled": False,
            "roles": None,
            "at": None,
            "status": None,
            "rows": 2,
        },
    ]
    assert len(text.splitlines()) == 4


def test_json_knows_no_infinity():
    frame = pd.DataFrame({"score": [np.inf, -np.inf]})

    assert json.loads(formats.as_json(frame)) == [{"score": None}, {"score": None}]


def test_an_empty_frame_has_a_header_in_csv_and_is_an_empty_list_in_json(frame):
    assert formats.as_csv(frame.iloc[:0]).decode("utf-8-sig").splitlines() == [",".join(frame.columns)]
    assert formats.as_json(frame.iloc[:0]) == b"[]\n"


def test_parquet_comes_back_as_it_was(frame):
    frame.attrs["next"] = object()

    back = pd.read_parquet(io.BytesIO(formats.as_parquet(frame)))

    assert back["user_id"].tolist() == ["007", "=1+1"]
    assert [str(dtype) for dtype in back.dtypes[["score", "coupled", "at"]]] == [
        "float64",
        "bool",
        str(frame["at"].dtype),
    ]
    assert list(back["roles"][0]) == ["http://x/membership#Learner", "b"]
