"""The parts that everything shown is made of."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ltix_data import markup
from ltix_data.markup import words

from .reading import Page

HOSTILE = "<script>alert(1)</script>&\"'{{ 7*7 }}"


@pytest.mark.parametrize(
    "html",
    [
        markup.table([HOSTILE], [[HOSTILE]], caption=HOSTILE),
        markup.bars([(HOSTILE, 3)], caption=HOSTILE),
        markup.note(HOSTILE, kind="error"),
    ],
    ids=["table", "bars", "note"],
)
def test_whatever_is_put_in_is_text(html):
    page = Page(html)

    assert "script" not in page.tags
    assert HOSTILE in page.text


def test_a_table_says_what_is_missing_and_sets_numbers_on_the_right():
    rows = [["a", 1, 2.5], [None, np.int64(3), float("nan")], [pd.NA, pd.NaT, 1 / 3]]

    html = markup.table(["who", "n", "x"], rows, caption="Counts")

    assert Page(html).tables["Counts"] == [
        ["who", "n", "x"],
        ["a", "1", "2.5"],
        ["–", "3", "–"],
        ["–", "–", "0.333333"],
    ]
    assert re.findall(r'<td( class="ltix-number")?>', html)[:3] == ["", ' class="ltix-number"', ' class="ltix-number"']
    assert html.count('<th scope="col"') == 3


@pytest.mark.parametrize(("rows", "told"), [(200, ""), (201, "1 more row is not shown."), (500, "300 more rows are")])
def test_a_long_table_says_in_words_how_many_rows_are_not_shown(rows, told):
    html = markup.table(["n"], ([n] for n in range(rows)), caption="Numbers")

    assert len(Page(html).tables["Numbers"]) == 201
    assert told in Page(html).text
    assert ("not shown" in html) == bool(told)


def test_a_table_may_have_no_row():
    assert Page(markup.table(["a"], [], caption="Nothing")).tables == {"Nothing": [["a"]]}


def test_bars_read_without_their_bars():
    html = markup.bars([("in", 4), ("out", 0)], caption="Where")

    assert Page(html).tables["Where"] == [["in", "", "4"], ["out", "", "0"]]
    assert re.findall(r"width: ([\d.]+)%", html) == ["100.0", "0.0"]


@pytest.mark.parametrize("counts", [[], [("none", 0)]])
def test_bars_of_nothing_are_no_error(counts):
    assert len(Page(markup.bars(counts, caption="x")).tables["x"]) == len(counts)


@pytest.mark.parametrize(
    ("kind", "word"), [("info", "Note"), ("warning", "Warning"), ("error", "Error"), ("done", "Done")]
)
def test_a_note_tells_its_kind_by_a_word_and_not_by_a_colour_alone(kind, word):
    assert Page(markup.note("It is so.", kind=kind)).text == f"{word}: It is so."


def test_what_is_shown_can_stand_in_a_row():
    html = markup.note("a", kind="info") + markup.table(["b"], [["c"]], caption="d")

    assert Page(html).tags.count("div") == 3


def test_nothing_shown_asks_for_anything_elsewhere():
    html = markup.table(["a"], [["b"]], caption="c")

    assert not re.search(r"url\(|@import|src=|href=|https?:|//", html)


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\u202eb", "a\x00b", "a\x9bb", "a\u2028b", "a\nb"])
def test_no_text_moves_a_cursor_nor_turns_what_follows(text):
    assert markup.still(text).replace("\ufffd", "")[:1] == "a"
    assert "\ufffd" in markup.still(text)
    assert text not in markup.table(["x"], [[text]], caption="c")


@pytest.mark.parametrize("name", ["BIO101", 'Bio "1"', "a\\b", "Büro\u2028x", "a\nb", "');quit()#"])
def test_a_name_is_quoted_as_python_reads_it(name):
    assert ast.literal_eval(markup.quoted(name)) == name


def test_the_package_comes_without_what_shows_things():
    heavy = "('jinja2', 'IPython', 'pandas')"
    code = f"import sys, ltix_data.errors; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


# --- Words ---------------------------------------------------------------------------------------------


def test_rights_are_told_in_words_and_once():
    ags = "https://purl.imsglobal.org/spec/lti-ags/scope/"

    found = words.rights([f"{ags}score", f"{ags}lineitem", f"{ags}lineitem.readonly", "https://lms.example/scope/own"])

    assert found == ["read and change its own gradebook columns", "send grades", "https://lms.example/scope/own"]


def test_a_right_within_a_greater_one_is_not_missed():
    ags = "https://purl.imsglobal.org/spec/lti-ags/scope/"

    assert words.lacking([f"{ags}lineitem"], [f"{ags}lineitem.readonly"]) == []
    assert words.lacking([f"{ags}lineitem.readonly"], [f"{ags}lineitem"]) == [
        "read and change its own gradebook columns"
    ]


def test_every_problem_of_a_plan_has_words():
    from ltix_data.grading import Plan

    codes = re.findall(r"[a-z_]+", (Plan.problems.__doc__ or "").partition("Codes: ")[2])

    assert set(codes) == set(words.PROBLEMS)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("AGS §3.4.9", "Assignment and Grade Services 2.0 §3.4.9 (AGS)"),
        ("Dynamic Registration §3.6", "LTI Dynamic Registration 1.0 §3.6 (Dynamic Registration)"),
        ("RFC 6749 §5.2", "RFC 6749 §5.2"),
    ],
)
def test_a_specification_is_told_by_its_name(section, told):
    assert words.specification(section) == told


@pytest.mark.parametrize(
    ("minutes", "known", "told"),
    [
        (0.0, False, "none yet: the first request asks for one"),
        (0.0, True, "expired: the next request asks for a new one"),
        (0.4, True, "renewed by the next request"),
        (52.4, True, "valid for 52 more min; it renews itself"),
    ],
)
def test_the_life_of_a_token_is_told_in_minutes(minutes, known, told):
    assert words.validity(minutes, known=known) == told
