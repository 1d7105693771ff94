"""How a course shows itself: what it offers, what of that was granted, and what to type next. Nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator

from .. import markup, spec
from ..courses import KnownCourse
from ..grant import Token

Steps = list[tuple[str, str]]

_READ_COLUMNS = (spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY)
_ENABLE = (
    "What is not offered, the platform's administrator can enable for this tool; launch it from this course again then."
)


def html(known: KnownCourse, registration: str, token: Token | None) -> str:
    """Return a course as HTML.

    Args:
        known: what is remembered of it.
        registration: the name of the registration it belongs to.
        token: the current token, if there is one: it tells what was granted.
    """
    offers = list(_offers(known, token))
    return markup.render(
        "course.html",
        name=known.name,
        title=known.title if known.title != known.name else None,
        registration=registration,
        label=known.label if known.label != known.name else None,
        offers=offers,
        lacking=_ENABLE if any(state.startswith("not") for _, state in offers) else "",
        steps=steps(known),
    )


def steps(known: KnownCourse) -> Steps:
    """Return what can be typed next, as (code, what it gives); only what the course offers."""
    offered, found = known.offered_scopes, []
    if known.memberships_url:
        found.append(("course.roster()", "who is in it"))
    if _grades(known):
        found.append(("course.line_items()", "this tool's gradebook columns"))
    if _grades(known) and spec.SCOPE_RESULT_READONLY in offered:
        found.append(("course.results()", "the grades in them, one row each"))
        if known.memberships_url:
            found.append(("course.gradebook()", "one row for each learner, one column for each line item"))
            found.append(("course.plot.completion()", "a picture of how many have which; course.plot has others"))
            found.append(
                ("course.snapshot()", "keeps all this as it is now; course.changes() tells what changed since")
            )
    if _grades(known) and spec.SCOPE_SCORE in offered:
        found.append(('plan = course.plan_grades("grades.xlsx", …)', "grades from a sheet; nothing is sent yet"))
        found.append(("course.widgets.upload()", "the same, as a form"))
    if not found and known.services:
        found.append(("course.service(…)", "the platform's own service"))
    return found


def _offers(known: KnownCourse, token: Token | None) -> Iterator[tuple[str, str]]:
    """Yield (what may be done here, whether it is offered and granted)."""

    def state(*scopes: str, offered: bool) -> str:
        allowed = offered and known.offered_scopes.intersection(scopes)
        if not allowed:
            return "not offered"
        refused = token is not None and token.requested & allowed and not token.granted & allowed
        return "not granted" if refused else "yes"

    grades = bool(_grades(known))
    yield "Roster (Names and Roles)", state(spec.SCOPE_MEMBERSHIPS, offered=bool(known.memberships_url))
    columns = state(*_READ_COLUMNS, offered=grades)
    yield (
        "Gradebook columns of this tool",
        f"{columns}, one column" if columns == "yes" and not known.lineitems_url else columns,
    )
    yield "New columns", state(spec.SCOPE_LINE_ITEM, offered=bool(known.lineitems_url))
    yield "Reading grades", state(spec.SCOPE_RESULT_READONLY, offered=grades)
    yield "Sending grades", state(spec.SCOPE_SCORE, offered=grades)
    yield from ((claim, "yes") for claim in known.services)


def _grades(known: KnownCourse) -> str | None:
    return known.lineitems_url or known.lineitem_url
