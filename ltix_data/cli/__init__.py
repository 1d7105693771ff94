"""The command line: thin; parse, call, print. Each command imports what it needs when it runs.

connecting     connect: register and capture courses by launches
registering    register by hand
registrations  their list, export and import, forget
courses        their list, add-course, add-courses, capture, forget-course
reading        roster, items, results, gradebook
uploads        upload, send, resume, undo and the list of them
reports        report: a notebook without anybody watching
privacy        scrub: personal data out of saved notebooks
keys           key show, rotate, retire, export, recipe, pseudonyms
diagnosis      doctor
practice       demo, sandbox
completing     completion, and the names that complete

output         --format, --output: where a listing goes
formats        a frame as table, CSV, JSON, parquet
asking         questions on a terminal
pasting        the key, as a platform takes it
guidance       how every command's help ends
ending         what commands say at their end, and the exit status for cron
"""

from __future__ import annotations

from typing import Any

import click

from .._version import __version__
from . import (
    completing,
    connecting,
    courses,
    diagnosis,
    ending,
    keys,
    practice,
    privacy,
    reading,
    registering,
    registrations,
    reports,
    uploads,
)
from .guidance import ends

_IN_ORDER = (
    connecting,
    registering,
    registrations,
    courses,
    reading,
    uploads,
    reports,
    privacy,
    keys,
    diagnosis,
    practice,
    completing,
)


class _Group(click.Group):
    """Shows an `LtixError` as one line on stderr, and ends with status 1; so do wrong arguments."""

    def main(self, *args: Any, **options: Any) -> Any:
        ending.print_anything()
        return super().main(*args, **options)

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        with ending.refusals():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with ending.refusals(), ending.warnings_in_words():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which people meet them."""
        return list(self.commands)


@click.group(
    cls=_Group,
    epilog=ends(
        "ltix-data demo",
        "ltix-data connect uni-moodle",
        "ltix-data doctor uni-moodle",
        "ltix-data roster uni-moodle BIO101 --output bio101.csv",
        "ltix-data upload uni-moodle BIO101 grades.xlsx --item Quiz --match email --score Points",
        status={
            0: "all is well",
            1: "refused or failed before anything was done; doctor: something is broken",
            2: "done in part; doctor: warnings alone",
        },
    ),
)
@click.version_option(__version__, prog_name="ltix-data")
def main() -> None:
    """Rosters, line items, results and grades of any LTI 1.3 platform.

    “ltix-data COMMAND --help” has examples of every command.
    """


for _module in _IN_ORDER:
    for _command in _module.COMMANDS:
        main.add_command(_command)
