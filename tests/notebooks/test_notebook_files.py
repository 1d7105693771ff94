"""The notebooks as files: valid, empty of outputs, and quiet in a diff."""

from __future__ import annotations

import re
from itertools import pairwise

import nbformat
import pytest

from .conftest import NOTEBOOKS

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
_ABSOLUTE_PATH = re.compile(r"""(?<![\w:/.…])(/(home|Users|tmp|work|root|mnt|var|opt)/|[A-Z]:\\|file://)""")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def test_there_is_one_for_each_need():
    assert [path.stem for path in PATHS] == [
        "01_first_roster",
        "02_connect_your_platform",
        "03_upload_grades",
        "04_undo",
        "05_many_courses",
        "06_custom_service",
        "07_privacy",
        "08_scheduled_report",
        "09_troubleshooting",
    ]


def test_it_is_valid_and_of_format_4_5(notebook):
    nbformat.validate(notebook, relax_add_props=False)

    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)


def test_it_runs_in_any_python_kernel(notebook):
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def test_it_has_no_outputs_and_no_execution_counts(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert [(cell.id, cell.outputs, cell.execution_count) for cell in code] == [(cell.id, [], None) for cell in code]


def test_cells_have_ids_that_a_person_gave_them(notebook):
    ids = [cell.id for cell in notebook.cells]

    assert [name for name in ids if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []
    assert len(set(ids)) == len(ids)


def test_it_names_no_place_on_anybodys_disk(path):
    assert _ABSOLUTE_PATH.findall(path.read_text(encoding="utf-8")) == []


def test_saving_it_changes_no_byte(path, notebook):
    assert nbformat.writes(notebook) + "\n" == path.read_text(encoding="utf-8")


def test_it_says_what_it_runs_on_before_any_code(notebook):
    first = notebook.cells[0]

    assert first.cell_type == "markdown"
    assert "ltix-data demo --keep" in first.source


def test_every_heading_stands_over_something(notebook):
    kinds = [(cell.cell_type, cell.source) for cell in notebook.cells]
    alone = [
        source
        for (kind, source), (_, after) in pairwise(kinds)
        if kind == "markdown" and source.startswith("## ") and "\n" not in source.strip() and after.startswith("## ")
    ]

    assert alone == []


def test_it_speaks_of_no_notebook_that_is_not_there(notebook):
    spoken = {name for cell in notebook.cells for name in re.findall(r"`(\d\d_\w+)`", cell.source)}

    assert spoken <= {path.stem for path in PATHS}


def test_only_cells_that_are_meant_to_fail_may(notebook):
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", ())}

    assert tags <= {"raises-exception"}
