"""Invented people, some with the names, addresses and ids that break software.

No third party's data: names are combined from short lists by a seeded generator.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


def _list(names: str) -> tuple[str, ...]:
    return tuple(names.split(","))


_GIVEN = _list(
    "Amina,Anna,Aoife,Bao,Björn,Camille,Chidi,Dilnoza,Élodie,Emeka,Fatima,Giulia,Grace,Håkon,"
    "Hiroshi,Ines,Ivan,Jana,João,Kwame,Lena,Lucía,Mateo,Mei,Mohammed,Nadia,Noah,Olga,Oluwaseun,"
    "Pádraig,Priya,Rania,Sofia,Søren,Tomasz,Uğur,Valentina,William,Yara,Zoë"
)
_FAMILY = _list(
    "Abara,Andersen,Bauer,Castillo,Çelik,Chen,Dubois,D’Angelo,Diaz,Eze,Fischer,García,Haddad,"
    "Ivanova,Jensen,Kaur,Kowalski,Kim,López de la Cruz,Martin,Müller,Mbeki,Nguyễn,Novák,O’Brien,"
    "O'Neil,Okafor,Østergård,Park,Petrov,Rossi,Sánchez-Peña,Santos,Schmidt,Silva,Singh,Smith,"
    "St. John,Suzuki,Tanaka,Ünal,van der Berg,Weiß,Wójcik,Yılmaz,Zhang,Zupančič"
)
#: given, family, and the name as it is written: family first in Chinese and Japanese.
_OTHER_SCRIPTS = (
    ("秀英", "王", "王秀英"),
    ("健太", "佐藤", "佐藤 健太"),
    ("지민", "박", "박지민"),
    ("ليلى", "حدّاد", "ليلى حدّاد"),
    ("נועה", "לוי", "נועה לוי"),
    ("Ольга", "Шевченко", "Ольга Шевченко"),
    ("Γιώργος", "Παππάς", "Γιώργος Παππάς"),
    ("प्रिया", "शर्मा", "प्रिया शर्मा"),
)
_MONONYMS = ("Wulandari", "Madhuri", "Tenzin")


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the university. *user_id* is opaque, though some look like numbers."""

    user_id: str
    name: str
    given_name: str
    family_name: str
    email: str | None
    sourcedid: str
    username: str


def generate(rng: Random, first_number: int) -> Iterator[Person]:
    """Yield people without end, numbered from *first_number* on, the same for the same generator."""
    number = first_number
    while True:
        given, family, name = _names(rng, number)
        username = f"{_ascii(given)[:1]}{_ascii(family)[:7]}{number:04d}"
        yield Person(
            user_id=_user_id(rng, number),
            name=name,
            given_name=given,
            family_name=family,
            email=None if number % 23 == 0 else _email(username, number),
            sourcedid=f"{number * 37 + 1200:08d}",
            username=username,
        )
        number += 1


def _names(rng: Random, number: int) -> tuple[str, str, str]:
    if number % 17 == 0:
        return rng.choice(_OTHER_SCRIPTS)
    if number % 61 == 0:
        only = rng.choice(_MONONYMS)
        return "", only, only
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    if number % 29 == 0:  # as a Mac's file system or some directories write them: letter, then accent
        given, family = unicodedata.normalize("NFD", given), unicodedata.normalize("NFD", family)
    gap = "  " if number % 31 == 0 else " "
    return given, family, f"{given}{gap}{family}"


def _user_id(rng: Random, number: int) -> str:
    opaque = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if number % 7 == 0:
        return f"{number:07d}"  # a spreadsheet turns it into a number and loses the zeros
    if number % 11 == 0:
        return str(9_007_199_254_740_993 + number * 2)  # odd, above 2**53: a float cannot hold it
    return opaque


def _email(username: str, number: int) -> str:
    return f"{username.upper() if number % 19 == 0 else username}@students.example.edu"


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in folded.lower() if letter.isalpha()) or "u"
