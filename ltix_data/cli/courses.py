"""The commands about the courses a registration knows: their list, adding and forgetting."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from . import completing, ending
from .guidance import ends
from .output import listing

if TYPE_CHECKING:
    import pandas as pd

    from ..session import Session


def _session(name: str) -> Session:
    """Return a session that has not looked for the private key: what is stored here needs none."""
    from .. import registration
    from ..session import Session

    return Session(registration.load(name))


@click.command(epilog=ends("ltix-data courses uni-moodle", "ltix-data courses uni-moodle --format json"))
@click.argument("name", shell_complete=completing.registrations)
@listing("name", "label", "title", "context_id", none="None yet: “ltix-data connect” stores one at each launch.")
def courses(name: str) -> pd.DataFrame:
    """List the courses that NAME knows.

    NAME is a registration. No platform has a directory of courses: launches make them known, or “ltix-data add-course”.
    """
    with _session(name) as session:
        return session.courses()


@click.command(
    epilog=ends(
        "ltix-data add-course uni-moodle BIO101 "
        "--memberships-url https://moodle.uni.edu/mod/lti/services.php/CourseSection/42/bindings/3/memberships",
        "ltix-data add-course uni-moodle CHEM7 "
        '--lineitems-url "https://moodle.uni.edu/mod/lti/services.php/43/lineitems?type_id=3" --title Chemistry',
    )
)
@click.argument("name", shell_complete=completing.registrations)
@click.argument("course")
@click.option("--memberships-url", metavar="URL", help="context_memberships_url of its launches: the roster.")
@click.option("--lineitems-url", metavar="URL", help="lineitems of its launches: the tool's columns.")
@click.option("--lineitem-url", metavar="URL", help="lineitem of its launches: the column of the tool's own link.")
@click.option("--scope", "scopes", multiple=True, metavar="URI", help="What its launches offer; may be given again.")
@click.option("--context-id", metavar="ID", help="The platform's id of it.")
@click.option("--label", help="Its short name.")
@click.option("--title", help="Its long name.")
@click.option("--resource-link-id", metavar="ID", help="The id of the tool's link in it.")
def add_course(name: str, course: str, scopes: tuple[str, ...], **known: Any) -> None:
    """Add a course by its addresses.

    One that is called COURSE already is replaced.
    """
    with _session(name) as session:
        added = session.add_course(course, scopes=scopes or None, **known)
    click.echo(f"Stored {added!r}.")


def _must_be_all(frame: pd.DataFrame) -> None:
    """End with 2 where some courses were not added, and with 1 where none was."""
    missing = len(frame) - int(frame["added"].sum())
    if missing == len(frame):
        raise click.ClickException("No course was added; “reason” says why.")
    if missing:
        raise ending.Partial(f"{missing} of {len(frame)} courses were not added; “reason” says why.")


@click.command(
    epilog=ends(
        "ltix-data add-courses uni-canvas --like BIO101 --id 1235 --id 1240",
        "ltix-data add-courses uni-moodle --like BIO101 --from courses.csv",
        "ltix-data add-courses uni-moodle --like BIO101 --from courses.xlsx --sheet autumn --was 42",
        status={0: "every course was added", 1: "none was", 2: "some were"},
    )
)
@click.argument("name", shell_complete=completing.registrations)
@click.option("--like", required=True, metavar="COURSE", shell_complete=completing.courses, help="A launched course.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="Another course's id in addresses; may be given again.")
@click.option("--from", "path", metavar="FILE", help="A .csv, .xlsx or other sheet with a column of ids (id).")
@click.option("--sheet", metavar="NAME", help="Which sheet of a workbook.")
@click.option("--was", metavar="ID", help="The id of --like in its addresses, where that cannot be told.")
@click.option("--no-verify", is_flag=True, help="Do not read each course first: nobody knows then if it exists.")
@listing("id", "name", "title", "added", "reason", then=_must_be_all)
def add_courses(
    name: str, like: str, ids: tuple[str, ...], path: str | None, sheet: str | None, was: str | None, no_verify: bool
) -> pd.DataFrame:
    """Add many courses like one that was launched.

    Their addresses are its own, but for the course's id.
    """
    import ltix_data

    if bool(ids) == bool(path):
        raise click.UsageError("Give the ids: --id, again for each, or --from FILE.")
    with ltix_data.connect(name) as session:
        return session.add_courses(like, ids or None, path=path, sheet=sheet, was=was, verify=not no_verify)


@click.command(
    epilog=ends(
        "ltix-data capture uni-moodle launch.txt",
        "ltix-data capture uni-moodle - --name BIO101 < claims.json",
    )
)
@click.argument("name", shell_complete=completing.registrations)
@click.argument("path", metavar="FILE|-")
@click.option("--name", "called", metavar="COURSE", help="What to call a course that is new; its label, by default.")
def capture(name: str, path: str, called: str | None) -> None:
    """Add the course of a launch made elsewhere.

    FILE holds its id_token, as a browser's developer tools show it in the form that was posted to the tool, or its
    claims as JSON; “-” reads it from standard input. It is no secret argument: a command line would show it.
    """
    if path == "-" and sys.stdin.isatty():
        click.echo("Paste the id_token or the claims, then Ctrl-D on a line of its own.", err=True)
    try:
        with click.open_file(path, encoding="utf-8") as file:
            launch = file.read()
    except (OSError, UnicodeError) as error:
        raise click.UsageError(f"“{path}” cannot be read ({type(error).__name__}).") from error
    with _session(name) as session:
        click.echo(f"Stored {session.capture(launch, name=called)!r}.")


@click.command(epilog=ends("ltix-data forget-course uni-moodle BIO101"))
@click.argument("name", shell_complete=completing.registrations)
@click.argument("course", shell_complete=completing.courses)
def forget_course(name: str, course: str) -> None:
    """Forget COURSE: its name and addresses. Nothing changes on the platform; a launch makes it known again."""
    with _session(name) as session:
        session.forget_course(course)
    click.echo(f"Forgot {course}.")


COMMANDS = (courses, add_course, add_courses, capture, forget_course)
