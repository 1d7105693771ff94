"""What a failed exchange amounts to, and where a redirect may lead."""

from __future__ import annotations

from .. import urls
from ..answers import Answer
from ..errors import (
    ForeignHostError,
    RefusedError,
    TooLargeError,
    TransportError,
    UnknownOutcomeError,
    UsageError,
)


def redirect(method: str, answer: Answer) -> str:
    """Return where a redirect leads, if it may be followed with the token in hand."""
    target = urls.join(answer.url, answer.headers.get("location", ""))
    try:
        urls.require(target, "The redirect's target")
    except UsageError:
        raise RefusedError(
            f"{urls.host(answer.url)} redirects to an address that cannot be read.", status=answer.status
        ) from None
    if urls.origin(target) != urls.origin(answer.url):
        raise ForeignHostError(
            f"{urls.host(answer.url)} redirects to {urls.host(target) or 'another place'}; this was not followed.",
            hint="Check the service's URL: this is often a login page.",
            status=answer.status,
        )
    if method != "GET":
        raise RefusedError(
            f"{urls.host(answer.url)} redirects a write; it was not repeated.",
            hint="Check the service's URL.",
            status=answer.status,
        )
    return target


def too_large(url: str, most: int) -> TooLargeError:
    """Return the error for a body of more than *most* bytes."""
    return TooLargeError(
        f"{urls.host(url)} sent an answer of more than {most / 2**20:.3g} MiB.",
        hint="This is no roster or gradebook; check the URL.",
    )


def unreachable(url: str, error: Exception) -> TransportError:
    """Return the error where no connection came about."""
    if "CERTIFICATE" in str(error).upper():
        hint = "Its certificate is not trusted here; if your institution has its own authority, set SSL_CERT_FILE."
    else:
        hint = "Check the address, the network and any proxy."
    return TransportError(f"{urls.host(url)} could not be reached ({type(error).__name__}).", hint=hint)


def lost(url: str, error: Exception) -> TransportError:
    """Return the error where an answer did not come, or not whole, and asking again does no harm."""
    return TransportError(
        f"{urls.host(url)} broke off or did not answer in time ({type(error).__name__}).", hint="Try again later."
    )


def unknown(url: str) -> UnknownOutcomeError:
    """Return the error where no answer to a write came."""
    return UnknownOutcomeError(
        f"The request was sent to {urls.host(url)}, and no answer came: it may or may not have been done.",
        hint="Read back what the platform holds before sending it again.",
    )
