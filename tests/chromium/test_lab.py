"""The JupyterLab in which forms and pictures are tried: it runs cells, draws widgets, and is light or dark."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.system, pytest.mark.process]


def test_a_kernel_runs_the_cells_and_the_saved_notebook_has_their_output(lab, page):
    lab.put("marks.csv", b"id,points\n007,3\n")
    lab.open(page, cells=["text = open('marks.csv').read()", "print(text)"])

    lab.run(page)

    assert "007,3" in lab.output(page, 1).inner_text()
    assert lab.saved().cells[1].outputs[0].text == "id,points\n007,3\n\n"


def test_one_cell_is_run_alone(lab, page):
    lab.open(page, cells=["print('first')", "print('second')"])

    lab.run(page, 1)

    assert [len(cell.outputs) for cell in lab.saved().cells] == [0, 1]


def test_what_a_cell_raises_fails_the_test(lab, page):
    lab.open(page, cells=["1 / 0"])

    with pytest.raises(AssertionError, match="division by zero"):
        lab.run(page)


def test_a_kernel_sees_the_variables_of_the_test(lab, page, monkeypatch):
    monkeypatch.setenv("LTIX_FROM_THE_TEST", "told")
    lab.open(page, cells=["import os; print(os.environ['LTIX_FROM_THE_TEST'])"])

    lab.run(page)

    assert lab.output(page, 0).inner_text().strip() == "told"


def test_a_button_of_ipywidgets_is_drawn_and_answers_and_its_state_is_saved(lab, page):
    source = """
import ipywidgets
button = ipywidgets.Button(description="Ask")
button.on_click(lambda button: setattr(button, "description", "Answered"))
button
"""
    lab.open(page, cells=[source])
    lab.run(page)

    lab.output(page, 0).get_by_role("button", name="Ask").click()
    lab.output(page, 0).get_by_role("button", name="Answered").wait_for()

    assert "Answered" in str(lab.saved().metadata.widgets)


def test_light_and_dark_are_there_from_the_start(lab, page):
    lab.open(page, cells=["1"], theme="dark")
    dark = background(page)
    lab.open(page, cells=["1"], theme="light")

    assert (dark < 60, background(page) > 200) == (True, True)


def background(page) -> int:
    """Return how bright the notebook is, of 255."""
    colour = page.evaluate("getComputedStyle(document.querySelector('.jp-NotebookPanel-notebook')).backgroundColor")
    return int(colour.removeprefix("rgb(").split(",")[0])
