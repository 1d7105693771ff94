"""The tool's own addresses: on this machine, and where the platform and the browser find it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .. import urls
from ..errors import UsageError

_HUB = "JUPYTERHUB_PUBLIC_URL"  # JupyterHub 5 tells a server its own address


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the tool is found.

    Args:
        local: its address on this machine, such as ``http://127.0.0.1:8765``.
        public: where browser and platform reach it, without a final slash; *local* where nothing leads here.
        page_key: opens the page that can change the registration.
        invitation: the secret part of the address for dynamic registration.
    """

    local: str
    public: str
    page_key: str
    invitation: str

    @property
    def page(self) -> str:
        """Return the address of the page, with its key."""
        return f"{self.public}/?key={self.page_key}"

    @property
    def login(self) -> str:
        """Return the login initiation URL."""
        return f"{self.public}/login"

    @property
    def launch(self) -> str:
        """Return the redirect URI, which is the target link URI too."""
        return f"{self.public}/launch"

    @property
    def jwks(self) -> str:
        """Return the address of the key set."""
        return f"{self.public}/jwks"

    @property
    def register(self) -> str:
        """Return the address for dynamic registration."""
        return f"{self.public}/register/{self.invitation}"

    @property
    def is_local(self) -> bool:
        """Return whether this machine alone can reach it."""
        return urls.is_loopback(self.public) and not self.asks_login

    @property
    def is_private(self) -> bool:
        """Return whether the browser reaches it and the platform does not."""
        return self.asks_login or self.is_local

    @property
    def asks_login(self) -> bool:
        """Return whether it lies behind jupyter-server-proxy, which lets nobody but the notebook's owner in.

        The owner's browser carries registration and launches there; the platform cannot read the key set.
        """
        return re.search(r"/proxy/\d+$", self.prefix) is not None

    @property
    def prefix(self) -> str:
        """Return the path below which it is found in public; some proxies pass it on, some cut it off."""
        return urlsplit(self.public).path.rstrip("/")

    def serves(self, host: str) -> bool:
        """Return whether *host* (a ``Host`` header) is one of ours.

        A name of somebody else's that leads to 127.0.0.1 is not: a page of theirs could then read ours.
        """
        return urls.is_loopback(f"http://{host}") or urls.host(f"http://{host}") == urls.host(self.public)


def public_url(given: str | None, port: int, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the public address, without a final slash, or None where there is none.

    Args:
        given: what the caller says; ``{port}`` in it stands for the port.
        port: where the tool listens.
        environment: tells the address of a JupyterHub server, below which jupyter-server-proxy finds ports.

    Raises:
        UsageError: it is no address, or is neither on https nor on this machine.
    """
    if given is None and (hub := environment.get(_HUB)):
        given = f"{hub.rstrip('/')}/proxy/{{port}}"
    if given is None:
        return None
    url = urls.require(given.replace("{port}", str(port)), "public_url")
    parts = urlsplit(url)
    if not urls.is_secure(url) or parts.query or parts.fragment:
        raise UsageError(
            "public_url must begin with https:// and have no query.",
            hint="Give the address that a tunnel or proxy prints, such as https://abc.example.net.",
        )
    return url.rstrip("/")
