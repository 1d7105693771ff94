"""What is looked for: everything that tells a person of the rosters, in one tree of words.

A text is read once, word by word, however many people there are: each word leads on in the tree or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import words
from .people import NAMES, Identifier

#: What may stand between the parts of a name: blanks, punctuation, and the marks of quoting it or escaping it.
_BETWEEN = re.compile(r"[\s,.'’‘ʼ`´_+\\;|:\"\u2010-\u2015·-]{0,4}|\s{1,80}")
_LONGEST_GAP = 80
_SHORTEST_ID = 5
_SHORTEST_NAME = 3
_END = ""

#: Words that pandas, Python and platforms themselves write: such a name alone counts only as it is written
#: in the roster, and such a login name or id only as the cell of a table.
ORDINARY = frozenset(
    (
        "admin",
        "administrator",
        "all",
        "any",
        "art",
        "class",
        "count",
        "data",
        "date",
        "day",
        "deleted",
        "false",
        "first",
        "float",
        "grade",
        "guest",
        "hall",
        "head",
        "index",
        "inactive",
        "instructor",
        "int",
        "label",
        "last",
        "learner",
        "list",
        "long",
        "manager",
        "mark",
        "max",
        "may",
        "mean",
        "member",
        "mentor",
        "min",
        "name",
        "none",
        "null",
        "object",
        "officer",
        "page",
        "participant",
        "platform",
        "price",
        "read",
        "role",
        "root",
        "row",
        "short",
        "size",
        "state",
        "status",
        "string",
        "student",
        "sum",
        "table",
        "tail",
        "teacher",
        "test",
        "text",
        "top",
        "true",
        "tutor",
        "type",
        "unknown",
        "user",
        "username",
        "value",
        "will",
        "young",
    )
)


class Found(NamedTuple):
    """Where something stands in a text. What is strong tells a person on its own, wherever it stands."""

    start: int
    end: int
    kind: str
    strong: bool


@dataclass(frozen=True, slots=True)
class _Ending:
    """The end of a way through the tree: *exact* is how the whole reads, None where punctuation does not matter."""

    kind: str
    strong: bool
    exact: str | None = None
    as_written: str | None = None


@dataclass
class Needles:
    """What is looked for.

    Attributes:
        cells: what is too short, or too ordinary a word, to be looked for everywhere; its kind.
        domains: the hosts of the e-mail addresses that are known.
        count: how many different texts are looked for.
    """

    cells: dict[str, str] = field(default_factory=dict)
    domains: frozenset[str] = frozenset()
    count: int = 0
    _tree: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, identifiers: Iterable[Identifier]) -> Needles:
        """Return the needles for what tells people."""
        made, domains = cls(), set()
        for one in identifiers:
            made.count += 1
            made._add(one)
            if one.kind == "e-mail":
                domains.add(words.folded(one.text.rpartition("@")[2]))
        made.domains = frozenset(domains - {""})
        return made

    def find(self, text: str) -> Iterator[Found]:
        """Yield what is found in a text, from left to right; of two that overlap, the first and longest."""
        word = words.pattern()
        tree, after = self._tree, 0
        for match in word.finditer(text):
            node = tree.get(words.folded(match.group()))
            if node is not None and match.start() >= after:
                found = self._longest(text, match, node)
                if found is not None:
                    after = found.end
                    yield found

    def _longest(self, text: str, first: re.Match[str], node: dict[str, Any]) -> Found | None:
        start, end, loose, best = first.start(), first.end(), True, None
        word = words.pattern()
        while True:
            for ending in node.get(_END, ()):
                if _fits(ending, text[start:end], loose):
                    best = Found(start, end, ending.kind, ending.strong)
                    break
            following = (
                word.search(text, end, end + _LONGEST_GAP + _LONGEST_WORD) if len(node) > (_END in node) else None
            )
            node = node.get(words.folded(following.group()), {}) if following else {}
            if not node or following is None:
                return best
            loose = loose and _BETWEEN.fullmatch(text, end, following.start()) is not None
            end = following.end()

    def _add(self, one: Identifier) -> None:
        parts, read = words.split(one.text), words.folded(one.text)
        is_name = one.kind in NAMES or (one.kind == "full name" and len(parts) == 1)
        ordinary = read in ORDINARY
        if _is_short(one) or (ordinary and one.kind not in _WHOLE):
            self.cells.setdefault(read, one.kind)
        if not parts or _is_short(one):
            return
        if is_name:
            self._put(parts, _Ending(one.kind, strong=False, as_written=one.text if ordinary else None))
        elif one.kind == "full name":
            self._put(parts, _Ending(one.kind, strong=True))
            if not words.is_unspaced(one.text):
                self._put((words.folded("".join(parts)),), _Ending(one.kind, strong=True))
        elif one.kind in _WHOLE or not ordinary:
            self._put(parts, _Ending(one.kind, strong=True, exact=words.core(one.text)))

    def _put(self, parts: tuple[str, ...], ending: _Ending) -> None:
        node = self._tree
        for part in parts:
            node = node.setdefault(part, {})
        endings = node.setdefault(_END, [])
        if ending not in endings:
            endings.append(ending)
            endings.sort(key=lambda one: (not one.strong, one.kind))


_WHOLE = ("full name", "e-mail", "picture")
_LONGEST_WORD = 300


def _is_short(one: Identifier) -> bool:
    """Return whether something is too short to be looked for but as a whole cell."""
    letters = sum(character.isalnum() for character in one.text)
    if one.kind in (*NAMES, "full name"):
        return letters < (2 if words.is_unspaced(one.text) else _SHORTEST_NAME)
    return one.kind not in _WHOLE and letters < _SHORTEST_ID


def _fits(ending: _Ending, text: str, loose: bool) -> bool:
    if ending.as_written is not None:
        return text == ending.as_written
    return loose if ending.exact is None else words.folded(text) == ending.exact
