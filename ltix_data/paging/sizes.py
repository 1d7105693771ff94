"""How large the pages of a platform can be, as far as it has shown; and where nobody should ask."""

from __future__ import annotations

import threading
from urllib.parse import parse_qs, urlsplit

from .. import presets, urls

#: How many entries are asked for: more make pages that take a platform seconds, and save no time worth it.
LIMIT = 1000
_FUTILE = 2  # comparisons that proved nothing new
#: Platforms whose rosters are never asked for by a limit, and why. (What is said of them is in the vendors'
#: documentation or source, or was observed.)
NEVER = {
    "canvas": "It gives 50 unasked, and never more.",
    "moodle": "Everybody comes at once, unless a limit is sent; then the next link loses the role.",
    "blackboard": "It gives 1000 unasked, and a next link behind the last page too.",
    "sakai": "Everybody comes at once, unless a limit is sent.",
    "openedx": "Everybody comes at once; or, in a course too large for it, nobody with a limit either.",
}
#: What in a URL says that its list is not whole, or that somebody has set its pages.
_NARROWING = frozenset({"limit", "role", "rlid"})


def may_be_asked(platform: str | None, url: str) -> bool:
    """Return whether a limit may be tried at a roster's URL.

    Only a whole roster is asked for by one: a filter and a limit together are where platforms stumble.
    """
    preset = presets.of_family(platform or "")
    known = preset is not None and preset.key in NEVER
    return not known and _NARROWING.isdisjoint(parse_qs(urlsplit(url).query, keep_blank_values=True))


class Size:
    """What one origin has shown; shared by all threads that read from it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._whole = 0
        self._claimed = self._refused = False
        self._futile = 0

    @property
    def limit(self) -> int | None:
        """Return what to ask for at once; None where nothing is known yet, or no limit is honoured."""
        return None if self._refused else self._limit

    def is_whole(self, count: int) -> bool:
        """Return whether a page of *count* entries without a link behind it must be the whole list.

        A platform that cuts off silently cuts at one length, and it has given a longer page than this one. One as
        long as the limit is never whole: nobody can tell.
        """
        return count < self._whole

    def claim(self) -> bool:
        """Return whether this thread is the one to find out; the others go on as if nothing could be known."""
        with self._lock:
            free = not (self._claimed or self._refused)
            self._claimed = True
            return free

    def release(self) -> None:
        """Let another thread find out, where this one did not come to an end."""
        with self._lock:
            self._claimed = self._limit is not None

    def forget(self) -> None:
        """Know nothing any more: somebody may find out anew."""
        with self._lock:
            self._limit, self._whole, self._claimed = None, 0, False

    def refuse(self) -> None:
        """Ask for no limit in this session any more."""
        with self._lock:
            self._refused = True

    def honoured(self, limit: int) -> None:
        """Note a page of exactly *limit* entries, as asked for, with a link to the next one."""
        with self._lock:
            self._limit = self._whole = limit

    def proved(self, count: int) -> None:
        """Note that a page of *count* entries was the whole list: the small pages held the same."""
        with self._lock:
            if count <= self._whole:
                self._futile += 1
            self._limit = self._limit or self.most
            self._whole = max(self._whole, min(count, self._limit))
            self._refused = self._refused or self._futile >= _FUTILE


class Sizes:
    """What the origins of a session have shown.

    Args:
        most: how many entries to ask for.
    """

    def __init__(self, most: int = LIMIT) -> None:
        self._most = most
        self._known: dict[str, Size] = {}

    def of(self, url: str) -> Size:
        """Return what the origin of *url* has shown."""
        return self._known.setdefault(urls.origin(url), Size(self._most))
