"""How commands end: a status that cron can act on, and words that fit the command line.

0 is all well, 1 refused before anything was sent, 2 something was sent and not all is well. What is
printed may end in a log or a mail: row numbers and codes, no name, no address, no grade.
"""

from __future__ import annotations

import io
import re
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from . import formats

if TYPE_CHECKING:
    import pandas as pd

    from ..grading import Plan, Report
    from ..journal import Upload

REFUSED, PARTIAL = 1, 2
_MOST_ROWS = 50

#: Hints that would show a person, or speak of an argument -> what is said here.
_HINTS = {
    "unknown_user": "Nobody in the course has what this row says in this column.",
    "changed_since": "Somebody changed this grade on the platform since it was uploaded; --overwrite replaces it.",
}
#: What the library's messages call something in Python -> what it is called here. The first that fits counts.
_WORDS = (
    (r'session\.resume\("([^"]+)"\)', r"“ltix-data resume \1”"),
    (r'ltix\.connect\("([^"]+)"\)', r"--platform \1"),
    (r"Load it with ltix\.connect\(…\), or pass replace=True", "Use it as it is, or correct it with --replace"),
    (r"ltix\.register\(…(?:, private_key=…)?(?:, replace=True)?\)", "“ltix-data register”"),
    (r"ltix\.uploads\(\)", "“ltix-data uploads”"),
    (r"session\.courses\(\)", "“ltix-data courses”"),
    (r"session\.add_course\(…\)", "“ltix-data add-course”"),
    (r"session\.capture\(…\)", "“ltix-data capture”"),
    (r"“?reg(?:istration)?\.public_jwk”?", "“ltix-data key show”"),
    (r"(?<![\w.])jwks\(\)", "“ltix-data key show --jwks”"),
    (r"(?<![\w.])rotate_key\(\)|(?<![\w.])rotate_key\b", "“ltix-data key rotate”"),
    (r"(?<![\w.])retire_key(?:\([^)]*\))?", "“ltix-data key retire”"),
    (r"(?<![\w.])(?:course\.)?line_items\(\)", "“ltix-data items”"),
    (r"(?<![\w?&])(create|overwrite|replace)=True", r"--\1"),
    (r"(?<![\w?&])verify=False", "--no-verify"),
    (r"(?<![\w?&])private_key=…?", "--key"),
    (r'(?<![\w?&])(clear|comment|key|match|scale|score|sheet|store|was)="([^"]*)"', r"--\1 \2"),
    (r"(?<![\w?&])(clear|comment|host|key|match|platform|scale|score|sheet|was)=(?=[\s.:,;)]|$)", r"--\1"),
    (r"(?<![\w?&])out_of(=|(?=,))", "--out-of"),
    (r"\bissuer(?=( and token_url)? must be given)", "--issuer"),
    (
        r"(?<![\w?&./])(auth_url|client_id|deployment_id|jwks_url|lineitems?_url|memberships_url|token_url)(?![\w=/])",
        lambda found: f"--{found[1].replace('_', '-')}",
    ),
)


class Partial(click.ClickException):
    """Something was sent, and not everything is well."""

    exit_code = PARTIAL


def print_anything() -> None:
    """Let no letter that the terminal or the log cannot show end a command that has sent grades."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def refusals() -> Iterator[None]:
    """End with status 1 where an `LtixError` is raised, or an argument is wrong (click would say 2)."""
    from ..errors import LtixError

    try:
        yield
    except click.UsageError as error:
        vars(error).update(exit_code=REFUSED)
        raise
    except LtixError as error:
        raise click.ClickException(spoken(error)) from error


@contextmanager
def sending(mine: Callable[[Upload], bool]) -> Iterator[None]:
    """End with status 2 whatever breaks off an upload, once a score of it was sent.

    The journal tells whether one was; *mine* tells which of the journals that grew meanwhile is the one
    of this command. What says itself that nothing was sent is believed: another process may be sending.
    """
    from ..errors import LtixError

    before = _lengths()
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        begun = None if "nothing was sent" in str(error) else _begun(mine, before)
        if begun is None:
            raise
        if isinstance(error, LtixError):
            what = spoken(error)
        elif isinstance(error, KeyboardInterrupt):
            what = "Interrupted; nothing is lost."
        else:
            traceback.print_exception(error)
            what = "This is a fault of ltix-data itself; please report it."
        raise Partial(f"{what}\nGo on with: ltix-data resume {begun}") from error


@contextmanager
def warnings_in_words() -> Iterator[None]:
    """Show this package's warnings as one line on stderr, without the place in the code that gave them."""
    from ..errors import LtixWarning

    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, LtixWarning):
                click.echo(f"Warning: {spoken(message)}", err=True)
            else:
                usual(message, category, *where, **more)

        warnings.showwarning = show
        yield


def _lengths() -> dict[str, int]:
    from .. import journal

    return {name: (journal.folder() / f"{name}.jsonl").stat().st_size for name in journal.names()}


def _begun(mine: Callable[[Upload], bool], before: Mapping[str, int]) -> str | None:
    from .. import journal
    from ..errors import LtixError

    for name, length in _lengths().items():
        if length > before.get(name, 0):
            with suppress(LtixError):
                upload = journal.read(name)
                if upload.tries and mine(upload):
                    return name
    return None


def spoken(message: object) -> str:
    """Return an error's message, or a hint, with options and commands for arguments and calls."""
    text = str(message)
    for pattern, said in _WORDS:
        text = re.sub(pattern, said, text)
    return text


def show_plan(plan: Plan) -> None:
    """Print what would be done; its problems on stderr."""
    from .. import views

    click.echo("\n".join([views.plan_line(plan), *plan.notes]))
    problems = plan.problems
    if len(problems):
        hints = [
            _HINTS.get(code, spoken(hint)) for code, hint in zip(problems["problem"], problems["hint"], strict=True)
        ]
        _complain(problems.assign(hint=hints)[["row", "column", "problem", "hint"]])


def show_report(report: Report, save: Callable[[Report], Any] | None = None) -> None:
    """Print what became of an upload, and keep it in a file with *save*.

    Raises:
        Partial: a row that holds a score is not in the gradebook, or the file could not be written.
    """
    from .. import views
    from ..errors import LtixError

    counts = views.counts(Counter(report.outcomes["outcome"].dropna()))
    upload = f"Upload {report.upload_id}" if report.upload_id else "There was nothing to send."
    with suppress(OSError):  # a closed pipe or a full disk must not change what the status says
        click.echo(f"Report for “{report.label}”: {counts}.\n{upload}")
    if save is not None:
        try:
            save(report)
        except LtixError as error:
            raise Partial(f"Sent, but the report could not be kept. {spoken(error)}") from error
    if not report.ok:
        failures = report.failures
        _complain(failures[["row", "outcome", "reason"]])
        again = f"“ltix-data resume {report.upload_id}” sends what is missing."
        if failures["outcome"].eq("skipped").all():
            again = "Mend those rows and upload the sheet again: what is there is not sent twice."
        raise Partial(f"Not in the gradebook: {len(failures)} of {len(report.outcomes)} rows. {again}")


def _complain(frame: pd.DataFrame) -> None:
    more = len(frame) - _MOST_ROWS
    shown = formats.table(frame.head(_MOST_ROWS), only_told=False)
    click.echo(shown + (f"\nand {more} more rows" if more > 0 else ""), err=True)
