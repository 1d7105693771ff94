"""A roster service of many habits: how it cuts pages, addresses them, takes a limit, and ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from scripted import HOST, Reply, Script, Seen, members, person, says, text

ADDRESSED = ("start", "page", "after", "opaque")
#: What a limit does. The first three are honest; the others lose people if they are believed.
LIMITS = ("honoured", "capped", "ignored", "refused", "fails", "no json", "cut", "cut when it asks for more",
          "counted past", "in total", "dropped", "other order")  # fmt: skip
ENDS = ("plain", "phantom", "full", "empty body")


def people(count: int, *, twice: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """Return entries of a roster; those at *twice* are there once more at the end, with another role."""
    found = [person(f"u{number:05}", name=f"Name {number}") for number in range(count)]
    return [*found, *(person(f"u{number:05}", "Instructor") for number in twice if number < count)]


@dataclass
class Service:
    """Answers for one roster.

    Args:
        entries: everybody.
        size: how many a page holds unasked.
        addressed: what a next link counts by.
        limit: what a limit does.
        most: the largest page it gives.
        end: what is behind the last page.
        changes: page that is asked for -> what happens to the entries before it is answered.
    """

    entries: list[dict[str, Any]]
    size: int = 5
    addressed: str = "start"
    limit: str = "honoured"
    most: int = 10**9
    end: str = "plain"
    changes: dict[int, Any] = field(default_factory=dict)
    asked: int = 0

    def __call__(self, seen: Seen) -> Reply:
        if change := self.changes.pop(self.asked, None):
            change(self.entries)
        self.asked += 1
        url = urlsplit(seen.url)
        query = dict(parse_qsl(url.query))
        limit = int(query["limit"]) if "limit" in query else None
        if limit is not None and self.limit in ("refused", "fails", "no json"):
            return {"refused": Reply(400), "fails": Reply(503), "no json": text("<html>")}[self.limit]
        size = self._page_size(limit)
        begin = self._begin(query, size)
        found, step = self.entries[begin : begin + size], size
        if limit is not None and self.limit == "other order":
            found = found[::-1]
        if limit is not None and self.limit == "counted past":
            step = limit
        if limit is not None and self.limit == "in total":
            found = found[: max(0, limit - begin)]
        if not found and self.end == "empty body" and begin:
            return Reply(200)
        more = self._more(begin, step, len(found), limit)
        link = {"link": f"<{HOST}{url.path}?{self._next(query, begin, step, found)}>; rel=next"} if more else {}
        return says(members(*found), **link)

    def _page_size(self, limit: int | None) -> int:
        if limit is None or self.limit in ("ignored", "in total"):
            return self.size
        return min(limit, self.most)

    def _begin(self, query: dict[str, str], size: int) -> int:
        value = query.get({"opaque": "cursor"}.get(self.addressed, self.addressed))
        if value is None:
            return 0
        if self.addressed == "page":
            return (int(value) - 1) * size
        if self.addressed == "after":
            ids = [entry["user_id"] for entry in self.entries]
            return next((place for place, user_id in enumerate(ids) if user_id > f"u{int(value):05}"), len(ids))
        return int(value[::-1], 36) if self.addressed == "opaque" else int(value)

    def _more(self, begin: int, step: int, count: int, limit: int | None) -> bool:
        if limit is not None and self.limit == "cut":
            return False
        if limit is not None and self.limit == "cut when it asks for more" and count < limit:
            return False
        if self.end == "phantom" and self.addressed != "after":
            return True
        if self.end != "plain":
            return count == self._page_size(limit)
        return begin + step < len(self.entries)

    def _next(self, query: dict[str, str], begin: int, step: int, found: list[dict[str, Any]]) -> str:
        kept = dict(query)
        if self.limit == "dropped":
            kept.pop("limit", None)
        if self.addressed == "page":
            kept["page"] = str(int(query.get("page", 1)) + 1)
        elif self.addressed == "after":
            kept["after"] = str(int(found[-1]["user_id"][1:])) if found else query.get("after", "0")
        elif self.addressed == "opaque":
            kept["cursor"] = _base36(begin + step)[::-1]
        else:
            kept["start"] = str(begin + step)
        return urlencode(kept)


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


class Courses:
    """Courses behind one script and in one session, each with a service of its own."""

    def __init__(self, key: object, *services: Service, **facts: Any) -> None:
        self.script = Script(key, **facts)
        self.client = self.script.client()
        for number, service in enumerate(services):
            self.script.on(f"/c/{number}/memberships", service)

    def course(self, number: int) -> Any:
        from ltix_data.services.memberships import Memberships

        url = f"{HOST}/c/{number}/memberships"
        return Memberships(self.client, {"context_memberships_url": url}, course_name=f"BIO{number}")

    @property
    def asked(self) -> list[str]:
        """Return what was asked for, without the host."""
        return [seen.url.removeprefix(HOST) for seen in self.script.service_requests]
