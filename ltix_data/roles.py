"""Roles: from a platform's URIs and short names to one plain word, and back to a filter.

Platforms write full URIs, short names (``Learner``), sub-roles
(``membership/Instructor#TeachingAssistant``), and system or institution roles. [Core §A.2]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from . import spec
from .errors import UsageError

#: The words of the roster's ``role`` column, most privileged first.
WORDS = (
    "Administrator",
    "Instructor",
    "ContentDeveloper",
    "TeachingAssistant",
    "Manager",
    "Mentor",
    "Officer",
    "Member",
    "Learner",
)

_ASSISTANT_SUB_ROLES = frozenset(
    {
        "TeachingAssistant",
        "TeachingAssistantGroup",
        "TeachingAssistantOffering",
        "TeachingAssistantSection",
        "TeachingAssistantSectionAssociation",
        "TeachingAssistantTemplate",
        "Grader",
    }
)
_SHORT_NAMES = {name.lower(): name for name in spec.CONTEXT_ROLES}


def to_uri(role: str) -> str:
    """Return the full URI of a role that may be a short name; other text comes back as it is."""
    return spec.CONTEXT_ROLE + _SHORT_NAMES[role.lower()] if role.lower() in _SHORT_NAMES else role


@lru_cache(maxsize=4096)  # a roster of thousands has a handful of role sets
def main_role(roles: tuple[str, ...]) -> str | None:
    """Return one of `WORDS`, or None when no role is a role in the course."""
    held = words(roles)
    return next((word for word in WORDS if word in held), None)


def words(roles: Iterable[str]) -> frozenset[str]:
    """Return those of `WORDS` that a person's roles in the course amount to.

    A sub-role specialises its principal role, which platforms send beside it by best practice:
    Instructor with ``Instructor#TeachingAssistant`` is a TeachingAssistant (Canvas). [Core §A.2.3.1]
    """
    found = [pair for pair in map(_principal_and_sub, roles) if pair is not None]
    held = frozenset(principal for principal, _ in found)
    instructing = {sub for principal, sub in found if principal == "Instructor" and sub}
    if instructing and instructing <= _ASSISTANT_SUB_ROLES:
        return (held - {"Instructor"}) | {"TeachingAssistant"}
    return held


def is_test_user(roles: Iterable[str]) -> bool:
    """Return whether this is the platform's own test student (Canvas' Student View). [Core §A.2.4]"""
    return spec.TEST_USER in roles


def matcher(role: str | None) -> Callable[[tuple[str, ...]], bool]:
    """Return the test that *role* stands for.

    A context role also fits its sub-roles. *role* is one of `WORDS` in any case, a sub-role such as
    ``Instructor#Grader``, or a URI.

    Raises:
        UsageError: *role* is neither a word of the LTI vocabulary nor a URI.
    """
    if role is None:
        return lambda roles: True
    if not isinstance(role, str) or not role.strip():
        raise UsageError("The role to filter by must be one text, not blank.", hint=f"Use one of {', '.join(WORDS)}.")
    return _matcher(role.strip())


def query_value(role: str | None) -> str | None:
    """Return what to ask the platform for: a context role's URI, or None to ask for everyone.

    Sub-roles are not asked for: platforms match them badly, and we filter again anyway. [NRPS §2.4.1]
    """
    uri = to_uri(role.strip()) if role else ""
    return uri if uri.startswith(spec.CONTEXT_ROLE) else None


def _matcher(role: str) -> Callable[[tuple[str, ...]], bool]:
    wanted = role.replace(" ", "").replace("_", "").lower()
    if wanted == "teachingassistant":
        return lambda roles: any(_has_sub_role(uri, _ASSISTANT_SUB_ROLES) for uri in roles)
    pair = _principal_and_sub(to_uri(wanted if wanted in _SHORT_NAMES else role))
    if pair is None and "#" in role and "/" not in role:
        pair = _principal_and_sub(spec.CONTEXT_SUB_ROLE + role)
    if pair is None and "://" not in role and not role.startswith("urn:"):
        raise UsageError(
            "The role to filter by is not one LTI knows.", hint=f"Use one of {', '.join(WORDS)}, or a URI."
        )
    if pair is None:
        return lambda roles: role in roles
    principal, sub = pair
    return lambda roles: any(
        found[0] == principal and sub in (None, found[1])
        for found in map(_principal_and_sub, roles)
        if found is not None
    )


def _has_sub_role(uri: str, names: frozenset[str]) -> bool:
    pair = _principal_and_sub(uri)
    return pair is not None and pair[1] in names


@lru_cache(maxsize=1024)
def _principal_and_sub(role: str) -> tuple[str, str | None] | None:
    """Split a context role: ``…membership/Instructor#Grader`` is ("Instructor", "Grader")."""
    uri = to_uri(role)
    if uri.startswith(spec.CONTEXT_ROLE):
        name = uri[len(spec.CONTEXT_ROLE) :]
        return (name, None) if name in spec.CONTEXT_ROLES else None
    if uri.startswith(spec.CONTEXT_SUB_ROLE):
        principal, _, sub = uri[len(spec.CONTEXT_SUB_ROLE) :].partition("#")
        return (principal, sub or None) if principal in spec.CONTEXT_ROLES else None
    return None
