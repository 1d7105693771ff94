"""What people enter into the tool's forms: content items for a course, a registration's facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import presets
from ..deeplinking import Column, ContentItem, File, HtmlFragment, Image, Link, ResourceLink
from ..errors import UsageError

_FACTS = ("client_id", "deployment_id", "issuer", "token_url", "auth_url", "jwks_url", "audience")


def items(form: Mapping[str, str], launch_url: str) -> list[ContentItem]:
    """Return the content item that a form describes; none where the person cancelled.

    Raises:
        UsageError: something in it is missing or cannot be used; the message names it.
    """
    if form.get("cancel"):
        return []
    make = _MAKERS.get(form.get("type", ""))
    if make is None:
        raise UsageError("Choose what to place in the course.", hint="Go back and choose one.")
    return [make(_filled(form), launch_url)]


def _resource_link(form: Mapping[str, str], launch_url: str) -> ContentItem:
    label, points = form.get("column"), form.get("out_of")
    if (label is None) != (points is None):
        raise UsageError("A gradebook column needs a label and its points.", hint="Go back and fill in both, or none.")
    column = Column(label, _number(points), resource_id=form.get("resource_id")) if label and points else None
    return ResourceLink(url=launch_url, title=form.get("title") or label, text=form.get("text"), line_item=column)


_MAKERS: dict[str, Callable[[Mapping[str, str], str], ContentItem]] = {
    "ltiResourceLink": _resource_link,
    "link": lambda form, _: Link(url=form.get("url", ""), title=form.get("title"), text=form.get("text")),
    "file": lambda form, _: File(url=form.get("url", ""), title=form.get("title"), text=form.get("text")),
    "html": lambda form, _: HtmlFragment(html=form.get("html", ""), title=form.get("title"), text=form.get("text")),
    "image": lambda form, _: Image(url=form.get("url", ""), title=form.get("title"), text=form.get("text")),
}


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise UsageError(
            "The points of a column must be a number.", hint="Go back and write one, such as 10."
        ) from None


def facts(form: Mapping[str, str]) -> dict[str, Any]:
    """Return what a person entered as keyword arguments of `ltix_data.register`.

    Raises:
        UsageError: the platform or its host is missing.
        UnknownNameError: no platform of that name is known.
    """
    given = _filled(form)
    found: dict[str, Any] = {key: given[key] for key in _FACTS if key in given}
    if "client_id" not in found:
        raise UsageError("The client id is missing.", hint="The platform shows it once the tool is added there.")
    if platform := given.get("platform"):
        told = presets.find(platform).facts(given.get("host"), found["client_id"])
        found = {**told, **found}
    missing = [key for key in ("issuer", "token_url") if key not in found]
    if missing:
        raise UsageError(
            f"{' and '.join(missing)} cannot be told from what was entered.",
            hint="Choose the platform and enter its host, or copy these values from the platform.",
        )
    return found


def _filled(form: Mapping[str, str]) -> dict[str, str]:
    return {key: value.strip() for key, value in form.items() if value.strip()}
