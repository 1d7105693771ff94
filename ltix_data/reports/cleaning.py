"""Nothing of this computer in what is passed on: no path, no timing, no traceback, no widget state."""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

_MARKER = "papermill-error-cell-tag"
#: What Python prints before a warning: where it was given. The line after it quotes the code there.
_WARNED = re.compile(r"^\S.*?:\d+: (\w*Warning: .*)\n(  .*\n)?", re.MULTILINE)


def cleaned(executed: NotebookNode) -> NotebookNode:
    """Return a copy of an executed notebook that can be passed on.

    The parameters stay, and what the cells show. Errors keep their message and lose their traceback, which names
    files of this computer.
    """
    notebook = copy.deepcopy(executed)
    notebook.cells = [cell for cell in notebook.cells if _MARKER not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        for output in cell.get("outputs", []):
            _clean(output)
    parameters = notebook.metadata.pop("papermill", {}).get("parameters", {})
    notebook.metadata.pop("widgets", None)
    notebook.metadata["papermill"] = {"parameters": parameters}
    return notebook


def _clean(output: NotebookNode) -> None:
    if output.output_type == "error":
        output.traceback = [f"{output.ename}: {_without_paths(output.evalue)}"]
        output.evalue = _without_paths(output.evalue)
    elif output.output_type == "stream":
        text = _WARNED.sub(r"\1\n", output.text) if output.name == "stderr" else output.text
        output.text = _without_paths(text)
    else:
        output.data = {kind: _of_kind(kind, value) for kind, value in output.data.items()}


def _of_kind(kind: str, value: Any) -> Any:
    return _without_paths(value) if kind.startswith("text/") and isinstance(value, str) else value


def _without_paths(text: str) -> str:
    """Return *text* with the home folder and the folder of this Python written as “~” and “…”."""
    for folder, shown in _folders():
        text = re.sub(rf"{re.escape(folder)}(?=[/\\]|\b)", shown, text)
    return text


def _folders() -> list[tuple[str, str]]:
    """Return folders that tell about this computer, the longest first."""
    found = {sys.prefix: "…", sys.base_prefix: "…", str(Path(__file__).parents[2]): "…", str(Path.home()): "~"}
    too_short = {"/", "/usr", "/root"} - {str(Path.home())}
    return sorted(
        ((folder, shown) for folder, shown in found.items() if folder not in too_short and len(folder) > 1),
        key=lambda pair: -len(pair[0]),
    )
