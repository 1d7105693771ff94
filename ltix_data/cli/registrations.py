"""The commands about stored registrations: their list, a copy for another computer, and forgetting one."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import asking, completing
from .guidance import ends
from .output import listing

if TYPE_CHECKING:
    import pandas as pd

_PASSPHRASE = f"Read the passphrase from this file; else from {asking.PASSPHRASE}, else it is asked for."


@click.group(
    invoke_without_command=True,
    epilog=ends(
        "ltix-data registrations",
        "ltix-data registrations --format json",
        "ltix-data registrations export uni-moodle uni-moodle.json",
        "ltix-data registrations import uni-moodle.json",
    ),
)
@click.pass_context
@listing(none="None yet: ltix-data register NAME stores one.")
def registrations(ctx: click.Context) -> pd.DataFrame | None:
    """List the registrations; export or import one."""
    import ltix_data

    return None if ctx.invoked_subcommand else ltix_data.registrations()


@registrations.command(
    epilog=ends(
        "ltix-data registrations export uni-moodle uni-moodle.json",
        "ltix-data registrations export uni-moodle uni-moodle.json --with-key --passphrase-file passphrase.txt",
    )
)
@click.argument("name", shell_complete=completing.registrations)
@click.argument("path", metavar="FILE")
@click.option("--with-key", is_flag=True, help="The private key too, encrypted with a passphrase.")
@click.option("--passphrase-file", metavar="FILE", help=_PASSPHRASE)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def export(name: str, path: str, with_key: bool, passphrase_file: str | None, force: bool) -> None:
    """Write the registration NAME and its courses to a new FILE.

    “ltix-data registrations import” reads it on another computer.
    """
    from .. import registration

    found = registration.load(name)
    if passphrase_file and not with_key:
        raise click.UsageError("--passphrase-file is for --with-key.")
    passphrase = asking.for_passphrase(passphrase_file, twice=True) if with_key else None
    found.export(path, passphrase=passphrase, replace=force)
    click.echo(f"Wrote “{name}” to {path}{', its private key encrypted' if with_key else ', without its private key'}.")


@registrations.command(
    "import",
    epilog=ends(
        "ltix-data registrations import uni-moodle.json",
        "ltix-data registrations import uni-moodle.json --name uni-2 --store none",
        "ltix-data registrations import uni-moodle.json --passphrase-file passphrase.txt --replace",
    ),
)
@click.argument("path", metavar="FILE")
@click.option("--name", help="What to call it here; the name it had, by default.")
@click.option("--passphrase-file", metavar="FILE", help=_PASSPHRASE)
@click.option("--key", metavar="FILE", help="The private key (PEM or JWK), where the file to import has none.")
@click.option(
    "--store",
    type=click.Choice(["keyring", "none"]),
    default="keyring",
    show_default=True,
    help="Where its private key is kept; none: a file or the environment provides it each time.",
)
@click.option("--replace", is_flag=True, help="Replace the registration of that name.")
def import_(
    path: str, name: str | None, passphrase_file: str | None, key: str | None, store: str, replace: bool
) -> None:
    """Store the registration in FILE.

    It is one that “ltix-data registrations export” wrote.
    """
    from .. import registration

    asked = passphrase_file is not None or _is_sealed(path)
    found = registration.import_registration(
        path,
        passphrase=asking.for_passphrase(passphrase_file, twice=False) if asked else None,
        private_key=None if key is None else Path(key).expanduser(),
        name=name,
        store=store,
        replace=replace,
    )
    click.echo(f"Stored “{found.name}”: {found.platform}, {len(found.courses)} courses.")


def _is_sealed(path: str) -> bool:
    """Return whether a file holds private keys, so that a passphrase must be asked for; it is read for good later."""
    with suppress(OSError, ValueError, RecursionError):
        document = json.loads(Path(path).expanduser().read_bytes())
        return isinstance(document, dict) and "seal" in document
    return False


@click.command(epilog=ends("ltix-data forget uni-moodle", "ltix-data forget uni-moodle --yes"))
@click.argument("name", shell_complete=completing.registrations)
@click.option("--yes", is_flag=True, help="Do not ask on a terminal whether it is meant.")
def forget(name: str, yes: bool) -> None:
    """Delete the registration NAME and its key.

    Its courses and their snapshots go too, and so does its draft. Nothing changes on the platform.
    """
    from .. import registration, registry, session

    if registry.draft(name) is None:
        courses = registration.load(name).courses
        asking.whether(f"Delete “{name}”, its private key and its {len(courses)} courses?", yes=yes)
    session.forget(name)
    click.echo(f"Forgot {name}.")


COMMANDS = (registrations, forget)
