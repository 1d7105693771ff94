"""Claims of launches, as a platform makes them."""

from __future__ import annotations

from typing import Any

from ltix_data import spec
from ltix_data.courses import KnownCourse

HOST = "https://lms.example.edu"
SERVICE = "https://lms.example.edu/claim/attendance"


def claims(context: str | None = "ctx-1", *, link: str | None = "link-1", **changes: Any) -> dict[str, Any]:
    """Return a launch's claims; *changes* are context, grades, roster (None leaves one out) and claims."""
    course = {"id": context, "label": "BIO101", "title": "Biology"} | changes.pop("context_claim", {})
    place = context or "none"
    grades = {"lineitems": f"{HOST}/c/{place}/items", "scope": [spec.SCOPE_LINE_ITEM, spec.SCOPE_SCORE]}
    if "lineitem" in changes:
        grades["lineitem"] = changes.pop("lineitem")
    made = {
        spec.CLAIM_CONTEXT: {key: value for key, value in course.items() if value is not None},
        spec.CLAIM_RESOURCE_LINK: None if link is None else {"id": link},
        spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": f"{HOST}/c/{place}/members"},
        spec.CLAIM_GRADES: grades,
    }
    return {key: value for key, value in (made | changes).items() if value is not None}


def launch(context: str | None = "ctx-1", *, name: str | None = None, **changes: Any) -> KnownCourse:
    """Return the course of such a launch."""
    return KnownCourse.from_claims(claims(context, **changes), name=name)
