"""How IPython shows pandas' tables while names are masked.

Every formatter of the running shell (HTML, plain text, LaTeX, …) is given a printer for pandas' classes, which
shows a masked copy by whatever would have shown the table itself: pandas' options, and printers that others
have registered (as Colab does), go on to count. A shell that starts later has not got these printers: for it,
the classes have the method that IPython asks for first, and nobody else does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_METHOD = "_repr_mimebundle_"
#: What undoes the switch, in the order of doing.
_undo: list[Callable[[], None]] = []


def attach() -> None:
    """Show tables masked; what is so already stays so."""
    from . import masks

    shell = _shell()
    if _undo:
        detach()  # another shell may have started since
    for table in masks.TABLES:
        _attach_method(table)
        if shell is not None:
            for formatter in shell.display_formatter.formatters.values():
                _attach_printer(formatter, table)


def detach() -> None:
    """Show tables as they are."""
    while _undo:
        _undo.pop()()


def _shell() -> Any:
    """Return the running shell of IPython; it is not loaded for this."""
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()


def _attach_printer(formatter: Any, table: type) -> None:
    before = formatter.type_printers.get(table)
    printer = _printer(before or _usual(formatter))
    formatter.for_type(table, printer)

    def undo() -> None:
        if formatter.type_printers.get(table) is not printer:
            return  # somebody has put another in its place
        if before is None:
            formatter.pop(table)
        else:
            formatter.for_type(table, before)

    _undo.append(undo)


def _printer(usual: Callable[..., Any]) -> Callable[..., Any]:
    from . import masks

    return lambda shown, *where: usual(masks.masked_copy(shown), *where)


def _usual(formatter: Any) -> Callable[..., Any]:
    """Return what shows a table where nobody has registered anything."""
    if formatter.format_type == "text/plain":
        return lambda shown, printer, cycle: printer.text(repr(shown))
    return lambda shown, *_: _by_method(shown, formatter.print_method)


def _by_method(shown: Any, name: str) -> Any:
    method = getattr(shown, name, None)
    return method() if callable(method) else None


def _attach_method(table: type) -> None:
    before = vars(table).get(_METHOD)
    setattr(table, _METHOD, _bundle)

    def undo() -> None:
        if before is None:
            delattr(table, _METHOD)
        else:
            setattr(table, _METHOD, before)

    _undo.append(undo)


def _bundle(shown: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    """Return every form of a table that tells a person, masked; nothing for one that tells nobody."""
    from . import masks

    copy = masks.masked_copy(shown)
    if copy is shown:
        return {}
    made = {"text/plain": repr(copy)} | {kind: _by_method(copy, name) for kind, name in _METHODS.items()}
    return {kind: value for kind, value in made.items() if value is not None}


_METHODS = {
    "text/html": "_repr_html_",
    "text/latex": "_repr_latex_",
    "application/vnd.dataresource+json": "_repr_data_resource_",
}
