"""Whether what a tool would send is what the platform said it takes: checked before anything is signed. [DL §4.4.1]"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import UsageError
from .items import ContentItem, File, ResourceLink
from .request import Request

_SECTION = "DL §4.4.1"


def check(request: Request, items: Sequence[ContentItem]) -> None:
    """Raise `UsageError` for the first item that the platform would drop or refuse; none at all is a good answer."""
    if request.accept_multiple is False and len(items) > 1:
        raise UsageError(
            f"The platform takes one item at a time (accept_multiple), and there are {len(items)}.",
            hint="Send one, and let the person add content again for the next.",
            spec=_SECTION,
        )
    for number, item in enumerate(items, 1):
        where = f"Item {number} ({item.called})"
        _check_type(request, item, where)
        _check_column(request, item, where)
        _check_targets(request, item, where)
        _check_media_type(request, item, where)


def _check_type(request: Request, item: ContentItem, where: str) -> None:
    if item.type not in request.accept_types:
        raise UsageError(
            f"{where} is of the type {item.type}; the platform takes {_listed(request.accept_types)} (accept_types).",
            hint="Leave it out, or begin where the platform takes it: its buttons differ in what they accept.",
            spec=_SECTION,
        )


def _check_column(request: Request, item: ContentItem, where: str) -> None:
    if isinstance(item, ResourceLink) and item.line_item is not None and request.accept_line_item is False:
        raise UsageError(
            f"{where} brings a column (line_item), and the platform would ignore it (accept_lineitem).",
            hint="Send it without line_item, or begin where the platform adds graded activities.",
            spec=_SECTION,
        )


def _check_targets(request: Request, item: ContentItem, where: str) -> None:
    """Refuse an item that can be shown only in ways the platform cannot; one way that fits is enough. [DL §3.1]"""
    if item.targets and not set(item.targets).intersection(request.accept_presentation_targets):
        accepted = _listed(request.accept_presentation_targets)
        raise UsageError(
            f"{where} says how to show it by {_listed(item.targets)}; the platform can show "
            f"{accepted} (accept_presentation_document_targets).",
            hint="Add one that the platform can show, or leave them all out.",
            spec=_SECTION,
        )


def _check_media_type(request: Request, item: ContentItem, where: str) -> None:
    """Refuse a file of a media type that was not asked for; this limit is about files alone."""
    accepted = request.accept_media_types
    if not isinstance(item, File) or item.media_type is None or accepted is None:
        return
    kind = item.media_type.partition(";")[0].strip().lower()
    if not {kind, f"{kind.partition('/')[0]}/*", "*/*"}.intersection(_plain(accepted)):
        raise UsageError(
            f"{where} is {kind}; the platform takes {_listed(accepted)} (accept_media_types).",
            hint="Send it as a link instead, or in another format.",
            spec=_SECTION,
        )


def _plain(accepted: Iterable[str]) -> set[str]:
    return {kind.partition(";")[0].strip() for kind in accepted}


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"
