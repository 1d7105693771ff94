"""Cells of tables as notebooks show them: an id such as “4” tells a person where its column says so."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from ..privacy import columns
from . import words

Span = tuple[int, int]

_IDS = frozenset({"user_id", "user id", "userid", "id"})
_TAG = re.compile(r"<(/?)(table|thead|tr|th|td)\b([^>]*)>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")
_SPANNED = re.compile(r"\b(rowspan|colspan)\s*=\s*[\"']?([0-9]{1,4})", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_SERIES = re.compile(r"(?:^|, )Name: ([^,\n]+)")
_END = re.compile(r"\s*$|\[[0-9]+ rows x|Name: |Length: |dtype: ")


@lru_cache(2**12)
def is_ours(label: str) -> bool:
    """Return whether a column of this name holds what tells people."""
    return label.strip().casefold() in _IDS or columns.kind(label.strip()) is not None


def cells(text: str, known: Mapping[str, str], *, markup: bool) -> Iterator[tuple[Span, str]]:
    """Yield where the cells stand that are one of the *known* in a column of ours, and its kind."""
    if not known:
        return
    for start, end in _html_cells(text) if markup else _text_cells(text):
        inner = html.unescape(text[start:end])
        kind = known.get(words.folded(inner.strip()))
        if kind is not None:
            left = len(text[start:end]) - len(text[start:end].lstrip())
            yield (start + left, start + len(text[start:end].rstrip())), kind


# --- HTML ---------------------------------------------------------------------------------------------


def _html_cells(text: str) -> Iterator[Span]:
    """Yield the cells of all tables whose column has a header of ours."""
    rows: list[tuple[bool, list[tuple[Span, str]]]] = []
    head, opened = False, None
    for tag in _TAG.finditer(text):
        closes, name = bool(tag[1]), tag[2].lower()
        if name == "table":
            yield from _of_ours(text, rows)
            rows = []
        elif name == "thead":
            head = not closes
        elif name == "tr" and not closes:
            rows.append((head, []))
        elif name in ("th", "td") and not closes:
            opened = tag
        elif opened is not None and rows:
            rows[-1][1].append(((opened.end(), tag.start()), opened[3]))
            opened = None
    yield from _of_ours(text, rows)


def _of_ours(text: str, rows: Sequence[tuple[bool, list[tuple[Span, str]]]]) -> Iterator[Span]:
    ours: set[int] = set()
    hanging: dict[int, int] = {}  # column -> how many rows a cell of a row above still covers
    heads = any(head for head, _ in rows)
    for number, (head, row) in enumerate(rows):
        at = 0
        for (start, end), attributes in row:
            while hanging.get(at, 0):
                hanging[at] -= 1
                at += 1
            size = {name.lower(): int(value) for name, value in _SPANNED.findall(attributes)}
            width = max(1, size.get("colspan", 1))
            if head or (not heads and number == 0):
                label = html.unescape(_ANY_TAG.sub("", text[start:end]))
                ours |= set(range(at, at + width)) if is_ours(label) else set()
            elif at in ours:
                yield start, end
            for column in range(at, at + width):
                hanging[column] = max(1, size.get("rowspan", 1)) - 1
            at += width


# --- Plain text -----------------------------------------------------------------------------------------


def _text_cells(text: str) -> Iterator[Span]:
    """Yield the cells below a header of ours, as pandas prints them: both end, or both begin, at one place."""
    offsets = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    headers: list[Span] = []
    block: list[Span] = []  # the last words of the lines so far, for the name of a Series stands below it
    for start, end in pairwise(offsets):
        line = text[start:end]
        found = list(_WORD.finditer(line))
        if series := _SERIES.search(line):
            if is_ours(series[1]):
                yield from block
            block = []
        if _END.match(line):
            headers, block = [], []
            continue
        labels = [word.span() for word in found if is_ours(word.group())]
        headers = labels or headers
        if not labels:
            yield from ((start + one.start(), start + one.end()) for one in found if _is_under(one.span(), headers))
            block.append((start + found[-1].start(), start + found[-1].end()))


def _is_under(word: Span, headers: Sequence[Span]) -> bool:
    return any(word[1] == header[1] or word[0] == header[0] for header in headers)
