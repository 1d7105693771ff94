"""What a platform must be told of the tool's key, in the form that it takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import click


class Published(Protocol):
    """A registration, or a draft of one: what is published of its key."""

    @property
    def public_jwk(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def public_pem(self) -> str: ...  # noqa: D102
    def jwks(self) -> Mapping[str, Sequence[Any]]: ...  # noqa: D102


#: Platform -> the form of key it takes, and where it is entered. Some take an address alone, of a key set.
_TAKES = {
    "Canvas": ("jwk", "Paste it into the Developer Key (LTI Key): method “Public JWK”."),
    "Moodle": ("pem", "Paste it into the tool's settings: public key type “RSA key”, field “Public key”."),
    "Open edX": ("pem", "Paste it into the LTI component's settings: “Tool Public Key”."),
    "Blackboard": ("jwks", "Blackboard takes an address alone (“Tool JWKS URL”): put this key set onto a web server."),
    "Brightspace": ("jwks", "Brightspace takes an address alone (“Keyset URL”): put this key set onto a web server."),
    "Sakai": ("jwks", "Sakai takes an address alone (“Tool Keyset URL”): put this key set onto a web server."),
    "Schoology": ("jwks", "Put this key set onto a web server, and give its address."),
}
_ANY = ("jwk", "Paste it where the platform asks for the tool's public key (JWK).")


def text(published: Published, form: str) -> str:
    """Return the public half in a form: pem, jwk or jwks."""
    if form == "pem":
        return published.public_pem.strip()
    return json.dumps(published.public_jwk if form == "jwk" else published.jwks(), indent=2)


def show(name: str, platform: str | None, published: Published) -> None:
    """Print the public key as this platform takes it, and what to do with it."""
    form, where = _TAKES.get(platform or "", _ANY)
    click.echo(f"\nThe tool's public key, for the platform:\n\n{text(published, form)}\n\n{where}")
    if form == "jwks":
        click.echo(f"“ltix-data key export {name} FILE” writes it.")
    click.echo(f"In another form: “ltix-data key show {name} --pem”, --jwk or --jwks.")
