"""Fewer and larger pages, where the platform itself has shown that they lose nobody.

No platform says whether it honours a ``limit``, or up to which. So the first roster that comes in pages is asked
for once more with a large one, and what comes is held against what is known already. It is taken only if

- it begins with the very entries of the first page, and has more; and
- there is a link behind it, to another page than behind the first, and it has exactly as many entries as were asked
  for. Where it has fewer, the platform has a maximum of its own, and its link may count by the limit that was asked
  for, past everybody in between: it is asked again for what it can give, and must give the same.

A page without a link behind it may be the whole roster, or cut off without a word (as Open edX cuts results): the
roster is read in its small pages, and only if these hold the same is a page *shorter than that* believed to be whole
from then on, for whoever cuts cuts at one length. A page as long as the limit without a link is never believed.

Later rosters are asked for with the limit at once, under the same rules; what they do not pass is read in small
pages. Where a limit is refused, ignored or doubtful, the session asks for none any more.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from .. import urls
from ..errors import LtixError, StoppedError
from .chain import follow
from .container import Ask, Clock, Container, Page
from .sizes import Size, Sizes


def pages(
    ask: Ask, url: str, container: Container, *, most: int, ahead: Clock | None = None, sizes: Sizes | None = None
) -> Generator[Page, None, None]:
    """Yield the pages of a container; see `follow`, which also says what is raised.

    Args:
        ask: asks for one page.
        url: the first page.
        container: what is read.
        most: how many pages there may be.
        ahead: ask for pages before their links are read, where these can be foretold and this clock tells that it
            is worth it.
        sizes: ask for larger pages, by what is known here.
    """
    if sizes is None:
        yield from follow(ask, url, container, most=most, ahead=ahead)
        return
    larger = _Larger(ask, url, container, sizes.of(url))
    found = larger.at_once()
    if found and found.believed:
        yield from follow(ask, found.url, container, most=most, ahead=ahead, first=found.page)
        return
    with closing(follow(ask, url, container, most=most, ahead=ahead)) as small:
        first = next(small)  # where the limit failed and this does too, the limit was not to blame
        yield first
        found = found or larger.instead_of(first)
        if found is None:
            yield from small
        elif not found.believed:
            yield from larger.compared(found, first, small)
        else:
            yield container.rest(found.page, len(container.entries(first)))
            with closing(follow(ask, found.url, container, most=most, ahead=ahead, first=found.page)) as large:
                next(large)  # the page that was just used
                yield from large


@dataclass(slots=True)
class _Found:
    """A page that was asked for with a limit."""

    url: str
    page: Page
    entries: list[Any]
    following: str | None
    believed: bool = False


class _Larger:
    """Asks one container for larger pages."""

    def __init__(self, ask: Ask, url: str, container: Container, size: Size) -> None:
        self._ask, self._url, self._container, self._size = ask, url, container, size
        self._failed = False

    def at_once(self) -> _Found | None:
        """Return the first page by a limit that other containers were given by, if that is known."""
        limit = self._size.limit
        if limit is None:
            return None
        found = self._asked(limit)
        self._failed = found is None
        return found and self._settled(found, limit)

    def instead_of(self, first: Page) -> _Found | None:
        """Return a larger page in place of *first*, which was asked for without a limit."""
        if self._failed:
            self._size.forget()
        elif self._is_worth_trying(first) and self._size.claim():
            try:
                found = self._tried(first)
            except BaseException:
                self._size.release()
                raise
            if found is None:
                self._size.refuse()
            return found
        return None

    def compared(self, found: _Found, first: Page, small: Iterator[Page]) -> Iterator[Page]:
        """Yield the pages behind *first*, and take note of whether *found* holds the same."""
        count, same = 0, True
        try:
            for page in chain([first], small):
                if page is not first:
                    yield page
                entries = self._container.entries(page)
                same = same and found.entries[count : count + len(entries)] == entries
                count += len(entries)
            if same and count == len(found.entries):
                self._size.proved(count)
            else:
                self._size.refuse()
        finally:
            self._size.release()

    def _is_worth_trying(self, first: Page) -> bool:
        following = first.answer.link("next")
        if following is None or not 0 < len(self._container.entries(first)) < self._size.most:
            return False
        with suppress(LtixError):
            self._container.check_next(following, urls.origin(self._url), {self._url})
            return not _tells_differences(first)
        return False

    def _tried(self, first: Page) -> _Found | None:
        entries, following = self._container.entries(first), first.answer.link("next")
        found = self._asked(self._size.most)
        if found is None or len(found.entries) <= len(entries) or found.entries[: len(entries)] != entries:
            return None
        if found.following is not None and found.following == following:  # it does not count by the limit
            return None
        return self._settled(found, self._size.most)

    def _settled(self, found: _Found, limit: int) -> _Found | None:
        """Return what is left of *found*: believed, to be compared, or None."""
        count = len(found.entries)
        if found.following is None and not _tells_differences(found.page):
            found.believed = self._size.is_whole(count)
            return found
        if 0 < count < limit == self._size.most and (again := self._asked(count)) and again.entries == found.entries:
            found, limit = again, count
        if found.following is None or count != limit or _tells_differences(found.page):
            self._size.refuse()
            return None
        self._size.honoured(limit)
        found.believed = True
        return found

    def _asked(self, limit: int) -> _Found | None:
        """Return a page of so many entries, or None if it cannot be had or used."""
        url = urls.add_query(self._url, {"limit": str(limit)})
        try:
            page = self._container.page(self._ask(url, once=True), first=True)
            following = page.answer.link("next")
            if following is not None:
                self._container.check_next(following, urls.origin(url), {self._url, url})
            return _Found(url, page, self._container.entries(page), following)
        except StoppedError:
            raise
        except LtixError:  # without the limit there may be none; if there is, it is raised there
            return None


def _tells_differences(page: Page) -> bool:
    """Return whether a page says where differences will be told: that address would keep the limit."""
    return page.answer.link("differences") is not None
