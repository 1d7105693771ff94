"""From a notebook and its parameters to an executed one: papermill in a kernel, and how it ended."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..errors import PartialDataError, UsageError
from . import cleaning, kernels
from .catalogue import Source

if TYPE_CHECKING:
    from nbformat import NotebookNode

_NEEDED = ("papermill", "nbconvert", "ipykernel")


@dataclass(frozen=True)
class Run:
    """An executed notebook.

    Args:
        notebook: with its outputs, and nothing of this computer in it; None where no kernel ran it.
        error: what ended it before its last cell; None where nothing did.
        partial: whether that error says that the report is there and lacks something.
    """

    notebook: NotebookNode | None
    error: str | None = None
    partial: bool = False


def require() -> None:
    """Raise `UsageError` where what runs reports is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"Reports need {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.",
            hint='Install it: pip install "ltix-data[reports]".',
        )


def run(source: Source, parameters: Mapping[str, Any], *, progress: bool | None = None) -> Run:
    """Run a notebook from its first cell to its last, or to the first that fails.

    Args:
        source: the notebook.
        parameters: values as `parameters.fill` gives them.
        progress: show on stderr how far it is; by default on a terminal.

    Raises:
        UsageError: what runs notebooks is not installed.
        KeyboardInterrupt: it was interrupted, or told to end (SIGTERM); its kernel has ended too.
    """
    require()
    executed: list[NotebookNode] = []
    named = None if source.packaged else source.notebook.metadata.get("kernelspec", {}).get("name")
    with _ended_by_signals(), _quiet(), kernels.started(named) as manager:
        error, partial = _execute(
            source.notebook,
            dict(parameters),
            km=manager,
            on_notebook_start=lambda notebook: executed.append(notebook),
            progress_bar=sys.stderr.isatty() if progress is None else progress,
        )
    return Run(cleaning.cleaned(executed[-1]) if executed else None, error, partial)


def _execute(notebook: NotebookNode, parameters: dict[str, Any], **options: Any) -> tuple[str | None, bool]:
    """Return what stopped the notebook, or None, and whether it is a report all the same."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            notebook, None, parameters, kernel_name=kernels.NATIVE, language="python", start_timeout=120, **options
        )
    except PapermillExecutionError as error:
        partial = error.ename == PartialDataError.__name__
        return error.evalue if partial else f"{error.ename}: {error.evalue} (in cell {error.exec_count})", partial
    except DeadKernelError:
        return "The kernel died while it ran the notebook. It may have had too little memory.", False
    except RuntimeError:
        return "The kernel did not start. “python -m ipykernel --version” must work.", False
    return None, False


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does: by an exception, so that the kernel is ended too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep papermill's remarks out of a job's mail: what they tell was checked before."""
    logger = logging.getLogger("papermill")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
