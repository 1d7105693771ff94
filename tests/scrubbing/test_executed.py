"""A notebook that was run against the practice platform: nobody of its roster is in it afterwards, nor in its HTML."""

from __future__ import annotations

import html
import json
import re
import unicodedata

import nbformat
import pytest
from nbconvert import HTMLExporter
from notebooks.conftest import practising

import ltix_data as ltix
from ltix_data import scrubbing
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Platform

pytestmark = pytest.mark.process

CELLS = {
    "setup": """
        import json
        import pandas as pd
        from IPython.display import HTML, JSON, display
        import ltix_data as ltix
        pd.set_option("display.width", 250, "display.max_columns", 20, "display.max_colwidth", 100)
        course = ltix.connect("practice").course("SEM12")
        roster = course.roster()
    """,
    "shown": "roster",
    "printed": "print(roster.to_string()); print(roster.to_csv()); print(roster.to_json())",
    "records": "print(roster.to_dict('records'))",
    "index": "course.gradebook()",
    "levels": "roster.set_index(['role', 'name'])[['email', 'username']]",
    "results": "course.results()",
    "escaped": "print(json.dumps(roster['name'].tolist())); print(ascii(roster['name'].tolist()))",
    "markup": "HTML(roster.to_html()); display(HTML(', '.join(f'<b>{name}</b>' for name in roster['name'].dropna())))",
    "data": "display(JSON(roster[['name', 'email', 'user_id']].astype('object').to_dict('records')))",
    "error": "raise KeyError(roster['name'].iloc[3] + ' ' + roster['email'].iloc[3])",
    "widget": "import ipywidgets; ipywidgets.Combobox(options=roster['name'].tolist(), value=roster['name'].iloc[2])",
    "code": "favourite = 'KWAME OKAFOR'; print(favourite, favourite.lower())",
}


def the_notebook() -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(re.sub(r"\n\s+", "\n", code).strip(), id=name) for name, code in CELLS.items()]
    next(cell for cell in cells if cell.id == "error").metadata["tags"] = ["raises-exception"]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def scrubbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("executed")
    with practising(folder, SigningKey.generate()) as practice:
        shown = practice.execute(the_notebook(), store_widget_state=True)
        path = folder / "executed.ipynb"
        nbformat.write(shown, path)
        before = path.read_text(encoding="utf-8")
        with ltix.connect("practice") as session:
            done = scrubbing.scrub(path, session)
            again = scrubbing.scrub(path, session)
    return done, again, before, path


def people() -> list:
    members = Platform().course("SEM12").members.values()
    return [member.person for member in members if member.person.name != "Test Student"]


def told(text: str) -> list[str]:
    """Return which of what tells somebody can be read in a text, however it is escaped."""
    read = html.unescape(re.sub(r"\\+u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text))
    read = unicodedata.normalize("NFC", read).casefold()
    fields = ("user_id", "name", "given_name", "family_name", "email", "sourcedid", "username")
    values = {getattr(person, field) for person in people() for field in fields} - {None, ""}
    folded = {unicodedata.normalize("NFC", value).casefold() for value in values}
    return [value for value in folded if len(value) > 1 and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", read)]


def test_before_it_everybody_is_in_it(scrubbed):
    """So that the tests below can fail."""
    _, _, before, _ = scrubbed

    assert len(told(before)) > 60


def test_after_it_nobody_is_in_the_notebook(scrubbed):
    done, _, _, path = scrubbed

    assert told(path.read_text(encoding="utf-8")) == []
    assert done.removed > 500
    assert done.left == 0


def test_nor_in_the_html_made_of_it(scrubbed):
    *_, path = scrubbed

    page, _ = HTMLExporter().from_filename(str(path))

    assert told(page) == []


def test_it_is_a_valid_notebook_that_reads_as_before(scrubbed):
    *_, before, path = scrubbed
    was, now = nbformat.reads(before, as_version=4), nbformat.read(path, as_version=4)

    nbformat.validate(now)
    assert [cell.id for cell in now.cells] == [cell.id for cell in was.cells]
    shown = {cell.id: json.dumps(cell.outputs) for cell in now.cells}
    assert "Quiz 1" in shown["index"]
    assert all(word in shown["shown"] for word in ("Instructor", "TeachingAssistant", "family_name"))
    assert "text/html" in shown["shown"]


def test_a_second_time_finds_nothing(scrubbed):
    _, again, _, _ = scrubbed

    assert (again.removed, again.left, again.suspects) == (0, 0, 0)
