"""A roster of invented people, and notebooks that hold what tests put into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

import ltix_data.scrubbing as scrubbing
from ltix_data import frames
from ltix_data.records import Member


@pytest.fixture
def roster() -> pd.DataFrame:
    return frames.roster(
        [
            Member(
                "e2d40b1c-55f3-4c7a-8a2e-7f10c3b96d03",
                name="Zoë O’Brien",
                given_name="Zoë",
                family_name="O’Brien",
                email="zoe.obrien@students.example.edu",
                sourcedid="00012345",
                username="zobrien",
            ),
            Member("0004711", name="王秀英", given_name="秀英", family_name="王", email="xwang@students.example.edu"),
            Member("4", name="Max Li", given_name="Max", family_name="Li", username="student"),
            Member("_4_1", name="Ada Lovelace"),
        ]
    )


def output(**data: Any) -> dict[str, Any]:
    """Return an output in one form; “text_html” is text/html."""
    bundle = {kind.replace("_", "/", 1): value for kind, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": bundle}


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def error(*traceback: str, evalue: str = "") -> dict[str, Any]:
    return {"output_type": "error", "ename": "KeyError", "evalue": evalue, "traceback": list(traceback)}


class Notebooks:
    """Makes notebooks, and scrubs them with the roster."""

    def __init__(self, folder: Path, roster: pd.DataFrame) -> None:
        self.path, self.roster = folder / "n.ipynb", roster

    def write(self, *outputs: dict[str, Any], source: str = "", prose: str | None = None, **metadata: Any) -> None:
        cells = [nbformat.v4.new_code_cell(source, outputs=[nbformat.from_dict(one) for one in outputs])]
        if prose is not None:
            cells.append(nbformat.v4.new_markdown_cell(prose))
        made = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
        nbformat.validate(made)
        nbformat.write(made, self.path)

    def scrub(self, **options: Any) -> scrubbing.Scrubbed:
        return scrubbing.scrub(self.path, self.roster, **options)

    def read(self) -> dict[str, Any]:
        """Return the notebook, which must be a valid one."""
        nbformat.validate(nbformat.read(self.path, as_version=4))
        return json.loads(self.path.read_text(encoding="utf-8"))

    def shown(self, given: dict[str, Any]) -> Any:
        """Return what becomes of one output: its text, or its one form."""
        self.write(given)
        self.scrub()
        found = self.read()["cells"][0]["outputs"][0]
        if "text" in found:
            return "".join(found["text"])
        if "traceback" in found:
            return found["traceback"]
        (value,) = found["data"].values()
        return "".join(value) if isinstance(value, list) and value and isinstance(value[0], str) else value

    def code(self, source: str) -> str:
        """Return what becomes of code."""
        self.write(source=source)
        self.scrub()
        return "".join(self.read()["cells"][0]["source"])


@pytest.fixture
def notebooks(tmp_path, roster) -> Notebooks:
    return Notebooks(tmp_path, roster)
