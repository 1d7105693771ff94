"""Reports: notebooks that run by themselves, and what they need to say what they lack.

    from ltix_data import reports
    gaps = reports.Gaps()
    with gaps.noting("the results of Quiz 1"):
        results = course.results("Quiz 1")
    gaps.check()

``ltix-data report weekly_report -p course=BIO101 --html bio101.html`` runs one without anybody watching.

    gaps           what could not be read while the rest was
    opening        the session, by the one registration there is; the snapshot to compare with
    showing        tables and notes for a page that is read, printed and passed on
    catalogue      the notebooks that come with the package, and the user's own
    parameters     what a notebook may be told, checked before anything runs
    kernels        the Python that runs it
    running        papermill, from parameters to an executed notebook
    cleaning       nothing of this computer in what is passed on
    paging         the executed notebook as one HTML page that opens offline
    files          whole files or none
    jobs           recipes that run a report regularly
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .gaps import Gaps
    from .opening import connect, earlier
    from .showing import Shown, bars, note, table

_HOMES = {
    "Gaps": "gaps",
    "Shown": "showing",
    "bars": "showing",
    "connect": "opening",
    "earlier": "opening",
    "note": "showing",
    "table": "showing",
}

__all__ = ["Gaps", "Shown", "bars", "connect", "earlier", "note", "table"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
