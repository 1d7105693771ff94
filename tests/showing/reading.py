"""What a person reads of HTML: its words, its tables and its steps; and whether it is sound."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"br", "img", "meta", "link", "input", "hr"}


class Page(HTMLParser):
    """HTML, read: `text` without the style, `tables` by caption, `tags` in order; unbalanced tags are an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.codes: list[str] = []
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self._caption = ""
        self.feed(html)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag in _VOID:
            return
        self._open.append(tag)
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag == "code":
            self.codes.append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        if tag == "table":
            self.tables[self._caption] = [[cell.strip() for cell in row] for row in self._rows]

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.words.append(data)
        if "caption" in self._open:
            self._caption += data
        elif "td" in self._open or "th" in self._open:
            self._rows[-1][-1] += data
        if "code" in self._open:
            self.codes[-1] += data
