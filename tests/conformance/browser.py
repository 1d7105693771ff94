"""What a person's browser does in a launch: it keeps cookies, follows redirects and submits forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self

import httpx


@dataclass
class Form:
    """A form of a page: where it goes, and what it holds."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """Where a browser ended up: the page, and the addresses that it came by."""

    url: str
    status: int
    text: str
    way: tuple[str, ...]

    @property
    def form(self) -> Form:
        """Return its first form."""
        reader = _Forms()
        reader.feed(self.text)
        assert reader.forms, f"no form at {self.url}: {self.status} {self.text[:300]}"
        return reader.forms[0]

    @property
    def links(self) -> list[str]:
        """Return where its links lead."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.links


class Browser:
    """A browser; a new one knows nobody."""

    def __init__(self) -> None:
        self._web = httpx.Client(follow_redirects=True, trust_env=False, timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._web.close()

    def open(self, url: str) -> Page:
        """Return the page at *url*."""
        return _page(self._web.get(url))

    def submit(self, form: Form) -> Page:
        """Return what comes of submitting *form*."""
        return _page(self._web.post(form.action, data=form.fields))


def _page(answer: httpx.Response) -> Page:
    way = (*(str(step.url) for step in answer.history), str(answer.url))
    return Page(str(answer.url), answer.status_code, answer.text, way)


class _Forms(HTMLParser):
    """Reads addresses, named fields and links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        if tag == "input" and self.forms and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
