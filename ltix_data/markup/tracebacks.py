"""Tracebacks that begin with the user's own code: where they called, what happened, what to do next.

IPython asks an error for ``_render_traceback_``. The frames of this package and of libraries are left out there;
``%env LTIX_TRACEBACK=full`` and then ``%tb`` shows all of them.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from . import still, words

_WHOLE = "LTIX_TRACEBACK"
_PACKAGE = Path(__file__).parent.parent
_LIBRARY = Path(os.__file__).parent
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_MOST = 4  # frames
_BEFORE = 2  # lines above the one that was running
_BOLD, _END = "\x1b[1m", "\x1b[0m"  # no colour: JupyterLab puts tracebacks on red, light or dark


class Told(Protocol):
    """An error that says what happened, and what to do."""

    what: str
    hint: str | None
    spec: str | None
    __traceback__: Any


def lines(error: Told) -> list[str]:
    """Return what IPython shows of an error. It never fails: at worst it is the message alone."""
    try:
        return _whole(error) if os.environ.get(_WHOLE) == "full" else list(_short(error))
    except Exception:  # an error about an error would hide the first one
        return [f"{type(error).__name__}: {error}"]


def _short(error: Told) -> Iterator[str]:
    for frame in _own(error.__traceback__)[-_MOST:]:
        yield from _frame(frame)
        yield ""
    yield f"{_BOLD}{type(error).__name__}:{_END} {still(error.what)}"
    if error.hint:
        yield f"{_BOLD}What to do:{_END} {still(error.hint)}"
    if error.spec:
        yield f"{_BOLD}Specification:{_END} {words.specification(error.spec)}"
    yield from (still(note) for note in getattr(error, "__notes__", ()))
    yield f"Every frame: %env {_WHOLE}=full, then %tb"


def _own(trace: Any) -> list[traceback.FrameSummary]:
    """Return the frames that are neither Python's, nor an installed package's, nor ours."""
    return [frame for frame in traceback.extract_tb(trace) if _is_own(frame.filename)]


def _is_own(filename: str) -> bool:
    place = Path(filename)
    ours = place.is_relative_to(_PACKAGE) or place.is_relative_to(_LIBRARY)
    return not (ours or filename.startswith("<frozen") or _INSTALLED.intersection(place.parts))


def _frame(frame: traceback.FrameSummary) -> Iterator[str]:
    first = frame.lineno or 1
    last = frame.end_lineno or first
    within = "" if frame.name == "<module>" else f", in {frame.name}()"
    yield f"{_BOLD}{_called(frame.filename)}{_END}, line {first}{within}"
    for number in range(max(1, first - _BEFORE), last + 1):
        mark = "---->" if first <= number <= last else "     "
        yield f"{mark} {number:>2} {linecache.getline(frame.filename, number).rstrip()}"


def _called(filename: str) -> str:
    """Return what a reader knows a file by: its cell, or its path from here."""
    shell = _shell()
    cell = shell.compile.format_code_name(filename) if shell is not None else None
    if cell:
        return " ".join(cell)
    place = Path(filename)
    return str(place.relative_to(Path.cwd())) if place.is_relative_to(Path.cwd()) else filename


def _whole(error: Any) -> list[str]:
    """Return every frame, as IPython shows it, or Python where there is no IPython."""
    shell = _shell()
    if shell is None:
        return traceback.format_exception(error)
    shown: list[str] = shell.InteractiveTB.structured_traceback(type(error), error, error.__traceback__)
    return shown


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
