"""The notebooks there are: those of this package by their names, the user's own by their paths."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from ..choosing import near_misses
from ..errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class Source:
    """A notebook to run.

    Args:
        name: what it is called, without folders and without “.ipynb”.
        notebook: what is in it, as nbformat 4.
        packaged: whether it is one of this package.
    """

    name: str
    notebook: NotebookNode
    packaged: bool

    @property
    def title(self) -> str:
        """The first heading, or the name."""
        text = "\n".join(cell.source for cell in self.notebook.cells if cell.cell_type == "markdown")
        found = re.search(r"^#\s+(.+?)\s*#*$", text, re.MULTILINE)
        return found[1] if found else self.name

    @property
    def summary(self) -> str:
        """The first paragraph below the first heading, on one line."""
        first = self.notebook.cells[0].source if self.notebook.cells else ""
        paragraphs = [part for part in re.split(r"\n\s*\n", first) if not part.startswith("#")]
        return " ".join(paragraphs[0].split()) if paragraphs else ""


def names() -> list[str]:
    """Return the names of the reports that come with the package."""
    folder = resources.files(__package__) / "notebooks"
    return sorted(entry.name.removesuffix(".ipynb") for entry in folder.iterdir() if entry.name.endswith(".ipynb"))


def find(name: str) -> Source:
    """Return the report of that name, or the notebook at that path.

    Raises:
        UnknownNameError: there is neither; near misses are suggested.
        UsageError: the file is no notebook that Python runs.
    """
    if name in names():
        text = (resources.files(__package__) / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
        return Source(name, _parsed(text, name), packaged=True)
    path = Path(name).expanduser()
    if not path.is_file():
        hint = f"{near_misses(name, names())} Or give the path of a notebook."
        raise UnknownNameError(f"There is no report and no notebook “{name}”.", hint=hint)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"“{path.name}” cannot be read ({type(error).__name__}).") from error
    return Source(path.stem, _parsed(text, path.name), packaged=False)


def _parsed(text: str, name: str) -> NotebookNode:
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids that cells of an older notebook lack: they get some
            notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
            nbformat.validate(notebook)
    except Exception as error:  # nbformat raises what json, jsonschema and its own converters raise
        raise UsageError(f"“{name}” is not a Jupyter notebook.", hint="Save it again in Jupyter.") from error
    if (language := _language(notebook)) != "python":
        raise UsageError(f"“{name}” is a notebook for {language}.", hint="Reports are notebooks for Python.")
    return notebook


def _language(notebook: NotebookNode) -> str:
    told = notebook.metadata.get("kernelspec", {}).get("language") or notebook.metadata.get("language_info", {}).get(
        "name"
    )
    language = str(told or "python").lower()
    return "python" if language in ("python", "ipython") else language
