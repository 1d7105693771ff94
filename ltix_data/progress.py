"""Progress that is right in a notebook, on a terminal and in a log.

Widgets and tqdm are blank or stale in a notebook that papermill saved; a display that is updated
shows its last state everywhere.
"""

from __future__ import annotations

import html
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self


class Progress:
    """Counts finished things, as a context manager; nothing is shown for fewer than ten in a log.

    Args:
        total: how many there are.
        label: what they are, such as “scores sent”.

    Attributes:
        done: how many are done.
        kept: how many of these had been done before, and were kept.
    """

    def __init__(self, total: int, label: str) -> None:
        self.total = total
        self.label = label
        self.done = self.kept = 0
        self._lock = threading.Lock()  # several platforms are read at once
        self._told = 0
        self._broken_off = False
        self._handle: Any = None
        self._tty = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self.total and _in_notebook():
            from IPython.display import display

            self._handle = display(_Shown(self), display_id=True)  # type: ignore[no-untyped-call]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._broken_off = error is not None
        if self._handle and (self._broken_off or self._told != self.done):
            self._tell()  # what stays in the saved notebook is how far it came
        elif self._tty and not self._handle and self.done:
            sys.stderr.write("\n")

    def tick(self, *, kept: bool = False) -> None:
        """Count one more; it was *kept* from before, or is new."""
        with self._lock:
            self.done += 1
            self.kept += kept
            step = max(1, self.total // (100 if self._handle or self._tty else 10))
            if self.done % step == 0 or self.done == self.total:
                self._tell()

    def __str__(self) -> str:
        kept = f", {self.kept} of them kept from before" if self.kept else ""
        return f"{self.done} of {self.total} {self.label}{kept}{', then it broke off' if self._broken_off else ''}"

    def _tell(self) -> None:
        self._told = self.done
        if self._handle:
            self._handle.update(_Shown(self))
        elif self._tty:
            sys.stderr.write(f"\r{self}")
            sys.stderr.flush()
        elif self.total >= 10:
            sys.stderr.write(f"{self}\n")


class Told:
    """Counts finished things and tells somebody, in place of showing it: a form has a bar of its own.

    Args:
        total: how many there are.
        tell: called with how many are done, and of how many, each time one more is.
    """

    def __init__(self, total: int, tell: Callable[[int, int], None]) -> None:
        self.total = total
        self.done = 0
        self._tell = tell

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last count as it was told."""

    def tick(self) -> None:
        """Count one more."""
        self.done += 1
        self._tell(self.done, self.total)


class _Shown:
    """One state of a progress, as text and as HTML."""

    def __init__(self, progress: Progress) -> None:
        self._text, self._done, self._total = str(progress), progress.done, progress.total

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        bar = f'<progress value="{self._done}" max="{self._total}"></progress>'
        return f"<label>{bar} {html.escape(self._text)}</label>"


def _in_notebook() -> bool:
    """Return whether this runs in a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None
