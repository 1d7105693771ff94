"""A notebook part by part: what stands in it, and how much of that is removed.

From what was shown, everything goes. In code and prose, only what tells a person on its own goes (whole
names, addresses, ids of five characters and more): “grace” there may be a variable, and “Park” a place. Pictures
are counted, and not looked into.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .texts import Place, Scrubber
from .trees import Tree, each

_PROSE = {"code": "code", "markdown": "prose", "raw": "raw text"}
_MARKUP = ("html", "svg", "xml", "markdown")
#: What Jupyter itself writes: a language may have a person's name.
_OF_JUPYTER = ("kernelspec", "language_info")


def scrubbed(notebook: dict[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    """Return the notebook without what tells people; the order of everything stays."""
    clean = dict(notebook)
    for key, value in notebook.items():
        if key == "cells":
            clean[key] = [_cell(cell, number, scrubber) for number, cell in enumerate(value, 1)]
        elif key == "metadata":
            clean[key] = _metadata(value, scrubber)
    return clean


def _metadata(metadata: Any, scrubber: Scrubber) -> Any:
    if not isinstance(metadata, dict):
        return metadata
    state = Tree(scrubber, Place(None, "widget state"))
    other = Tree(scrubber, Place(None, "metadata"))
    words = Tree(scrubber, Place(None, "metadata"), everything=False)
    clean = {}
    for key, value in metadata.items():
        if key == "widgets":
            clean[key] = state.scrubbed(value)
        elif key in _OF_JUPYTER:
            clean[key] = words.scrubbed(value)
        else:
            clean |= other.scrubbed({key: value})
    return clean


def _cell(cell: Any, number: int, scrubber: Scrubber) -> Any:
    if not isinstance(cell, dict):
        return cell
    clean = dict(cell)
    for key, value in cell.items():
        if key == "source":
            place = Place(number, _PROSE.get(str(cell.get("cell_type")), "code"))
            markup = place.part == "prose"
            clean[key] = each(value, partial(scrubber.text, place=place, everything=False, markup=markup))
        elif key == "outputs" and isinstance(value, list):
            clean[key] = [_output(output, number, scrubber) for output in value]
        elif key == "attachments" and isinstance(value, dict):
            clean[key] = _attachments(value, number, scrubber)
        elif key == "metadata":
            clean[key] = Tree(scrubber, Place(number, "metadata")).scrubbed(value)
        elif key == "id" and isinstance(value, str):
            clean[key] = _id(value, number, scrubber)
    return clean


def _id(cell_id: str, number: int, scrubber: Scrubber) -> str:
    """Return the cell's id, or another that may stand there: no brackets may."""
    clean = scrubber.text(cell_id, Place(number, "metadata"), everything=False)
    return cell_id if clean == cell_id else f"removed-{number}"


def _attachments(attachments: dict[str, Any], number: int, scrubber: Scrubber) -> dict[str, Any]:
    """Return files attached to prose; a name of one is changed as it is in the prose that shows it."""
    place, clean = Place(number, "attachment"), {}
    for name, bundle in attachments.items():
        clean[scrubber.text(name, place, everything=False)] = _bundle(bundle, place, scrubber)
    return clean


def _output(output: Any, number: int, scrubber: Scrubber) -> Any:
    if not isinstance(output, dict):
        return output
    clean = dict(output)
    for key, value in output.items():
        if key == "text":
            place = Place(number, str(output.get("name", "output")))
            clean[key] = each(value, partial(scrubber.text, place=place, everything=True))
        elif key in ("ename", "evalue", "traceback"):
            clean[key] = Tree(scrubber, Place(number, "error")).scrubbed(value)
        elif key == "data":
            clean[key] = _bundle(value, Place(number, "output"), scrubber)
        elif key == "metadata":
            clean[key] = Tree(scrubber, Place(number, "metadata")).scrubbed(value)
    return clean


def _bundle(bundle: Any, place: Place, scrubber: Scrubber) -> Any:
    """Return an output in all its forms, by media type."""
    if not isinstance(bundle, dict):
        return bundle
    return {kind: _form(kind, value, Place(place.cell, _part(place, kind)), scrubber) for kind, value in bundle.items()}


def _part(place: Place, kind: str) -> str:
    return kind if place.part == "output" else place.part


def _form(kind: str, value: Any, place: Place, scrubber: Scrubber) -> Any:
    if kind.startswith(("image/", "audio/", "video/", "font/")) and "svg" not in kind:
        scrubber.tally.file(kind)
        return value
    if kind == "application/pdf":
        scrubber.tally.file(kind)
        return value
    if kind.endswith("json") or not isinstance(value, (str, list)):
        return Tree(scrubber, place).scrubbed(value)
    markup = any(word in kind for word in _MARKUP)
    return each(value, partial(scrubber.text, place=place, everything=True, markup=markup))
