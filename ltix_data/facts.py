"""What is known of a tool's registration besides its keys: names, ids and addresses, checked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from . import presets, registry, urls
from .errors import UsageError

_URLS = ("token_url", "auth_url", "jwks_url")
_REQUIRED = ("issuer", "client_id")
_OPTIONAL = ("deployment_id", "audience", "platform", "kid")
_NUMBERS = ("client_id", "deployment_id")  # pasted as numbers: Canvas' client ids, Moodle's deployments
FACTS = ("name", "platform", *_REQUIRED, *_URLS, "deployment_id", "audience")


@dataclass(frozen=True, kw_only=True, repr=False)
class Facts:
    """The facts of a registration; see `ltix_data.registration.Registration`."""

    name: str
    issuer: str
    client_id: str
    token_url: str
    auth_url: str | None = None
    jwks_url: str | None = None
    deployment_id: str | None = None
    audience: str | None = None
    platform: str | None = None

    def __post_init__(self) -> None:
        self._set(name=registry.check_name(self.name))
        for key in (*_REQUIRED, *_OPTIONAL):
            value = getattr(self, key, None)
            if value is not None or key in _REQUIRED:
                self._set(**{key: _text(value, key, number=key in _NUMBERS)})
        for key in _URLS:
            if getattr(self, key) is not None or key == "token_url":
                self._set(**{key: urls.require(getattr(self, key), key)})
        if not urls.is_secure(self.token_url):
            raise UsageError(
                "token_url must begin with https://, for the tool's credentials travel to it.",
                hint="Plain http is accepted on this computer (localhost) alone.",
            )
        self._set(
            audience=self.audience or presets.audience(self.token_url) or self.token_url,
            platform=self.platform or presets.guess(self.issuer, self.token_url, self.auth_url),
        )

    def _set(self, **values: object) -> None:
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={getattr(self, key)!r}" for key in ("name", "platform", "issuer", "client_id"))
        return f"{type(self).__name__}({shown})"

    @property
    def origins(self) -> frozenset[str]:
        """Return the origins of the platform's own addresses: where an access token may go."""
        found = {urls.origin(url) for key in _URLS if (url := getattr(self, key))}
        with suppress(UsageError):  # an issuer need not be a URL
            found.add(urls.origin(urls.require(self.issuer, "issuer")))
        return frozenset(found)


def _text(value: object, what: str, *, number: bool) -> str:
    """Return a pasted value without the blanks around it."""
    fits = isinstance(value, str) or (number and isinstance(value, int) and not isinstance(value, bool))
    text = str(value).strip() if fits else ""
    if not text:
        raise UsageError(f"{what} must be a text that is not blank.")
    return text
