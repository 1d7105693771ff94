"""Page after page by the links between them, and when it is enough."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from typing import Any

from .. import urls
from ..errors import LtixWarning, TooLargeError
from .ahead import Ahead
from .container import Ask, Clock, Container, Page

_CALLER = 4  # frames from here to whoever asked for the roster: this one, `pages`, the service


def follow(
    ask: Ask, url: str, container: Container, *, most: int, ahead: Clock | None = None, first: Page | None = None
) -> Generator[Page, None, None]:
    """Yield the pages from *url* on, used as they come.

    Blackboard keeps sending ``next`` behind the last page: two empty pages in a row, or one that
    repeats the page before it, end the list (the latter with a warning, for nobody can tell it
    from a platform that ignores its own links).

    Args:
        ask: asks for one page.
        url: the first page.
        container: what is read.
        most: how many pages there may be.
        ahead: ask for pages before their links are read, where these can be foretold (see `Ahead`); what tells
            whether it is worth it. None reads one page after another.
        first: the first page, where it was read already.

    Raises:
        MalformedResponseError: a link leads in a circle, or a page is no container.
        ForeignHostError: a link leads to another host.
        TooLargeError: there are more than *most* pages.
    """
    home, seen, empty = urls.origin(url), {url}, 0
    before: list[Any] | None = None
    forward = Ahead(ask, ahead) if ahead else None
    try:
        for number in range(1, most + 1):
            page = first if first and number == 1 else container.page((forward or ask)(url), first=number == 1)
            entries = container.entries(page)
            if entries and entries == before:
                warnings.warn(_REPEATED.format(urls.host(url), container.what), LtixWarning, _CALLER)
                return
            yield page
            empty = 0 if entries else empty + 1
            following = page.answer.link("next")
            if following is None or empty == 2:
                return
            container.check_next(following, home, seen)
            if forward:
                forward.foretell(following, most - number)
            seen.add(following)
            url, before = following, entries
    finally:
        if forward:
            forward.leave()
    raise TooLargeError(
        f"{urls.host(url)} sent more than {most} pages of {container.what}.",
        hint="Ask for less with a filter, or raise the session's limits.",
    )


_REPEATED = "{} repeated the last page of {}; taken as its end."
