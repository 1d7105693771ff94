"""What an attacker sends, and that it is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from scripted import HOST

from ltix_data import spec
from ltix_data.errors import LaunchError
from ltix_data.keys import SigningKey
from ltix_data.launch import LaunchContext

from .lms import TOOL, Lms, base64url, encoded


def refused(act, *args, **how) -> LaunchError:
    with pytest.raises(LaunchError) as caught:
        act(*args, **how)
    assert caught.value.hint
    assert caught.value.spec
    return caught.value


# --- The signature --------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, ["RS256"], "rs256", "RS256 "])
def test_an_unsigned_token_is_refused(lms, algorithm):
    """The attacker writes any claims, and says that no signature is needed."""
    login = lms.begin()
    unsigned = ".".join([*encoded({"alg": algorithm, "kid": lms.key.kid}, lms.claims(login)), ""])

    assert refused(lms.finish, login, unsigned).code == "wrong_algorithm"


@pytest.mark.parametrize("form", ["pem", "stripped"])
def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(lms, form):
    """The attacker signs by HMAC with what everybody knows, and hopes that it is looked up as a secret."""
    login = lms.begin()
    secret = {"pem": lms.key.public_pem, "stripped": lms.key.public_pem.strip()}[form].encode()
    begin = ".".join(encoded({"alg": "HS256", "kid": lms.key.kid}, lms.claims(login)))
    forged = f"{begin}.{base64url(hmac.digest(secret, begin.encode(), hashlib.sha256))}"

    assert refused(lms.finish, login, forged).code == "wrong_algorithm"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_no_other_algorithm_is_taken_even_with_the_right_key(lms, algorithm):
    login = lms.begin()
    token = jwt.encode(lms.claims(login), lms.key.private, algorithm=algorithm, headers={"kid": lms.key.kid})

    assert refused(lms.finish, login, token).code == "wrong_algorithm"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_the_token_brings_is_not_used(lms, other_key, name):
    """The attacker signs with a key of his own, and says in the header where it is found."""
    login = lms.begin()
    brought = {
        "jwk": dict(other_key.public_jwk),
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/certificate",
        "x5c": ["MIIB"],
    }
    forged = lms.sign(lms.claims(login), key=other_key, kid=lms.key.kid, **{name: brought[name]})

    assert refused(lms.finish, login, forged).code == "wrong_signature"
    assert {seen.url for seen in lms.script.seen} == {f"{HOST}/jwks"}


def test_the_key_of_another_platform_signs_nothing_here(lms, other_key):
    """The attacker runs a platform that this tool trusts too, and names its key."""
    login = lms.begin()
    forged = lms.sign(lms.claims(login), key=other_key)

    assert refused(lms.finish, login, forged).code == "unknown_key"


def test_one_tool_of_many_platforms_keeps_their_keys_apart(signing_key, lms_key, other_key):
    """Both platforms call their key “1”; each key opens its own platform's launches alone."""
    ours = Lms(signing_key, SigningKey(kid="1", private=lms_key.private), name="ours")
    theirs = Lms(signing_key, SigningKey(kid="1", private=other_key.private), name="theirs", jwks_url=f"{HOST}/keys-2")
    ours.script.on("/keys-2", *theirs.script._steps["/jwks"])
    login = ours.begin()
    ours.launches.finish(
        ours.registration,
        {"state": login.state, "id_token": ours.sign(ours.claims(login))},
        browser=login.browser,
    )
    second = ours.launches.begin(theirs.registration, theirs.asked(), redirect_uri=TOOL)
    forged = {"state": second.state, "id_token": ours.sign(ours.claims(second))}

    error = refused(ours.launches.finish, theirs.registration, forged, browser=second.browser)

    assert error.code == "wrong_signature"


def test_changed_claims_break_the_signature(lms):
    """The attacker takes his own launch, and makes himself an instructor."""
    login = lms.begin()
    head, _, signature = lms.sign(lms.claims(login, {spec.CLAIM_ROLES: ["Learner"]})).split(".")
    (payload,) = encoded(lms.claims(login, {spec.CLAIM_ROLES: ["Instructor"]}))

    assert refused(lms.finish, login, f"{head}.{payload}.{signature}").code == "wrong_signature"


@pytest.mark.parametrize("extension", [{"crit": ["exp"]}, {"b64": False, "crit": ["b64"]}, {"crit": []}])
def test_a_header_that_changes_the_rules_is_refused(lms, extension):
    login = lms.begin()

    assert refused(lms.finish, login, lms.sign(lms.claims(login), **extension)).code == "malformed_id_token"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "no_id_token"),
        ("a", "malformed_id_token"),
        ("a.b", "malformed_id_token"),
        ("..", "malformed_id_token"),
        ("e30.e30.é", "malformed_id_token"),
        ("a.b.c.d.e", "encrypted"),
        ("A" * 300_000, "id_token_too_long"),
        (f"{base64url(b'[' * 50_000)}.e30.e30", "malformed_id_token"),
        (f"{base64url(b'[1]')}.e30.e30", "malformed_id_token"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_no_token_is_refused_for_what_it_is(lms, token, code):
    assert refused(lms.finish, lms.begin(), token).code == code


@pytest.mark.parametrize("payload", [b"[]", b"not json", b"\xff", b"[" * 50_000, b'{"exp": ' + b"9" * 5000 + b"}"])
def test_a_signed_payload_that_is_no_object_is_refused(lms, payload):
    login = lms.begin()

    assert refused(lms.finish, login, lms.sign(payload)).code == "malformed_id_token"


# --- Whom it is for -------------------------------------------------------------------------------

PARTIES = [
    ({"iss": "https://evil.example"}, "wrong_issuer"),
    ({"iss": HOST + "/"}, "wrong_issuer"),
    ({"iss": HOST.upper()}, "wrong_issuer"),
    ({"iss": [HOST]}, "wrong_issuer"),
    ({"iss": ...}, "wrong_issuer"),
    ({"aud": "c2"}, "wrong_audience"),
    ({"aud": "c1 c2"}, "wrong_audience"),
    ({"aud": ["c2"]}, "wrong_audience"),
    ({"aud": []}, "wrong_audience"),
    ({"aud": {"c1": 1}}, "no_audience"),
    ({"aud": [["c1"]]}, "no_audience"),
    ({"aud": None}, "no_audience"),
    ({"aud": ...}, "no_audience"),
    ({"aud": ["c1", "c2"]}, "no_azp"),
    ({"aud": ["c1", "c2"], "azp": "c2"}, "wrong_azp"),
    ({"azp": "c2"}, "wrong_azp"),
    ({"azp": ["c1"]}, "wrong_azp"),
    ({"azp": ""}, "wrong_azp"),
]


@pytest.mark.parametrize(("changes", "code"), PARTIES, ids=lambda value: str(value)[:40])
def test_a_launch_for_another_tool_is_refused(lms, changes, code):
    """The attacker's own tool was launched by the same platform; he brings that launch here."""
    assert refused(lms.launch, changes).code == code


@pytest.mark.parametrize(
    "changes",
    [{"aud": ["c1"]}, {"aud": ["c1", "c1"]}, {"azp": "c1"}, {"azp": None}, {"aud": ["c2", "c1"], "azp": "c1"}],
    ids=str,
)
def test_a_launch_that_names_this_tool_among_others_is_taken(lms, changes):
    assert lms.launch(changes).user_id == "u1"


# --- When -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "taken"), [(359, True), (360, False), (10**9, False)])
def test_a_token_is_good_for_a_minute_beyond_its_time(make_lms, seconds, taken):
    lms = make_lms(tool={"lifetime": 10.0**10})
    login = lms.begin()
    token = lms.sign(lms.claims(login))
    lms.time.seconds += seconds

    if taken:
        assert lms.finish(login, token).user_id == "u1"
    else:
        assert refused(lms.finish, login, token).code == "expired"


@pytest.mark.parametrize(("ahead", "taken"), [(60, True), (61, False)])
@pytest.mark.parametrize(("name", "code"), [("iat", "issued_in_future"), ("nbf", "not_yet_valid")])
def test_a_clock_may_be_a_minute_off(lms, name, code, ahead, taken):
    changes = {name: int(lms.time.now()) + ahead}

    if taken:
        assert lms.launch(changes).user_id == "u1"
    else:
        assert refused(lms.launch, changes).code == code


@pytest.mark.parametrize("name", ["exp", "iat"])
@pytest.mark.parametrize("value", ["1750000000", True, [], {}, "NaN", 1e400], ids=str)
def test_a_time_that_is_no_number_is_refused(lms, name, value):
    assert refused(lms.launch, {name: value}).code in (f"wrong_{name}", "malformed_id_token")


@pytest.mark.parametrize("name", ["exp", "iat"])
@pytest.mark.parametrize("value", [None, ...], ids=str)
def test_a_time_that_is_missing_is_refused(lms, name, value):
    error = refused(lms.launch, {name: value})

    assert (error.code, error.spec) == (f"no_{name}", "Security §5.1.2")


@pytest.mark.parametrize("written", [b"NaN", b"Infinity", b"1e400"])
def test_a_token_that_expires_at_no_time_is_refused(lms, written):
    """Nothing is later than NaN: such a launch would hold for ever."""
    login = lms.begin()
    payload = json.dumps(lms.claims(login, {"exp": "@"})).encode().replace(b'"@"', written)
    lms.time.seconds += 500

    assert refused(lms.finish, login, lms.sign(payload)).code in ("malformed_id_token", "wrong_exp")


def test_a_token_that_expires_before_it_was_issued_is_refused(lms):
    now = int(lms.time.now())

    assert refused(lms.launch, {"iat": now, "exp": now}).code == "wrong_times"


def test_an_old_token_that_still_holds_is_taken(lms):
    assert lms.launch({"iat": 1, "exp": 10**400}).user_id == "u1"


# --- State and nonce ------------------------------------------------------------------------------


def test_a_launch_is_good_for_one_time(lms):
    """The attacker posts a launch again that he saw."""
    login = lms.begin()
    token = lms.sign(lms.claims(login))
    lms.finish(login, token)

    error = refused(lms.finish, login, token)

    assert (error.code, error.spec) == ("used_state", "Security §5.1.1.3")


def test_a_state_is_used_up_by_a_launch_that_fails(lms):
    login = lms.begin()
    refused(lms.finish, login, "x")

    assert refused(lms.finish, login, lms.sign(lms.claims(login))).code == "used_state"


def test_an_old_token_under_a_new_state_is_refused(lms):
    """The attacker begins a login of his own, and answers it with somebody else's launch."""
    first, second = lms.begin(), lms.begin()
    token = lms.sign(lms.claims(first))
    lms.finish(first, token)

    error = refused(lms.finish, second, token)

    assert (error.code, error.spec) == ("wrong_nonce", "Security §5.1.3")


@pytest.mark.parametrize(
    ("nonce", "code"), [(..., "no_nonce"), ("", "no_nonce"), (7, "no_nonce"), (["n"], "no_nonce"), ("é", "wrong_nonce")]
)
def test_a_launch_without_its_nonce_is_refused(lms, nonce, code):
    assert refused(lms.launch, {"nonce": nonce}).code == code


@pytest.mark.parametrize("state", ["guessed", "é", "\ud800"])
def test_a_state_that_nobody_drew_is_refused(lms, state):
    login = lms.begin()

    error = refused(lms.finish, login, lms.sign(lms.claims(login)), state=state)

    assert error.code == "unknown_state"


def test_a_form_without_a_state_is_refused(lms):
    error = refused(lms.launches.finish, lms.registration, {"id_token": "x"}, browser="x")

    assert error.code == "no_state"


def test_the_state_of_another_browser_is_refused(lms):
    """The attacker begins a login in his browser and lets the victim's browser finish it."""
    mine, victims = lms.begin(), lms.begin()

    error = refused(lms.finish, mine, lms.sign(lms.claims(mine)), browser=victims.browser)

    assert (error.code, error.spec) == ("other_browser", "Security §7.3.1")


def test_the_state_itself_is_not_the_cookie(lms):
    """What the platform, its logs and its pages see does not stand in for the browser's own secret."""
    login = lms.begin()

    assert refused(lms.finish, login, lms.sign(lms.claims(login)), browser=login.state).code == "other_browser"


@pytest.mark.parametrize("browser", [None, ""], ids=["none", "empty"])
def test_a_browser_that_sends_no_cookie_is_told_why(lms, browser):
    login = lms.begin()
    form = {"state": login.state, "id_token": lms.sign(lms.claims(login))}

    error = refused(lms.launches.finish, lms.registration, form, browser=browser)

    assert error.code == "no_cookie"
    assert "window of its own" in str(error)


@pytest.mark.parametrize(("seconds", "taken"), [(599, True), (600, False)])
def test_a_state_expires(lms, seconds, taken):
    login = lms.begin()
    lms.time.seconds += seconds
    token = lms.sign(lms.claims(login))

    if taken:
        assert lms.finish(login, token).user_id == "u1"
    else:
        assert refused(lms.finish, login, token).code == "expired_state"


def test_a_state_of_one_registration_opens_no_other(lms, signing_key, lms_key):
    other = Lms(signing_key, lms_key, name="other", client_id="c2").registration
    login = lms.begin()
    form = {"state": login.state, "id_token": lms.sign(lms.claims(login, {"aud": "c2"}))}

    assert refused(lms.launches.finish, other, form, browser=login.browser).code == "other_registration"


def test_of_many_posts_of_one_launch_at_once_one_is_taken(lms):
    login = lms.begin()
    token = lms.sign(lms.claims(login))
    together = threading.Barrier(8)

    def post(_):
        together.wait(10)
        try:
            return lms.finish(login, token)
        except LaunchError as error:
            return error.code

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(post, range(8)))

    assert sum(isinstance(outcome, LaunchContext) for outcome in outcomes) == 1
    assert outcomes.count("used_state") == 7


def test_a_flood_of_logins_takes_bounded_memory(lms):
    """The attacker begins logins and finishes none: the oldest are forgotten, the newest still work."""
    first = lms.begin()
    for _ in range(10_000):
        last = lms.begin()

    assert refused(lms.finish, first, "x").code == "unknown_state"
    assert lms.finish(last, lms.sign(lms.claims(last))).user_id == "u1"
    assert len(lms.launches._gate._pending) == 10_000


# --- The platform's refusals ----------------------------------------------------------------------


def test_a_platform_that_asks_for_a_log_in_is_understood(lms):
    login = lms.begin()

    error = refused(
        lms.launches.finish, lms.registration, {"state": login.state, "error": "login_required"}, browser=None
    )

    assert (error.code, error.spec) == ("login_required", "Security §5.1.1.5")
    assert "Log in to the platform" in str(error)


@pytest.mark.parametrize("error", ["", "Ann Smith may not", "<script>alert(1)</script>"])
def test_nothing_free_that_a_platform_writes_is_repeated(lms, error):
    """The attacker makes the tool's own page say what he likes."""
    form = {"error": error, "error_description": "Call 555 at once", "error_uri": "https://evil.example"}

    told = refused(lms.launches.finish, lms.registration, form, browser=None)

    assert told.code == "platform_refused"
    assert not any(said in str(told) for said in (*form.values(),) if said)


def test_an_answer_that_refuses_uses_the_state_up(lms):
    login = lms.begin()
    refused(lms.launches.finish, lms.registration, {"state": login.state, "error": "access_denied"}, browser=None)

    assert refused(lms.finish, login, lms.sign(lms.claims(login))).code == "used_state"


def test_a_launch_by_the_old_protocol_is_told_as_that(lms):
    form = {"lti_version": "LTI-1p0", "lti_message_type": "basic-lti-launch-request", "oauth_consumer_key": "k"}

    assert refused(lms.launches.finish, lms.registration, form, browser=None).code == "lti_1p1"
