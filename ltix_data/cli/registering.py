"""The command that registers with a platform by hand: by options, or by questions on a terminal."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from . import asking, completing, pasting
from .guidance import ends

_ADDRESSES = ("issuer", "token_url", "auth_url", "jwks_url", "audience")
_STORED = ("platform", *_ADDRESSES, "client_id", "deployment_id")


@click.command(
    epilog=ends(
        "ltix-data register uni-moodle",
        "ltix-data register uni-moodle --platform moodle --host moodle.uni.edu --draft",
        "ltix-data register uni-moodle --platform moodle --host moodle.uni.edu --client-id 8Xk2abc",
        "ltix-data register uni-moodle --replace --deployment-id 3",
        "ltix-data register uni --issuer https://lms.uni.edu --token-url https://lms.uni.edu/token --client-id 7",
        "ltix-data register uni-canvas --platform canvas --host uni.instructure.com --client-id 1007 --store none "
        "--key key.pem",
        status="Exit status: 0, or 1 where it was refused or failed; nothing is stored then.",
    )
)
@click.argument("name", shell_complete=completing.registrations)
@click.option("--platform", metavar="NAME", help="canvas, moodle, blackboard, brightspace, sakai, openedx, schoology.")
@click.option("--host", metavar="HOST", help="Where it is; its addresses are found by it, unless they are given too.")
@click.option("--client-id", metavar="ID", help="The id that the platform gave the tool.")
@click.option("--draft", is_flag=True, help="The platform has given no client id yet: only make the key, for it.")
@click.option("--issuer", metavar="URL", help="The platform's issuer.")
@click.option("--token-url", metavar="URL", help="The platform's token endpoint.")
@click.option("--auth-url", metavar="URL", help="The platform's authorization endpoint, for launches.")
@click.option("--jwks-url", metavar="URL", help="The platform's key set, for launches.")
@click.option("--deployment-id", metavar="ID", help="The deployment to expect in launches.")
@click.option("--audience", metavar="URI", help="Whom assertions are addressed to, where it is not the token URL.")
@click.option("--key", metavar="FILE", help="Use the private key in this file (PEM or JWK) instead of a new one.")
@click.option("--kid", metavar="ID", help="The id that the key is published under.")
@click.option(
    "--store",
    type=click.Choice(["keyring", "none"]),
    default="keyring",
    show_default=True,
    help="Where the private key is kept; none: a file or the environment provides it each time.",
)
@click.option("--replace", is_flag=True, help="Correct a registration: what is not given stays, courses and key too.")
def register(name: str, *, draft: bool, key: str | None, replace: bool, **given: Any) -> None:
    """Register with a platform by hand.

    The registration is stored as NAME. What is missing is asked for, where a terminal is there.

    Most platforms want the tool's public key before they give its client id: make it with --draft (or press
    Enter at the question), give it to them, and register when the client id is there. The key stays the same.
    """
    from .. import registration, registry

    registry.check_name(name)
    registry.check_free(name, replace=replace)
    facts = _kept(name, given) if replace else given
    if draft:
        _make_draft(name, facts, key)
        return
    if asking.can_ask():
        facts = asking.for_facts(facts)
    if not facts["client_id"]:
        if not asking.can_ask():
            raise click.UsageError("Give --client-id; or --draft, where the platform has not told it yet.")
        _make_draft(name, facts, key)
        return
    source = None if key is None else Path(key).expanduser()
    found = registration.register(name, private_key=source, replace=replace, **facts)
    click.echo(f"Registered with {found.platform} as “{name}”: client id {found.client_id}.")
    pasting.show(name, found.platform, found)
    click.echo(f"Then: “ltix-data doctor {name}” says whether the platform lets it in.")


def _kept(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what is given, and for the rest what is stored; a new host brings its own addresses."""
    from .. import registration, registry

    if name not in registry.names():
        return given
    stored = registration.load(name)
    moved = bool(given["host"] or given["issuer"])
    facts = dict(given)
    for field in ("client_id", "deployment_id") if moved else _STORED:
        facts[field] = given[field] or getattr(stored, field)
    if not moved and not given["audience"] and stored.audience == stored.token_url:
        facts["audience"] = None  # it follows the token URL
    return facts


def _make_draft(name: str, facts: dict[str, Any], key: str | None) -> None:
    """Make the key of a registration to be, show it, and say how to go on."""
    from .. import presets, registration

    if key is not None:
        raise click.UsageError("--draft makes a key of its own; give --key when the client id is there.")
    made = registration.draft(name, store=facts["store"])
    preset = presets.of_family(facts["platform"] or "")
    pasting.show(name, preset.name if preset else None, made)
    options = {"platform": facts["platform"], "host": facts["host"], **{key: facts[key] for key in _ADDRESSES}}
    again = ["ltix-data", "register", name]
    for option, value in options.items():
        again += [f"--{option.replace('_', '-')}", value] if value else []
    again += ["--store", "none"] if facts["store"] == "none" else []
    click.echo(f"When the platform has given the client id:\n  {shlex.join(again)} --client-id ID")


COMMANDS = (register,)
