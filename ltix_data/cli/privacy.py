"""The command that takes personal data out of saved notebooks; git's pre-commit runs it, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import completing
from .guidance import ends

if TYPE_CHECKING:
    import pandas as pd

    from ..scrubbing import Needles, Scrubbed

FOUND = 2


@click.command(
    epilog=ends(
        "ltix-data scrub weekly.ipynb",
        "ltix-data scrub --check notebooks/*.ipynb",
        "ltix-data scrub weekly.ipynb --registration uni-moodle --course BIO101",
        status={
            0: "nothing was found (names left in code and prose, and pictures, are told of)",
            1: "refused or failed: such as no roster to look for; a notebook that is named is as it was",
            2: "something was found: removed, or with --check left as it is",
        },
    )
)
@click.argument("notebooks", nargs=-1, required=True, metavar="NOTEBOOK...")
@click.option("--check", is_flag=True, help="Only look: change nothing.")
@click.option(
    "--registration",
    "registrations",
    multiple=True,
    metavar="NAME",
    shell_complete=completing.registrations,
    help="Read the rosters of its courses now, instead of those of the snapshots; may be given again.",
)
@click.option("--course", "courses", multiple=True, help="Of --registration, this course alone; may be given again.")
def scrub(notebooks: tuple[str, ...], check: bool, registrations: tuple[str, ...], courses: tuple[str, ...]) -> None:
    """Remove the personal data of known people from saved notebooks.

    Known are the rosters of every snapshot on this computer (course.snapshot() takes one), or those of
    --registration. What is found is told by kind and place, never shown. A notebook is replaced whole; one
    without findings is not touched. An .html file made of a notebook will do, too.

    As a hook of pre-commit (ltix-scrub, ltix-scrub-check) it stops the commit where it changed something, as
    formatters do: look at the change, add it, and commit again.
    """
    if courses and not registrations:
        raise click.UsageError("--course needs --registration.")
    wanted = _wanted(registrations, courses)
    found, failed = [], 0
    for name in notebooks:
        try:
            found.append(_one(wanted, Path(name), check))
        except click.ClickException as error:
            click.echo(f"Error: {error.message}", err=True)
            failed += 1
    if failed:
        raise click.exceptions.Exit(1)
    if any(one.removed for one in found):
        raise click.exceptions.Exit(FOUND)


def _wanted(registrations: Sequence[str], courses: Sequence[str]) -> Needles:
    from .. import scrubbing

    return scrubbing.looked_for(list(_read(registrations, courses)) if registrations else None)


def _read(registrations: Sequence[str], courses: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield the rosters of each registration, read now."""
    import ltix_data

    from ..errors import PartialDataError

    for name in registrations:
        with ltix_data.connect(name) as session:
            rosters = session.rosters(courses or None)
        if errors := rosters.attrs.get("errors"):
            raise PartialDataError(
                f"{len(errors)} rosters of “{name}” could not be read, so their people cannot be looked for.",
                hint="Try again, or name the other courses with --course.",
            )
        yield rosters


def _one(wanted: Needles, path: Path, check: bool) -> Scrubbed:
    from .. import scrubbing
    from ..errors import LtixError
    from .ending import spoken

    try:
        done = scrubbing.scrub_with(wanted, path, check=check)
    except LtixError as error:
        raise click.ClickException(spoken(error)) from error
    if not done.clean:
        click.echo(repr(done))
    return done


COMMANDS: tuple[Any, ...] = (scrub,)
