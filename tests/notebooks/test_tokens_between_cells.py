"""Tokens die between cells, and nobody notices."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from .conftest import table

pytestmark = pytest.mark.process

_CONNECT = 'import time\nimport ltix_data as ltix\ncourse = ltix.connect("practice").course("SEM12")'


def monday(break_: str) -> NotebookNode:
    """Return a notebook that reads, takes a break, reads, takes another and reads again."""
    cells = {
        "connect": _CONNECT,
        "roster": "course.roster()",
        "lunch": break_,
        "roster-again": "course.roster()",
        "meeting": break_,
        "results": "course.results()",
    }
    return new_notebook(cells=[new_code_cell(source, id=name) for name, source in cells.items()])


def test_tokens_of_two_seconds_last_through_breaks_of_three(practise):
    issued = {}

    with practise(token_lifetime=2) as practice:

        def count(cell: NotebookNode, **_: object) -> None:
            issued[cell.id] = practice.tokens_issued

        before = practice.tokens_issued
        shown = practice.execute(monday("time.sleep(3)"), on_cell_executed=count)

    assert issued["connect"] == before
    assert (
        before < issued["roster"] == issued["lunch"] < issued["roster-again"] == issued["meeting"] < issued["results"]
    )
    assert len(table(shown, "roster")) == 12
    assert table(shown, "roster-again") == table(shown, "roster")
    assert len(table(shown, "results")) == 7


def test_a_platform_that_restarts_between_cells_costs_one_token_and_no_cell(practise):
    issued = {}

    with practise() as practice:

        def restart(cell: NotebookNode, **_: object) -> None:
            issued[cell.id] = practice.tokens_issued
            if cell.id == "lunch":
                practice.platform.revoke_tokens()

        shown = practice.execute(monday("pass"), on_cell_executed=restart)

    assert [issued[name] - issued["connect"] for name in ("roster", "roster-again", "results")] == [1, 2, 2]
    assert table(shown, "roster-again") == table(shown, "roster")
    assert len(table(shown, "results")) == 7
