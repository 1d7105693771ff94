"""Questions on a terminal: what a registration still lacks, a passphrase, whether it is meant."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from . import ending

PASSPHRASE = "LTIX_DATA_PASSPHRASE"  # noqa: S105 - the variable's name
_OTHER = "other"
#: What a platform calls its addresses, more or less, in the order they are asked for.
_ADDRESSES = {
    "issuer": "Issuer (platform id)",
    "token_url": "Token URL (access token URL)",
    "auth_url": "Authorization URL (OIDC, authentication request URL), or Enter",
    "jwks_url": "Keyset URL (JWKS, public keyset URL), or Enter",
}
_NEEDED = ("issuer", "token_url")


def can_ask() -> bool:
    """Return whether there is a terminal with somebody at it."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def for_facts(given: dict[str, Any]) -> dict[str, Any]:
    """Ask for what is missing of a registration's facts: platform, host, addresses; last the client id."""
    facts = dict(given)
    if not (facts.get("issuer") and facts.get("token_url")):
        _ask_for_addresses(facts)
    if not facts.get("client_id"):
        question = "Client id (Enter if the platform has not told it yet)"
        facts["client_id"] = click.prompt(question, default="", show_default=False).strip() or None
    return facts


def _ask_for_addresses(facts: dict[str, Any]) -> None:
    from .. import presets

    if not facts.get("platform"):
        known = [preset.key for preset in presets.PRESETS]
        facts["platform"] = click.prompt("Platform", type=click.Choice([*known, _OTHER], case_sensitive=False))
    preset = None if facts["platform"] == _OTHER else presets.find(facts["platform"])
    if preset is None:
        facts["platform"] = None
        missing = [key for key in _ADDRESSES if not facts.get(key)]
    else:
        _ask_for_host(facts, preset)
        missing = [key for key in preset.needs if not facts.get(key)]
    for key in missing:
        facts[key] = _asked_address(key)


def _ask_for_host(facts: dict[str, Any], preset: Any) -> None:
    """Ask where the platform is, and show which addresses that makes."""
    if preset.needs_host and not facts.get("host"):
        example = f"{preset.key}.example.edu"
        facts["host"] = click.prompt(f"Host, such as {example}", value_proc=_checked(preset.facts))
    for key, value in preset.facts(facts.get("host"), facts.get("client_id")).items():
        click.echo(f"  {key:<9}  {facts.get(key) or value}")
    if preset.note:
        click.echo(preset.note)


def _asked_address(key: str) -> str | None:
    from .. import urls

    if key in _NEEDED:
        check = _checked(lambda text: urls.require(text, key)) if key == "token_url" else str.strip
        return str(click.prompt(_ADDRESSES[key], value_proc=check))
    return str(click.prompt(_ADDRESSES[key], default="", show_default=False)).strip() or None


def _checked(check: Callable[[str], object]) -> Callable[[str], str]:
    """Return what lets click ask again where *check* raises an `LtixError`."""
    from ..errors import LtixError

    def convert(text: str) -> str:
        try:
            check(text)
        except LtixError as error:
            raise click.UsageError(ending.spoken(error)) from error
        return text.strip()

    return convert


def for_passphrase(file: str | None, *, twice: bool) -> str:
    """Return a passphrase: from *file*, from the environment, or typed unseen.

    It is never an argument: the list of processes and the shell's history show those.
    """
    if file is not None:
        try:
            found = Path(file).expanduser().read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeError) as error:
            raise click.UsageError(f"The passphrase file cannot be read ({type(error).__name__}).") from error
    elif (found := os.environ.get(PASSPHRASE, "")) or not can_ask():
        pass
    else:
        found = click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice)
    if not found:
        raise click.UsageError(f"A passphrase is needed: --passphrase-file FILE, or the variable {PASSPHRASE}.")
    return str(found)


def whether(question: str, *, yes: bool) -> None:
    """Ask before something is deleted, where somebody is there to answer; end the command unless it is meant."""
    if not yes and can_ask():
        click.confirm(question, abort=True)
