"""Pseudonyms for people: what a session shows of them that was opened with ``pseudonyms=True``.

    covering   the veil itself: user_id -> pseudonym and back; records without names
    key        where the key of a registration's pseudonyms lives

A pseudonym is made from the user_id with a secret key (HMAC-SHA256), so that it is the same in every
run and on every computer that has the key, and without the key nobody can tell whose it is. It stands
for a person as long as the key is kept; it is no anonymity: who has the key and the roster knows all.
"""

from .covering import Veil

__all__ = ["Veil"]
