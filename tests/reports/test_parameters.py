"""What a notebook may be told: read from its cell, checked before anything runs."""

from __future__ import annotations

import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from ltix_data.errors import UnknownNameError, UsageError
from ltix_data.reports import catalogue, parameters

CELL = """\
# what is asked
course: str = ...  # the course's name
least: int = 5  # counts below = not shown
share = 0.5
on = False  # whether
courses: list[str] = None  # names
tags = ["a"]
weights = [
    1,
    2,
]  # over lines
limits = {"a": 1}
since = None  # type: str since when
anything = None
computed = 3 * 4
%matplotlib inline
first, second = 1, 2
"""


def cell(source):
    made = new_code_cell(source)
    made.metadata["tags"] = ["parameters"]
    return new_notebook(cells=[new_code_cell("nothing = 1"), made])


@pytest.fixture
def known():
    return parameters.read(cell(CELL))


def test_each_parameter_has_its_type_default_and_help(known):
    assert {name: (p.kind, p.default, p.help) for name, p in known.items()} == {
        "course": ("str", "...", "the course's name"),
        "least": ("int", "5", "counts below = not shown"),
        "share": ("float", "0.5", ""),
        "on": ("bool", "False", "whether"),
        "courses": ("list", "None", "names"),
        "tags": ("list", '["a"]', ""),
        "weights": ("list", "[ 1, 2, ]", "over lines"),
        "limits": ("dict", '{"a": 1}', ""),
        "since": ("str", "None", "since when"),
        "anything": ("", "None", ""),
        "computed": ("", "3 * 4", ""),
    }


@pytest.mark.parametrize("name", catalogue.names())
def test_papermill_reads_the_packaged_parameters_alike(name):
    notebook = catalogue.find(name).notebook
    theirs = papermill.inspect_notebook(notebook)

    ours = parameters.read(notebook)

    assert {name: (p.default, p.help) for name, p in ours.items()} == {
        name: (told["default"], told["help"]) for name, told in theirs.items()
    }
    assert [name for name, parameter in ours.items() if not parameter.help] == []


def test_texts_stay_texts_and_other_values_get_their_type(known):
    filled = parameters.fill(
        known,
        {
            "course": "0042",
            "least": "7",
            "share": "1e-1",
            "on": "yes",
            "courses": "[007, BIO 1]",
            "tags": "[1]",
            "weights": "[3, 0.5, x]",
            "limits": "{a: 2}",
            "since": "2026-03-01",
            "anything": "012",
        },
    )

    assert filled == {
        "course": "0042",
        "least": 7,
        "share": 0.1,
        "on": True,
        "courses": ["007", "BIO 1"],
        "tags": ["1"],
        "weights": [3, 0.5, "x"],
        "limits": {"a": 2},
        "since": "2026-03-01",
        "anything": "012",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [("True", True), ("None", None), ("12", 12), ("-0.5", -0.5), ("2e3", 2000.0), ("012", "012"), ("a b", "a b")],
)
def test_without_a_type_a_value_is_what_papermill_takes_it_for(known, text, value):
    filled = parameters.fill(known, {"course": "x", "anything": text})["anything"]

    assert (filled, type(filled)) == (value, type(value))


def test_raw_takes_the_text_as_it_is(known):
    assert parameters.fill(known, {"course": "x", "anything": "12"}, raw=["anything"])["anything"] == "12"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("least", "five", "a whole number"),
        ("least", "5.5", "a whole number"),
        ("share", "half", "a number"),
        ("share", "nan", "a number"),
        ("on", "perhaps", "true or false"),
        ("courses", "BIO101", "a list"),
        ("limits", "[1]", "a mapping"),
        ("course", ["a"], "one text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_without_being_repeated(known, name, value, expected):
    with pytest.raises(UsageError, match=f"“{name}” must be {expected}") as caught:
        parameters.fill(known, {"course": "x", name: value})

    assert f"{value}." not in str(caught.value)


def test_an_unknown_name_is_refused_and_a_near_miss_suggested(known):
    with pytest.raises(
        UnknownNameError, match=r"“corse” is no parameter of this notebook\. Nothing was run\. .*“course”"
    ):
        parameters.fill(known, {"corse": "x"})


def test_what_must_be_given_is_named(known):
    with pytest.raises(UsageError, match=r"must be told course\. Nothing was run\. Add -p course=…\."):
        parameters.fill(known, {"least": "5"})


def test_a_notebook_without_a_cell_of_parameters_takes_none():
    with pytest.raises(UnknownNameError, match="no cell of it is tagged “parameters”"):
        parameters.fill(parameters.read(new_notebook(cells=[new_code_cell("a = 1")])), {"a": "1"})


def test_yaml_that_would_run_code_makes_nothing_but_text():
    assert parameters.from_yaml("!!python/object/apply:os.system [true]", "it") == ["true"]


def test_a_cell_that_is_not_python_is_told():
    with pytest.raises(UsageError, match="not Python"):
        parameters.read(cell("course = ("))
