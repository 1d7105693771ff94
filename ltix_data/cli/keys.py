"""The commands about the tool's key: showing, rotating, publishing it, and using it where there is no keyring."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from . import completing, pasting
from .guidance import ends

_RECIPES = ("cron", "systemd", "container", "jupyterhub", "github-actions")
#: One key id of 64 begins with a hyphen, as options do.
_ANY_KID = {"ignore_unknown_options": True}


@click.group(
    epilog=ends(
        "ltix-data key show uni-moodle --pem",
        "ltix-data key rotate uni-moodle",
        "ltix-data key recipe uni-moodle cron",
    )
)
def key() -> None:
    """Show, rotate and publish the tool's key. Its private half is never printed."""


@key.command(epilog=ends("ltix-data key show uni-moodle", "ltix-data key show uni-moodle --jwks"))
@click.argument("name", shell_complete=completing.registrations)
@click.option("--jwk", "form", flag_value="jwk", default=True, help="As a JWK: the current key. This is the default.")
@click.option("--pem", "form", flag_value="pem", help="As PEM: the current key.")
@click.option("--jwks", "form", flag_value="jwks", help="As a key set: the current key, and old ones not retired.")
def show(name: str, form: str) -> None:
    """Print the public half of the key.

    NAME is a registration or a draft. The private half is never printed.
    """
    from .. import registration, registry

    waiting = registry.draft(name) if name not in registry.names() else None
    found = registration.load(name) if waiting is None else registration.draft(name, store=waiting["key_storage"])
    click.echo(pasting.text(found, form))


@key.command(
    epilog=ends(
        "ltix-data key rotate uni-moodle",
        "ltix-data key rotate uni-moodle --bits 4096 --later",
        "ltix-data key rotate uni-moodle --key new-key.pem",
    )
)
@click.argument("name", shell_complete=completing.registrations)
@click.option("--bits", type=click.IntRange(2048, 4096), default=2048, show_default=True, help="Of a key that is made.")
@click.option("--key", "path", metavar="FILE", help="Take the private key in this file (PEM or JWK) instead.")
@click.option("--later", is_flag=True, help="Only publish it; it signs from “ltix-data key activate” on.")
def rotate(name: str, bits: int, path: str | None, later: bool) -> None:
    """Make a new key for NAME.

    The old one stays published until “ltix-data key retire”. A platform that reads the key set from an address
    knows the new key after a while only: with --later no token is refused meanwhile.
    """
    from .. import registration

    found = registration.load(name)
    old = found.public_jwk["kid"]
    source = None if path is None else Path(path).expanduser()
    new = found.rotate_key(bits=bits, private_key=source, activate=not later)["kid"]
    click.echo(pasting.text(found, "jwks"))
    click.echo("\nGive the platform this key set, or the new key of it:")
    click.echo(f"  ltix-data key export {name} jwks.json" if later else f"  ltix-data key show {name} --pem")
    click.echo("When the platform knows it:")
    if later:
        click.echo(f"  ltix-data key activate {name} {new}")
    click.echo(f"  ltix-data key retire {name} {old}")


@key.command(
    epilog=ends("ltix-data key activate uni-moodle wbIS1kWigxUDZga7z0uC0bc2uwfR85Wid23S3OnqarA"),
    context_settings=_ANY_KID,
)
@click.argument("name", shell_complete=completing.registrations)
@click.argument("kid")
def activate(name: str, kid: str) -> None:
    """Sign with the published key KID of NAME from now on."""
    from .. import registration

    registration.load(name).activate_key(kid)
    click.echo(f"{kid} signs from now on.")


@key.command(
    epilog=ends("ltix-data key retire uni-moodle wbIS1kWigxUDZga7z0uC0bc2uwfR85Wid23S3OnqarA"),
    context_settings=_ANY_KID,
)
@click.argument("name", shell_complete=completing.registrations)
@click.argument("kid")
def retire(name: str, kid: str) -> None:
    """Publish the key KID of NAME no longer.

    Its private half is deleted.
    """
    from .. import registration

    registration.load(name).retire_key(kid)
    click.echo(f"Retired {kid}.")


@key.command("export", epilog=ends("ltix-data key export uni-moodle jwks.json"))
@click.argument("name", shell_complete=completing.registrations)
@click.argument("path", metavar="FILE")
def export(name: str, path: str) -> None:
    """Write the key set of NAME to FILE.

    Any web server can serve it, at the address that the platform is given. It holds public halves only. Write
    it again after each rotation.
    """
    from .. import registration

    registration.load(name).export_jwks(path)
    click.echo(f"Wrote the key set of “{name}” to {path}.")


@key.command(epilog=ends("ltix-data key pseudonyms uni-moodle --out uni-moodle.pseudonyms"))
@click.argument("name", shell_complete=completing.registrations)
@click.option("--out", "path", required=True, metavar="FILE", help="The new file, which only you can read.")
def pseudonyms(name: str, path: str) -> None:
    """Write the key of NAME's pseudonyms to a new FILE, for a job.

    It is made if there is none yet. A job, or another computer, that has it shows everybody under the same
    pseudonyms as this one; and whoever has it and the roster can tell who they are.
    """
    from .. import registration, saving
    from ..veil import key as veilkey

    found = registration.load(name)
    written = saving.write_new(path, f"{veilkey.text_of(found.name)}\n".encode())
    click.echo(f"Wrote the pseudonym key of “{name}” to {path}. Where there is no keyring, set:")
    click.echo(f"  {veilkey.FILE}={shlex.quote(str(written.absolute()))}")


@key.command(epilog=ends("ltix-data key recipe uni-moodle cron", "ltix-data key recipe uni-moodle github-actions"))
@click.argument("name", shell_complete=completing.registrations)
@click.argument("kind", type=click.Choice(_RECIPES))
def recipe(name: str, kind: str) -> None:
    """Print how to use NAME without a keyring.

    It says what to set, and where. No secret is in it.
    """
    from .. import recipes, registration

    click.echo(recipes.recipe(registration.load(name), kind))


COMMANDS = (key,)
