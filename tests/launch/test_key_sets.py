"""Platforms' key sets: how seldom they are asked for, and what may be in them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from scripted import HOST, Reply, says

from ltix_data import keyforms
from ltix_data.errors import LaunchError
from ltix_data.idtoken import verify
from ltix_data.keys import SigningKey

from .lms import JWKS_URL

PAUSE, HOUR = 30, 3600


def refused(lms, **how) -> LaunchError:
    with pytest.raises(LaunchError) as caught:
        launched(lms, **how)
    assert caught.value.hint
    assert caught.value.spec
    return caught.value


def launched(lms, **how):
    """Launch with a token whose key or header is another."""
    login = lms.begin()
    return lms.finish(login, lms.sign(lms.claims(login), **how))


# --- How seldom it is asked for -------------------------------------------------------------------


def test_a_hundred_launches_ask_once(lms):
    for _ in range(100):
        lms.launch()

    assert lms.asked_for_keys == 1


def test_launches_at_the_same_time_ask_once(lms):
    """The platform takes its time, so that all of them come before it has answered."""

    def slowly(seen):
        threading.Event().wait(0.2)
        return says({"keys": [lms.key.public_jwk]})

    lms.script.on("/jwks", slowly)
    logins = [lms.begin() for _ in range(8)]
    together = threading.Barrier(8)

    def post(login):
        together.wait(10)
        return lms.finish(login, lms.sign(lms.claims(login)))

    with ThreadPoolExecutor(8) as threads:
        assert len(list(threads.map(post, logins))) == 8

    assert lms.asked_for_keys == 1


def test_an_hour_later_it_is_asked_for_again(lms):
    lms.launch()
    lms.time.seconds += HOUR - 1
    lms.launch()
    before = lms.asked_for_keys
    lms.time.seconds += 1
    lms.launch()

    assert (before, lms.asked_for_keys) == (1, 2)


def test_a_key_withdrawn_an_hour_ago_signs_nothing_any_more(lms, other_key):
    lms.launch()
    lms.publish(other_key.public_jwk)
    lms.time.seconds += HOUR

    assert refused(lms).code == "unknown_key"


def test_a_new_key_is_found_at_once(lms, other_key):
    """The platform rotates its key; the next launch asks once more, and those after it do not."""
    lms.launch()
    lms.publish(lms.key.public_jwk, other_key.public_jwk)

    for _ in range(3):
        launched(lms, key=other_key)

    assert lms.asked_for_keys == 2


def test_another_key_under_the_old_name_is_found_at_once(lms, other_key):
    """The specification forbids it; a platform that was installed anew does it."""
    lms.launch()
    replaced = SigningKey(kid=lms.key.kid, private=other_key.private)
    lms.publish(replaced.public_jwk)

    launched(lms, key=replaced)

    assert lms.asked_for_keys == 2


def test_a_flood_of_unknown_keys_costs_the_platform_one_request(lms):
    """The attacker invents a key id for every launch."""
    lms.launch()
    for number in range(100):
        assert refused(lms, kid=f"invented-{number}").code == "unknown_key"

    assert lms.asked_for_keys == 2


def test_a_flood_of_wrong_signatures_costs_the_platform_one_request(lms, other_key):
    lms.launch()
    for _ in range(100):
        assert refused(lms, key=other_key, kid=lms.key.kid).code == "wrong_signature"

    assert lms.asked_for_keys == 2


def test_after_the_pause_one_more_request_may_be_made(lms):
    lms.launch()
    refused(lms, kid="invented")
    lms.time.seconds += PAUSE - 1
    refused(lms, kid="invented")
    before = lms.asked_for_keys
    lms.time.seconds += 1
    refused(lms, kid="invented")

    assert (before, lms.asked_for_keys) == (2, 3)


def test_a_set_that_was_asked_for_just_now_is_not_asked_for_again(lms):
    assert refused(lms, kid="invented").code == "unknown_key"
    assert lms.asked_for_keys == 1


def test_good_launches_go_on_during_a_flood(lms):
    lms.launch()
    refused(lms, kid="invented")

    assert lms.launch().user_id == "u1"


def test_a_token_for_somebody_else_costs_the_platform_nothing(lms):
    login = lms.begin()
    with pytest.raises(LaunchError):
        lms.finish(login, lms.sign(lms.claims(login, {"aud": "c2"})))

    assert lms.asked_for_keys == 0


def test_a_platform_that_fails_is_left_alone_for_a_while(lms):
    """Each request that fails is tried again by the client: without a pause every launch would wait for all of them."""
    lms.script.on("/jwks", Reply(404))
    errors = [refused(lms) for _ in range(5)]

    assert lms.asked_for_keys == 1
    assert {(error.code, error.status, error.spec) for error in errors} == {
        ("key_set_unreadable", 404, "Security §6.3")
    }
    assert len({id(error) for error in errors}) == 5

    lms.publish(lms.key.public_jwk)
    lms.time.seconds += PAUSE
    assert lms.launch().user_id == "u1"


def test_a_failure_while_looking_for_a_new_key_keeps_the_old_ones(lms):
    lms.launch()
    lms.script.on("/jwks", Reply(404))
    assert refused(lms, kid="invented").code == "key_set_unreadable"

    assert lms.launch().user_id == "u1"


def test_a_clock_that_was_set_back_does_not_keep_keys_for_ever(lms, other_key):
    lms.time.seconds += 10 * HOUR
    lms.launch()
    lms.publish(other_key.public_jwk)
    lms.time.seconds -= 10 * HOUR

    assert refused(lms).code == "unknown_key"


# --- What may be in it ----------------------------------------------------------------------------

BROKEN = [
    None,
    7,
    [],
    {},
    {"kty": "RSA"},
    {"kty": ["RSA"], "kid": "x"},
    {"kty": "oct", "kid": "lms-1", "k": "AQAB"},
    {"kty": "EC", "kid": "lms-1", "crv": "P-256", "x": "AQAB", "y": "AQAB"},
    {"kty": "RSA", "kid": "lms-1", "n": "!", "e": "AQAB"},
    {"kty": "RSA", "kid": "lms-1", "n": 7, "e": 3},
    {"kty": "RSA", "kid": ["lms-1"], "n": "AQAB", "e": "AQAB"},
    {"kty": "RSA", "kid": "lms-1", "n": "A" * 400_000, "e": "AQAB"},
]


@pytest.mark.parametrize("at", ["before", "after"])
def test_entries_that_are_of_no_use_do_no_harm_to_a_good_key(lms, at):
    """Platforms publish keys for other purposes beside those of LTI, under the same names even."""
    good = lms.key.public_jwk
    lms.publish(*([*BROKEN, good] if at == "before" else [good, *BROKEN]))

    assert lms.launch().user_id == "u1"


def test_of_two_keys_with_one_name_either_signs(lms, other_key):
    twin = SigningKey(kid=lms.key.kid, private=other_key.private)
    lms.publish(twin.public_jwk, lms.key.public_jwk)

    assert lms.launch().user_id == "u1"
    assert launched(lms, key=twin).user_id == "u1"


@pytest.mark.parametrize(
    "change", [{"use": ...}, {"alg": ...}, {"use": ..., "alg": ...}, {"key_ops": ["verify"]}], ids=str
)
def test_a_key_need_not_say_what_it_is_for(lms, change):
    lms.publish({key: value for key, value in (lms.key.public_jwk | change).items() if value is not ...})

    assert lms.launch().user_id == "u1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"use": "enc"}, "not meant for signatures"),
        ({"use": ["sig"]}, "not meant for signatures"),
        ({"key_ops": ["encrypt"]}, "not meant for signatures"),
        ({"key_ops": "verify"}, "not meant for signatures"),
        ({"alg": "RS512"}, "not meant for RS256"),
        ({"alg": "HS256"}, "not meant for RS256"),
        ({"kty": "EC"}, "no RSA key"),
        ({"kty": "oct", "k": "AQAB"}, "no RSA key"),
        ({"d": "AQAB"}, "private half"),
        ({"n": "AQAB"}, "fewer than 2048 bits"),
        ({"n": "A"}, "broken"),
        ({"e": "AQ"}, "broken"),
        ({"e": "Ag"}, "broken"),
        ({"e": ...}, "broken"),
        ({"n": keyforms.encode(2**8192 + 1)}, "too large"),
        ({"e": keyforms.encode(2**64 + 1)}, "too large"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_key_that_must_not_be_used_is_refused_for_what_it_is(lms, change, reason):
    lms.publish({key: value for key, value in (lms.key.public_jwk | change).items() if value is not ...})

    error = refused(lms)

    assert (error.code, error.spec) == ("unusable_key", "Security §6.1")
    assert reason in str(error)


def test_a_key_of_1024_bits_signs_nothing(lms):
    """The attacker can factor it."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    numbers = weak.public_key().public_numbers()
    lms.publish({"kty": "RSA", "kid": "weak", "n": keyforms.encode(numbers.n), "e": keyforms.encode(numbers.e)})
    login = lms.begin()
    token = lms.sign(lms.claims(login), key=Weak(weak))

    with pytest.raises(LaunchError, match="fewer than 2048 bits"):
        lms.finish(login, token)


class Weak:
    """A key that `SigningKey` would not hold."""

    kid = "weak"

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self.private = private


def test_a_modulus_that_is_none_is_a_wrong_signature(lms):
    lms.publish(lms.key.public_jwk | {"n": keyforms.encode(2**2048 - 2)})

    assert refused(lms).code in ("wrong_signature", "unusable_key")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200),
        Reply(200, b"<html>"),
        Reply(200, b"[]"),
        Reply(200, b"null"),
        Reply(200, b'{"keys": 1}'),
        Reply(200, b'{"keys": {"kty": "RSA"}}'),
        Reply(200, b"[" * 50_000),
        Reply(200, b'{"keys": [' + b" " * 2**20 + b"]}"),
        says({"keys": [{}] * 101}),
        says({}),
        Reply(302, b"", {"Location": "https://evil.example/jwks"}),
        Reply(302, b"", {"Location": "http://lms.example.edu/jwks"}),
        Reply(500),
        Reply(401),
    ],
    ids=lambda reply: f"{reply.status}-{reply.body[:20]!r}",
)
def test_what_is_no_key_set_is_one_clear_error(lms, reply):
    lms.script.on("/jwks", reply)

    error = refused(lms)

    assert (error.code, error.spec) == ("key_set_unreadable", "Security §6.3")
    assert {seen.url for seen in lms.script.seen} == {JWKS_URL}


def test_an_empty_set_lacks_the_key(lms):
    lms.publish()

    assert refused(lms).code == "unknown_key"


def test_keys_are_not_asked_for_without_encryption(make_lms):
    """Whoever sits between could put a key of his own there."""
    lms = make_lms(jwks_url="http://lms.example.edu/jwks")

    assert refused(lms).code == "insecure_key_set"
    assert lms.script.seen == []


def test_on_this_computer_they_are(make_lms):
    assert make_lms(jwks_url="http://127.0.0.1:8000/jwks").launch().user_id == "u1"


def test_a_registration_without_a_key_set_is_told_to_have_one(make_lms):
    assert refused(make_lms(jwks_url=None)).code == "no_jwks_url"


# --- Pasted launches ------------------------------------------------------------------------------


def test_a_pasted_launch_may_be_old(lms):
    token = lms.sign(lms.claims(lms.begin()))
    lms.time.seconds += 30 * 86_400

    claims = verify(token, lms.registration, keys=lms.launches._keys, now=lms.time.now(), expired=True)

    assert claims["sub"] == "u1"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iat": 4_000_000_000, "exp": 4_000_000_300}, "issued_in_future"),
        ({"exp": 1}, "wrong_times"),
        ({"aud": "c2"}, "wrong_audience"),
    ],
)
def test_nothing_else_is_spared_it(lms, changes, code):
    token = lms.sign(lms.claims(lms.begin(), changes))

    with pytest.raises(LaunchError) as caught:
        verify(token, lms.registration, keys=lms.launches._keys, now=lms.time.now(), expired=True)

    assert caught.value.code == code


def test_a_pasted_launch_of_another_platform_is_told_as_that(lms, other_key):
    """It is signed with a key that this platform does not know; the issuer is what is worth saying."""
    token = lms.sign(lms.claims(lms.begin(), {"iss": f"{HOST}/other"}), key=other_key)

    with pytest.raises(LaunchError, match="issued by another platform"):
        verify(token, lms.registration, keys=lms.launches._keys, now=lms.time.now(), expired=True)
