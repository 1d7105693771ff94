"""The commands that read a course: its roster, line items, results, gradebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import completing
from .guidance import ends
from .output import Command, listing

if TYPE_CHECKING:
    import pandas as pd

_READ = "Exit status: 0, or 1 where it could not be read whole; nothing is printed then."


def _of_course(command: Command) -> Command:
    """Give a command the arguments NAME and COURSE."""
    name = click.argument("name", shell_complete=completing.registrations)
    course = click.argument("course", shell_complete=completing.courses)
    return name(course(command))


_pseudonyms = click.option(
    "--pseudonyms", is_flag=True, help="People under pseudonyms, the same each time; no names and addresses."
)


@click.command(
    epilog=ends(
        "ltix-data roster uni-moodle BIO101",
        "ltix-data roster uni-moodle BIO101 --role Learner --status Active --output bio101.csv",
        "ltix-data roster uni-moodle BIO101 --format json",
        "ltix-data roster uni-moodle BIO101 --pseudonyms --output bio101_pseudonyms.csv",
        status=_READ,
    )
)
@_of_course
@click.option("--role", help="Only members with this role, such as Learner or Instructor; its sub-roles count.")
@click.option("--status", help="Only members of this status: Active or Inactive.")
@click.option("--resource-link", metavar="ID", help="Only those who may open this resource link.")
@_pseudonyms
@listing("user_id", "name", "email", "sourcedid", "username", "role", "status", none="Nobody.")
def roster(
    name: str, course: str, role: str | None, status: str | None, resource_link: str | None, pseudonyms: bool
) -> pd.DataFrame:
    """Print the members of COURSE. NAME is the registration."""
    import ltix_data

    with ltix_data.connect(name, pseudonyms=pseudonyms) as session:
        return session.course(course).roster(role, resource_link, status)


@click.command(
    epilog=ends(
        "ltix-data items uni-moodle BIO101",
        "ltix-data items uni-moodle BIO101 --tag grade --format csv",
        status=_READ,
    )
)
@_of_course
@click.option("--tag", help="Only line items with this tag.")
@click.option("--resource-id", metavar="ID", help="Only line items with this id of the tool's own.")
@click.option("--resource-link", metavar="ID", help="Only line items of this resource link.")
@listing("label", "out_of", "tag", "resource_id", "starts_at", "ends_at", "coupled", "item_id")
def items(name: str, course: str, **filters: str | None) -> pd.DataFrame:
    """Print the tool's line items in COURSE.

    These are gradebook columns; a tool sees only its own, never the platform's whole gradebook.
    """
    import ltix_data

    with ltix_data.connect(name) as session:
        return session.course(course).line_items(**filters)


@click.command(
    epilog=ends(
        "ltix-data results uni-moodle BIO101",
        'ltix-data results uni-moodle BIO101 --item "Quiz 1" --output quiz_1.parquet',
        status=_READ,
    )
)
@_of_course
@click.option("--item", metavar="LABEL", help="One line item: its label or its item_id.")
@click.option("--user", metavar="USER_ID", help="One person: a user_id of the roster.")
@_pseudonyms
@listing("user_id", "label", "score", "out_of", "percent", "comment", "scored_at")
def results(name: str, course: str, item: str | None, user: str | None, pseudonyms: bool) -> pd.DataFrame:
    """Print the grades that COURSE holds now.

    One row for each line item and person that has one. No row is no grade, and not a zero.
    """
    import ltix_data

    with ltix_data.connect(name, pseudonyms=pseudonyms) as session:
        return session.course(course).results(item, user)


@click.command(
    epilog=ends(
        "ltix-data gradebook uni-moodle BIO101",
        "ltix-data gradebook uni-moodle BIO101 --percent --status Active --output bio101.csv",
        status=_READ,
    )
)
@_of_course
@click.option("--percent", is_flag=True, help="Percentages instead of points.")
@click.option("--status", help="Only learners of this status: Active or Inactive.")
@_pseudonyms
@listing(none="Nobody.")
def gradebook(name: str, course: str, percent: bool, status: str | None, pseudonyms: bool) -> pd.DataFrame:
    """Print the gradebook of COURSE.

    One row for each learner and one column for each of the tool's line items.
    """
    import ltix_data

    with ltix_data.connect(name, pseudonyms=pseudonyms) as session:
        frame = session.course(course).gradebook(values="percent" if percent else "score", status=status)
    return frame.reset_index()


COMMANDS = (roster, items, results, gradebook)
