"""Authorised requests to a platform's services: token, scope, hosts, paging.

The token goes only to origins that the registration or a course named, and never over plain http
except to this machine; a ``next`` link stays on its service's origin. A hostile one gets nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

from . import paging, spec, urls
from .answers import Answer
from .errors import ForeignHostError
from .grant import Token
from .http import HttpClient
from .paging import Page
from .registration import Registration
from .tokens import TokenSource
from .veil import Veil

_WRITES = frozenset({"POST", "PUT", "DELETE", "PATCH"})
#: 403 codes that speak of the request, not of the token (Open edX; RFC 6750 §3.1).
_MEANT = frozenset({"above_response_limit", "insufficient_scope"})


class ServiceClient:
    """Sends requests as one registration, with a token that renews itself.

    Args:
        registration: who asks.
        offered: the scopes that may be asked for now.
        origins: the origins, beside the registration's own, where the token may go now.
        http: the client to send through.
        now: the local clock.
        veil: covers people with pseudonyms, in a session that knows them by nothing else.
        monotonic: the clock that measures how long pages take.
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
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.registration = registration
        self.veil = veil
        self.http = http or HttpClient(now=now)
        self.now, self.monotonic = now, monotonic
        self.tokens = TokenSource(registration, self.http, offered, now)
        self._origins = origins
        self.page_sizes = paging.Sizes()

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
        content: bytes | Callable[[], bytes] | None = None,
        content_type: str | None = None,
        section: str | None = None,
        once: bool = False,
    ) -> Answer:
        """Return the answer to an authorised request, if it is 2xx.

        A 401, and a 403 where the token may be dead (Sakai, Open edX), is answered by one renewal.

        Args:
            method: GET, POST, PUT or DELETE.
            url: where to.
            what: the thing asked for, for messages.
            scopes: of which one is needed.
            accept: the one media type wanted, sent alone and exactly: Moodle refuses lists.
            content: the body, or what makes it when the request's turn has come, each time it is tried.
            content_type: its media type.
            section: of the specification, for messages.
            once: whether one try is enough: nothing is repeated but what was refused for its rate, and no token
                is replaced. For what is asked for on the chance.

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
        answer = self._with_token(token, method, url, headers, content, once=once)
        if not once and self._is_dead(token, answer, just_made=token is not held):
            self.tokens.replace(token)
            token = self.tokens.token(scopes)  # the new one may have been granted less
            answer = self._with_token(token, method, url, headers, content)
        if not answer.ok:
            raise answer.failure(what, spec=section, now=self.http.clock.now(), any_code=self.veil is None)
        self.tokens.prove(token)
        return answer

    def _with_token(
        self,
        token: Token,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | Callable[[], bytes] | None,
        *,
        once: bool = False,
    ) -> Answer:
        authorised = {**headers, "Authorization": f"Bearer {token.value}"}
        repeatable = not once and method not in _WRITES
        return self.http.send(method, url, headers=authorised, content=content, repeatable=repeatable)

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
        origin = urls.origin(url)
        if origin not in self.registration.origins and origin not in self._origins():
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
        self,
        url: str,
        what: str,
        *,
        scopes: tuple[str, ...],
        accept: str,
        key: str | None,
        section: str,
        ahead: bool = False,
        larger: bool = False,
    ) -> Generator[Page, None, None]:
        """Yield the pages of a container by its ``next`` links, used as they come; see `paging`.

        Args:
            url: the first page.
            what: the thing asked for, for messages.
            scopes: of which one is needed.
            accept: the media type wanted.
            key: where a page holds its list; None is the body itself.
            section: of the specification, for messages.
            ahead: ask for pages before their links are read, where these can be foretold. Close the iterator.
            larger: ask for larger pages, where the platform was seen to give them. Not for grades: there a
                ``limit`` cuts off silently (Open edX) or breaks (Moodle).

        Raises:
            MalformedResponseError: a link leads in a circle, or a page is no container.
            ForeignHostError: a link leads to another host.
            TooLargeError: more pages than the limits allow.
        """

        def ask(page_url: str, /, *, once: bool = False) -> Answer:
            return self.send("GET", page_url, what, scopes=scopes, accept=accept, section=section, once=once)

        return paging.pages(
            ask,
            url,
            paging.Container(what, key, section),
            most=self.http.limits.max_pages,
            ahead=self.monotonic if ahead else None,
            sizes=self.page_sizes if larger else None,
        )

    def send_json(
        self,
        method: str,
        url: str,
        what: str,
        body: bytes | Callable[[], bytes],
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
