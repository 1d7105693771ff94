"""The commands that upload grades, go on with uploads, and take them back."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import completing, ending
from .guidance import ends
from .output import listing

if TYPE_CHECKING:
    import pandas as pd

    from ..grading import Plan, Report
    from ..journal import Upload
    from ..session import Session

#: For cron.
_STATUS = {
    0: "every score is in the gradebook, or there was nothing to do",
    1: "refused before anything was sent: wrong arguments, a file or row that\n"
    "cannot be used, no token, a gradebook that changed, no journal",
    2: "sent in part: some row is not in the gradebook (a row with a problem\n"
    "counts), it was interrupted, or the report could not be written",
}
_SCALES = ("points", "percent", "fraction")
_pseudonyms = click.option(
    "--pseudonyms", is_flag=True, help="The user_ids in it are pseudonyms, as this registration makes them."
)
_PLATFORM = "The registration to use, if it is not called as the upload's journal says."


@click.command(
    epilog=ends(
        'ltix-data upload uni-moodle BIO101 grades.csv --item "Quiz 1" --match email --score Points',
        "ltix-data upload uni BIO101 grades.xlsx --item Quiz --match sourcedid --key Matric --score Pts --dry-run",
        "ltix-data upload uni BIO101 canvas.csv --item Essay --match user_id --create --out-of 20 --report-beside",
        "ltix-data upload uni BIO101 marks.csv --item Essay --match user_id --score Points --pseudonyms",
        status=_STATUS,
    )
)
@click.argument("platform", shell_complete=completing.registrations)
@click.argument("course", shell_complete=completing.courses)
@click.argument("path", metavar="SHEET")
@click.option("--item", required=True, metavar="LABEL", help="The line item.")
@click.option(
    "--match", required=True, metavar="COLUMN", help="The roster column that tells who a row is: user_id, email, …"
)
@click.option("--score", metavar="COL", help="The sheet's column of grades; not needed for an LMS' own export.")
@click.option("--key", metavar="COL", help="The sheet's column to match by, where it is called otherwise.")
@click.option("--out-of", metavar="NUMBER_OR_COL", help="The scores' maximum, or the column of each row's.")
@click.option("--scale", type=click.Choice(_SCALES), help="What the numbers of the column are.")
@click.option("--comment", metavar="COL", help="The sheet's column of comments.")
@click.option("--clear", metavar="WORD", help="The word in the score column that takes a grade away.")
@click.option("--sheet", metavar="NAME", help="Which sheet of a workbook.")
@click.option("--create", is_flag=True, help="Make the line item if there is none; needs --out-of.")
@click.option("--skip-problems", is_flag=True, help="Send the other rows where some cannot be sent.")
@click.option("--overwrite", is_flag=True, help="Replace grades that somebody changed on the platform since.")
@click.option("--stop-after", type=click.IntRange(1), metavar="N", help="Stop after N equal refusals in a row.")
@click.option("--save-plan", metavar="FILE", help="Send nothing; write the plan to FILE, for “ltix-data send”.")
@click.option("--dry-run", is_flag=True, help="Send nothing.")
@click.option("--report", metavar="PATH", help="Write what became of each row to PATH (.csv or .xlsx).")
@click.option("--report-beside", is_flag=True, help="Write it beside SHEET.")
@_pseudonyms
def upload(
    platform: str,
    course: str,
    path: str,
    *,
    skip_problems: bool,
    stop_after: int | None,
    save_plan: str | None,
    dry_run: bool,
    report: str | None,
    report_beside: bool,
    pseudonyms: bool,
    **how: Any,
) -> None:
    """Upload a sheet of grades.

    They go to a line item of COURSE on PLATFORM, a registration. SHEET is a .csv, .tsv, .xlsx, .xls or .ods
    file. The plan is printed, its problems go to stderr,
    by row and without names; if there are any, nothing is sent without --skip-problems.
    """
    _one_of(save_plan=save_plan, dry_run=dry_run, report=report, report_beside=report_beside)
    keep = _keeper(report, Path(path) if report_beside else None)
    how["out_of"] = _number_or_column(how["out_of"])
    item, match, score = (how.pop(name) for name in ("item", "match", "score"))
    with _connected(platform, pseudonyms=pseudonyms) as session:
        plan = session.course(course).plan_grades(path, item, match, score, **how)
        ending.show_plan(plan)
        if (count := plan.count("problem")) and not skip_problems:
            raise click.ClickException(
                f"{count} of {len(plan.rows)} rows cannot be sent; nothing was sent. "
                "Mend them, or send the others with --skip-problems."
            )
        if save_plan is not None:
            how_to = f"{plan.save(save_plan)}{' --pseudonyms' if pseudonyms else ''}"
            click.echo(f"Nothing was sent. To send it: ltix-data send {platform} {how_to}")
        elif dry_run:
            click.echo("Nothing was sent.")
        else:
            _send(session, plan, keep, **({} if stop_after is None else {"stop_after": stop_after}))


@click.command(
    epilog=ends(
        "ltix-data send uni-moodle quiz.plan --report quiz.csv",
        "ltix-data send uni-moodle quiz.plan --pseudonyms",
        status=_STATUS,
    )
)
@click.argument("platform", shell_complete=completing.registrations)
@click.argument("path", metavar="PLANFILE")
@click.option("--report", metavar="PATH", help="Write what became of each row to PATH (.csv or .xlsx).")
@_pseudonyms
def send(platform: str, path: str, report: str | None, pseudonyms: bool) -> None:
    """Send a saved plan.

    PLANFILE is what “ltix-data upload --save-plan” or plan.save wrote. It is refused whole if the line item
    or one of its grades changed since. Rows with a problem are left out.
    """
    keep = _keeper(report, None)
    with _connected(platform, pseudonyms=pseudonyms) as session:
        plan = session.load_plan(path)
        ending.show_plan(plan)
        _send(session, plan, keep)


@click.command(
    epilog=ends(
        "ltix-data resume 20260131-093000-4f2a",
        "ltix-data resume 20260131-093000-4f2a --platform uni-moodle",
        status=_STATUS,
    )
)
@click.argument("upload_id")
@click.option("--platform", metavar="NAME", shell_complete=completing.registrations, help=_PLATFORM)
def resume(upload_id: str, platform: str | None) -> None:
    """Go on with an upload that broke off.

    Or that did not wholly arrive: only what never got a confirmed answer is sent. “ltix-data uploads” lists the ids.
    """
    with _connected(platform or _journalled(upload_id)) as session:
        with ending.sending(lambda begun: begun.upload_id == upload_id):
            report = session.resume(upload_id)
        ending.show_report(report)


@click.command(
    epilog=ends(
        "ltix-data undo 20260131-093000-4f2a",
        status=_STATUS,
    )
)
@click.argument("upload_id")
@click.option("--platform", metavar="NAME", shell_complete=completing.registrations, help=_PLATFORM)
def undo(upload_id: str, platform: str | None) -> None:
    """Take an upload back.

    Each earlier grade is posted again, and cleared where there was none. Grades that somebody changed since
    are left as they are. Undoing is an upload too: it can be resumed.
    """
    with _connected(platform or _journalled(upload_id)) as session:
        with ending.sending(lambda begun: begun.undoes == upload_id):
            report = session.undo(upload_id)
        ending.show_report(report)


@click.command(
    epilog=ends(
        "ltix-data uploads",
        "ltix-data uploads --format json",
        status="Exit status: 0, or 1 where the list could not be read.",
    )
)
@listing(none="None yet.")
def uploads() -> pd.DataFrame:
    """List the uploads made on this computer.

    The latest comes first. “ltix-data resume” goes on with what is partial or interrupted.
    """
    import ltix_data

    return ltix_data.uploads()


COMMANDS = (upload, send, resume, undo, uploads)


def _connected(platform: str, *, pseudonyms: bool = False) -> Session:
    import ltix_data

    return ltix_data.connect(platform, pseudonyms=pseudonyms)


def _journalled(upload_id: str) -> str:
    """Return the name of the registration that an upload was made with."""
    from .. import journal

    return journal.read(upload_id).target.registration


def _send(session: Session, plan: Plan, keep: Callable[[Report], Any] | None, **options: Any) -> None:
    def mine(begun: Upload) -> bool:
        return begun.target.fits(session.registration) and begun.target.item.label == plan.label

    with ending.sending(mine):
        report = plan.send(**options)
    ending.show_report(report, keep)


def _keeper(report: str | None, beside: Path | None) -> Callable[[Report], Any] | None:
    """Return what will save the report; that it cannot be kept is told now, not after sending."""
    if report is None and beside is None:
        return None
    place = Path(report or beside or "").expanduser()
    if report is not None and place.suffix.lower() not in (".csv", ".xlsx"):
        raise click.UsageError("--report must end with .csv or .xlsx.")
    if report is not None and place.exists():
        raise click.UsageError(f"The report “{place.name}” is there already.")
    if not os.access(place.parent, os.W_OK):
        raise click.UsageError("The report's folder is not there, or cannot be written to.")
    return lambda done: done.save(report)


def _number_or_column(text: str | None) -> float | str | None:
    """Return --out-of as a number where it is one, else as a column's name."""
    return float(text) if text is not None and re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", text) else text


def _one_of(**given: object) -> None:
    names = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if len(names) > 1:
        raise click.UsageError(f"Give only one of {' and '.join(names)}.")
