"""The notebooks as files: valid, empty of outputs, and quiet in a diff."""

from __future__ import annotations

import re

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


def test_there_are_three():
    assert [path.name for path in PATHS] == [
        "01_first_roster.ipynb",
        "02_upload_grades.ipynb",
        "03_weekly_report.ipynb",
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


def test_the_report_has_one_cell_of_parameters():
    notebook = nbformat.read(NOTEBOOKS / "03_weekly_report.ipynb", as_version=4)

    tagged = [cell.source.splitlines() for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]

    assert tagged == [['registration = "practice"  # one of ltix.registrations()', 'course = "SEM12"']]
