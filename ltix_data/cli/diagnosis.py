"""The command that says what is wrong with a registration, and who must mend it."""

from __future__ import annotations

import click

from . import completing, ending, formats
from .guidance import ends
from .output import Output

_STATUS = {
    0: "all is well",
    1: "something is broken, or it could not be examined",
    2: "it works, with warnings",
}


@click.command(
    epilog=ends(
        "ltix-data doctor uni-moodle",
        "ltix-data doctor uni-moodle --course BIO101 --course CHEM7",
        "ltix-data doctor uni-moodle --format json",
        status=_STATUS,
    )
)
@click.argument("name", shell_complete=completing.registrations)
@click.option(
    "--course",
    "courses",
    multiple=True,
    metavar="COURSE",
    shell_complete=completing.courses,
    help="Examine this course; may be given again. All known ones by default.",
)
@click.option("--format", "kind", type=click.Choice(formats.NAMES), help="How to print it; by default for people.")
@click.option("--output", "path", metavar="FILE", help="Write it to a new file that only you can read.")
@click.option("--force", is_flag=True, help="Replace the file of --output.")
@click.pass_context
def doctor(
    ctx: click.Context, name: str, courses: tuple[str, ...], kind: str | None, path: str | None, force: bool
) -> None:
    """Say what is wrong, and who must mend it.

    It examines NAME, a registration: key, network, clock, token, scopes, each course and its services.
    It reads only; no grade is posted.
    """
    from .. import doctor as examining

    output = Output.of(kind, path, force)
    found = examining.examine(name, courses=courses or None)
    if output.kind == "table" and output.path is None:
        click.echo(ending.spoken(formats.clean(f"{found!r}")))
    else:
        frame = found.findings
        for column in ("message", "hint"):
            frame[column] = frame[column].map(ending.spoken)
        output.write(frame, (), "Nothing was found.")
    ctx.exit({"problem": 1, "warning": 2}.get(found.verdict, 0))


COMMANDS = (doctor,)
