"""A course this tool may work in: its names, its service endpoints and the scopes it offers.

Service URLs come from launches alone; no platform has a directory of them. [AGS §3.1, NRPS §3.6.1.1]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from . import parsing, spec, urls
from .errors import RegistrationError, UsageError

_URL_FIELDS = ("memberships_url", "lineitems_url", "lineitem_url")
_TEXT_FIELDS = ("name", "context_id", "label", "title", "resource_link_id", *_URL_FIELDS)
_STORED_FIELDS = (*_TEXT_FIELDS, "scopes", "services", "links")


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """What is remembered of a course.

    `scopes` are the ones its launch offered for grades and rosters; None means that nobody said, and
    then everything its endpoints could need is asked for. `services` holds the claims of further
    services by their claim URI, as they came. `links` holds every resource link that was launched, by
    its id, with the line item that the platform coupled to it, None where it named none; the link and
    line item of `resource_link_id` and `lineitem_url` are always among them. [AGS §3.1]
    """

    name: str
    context_id: str | None = None
    label: str | None = None
    title: str | None = None
    memberships_url: str | None = None
    lineitems_url: str | None = None
    lineitem_url: str | None = None
    resource_link_id: str | None = None
    scopes: tuple[str, ...] | None = None
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    links: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise UsageError("A course needs a name to call it by.")
        for key in _TEXT_FIELDS:
            if not isinstance(getattr(self, key), str | None):
                raise UsageError(f"{key} of course “{self.name}” must be text.")
        for key in _URL_FIELDS:
            if getattr(self, key) is not None:
                object.__setattr__(self, key, urls.require(getattr(self, key), f"{key} of course “{self.name}”"))
        if isinstance(self.scopes, str):
            raise UsageError(f"scopes of course “{self.name}” must be a list of scope URIs, not one text.")
        if self.scopes is not None:
            object.__setattr__(self, "scopes", tuple(self.scopes))
        object.__setattr__(self, "links", self._all_links())
        try:
            json.dumps(dict(self.services), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"services of course “{self.name}” are not plain data.",
                hint="Give them as launches do: claim URI to a dictionary of texts, numbers and lists.",
            ) from error

    def _all_links(self) -> dict[str, str | None]:
        what = f"links of course “{self.name}”"
        if not isinstance(self.links, Mapping) or not all(isinstance(link, str) for link in self.links):
            raise UsageError(f"{what} must map a resource link's id to its line item's URL.")
        found = {link: None if url is None else urls.require(url, what) for link, url in self.links.items()}
        if self.resource_link_id is not None:
            found[self.resource_link_id] = self.lineitem_url or found.get(self.resource_link_id)
        return found

    @property
    def coupled_urls(self) -> frozenset[str]:
        """Return the line items that the platform made for its own links, as far as launches named them."""
        return frozenset(url for url in (self.lineitem_url, *self.links.values()) if url)

    @property
    def offered_scopes(self) -> frozenset[str]:
        """Return what may be asked of the token endpoint for this course. [AGS §3.1]"""
        offered: set[str] = set()
        if self.memberships_url:  # the NRPS claim has no scope list of its own
            offered.add(spec.SCOPE_MEMBERSHIPS)
        if self.scopes is not None:
            offered.update(self.scopes)
        elif self.lineitems_url:
            offered.update(spec.GRADE_SCOPES)
        elif self.lineitem_url:
            offered.update((spec.SCOPE_LINE_ITEM_READONLY, spec.SCOPE_RESULT_READONLY, spec.SCOPE_SCORE))
        return frozenset(offered)

    @property
    def service_urls(self) -> tuple[str, ...]:
        """Return every endpoint URL, the custom services' included; what is no URL there is left out.

        The line items of `links` are none: they mark what is coupled, and may be of an address long left.
        """
        found = [url for key in _URL_FIELDS if (url := getattr(self, key))]
        for value in (value for claim in self.services.values() for value in claim.values()):
            with suppress(UsageError):
                found.append(urls.require(value, "a service's URL"))
        return tuple(found)

    def endpoint(self, claim: str) -> Mapping[str, Any] | None:
        """Return the endpoints under a launch claim, or None where the course has none."""
        if claim == spec.CLAIM_MEMBERSHIPS:
            return {"context_memberships_url": self.memberships_url} if self.memberships_url else None
        if claim == spec.CLAIM_GRADES:
            grades = {"lineitems": self.lineitems_url, "lineitem": self.lineitem_url}
            return {key: value for key, value in grades.items() if value} or None
        return self.services.get(claim)

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any], *, name: str | None = None) -> Self:
        """Read a course from the claims of a launch.

        The name is *name*, else the context's label, title or id.

        Raises:
            UsageError: the claims name no course or hold no service endpoint.
        """
        context, link = _claim(claims, spec.CLAIM_CONTEXT), _claim(claims, spec.CLAIM_RESOURCE_LINK)
        grades, roster = _claim(claims, spec.CLAIM_GRADES), _claim(claims, spec.CLAIM_MEMBERSHIPS)
        called = name or _called(context)
        services = {
            key: dict(value)
            for key, value in claims.items()
            if isinstance(value, dict) and "/claim/" in key and not key.startswith(_STANDARD_CLAIMS)
        }
        if not called or not (grades or roster or services):
            raise UsageError(
                "This launch offers no course services.",
                hint="Ask the platform's administrator to enable Names and Roles or Assignment and Grades.",
                spec="AGS §3.1",
            )
        scopes = grades.get("scope")
        return cls(
            name=called,
            context_id=_text(context, "id"),
            label=_text(context, "label"),
            title=_text(context, "title"),
            memberships_url=_text(roster, "context_memberships_url"),
            lineitems_url=_text(grades, "lineitems"),
            lineitem_url=_text(grades, "lineitem"),
            resource_link_id=_text(link, "id"),
            scopes=tuple(parsing.clean(s) for s in scopes if isinstance(s, str)) if isinstance(scopes, list) else None,
            services=_storable(services),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what is stored in the registration's file."""
        fields = {key: getattr(self, key) for key in _TEXT_FIELDS}
        fields["scopes"] = None if self.scopes is None else list(self.scopes)
        fields["services"] = {key: dict(value) for key, value in self.services.items()} or None
        fields["links"] = dict(self.links) or None
        return {key: value for key, value in fields.items() if value is not None}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read a stored course.

        Raises:
            RegistrationError: the file was damaged.
        """
        try:
            fields: dict[str, Any] = {key: raw[key] for key in _STORED_FIELDS if key in raw}
            return cls(**fields)
        except (KeyError, UsageError, TypeError) as error:
            raise RegistrationError(
                "A stored course is damaged.", hint="Add it again with session.add_course(…)."
            ) from error


#: Claims of LTI itself, which are no services of a platform's own. Deep linking's hold the address that a
#: browser returns to: no token goes there.
_STANDARD_CLAIMS = (
    "https://purl.imsglobal.org/spec/lti/claim/",
    "https://purl.imsglobal.org/spec/lti-dl/claim/",
    spec.CLAIM_GRADES,
    spec.CLAIM_MEMBERSHIPS,
)


def _called(context: Mapping[str, Any]) -> str | None:
    """Return what people call a course. Open edX writes its whole key where the label belongs."""
    label, title = _text(context, "label"), _text(context, "title")
    short = label if label != _text(context, "id") else None
    return short or title or label or _text(context, "id")


def _claim(claims: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = claims.get(key)
    return value if isinstance(value, dict) else {}


def _text(claim: Mapping[str, Any], key: str) -> str | None:
    value = claim.get(key)
    return parsing.clean(value) if isinstance(value, str) and value.strip() else None


def _storable(services: dict[str, Any]) -> dict[str, Any]:
    """Return *services* without lone surrogates, which no file can hold."""
    cleaned: dict[str, Any] = json.loads(parsing.clean(json.dumps(services, ensure_ascii=False)))
    return cleaned
