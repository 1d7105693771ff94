"""What to enter on the platform, and who reaches the tool, as HTML for an `Area`.

Two of the values are secrets while the tool listens: the address of its page holds a key, the registration address
a secret part. So none of this is for the state of a widget.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from .. import keys, markup, spec
from ..receiver import Receiver
from ..receiver.steps import STEPS, Answer, Entry, Steps
from ..registration import draft

#: A platform that no steps are written for.
ANY = Steps(
    key="",
    name="another one: enter its addresses",
    dynamic=("Where the platform offers dynamic registration (LTI Advantage), enter the registration URL there.",),
    registration_label="Registration URL",
    by_hand=(
        "Add an LTI 1.3 tool there, and enter the values. Allow names and roles, and assignments and grades.",
        "Let it send names and e-mail addresses, and copy what it shows.",
        "Open the tool once from each course: that launch brings the course's addresses here.",
    ),
    entries=(
        Entry("tool_name", "Tool name"),
        Entry("login_url", "Login initiation URL", "OpenID Connect initiation, third-party login"),
        Entry("redirect_url", "Redirect URI", "callback"),
        Entry("target_link_url", "Target link URI", "launch, tool URL"),
        Entry("deep_linking_url", "Deep linking URL", "content selection"),
        Entry("jwks_url", "Public key set URL", "keyset, JWKS"),
        Entry("scopes", "Scopes", "services to allow"),
    ),
    answers=(
        Answer("the platform's issuer, an address", "issuer"),
        Answer("the id it gave the tool", "client_id"),
        Answer("where it shows one", "deployment_id"),
        Answer("access token URL, token endpoint", "token_url"),
        Answer("authorization endpoint, for launches", "auth_url"),
        Answer("its JWKS, for launches", "jwks_url"),
    ),
    pastes_key="Paste the public key as the platform takes it: JWK, PEM or set.",
)

_HUBS = ("JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_USER")


def steps_of(platform: str | None) -> Steps:
    """Return what to do on the platform of that name."""
    return next((steps for steps in STEPS if steps.name == platform), ANY)


class Row(NamedTuple):
    """One value to enter, and the field that it goes into."""

    label: str
    note: str
    value: str


def guide(tool: Receiver, steps: Steps, values: Mapping[str, str]) -> tuple[str, str]:
    """Return what to do on the platform, as HTML and as text.

    Args:
        tool: the one that listens.
        steps: those of the platform.
        values: see `values_of`; the registration address is left out where it has done its work.
    """
    invited = "registration_url" in values
    rows = [Row(entry.label, entry.note, values[entry.value]) for entry in steps.entries]
    pasted = [("Public key as JWK", "public_jwk"), ("Public key as PEM", "public_pem"), ("Public key set", "jwks")]
    html = markup.render(
        "connect.html",
        steps=steps,
        page=tool.page,
        reach=reach(tool),
        registered=tool.registration is not None,
        registration_url=values["registration_url"] if invited and steps.dynamic else None,
        rows=rows,
        keys=[Row(label, "", values[key]) for label, key in pasted],
    )
    lines = [f"The tool's page: {tool.page}", *(f"{row.label}: {row.value}" for row in rows)]
    if invited:
        lines.append(f"Registration URL: {values['registration_url']}")
    return html, "\n".join(lines)


def values_of(tool: Receiver, name: str, *, store: str, tool_name: str, jwks_url: str | None) -> dict[str, str]:
    """Return what platforms ask for, by the keys that the steps use.

    The keys are those of the registration, or of the draft that waits for it.
    """
    own, found = tool.addresses, tool.registration
    published: dict[str, list[dict[str, Any]]] = draft(name, store=store).jwks() if found is None else found.jwks()
    current = published["keys"][0]
    invitation = {} if found is not None else {"registration_url": own.register}
    return invitation | {
        "login_url": own.login,
        "redirect_url": own.launch,
        "target_link_url": own.launch,
        "deep_linking_url": own.launch,
        "jwks_url": jwks_url or own.jwks,
        "public_jwk": json.dumps(current),
        "public_pem": keys.pem(current),
        "jwks": json.dumps(published, indent=1),
        "tool_name": tool_name,
        "scopes": "\n".join(spec.ALL_SCOPES),
    }


def reach(tool: Receiver, environment: Mapping[str, str] = os.environ) -> tuple[str, markup.Kind]:
    """Return who reaches the tool, in words, and whether that is in the way of something."""
    own = tool.addresses
    if own.asks_login:
        return (
            "This address asks for your Jupyter login. Your own browser gets through, so registering and launching "
            "work for you, and for nobody else. The platform's server does not: paste the public key instead of the "
            "key set's address, or publish it as a file (registration.export_jwks, jwks_url=).",
            "info",
        )
    if not own.is_local:
        return "Browser and platform find the tool at this address for as long as this form receives launches.", "info"
    if any(name in environment for name in _HUBS):
        return (
            "This notebook runs on a JupyterHub, and no address leads from your browser to the tool. Where the hub has "
            "jupyter-server-proxy, give its address under Settings, such as "
            "https://hub.example.edu/user/ada/proxy/{port}. Without it, enter the values by hand, paste the public "
            "key, and paste a launch below.",
            "warning",
        )
    return (
        "This address leads to the computer that the notebook runs on. If your browser runs there too, launches work; "
        "the platform's server does not reach it, so paste the public key instead of the key set's address. If the "
        "notebook runs somewhere else, give a public address under Settings (a tunnel, a proxy), or paste a launch.",
        "info",
    )
