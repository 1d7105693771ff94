"""The switch for displays: while it is on, what shows a person shows initials."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

BULLETS = "•••"
_MOST_INITIALS = 4


@dataclass
class _Switch:
    on: bool = False


_switch = _Switch()


def mask_names(on: bool = True) -> None:
    """Mask names in what a notebook displays, from now on, in the whole process; False shows them again.

    While it is on, IPython (a notebook's kernel, or a terminal) shows a DataFrame, a Series or an Index with
    initials for names and with bullets for e-mail addresses, login names and sourcedids: in columns, index
    levels and rows that are called so (name, given_name, email, “Last name”, name_x after a merge, …), and
    in the lists and pages of this package. user_ids stay: they tell the rows apart. Numbers stay, too.

    The data is untouched: what is saved, sent, exported or plotted by other means holds the names, and so
    does what was displayed before. Python's own ``print(frame)`` and ``str(frame)`` show them, as does a
    ``frame.style``. To keep names from coming here at all, use ``ltix.connect(name, pseudonyms=True)``.
    """
    from . import displays

    if on:
        displays.attach()
    else:
        displays.detach()
    _switch.on = bool(on)


def masking() -> bool:
    """Return whether the switch of `mask_names` is on."""
    return _switch.on


def masked(text: str | None) -> str:
    """Return initials for a name (“A. L.”), and bullets for anything else that tells a person.

    Bullets stand for addresses and ids, and for names in a script where one letter may be half of the name
    (Chinese, Japanese, Korean, …). Nothing (None, NaN, blank text) stays nothing: ``""``.
    """
    if not isinstance(text, str) or not text.strip():
        return ""
    words = unicodedata.normalize("NFC", text).replace(",", " ").split()
    firsts = [next((letter for letter in word if letter.isalpha()), "") for word in words]
    letters = [letter for letter in firsts if letter]
    if not letters or _is_an_id(text) or not all(_has_case(letter) for letter in letters):
        return BULLETS
    return " ".join(f"{letter}." for letter in letters[:_MOST_INITIALS])


def shown(text: str | None) -> str:
    """Return a name as a display may show it now: masked while the switch is on, else as it is."""
    if masking():
        return masked(text)
    return text if isinstance(text, str) else ""


def _is_an_id(text: str) -> bool:
    return any(character in "@_/\\" or character.isdigit() for character in text)


def _has_case(letter: str) -> bool:
    return unicodedata.category(letter) in ("Lu", "Ll", "Lt")
