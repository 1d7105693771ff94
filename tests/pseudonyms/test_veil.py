"""A pseudonym is the person's, and tells nothing of the person."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import pickle
import re

import pytest

from ltix_data.errors import UnknownNameError, UsageError
from ltix_data.records import Member, Result
from ltix_data.veil import Veil

KEY = b"sixteen bytes, or more of them"
MEMBER = Member(
    user_id="u1",
    roles=("http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",),
    status="Inactive",
    name="Ada Lovelace",
    given_name="Ada",
    family_name="Lovelace",
    middle_name="K",
    email="ada@example.edu",
    picture="https://lms.example.edu/ada.png",
    sourcedid="0815",
    username="ada",
    lti11_legacy_user_id="17",
    messages=({"custom": {"name": "Ada"}},),
    extensions={"phone": "0123"},
)


def test_a_pseudonym_is_the_beginning_of_the_hmac_in_letters_and_digits():
    digest = hmac.new(KEY, b"u1", hashlib.sha256).digest()

    assert Veil(KEY).cover("u1") == "p" + base64.b32encode(digest).decode()[:12].lower()


@pytest.mark.parametrize("user_id", ["1", "000812", "9007199254740993", "ü" * 300, " ", "p" * 13])
def test_every_id_becomes_a_word_that_no_spreadsheet_takes_for_a_number(user_id):
    assert re.fullmatch("p[a-z2-7]{12}", Veil(KEY).cover(user_id))


def test_other_keys_make_other_pseudonyms_and_say_so_by_their_mark():
    one, same, other = Veil(KEY), Veil(KEY), Veil(KEY + b"!")

    assert (one.cover("u1"), one.mark) == (same.cover("u1"), same.mark)
    assert one.cover("u1") != other.cover("u1")
    assert one.mark != other.mark


def test_who_was_covered_can_be_uncovered_and_nobody_else():
    veil, stranger = Veil(KEY), Veil(KEY).cover("u2")
    pseudonym = veil.cover("u1")

    assert veil.uncover(pseudonym) == "u1"
    for unknown in (stranger, "u1"):
        assert not veil.knows(unknown)
        with pytest.raises(UnknownNameError) as caught:
            veil.uncover(unknown)
        assert unknown not in str(caught.value)


def test_two_people_never_share_a_pseudonym(monkeypatch):
    monkeypatch.setattr("ltix_data.veil.covering._letters", lambda digest: "aaaaaaaaaaaa")
    veil = Veil(KEY)
    veil.cover("u1")

    with pytest.raises(UsageError, match="same pseudonym"):
        veil.cover("u2")


def test_a_member_keeps_roles_and_status_alone():
    veil = Veil(KEY)

    assert veil.member(MEMBER) == Member(user_id=veil.cover("u1"), roles=MEMBER.roles, status="Inactive")


def test_a_result_keeps_the_grade_and_covers_whoever_gave_it():
    veil = Veil(KEY)
    result = Result(
        user_id="u1",
        score=3.0,
        out_of=5.0,
        comment="Well done, Ada",
        item_id="https://lms.example.edu/items/1?user=u1",
        result_id="https://lms.example.edu/items/1/results/u1",
        scoring_user_id="u2",
        extensions={"name": "Ada"},
    )

    assert veil.result(result) == Result(
        user_id=veil.cover("u1"), score=3.0, out_of=5.0, comment="Well done, Ada", scoring_user_id=veil.cover("u2")
    )


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_veil_shows_and_gives_away_neither_key_nor_people(copied):
    veil = Veil(KEY)
    veil.cover("u1")

    assert repr(veil) == "<Veil: 1 people>"
    with pytest.raises(UsageError):
        copied(veil)
