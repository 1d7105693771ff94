"""Authorised requests to a platform's services: token, scope, hosts, paging.

The token goes only to origins that the registration or a course named, and never over plain http
except to this machine; a ``next`` link stays on its service's origin. A hostile one gets nothing.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import spec, urls
from .answers import Answer
from .errors import ForeignHostError, LtixWarning, MalformedResponseError, TooLargeError, UsageError
from .grant import Token
from .http import HttpClient
from .registration import Registration
from .tokens import TokenSource
from .veil import Veil

_WRITES = frozenset({"POST", "PUT", "DELETE", "PATCH"})
#: 403 codes that speak of the request, not of the token (Open edX; RFC 6750 §3.1).
_MEANT = frozenset({"above_response_limit", "insufficient_scope"})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a container: its parsed JSON, and the answer it came in."""

    data: Any
    answer: Answer

    def entries(self, key: str | None, what: str, section: str) -> list[Any]:
        """Return the list at *key*, or the page itself where *key* is None.

        Raises:
            MalformedResponseError: there is no list.
        """
        found = (self.data.get(key) if isinstance(self.data, dict) else None) if key else self.data
        if not isinstance(found, list):
            raise MalformedResponseError(
                f"{urls.host(self.answer.url)} answered {what} without the list it must hold.",
                hint="Check that the URL is the service's own.",
                spec=section,
                status=self.answer.status,
            )
        return found


class ServiceClient:
    """Sends requests as one registration, with a token that renews itself.

    Args:
        registration: who asks.
        offered: the scopes that may be asked for now.
        origins: the origins, beside the registration's own, where the token may go now.
        http: the client to send through.
        now: the local clock.
        veil: covers people with pseudonyms, in a session that knows them by nothing else.
    """

    def __init__(
        self,
        registration: Registration,
        *,
        offered: Callable[[], frozenset[str]],
        origins: Callable[[], frozenset[str]],
        http: HttpClient | None = None,
        now: Callable[[], float] = time.time,
        veil: Veil | None = None,
    ) -> None:
        self.registration = registration
        self.veil = veil
        self.http = http or HttpClient(now=now)
        self.now = now
        self.tokens = TokenSource(registration, self.http, offered, now)
        self._origins = origins

    def real_id(self, user_id: str) -> str:
        """Return the platform's own user_id of somebody, whom a session with a veil knows by a pseudonym.

        Raises:
            UnknownNameError: nobody was seen who has this pseudonym.
        """
        return user_id if self.veil is None else self.veil.uncover(user_id)

    def close(self) -> None:
        """Close every connection."""
        self.http.close()

    def send(
        self,
        method: str,
        url: str,
        what: str,
        *,
        scopes: tuple[str, ...],
        accept: str | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
        section: str | None = None,
    ) -> Answer:
        """Return the answer to an authorised request, if it is 2xx.

        A 401, and a 403 where the token may be dead (Sakai, Open edX), is answered by one renewal.

        Args:
            method: GET, POST, PUT or DELETE.
            url: where to.
            what: the thing asked for, for messages.
            scopes: of which one is needed.
            accept: the one media type wanted, sent alone and exactly: Moodle refuses lists.
            content: the body.
            content_type: its media type.
            section: of the specification, for messages.

        Raises:
            UsageError: *url* is no URL; nothing was sent.
            ScopeError: none of *scopes* was granted; nothing was sent.
            ForeignHostError: the token must not go there; nothing was sent.
            AccessError: the platform refused the token or the right.
            PlatformError: it refused the request, or failed.
            TransportError: it could not be reached.
        """
        self._check_target(urls.require(url, f"The address of {what}"))
        headers = {"Accept": accept or spec.JSON} | ({"Content-Type": content_type} if content_type else {})
        held = self.tokens.current
        token = self.tokens.token(scopes)
        answer = self._with_token(token, method, url, headers, content)
        if self._is_dead(token, answer, just_made=token is not held):
            self.tokens.replace(token)
            token = self.tokens.token(scopes)  # the new one may have been granted less
            answer = self._with_token(token, method, url, headers, content)
        if not answer.ok:
            raise answer.failure(what, spec=section, now=self.http.clock.now(), any_code=self.veil is None)
        self.tokens.prove(token)
        return answer

    def _with_token(
        self, token: Token, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        authorised = {**headers, "Authorization": f"Bearer {token.value}"}
        return self.http.send(method, url, headers=authorised, content=content, repeatable=method not in _WRITES)

    def _is_dead(self, token: Token, answer: Answer, *, just_made: bool) -> bool:
        if answer.status == 403 and (just_made or answer.is_rate_limit or answer.code() in _MEANT):
            return False
        return answer.status in (401, 403) and self.tokens.worth_replacing(token, answer.status)

    def _check_target(self, url: str) -> None:
        if not urls.is_secure(url):
            raise ForeignHostError(
                f"{urls.host(url)} would be asked over plain http; the access token was not sent.",
                hint="Use its https address.",
                spec="Security §3",
            )
        if urls.origin(url) not in self.registration.origins | self._origins():
            raise ForeignHostError(
                f"{urls.host(url)} is not a host of “{self.registration.name}”; the access token was not sent.",
                hint="Only hosts named by the registration or by a course's services get it; add the course first.",
            )

    def get_json(
        self, url: str, what: str, *, scopes: tuple[str, ...], accept: str | None = None, section: str | None = None
    ) -> Any:
        """Return the parsed JSON of one GET. Raises as `send` does, and MalformedResponseError."""
        return self.send("GET", url, what, scopes=scopes, accept=accept, section=section).json(what, spec=section)

    def pages(
        self, url: str, what: str, *, scopes: tuple[str, ...], accept: str, key: str | None, section: str
    ) -> Iterator[Page]:
        """Yield the pages of a container by its ``next`` links, used as they come. [AGS §3.2.4, NRPS §2.4.2]

        Blackboard keeps sending ``next`` behind the last page: two empty pages in a row, or one that
        repeats the page before it, end the list (the latter with a warning, for nobody can tell it
        from a platform that ignores its own links).

        Raises:
            MalformedResponseError: a link leads in a circle, or a page is no container.
            ForeignHostError: a link leads to another host.
            TooLargeError: more pages than the limits allow.
        """
        home, seen, empty = urls.origin(url), {url}, 0
        before: list[Any] | None = None
        for number in range(1, self.http.limits.max_pages + 1):
            page = self._page(url, what, scopes, accept, key, section, first=number == 1)
            entries = page.entries(key, what, section)
            if entries and entries == before:
                warnings.warn(f"{urls.host(url)} repeated the last page of {what}; taken as its end.", LtixWarning, 3)
                return
            yield page
            empty = 0 if entries else empty + 1
            following = page.answer.link("next")
            if following is None or empty == 2:
                return
            _check_next(following, home, seen, what, section)
            seen.add(following)
            url, before = following, entries
        raise TooLargeError(
            f"{urls.host(url)} sent more than {self.http.limits.max_pages} pages of {what}.",
            hint="Ask for less with a filter, or raise the session's limits.",
        )

    def _page(
        self, url: str, what: str, scopes: tuple[str, ...], accept: str, key: str | None, section: str, *, first: bool
    ) -> Page:
        answer = self.send("GET", url, what, scopes=scopes, accept=accept, section=section)
        if not first and not answer.body.strip() and answer.link("next") is None:  # Sakai's page behind the last
            return Page({key: []} if key else [], answer)
        return Page(answer.json(what, spec=section), answer)

    def send_json(
        self,
        method: str,
        url: str,
        what: str,
        body: bytes,
        *,
        scopes: tuple[str, ...],
        media_type: str,
        section: str | None = None,
    ) -> Answer:
        """Send *body* with its media type as Content-Type and Accept. Raises as `send` does."""
        return self.send(
            method,
            url,
            what,
            scopes=scopes,
            accept=media_type,
            content=body,
            content_type=media_type,
            section=section,
        )


def _check_next(following: str, home: str, seen: set[str], what: str, section: str) -> None:
    try:
        urls.require(following, "The link to the next page")
    except UsageError as error:
        raise MalformedResponseError(
            f"The platform's link to the next page of {what} is no URL.", spec=section
        ) from error
    if urls.origin(following) != home:
        raise ForeignHostError(
            f"The next page of {what} would be on {urls.host(following)}, not where the first one was; not followed.",
            hint="This is a fault of the platform (often of a proxy before it); report it to its administrator.",
            spec=section,
        )
    if following in seen:
        raise MalformedResponseError(
            f"The platform's links between the pages of {what} lead in a circle.",
            hint="Nothing is returned, for nobody can tell whether it is all; report it to its administrator.",
            spec=section,
        )
