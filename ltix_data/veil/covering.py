"""From a user_id to its pseudonym and back; people and results as a pseudonymous session may see them."""

from __future__ import annotations

import base64
import hmac
from typing import NoReturn

from ..errors import UnknownNameError, UsageError
from ..records import Member, Result

#: A letter before it: no spreadsheet takes it for a number, nor for 1e5. 60 bits: two people of a million
#: share one in a case of two million.
_MARK, _LENGTH = "p", 12
#: What is worked out of the key to tell keys apart; no user_id has a line break.
_WHICH_KEY = b"ltix_data\nwhich key"


class Veil:
    """Covers people with pseudonyms, and knows who is behind those that it has given.

    Args:
        key: what the pseudonyms are made with; see `ltix_data.veil.key`.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._people: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Veil: {len(self._people)} people>"

    def __reduce__(self) -> NoReturn:
        raise UsageError("A pseudonymous session cannot be copied or pickled: the key would go along.")

    @property
    def mark(self) -> str:
        """Return what tells this key from others, and nothing else of it."""
        return hmac.digest(self._key, _WHICH_KEY, "sha256")[:8].hex()

    def cover(self, user_id: str) -> str:
        """Return the pseudonym of a user_id.

        Raises:
            UsageError: somebody else has the same already; no grade must go to the wrong one of two.
        """
        pseudonym = _MARK + _letters(hmac.digest(self._key, user_id.encode(), "sha256"))
        if self._people.setdefault(pseudonym, user_id) != user_id:
            raise UsageError(
                "Two people would get the same pseudonym.", hint="Make the pseudonyms with another key: pseudonyms=…."
            )
        return pseudonym

    def knows(self, pseudonym: str) -> bool:
        """Return whether somebody with this pseudonym was seen."""
        return pseudonym in self._people

    def uncover(self, pseudonym: str) -> str:
        """Return the user_id behind a pseudonym.

        Raises:
            UnknownNameError: nobody was seen who has it; what was given is not repeated, it may be anybody's id.
        """
        if pseudonym in self._people:
            return self._people[pseudonym]
        raise UnknownNameError(
            "Nobody who was seen here has this pseudonym.",
            hint="Take the user_id from course.roster() of this session: people are known by their pseudonyms alone.",
        )

    def member(self, member: Member) -> Member:
        """Return a person without all that says who it is: pseudonym, roles and status stay."""
        return Member(user_id=self.cover(member.user_id), roles=member.roles, status=member.status)

    def result(self, result: Result) -> Result:
        """Return a result under pseudonyms, without its address and extensions, which may hold ids.

        The comment stays in the record, to be put back if an upload is undone; no frame shows it.
        """
        scorer = result.scoring_user_id
        return Result(
            user_id=self.cover(result.user_id),
            score=result.score,
            out_of=result.out_of,
            comment=result.comment,
            scoring_user_id=None if scorer is None else self.cover(scorer),
            scored_at=result.scored_at,
        )


def _letters(digest: bytes) -> str:
    return base64.b32encode(digest).decode()[:_LENGTH].lower()
