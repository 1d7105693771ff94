"""Moodle's grade exports (Grades > Export > plain text, Excel, OpenDocument), in any language.

Evidence: the last column is “Last downloaded from this course”, in a language we know; or its cells are
the seconds of one moment, the column before it ends in a word in brackets, some column is
“Module: Title (word)”, and exactly one holds e-mail addresses.

    First name, Last name, ID number, Institution, Department, Email address, [Suspended]
    Quiz: Week 1 (Real), … (Percentage), … (Letter), … (Feedback)
    Course total (Real)           totals have no module before their title
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..sheets import Sheet
from .export import Export, plain, unambiguous
from .reading import (
    address_column,
    all_of,
    filled,
    folded,
    graded,
    is_number,
    is_percent,
    keys_in,
    text,
    with_decimal,
)

NAME = "Moodle"
KEYS = {
    "sourcedid": ("ID number", "ID-Nummer", "Matrikelnummer", "Numéro d'identification", "Número de ID", "Codice ID"),
    "username": ("Username", "Anmeldename", "Nom d'utilisateur", "Nombre de usuario", "Gebruikersnaam"),
}

_DOWNLOADED = frozenset(
    {
        "last downloaded from this course",
        "zuletzt aus diesem kurs geladen",
        "dernier téléchargement depuis ce cours",
        "última descarga de este curso",
    }
)
#: The word in brackets -> what the column holds. Unknown words are told by the cells below them.
_KINDS = {
    **dict.fromkeys(("real", "punkte", "brut", "echt", "punteggio"), "points"),
    **dict.fromkeys(("percentage", "prozentsatz", "prozent", "pourcentage", "porcentaje", "percentuale"), "percent"),
    **dict.fromkeys(("letter", "buchstabe", "noten", "lettre", "letra", "lettera"), "letters"),
    **dict.fromkeys(("feedback", "kommentar", "commentaires", "retroalimentación", "comentarios"), "feedback"),
}
_WHY = {
    "letters": "it holds letters, not points",
    "feedback": "it holds feedback, not points",
    "words": "it holds neither numbers nor percentages",
    "bare": "it is headed as percentages, and its cells have no percent sign",
}
_IS_TOTAL = "it is a total that Moodle calculates"
_IS_MOMENT = "it says when the file was made"

_WORDED = re.compile(r"(.+?) ?\(([^()0-9]+)\)")
_MODULE = re.compile(r"[^:：]+[:：] ?(.+)")  # French has a space before the colon, Spanish none behind it
_TOTAL = re.compile(r"(?:totale?|totaal|summe für)(?: .*)?|.* (?:total|gesamt|totaal)|cursustotaal", re.IGNORECASE)
_SECONDS = re.compile(r"1[0-9]{9}")
_ONE_EXPORT = 3600  # seconds that one may take


@dataclass(frozen=True, slots=True)
class _Item:
    """A column of grades: its title without the word in brackets, and what it holds."""

    column: str
    title: str
    kind: str

    @property
    def names(self) -> set[str]:
        """Return what people call it: with the module, and without."""
        module = _MODULE.fullmatch(self.title)
        return {self.title, module[1]} if module else {self.title}

    @property
    def why_not(self) -> str | None:
        """Return why its cells must not be uploaded. A total is no module's."""
        if _TOTAL.fullmatch(self.title) and not _MODULE.fullmatch(self.title):
            return _IS_TOTAL
        return _WHY.get(self.kind)


def recognise(sheet: Sheet, _label: str | None = None) -> Export | None:
    """Return the grades of a Moodle course, or None."""
    if not (folded(sheet)[-1:] and (folded(sheet)[-1] in _DOWNLOADED or _has_the_shape(sheet))):
        return None
    items = _items(sheet)
    usable = [item for item in items if item.why_not is None]
    columns = {item.column for item in usable}
    sheet, assumed = with_decimal(sheet, (n for n, column in enumerate(sheet.columns) if column in columns))
    address = address_column(sheet)
    return Export(
        name=NAME,
        sheet=sheet,
        keys={**keys_in(sheet, KEYS), **({"email": address} if address else {})},
        labels=unambiguous(_named(usable)),
        units={item.column: "percent" for item in usable if item.kind == "percent"},
        unusable={
            **{item.column: item.why_not for item in items if item.why_not},
            sheet.columns[-1]: _IS_MOMENT,
        },
        notes=("This is a grade export of Moodle, which does not say what its points are out of.", *assumed),
    )


def _has_the_shape(sheet: Sheet) -> bool:
    worded = [_WORDED.fullmatch(plain(column)) for column in sheet.columns[:-1]]
    seconds = list(map(text, filled(sheet.cells[-1])))
    return (
        bool(worded and worded[-1])
        and any(match and _MODULE.fullmatch(match[1]) for match in worded)
        and all_of(seconds, lambda cell: _SECONDS.fullmatch(str(cell)))
        and max(map(int, seconds)) - min(map(int, seconds)) <= _ONE_EXPORT
        and address_column(sheet) is not None
    )


def _items(sheet: Sheet) -> list[_Item]:
    """Return the columns of grades; older ones have no word in brackets, and “Feedback: …”."""
    titles = [plain(column) for column in sheet.columns[:-1]]
    worded = [(n, match[1], match[2]) for n, title in enumerate(titles) if (match := _WORDED.fullmatch(title))]
    cells: defaultdict[str, list[object]] = defaultdict(list)
    for n, _, word in worded:
        cells[word] += graded(sheet.cells[n])
    if worded:
        return [_Item(sheet.columns[n], title, _kind(word, cells[word], sheet.cells[n])) for n, title, word in worded]
    return [
        _Item(sheet.columns[n], title, _kind(title.partition(":")[0], graded(sheet.cells[n]), sheet.cells[n]))
        for n, title in enumerate(titles)
        if _MODULE.fullmatch(title) or _TOTAL.fullmatch(title)
    ]


def _kind(word: str, alike: Iterable[object], cells: Iterable[object]) -> str:
    """Return what a column holds, by its word, or else by all columns that share the word."""
    alike = list(alike)
    kind = _KINDS.get(word.casefold())
    if kind == "percent" and not all(map(is_percent, graded(cells))):
        return "bare"
    if kind is not None:
        return kind
    if all(map(is_number, alike)):
        return "points"
    return "percent" if all(map(is_percent, alike)) else "words"


def _named(items: Iterable[_Item]) -> Iterable[tuple[str, str]]:
    """Yield each name with its column; of an item in points and in percent, with the points."""
    kinds: defaultdict[str, defaultdict[str, list[_Item]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        kinds[item.title][item.kind].append(item)
    for shown in kinds.values():
        for item in shown["points"] or shown["percent"]:
            yield from ((name, item.column) for name in sorted(item.names))
