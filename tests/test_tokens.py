"""Access tokens: what proves who asks, how long a token is used, and when another is fetched."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import httpx
import jwt
import pytest
from scripted import HOST, ROSTER_URL, SECRET, START, Reply, Script, grant, says, text

from ltix_data import errors, pace, spec
from ltix_data.grant import Token

MEMBERS = spec.SCOPE_MEMBERSHIPS
SCORE = spec.SCOPE_SCORE
LINE_ITEM = spec.SCOPE_LINE_ITEM
PATH = "/c/1/memberships"


@pytest.fixture
def lms(signing_key):
    lms = Script(signing_key)
    lms.on(PATH, says({"members": []}))
    return lms


def fetch(client, scope: str = MEMBERS):
    return client.get_json(ROSTER_URL, "the roster", scopes=(scope,), accept=spec.MEMBERSHIP_CONTAINER)


def assertion(lms, seen) -> dict:
    """Return the claims of an assertion whose signature is right."""
    key = jwt.PyJWK(lms.registration.public_jwk)
    options = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    return jwt.decode(seen.form["client_assertion"], key, algorithms=["RS256"], options=options)


# --- What proves who asks -------------------------------------------------------------------------


def test_the_token_request_is_what_the_specification_says(lms):
    """[Security §4.1.1]"""
    fetch(lms.client())

    (seen,) = lms.token_requests
    header = jwt.get_unverified_header(seen.form.pop("client_assertion"))
    form = seen.form | {"client_assertion": "…"}
    assert (seen.method, seen.headers["content-type"], form, header) == (
        "POST",
        "application/x-www-form-urlencoded",
        {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "…",
            "scope": " ".join(sorted(spec.ALL_SCOPES)),
        },
        {"alg": "RS256", "typ": "JWT", "kid": lms.registration.public_jwk["kid"]},
    )


def test_the_assertion_is_backdated_and_lives_five_minutes(lms):
    """Moodle has no leeway at all on iat."""
    fetch(lms.client())

    claims = assertion(lms, lms.token_requests[0])
    assert claims.pop("jti")
    assert claims == {
        "iss": "c1",
        "sub": "c1",
        "aud": f"{HOST}/token",
        "iat": int(START) - 5,
        "exp": int(START) + 295,
    }


def test_the_audience_is_the_one_given_and_one_text(signing_key):
    """Brightspace answers 500 to a list."""
    lms = Script(signing_key, audience="https://api.brightspace.com/auth/token")
    lms.client().tokens.token()

    assert assertion(lms, lms.seen[0])["aud"] == "https://api.brightspace.com/auth/token"


def test_every_try_has_an_assertion_of_its_own(lms):
    """Canvas remembers each jti: the same one again would be refused after a lost answer."""
    lms.on("/token", httpx.ReadTimeout("lost"), Reply(503), Reply(429), grant())
    fetch(lms.client())

    assert len({assertion(lms, seen)["jti"] for seen in lms.token_requests}) == 4


# --- One token for all ----------------------------------------------------------------------------


def test_threads_share_one_token(lms):
    client = lms.client()
    together = threading.Barrier(8)

    def work(_):
        together.wait()
        fetch(client)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert (len(lms.token_requests), len(lms.service_requests)) == (1, 8)


def test_the_token_is_sent_as_bearer_whatever_its_type_is_called(lms):
    lms.on("/token", grant(token_type="bearer"))
    fetch(lms.client())

    assert lms.service_requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_token_labelled_as_html_is_a_token(lms):
    """Moodle labels its JSON so."""
    lms.on("/token", text('{"access_token": "abc", "expires_in": 3600}', content_type="text/html; charset=utf-8"))

    assert lms.client().tokens.token().value == "abc"


@pytest.mark.parametrize(
    ("expires_in", "used_for"),
    [
        (3600, 3540),
        ("3600", 3540),
        (100, 50),
        (2, 1),
        (10**9, 86_340),
        (None, 3540),  # not said: what 1EdTech recommends
        (0, 30),
        (-5, 30),
        ("soon", 30),
        (True, 30),
        (10**400, 30),
        ([3600], 30),
    ],
)
def test_a_token_is_used_until_a_minute_or_half_its_life_before_it_expires(lms, expires_in, used_for):
    lms.on("/token", grant(expires_in=expires_in))
    client = lms.client()
    client.tokens.token()

    lms.time.seconds = START + used_for - 0.5
    client.tokens.token()
    before = len(lms.token_requests)
    lms.time.seconds = START + used_for
    client.tokens.token()

    assert (before, len(lms.token_requests)) == (1, 2)


def test_a_lifetime_beyond_every_number_is_not_believed(lms):
    lms.on("/token", text('{"access_token": "abc", "expires_in": 1e999}'))

    assert lms.client().tokens.token().lifetime == 60


def test_a_local_clock_set_back_makes_no_token_immortal(lms):
    client = lms.client()
    client.tokens.token()
    lms.time.seconds = START - 7200
    client.tokens.token()

    assert len(lms.token_requests) == 2


# --- Renewal after a refusal ----------------------------------------------------------------------


def numbered(lms):
    """Grant tok-1, tok-2, …"""
    numbers = iter(range(1, 1000))
    lms.on("/token", lambda seen: grant(access_token=f"tok-{next(numbers)}")(seen))


def accepts(*tokens: str, otherwise: Reply):
    def answer(seen):
        good = seen.headers["authorization"].removeprefix("Bearer ") in tokens
        return says({"members": []}) if good else otherwise

    return answer


@pytest.mark.parametrize("status", [401, 403])
def test_a_dead_token_is_renewed_once_and_the_request_repeated(lms, status):
    """Sakai and Open edX answer 403 for a dead token."""
    numbered(lms)
    client = lms.client()
    client.tokens.token()
    lms.on(PATH, accepts("tok-2", otherwise=Reply(status)))

    assert (fetch(client), len(lms.token_requests)) == ({"members": []}, 2)


def test_a_token_refused_with_401_at_once_is_renewed_once(lms):
    numbered(lms)
    lms.on(PATH, Reply(401))

    with pytest.raises(errors.AccessError):
        fetch(lms.client())

    assert (len(lms.token_requests), len(lms.service_requests)) == (2, 2)


def test_a_403_to_a_token_just_made_is_about_the_right(lms):
    lms.on(PATH, Reply(403))

    with pytest.raises(errors.AccessError):
        fetch(lms.client())

    assert (len(lms.token_requests), len(lms.service_requests)) == (1, 1)


@pytest.mark.parametrize("status", [401, 403])
def test_forbidden_rows_do_not_each_ask_for_a_token(lms, status):
    client = lms.client()
    client.tokens.token()
    lms.on(PATH, Reply(status))
    for _ in range(50):
        with pytest.raises(errors.AccessError):
            fetch(client)

    assert (len(lms.token_requests), len(lms.service_requests)) == (2, 51)


def test_a_token_that_dies_later_is_renewed_again(lms):
    numbered(lms)
    client = lms.client()
    client.tokens.token()
    lms.on(PATH, accepts("tok-2", otherwise=Reply(403)))
    fetch(client)
    lms.time.seconds += 301
    lms.on(PATH, accepts("tok-3", otherwise=Reply(403)))

    assert (fetch(client), len(lms.token_requests)) == ({"members": []}, 3)


def test_a_token_that_worked_is_renewed_after_a_401_however_soon(lms):
    """A platform that was restarted twice in a minute costs two tokens, not an error."""
    numbered(lms)
    client = lms.client()
    for alive in ("tok-1", "tok-2", "tok-3"):
        lms.on(PATH, accepts(alive, otherwise=Reply(401)))
        fetch(client)

    assert len(lms.token_requests) == 3


def test_a_clock_a_day_off_is_named_where_no_token_is_given(lms):
    lms.on("/token", says({"error": "invalid_client"}, 400, date="Mon, 01 Jan 2024 00:00:00 GMT"))

    with pytest.raises(errors.TokenError, match="more than a day apart"):
        lms.client().tokens.token()


def test_threads_that_wait_for_a_dead_token_endpoint_share_what_it_said(lms):
    """Eight threads do not each wait through all the tries, one after another."""
    together = threading.Barrier(8)
    lms.on("/token", Reply(503))
    client = lms.client(attempts=3)

    def ask(_):
        together.wait(5)
        with pytest.raises(errors.TokenError):
            fetch(client)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))

    assert len(lms.token_requests) < 8 * 3


def test_threads_with_one_dead_token_fetch_one_new_one(lms):
    numbered(lms)
    client = lms.client()
    client.tokens.token()
    together = threading.Barrier(pace.START)

    def answer(seen):
        if seen.headers["authorization"] == "Bearer tok-1":
            together.wait(5)  # all that are under way hold the dead token before one is renewed
            return Reply(401)
        return says({"members": []})

    lms.on(PATH, answer)
    with ThreadPoolExecutor(pace.START) as pool:
        list(pool.map(lambda _: fetch(client), range(pace.START)))

    assert len(lms.token_requests) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        text("403 Forbidden (Rate Limit Exceeded)", 403),  # Canvas
        says({"error": "above_response_limit"}, 403),  # Open edX
        says({"error": "insufficient_scope"}, 403),
    ],
)
def test_a_403_that_speaks_of_the_request_is_not_taken_for_a_dead_token(lms, refusal):
    client = lms.client(attempts=2)
    client.tokens.token()
    lms.on(PATH, refusal)

    with pytest.raises((errors.AccessError, errors.RateLimitError)):
        fetch(client)

    assert len(lms.token_requests) == 1


def test_a_forced_refresh_is_another_token(lms):
    numbered(lms)
    source = lms.client().tokens

    assert [source.token().value, source.refresh().value, source.token().value] == ["tok-1", "tok-2", "tok-2"]


# --- Scopes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        (None, frozenset(spec.ALL_SCOPES)),  # not said: all of it [RFC 6749 §5.1]
        ("", frozenset()),  # Open edX
        (f"{MEMBERS} {SCORE}", {MEMBERS, SCORE}),
        ([MEMBERS, SCORE], {MEMBERS, SCORE}),
        (f" {MEMBERS}\n", {MEMBERS}),
    ],
)
def test_what_was_granted_is_read_from_the_answer(lms, scope, granted):
    lms.on("/token", grant(scope=scope))

    assert lms.client().tokens.token().granted == granted


def test_a_scope_not_granted_is_an_error_before_the_service_is_asked(lms):
    lms.on("/token", grant(scope=SCORE))

    with pytest.raises(errors.ScopeError) as caught:
        fetch(lms.client())

    assert (lms.service_requests, caught.value.scopes, caught.value.granted) == ([], (MEMBERS,), {SCORE})


@pytest.mark.parametrize("offered", [frozenset(), frozenset({SCORE})])
def test_a_scope_no_course_offers_is_an_error_before_anything_is_asked(lms, offered):
    lms.offered = offered

    with pytest.raises(errors.ScopeError, match="No course"):
        fetch(lms.client())

    assert lms.seen == []


def test_without_any_course_there_is_nothing_to_ask_a_token_for(lms):
    lms.offered = frozenset()

    with pytest.raises(errors.ScopeError, match="knows no course yet"):
        lms.client().tokens.refresh()

    assert lms.seen == []


def test_scopes_are_derived_anew_at_every_grant(lms):
    lms.offered = frozenset({SCORE})
    client = lms.client()
    client.tokens.token((SCORE,))
    lms.offered = frozenset({SCORE, MEMBERS})
    client.tokens.token((MEMBERS,))

    assert [seen.form["scope"] for seen in lms.token_requests] == [SCORE, " ".join(sorted((SCORE, MEMBERS)))]


def test_a_partial_grant_is_asked_again_after_a_while_but_not_for_each_call(lms):
    """An administrator may have granted more in the meantime."""
    lms.on("/token", grant(scope=SCORE))
    client = lms.client()
    for _ in range(10):
        with pytest.raises(errors.ScopeError):
            fetch(client)
    before = len(lms.token_requests)
    lms.time.seconds += 31
    lms.on("/token", grant())

    assert (before, fetch(client), len(lms.token_requests)) == (1, {"members": []}, 2)


def sakai(*allowed: str):
    def answer(seen):
        asked = seen.form["scope"].split()
        return grant()(seen) if set(asked) <= set(allowed) else says({"error": "invalid_scope"}, 400)

    return answer


def test_sakais_refusal_of_everything_for_one_scope_is_answered_by_asking_for_less(lms):
    lms.on("/token", sakai(MEMBERS, LINE_ITEM))

    assert lms.client().tokens.token((MEMBERS,)).granted == {MEMBERS, LINE_ITEM}


def test_where_no_scope_is_allowed_the_refusal_says_so(lms):
    lms.on("/token", sakai())

    with pytest.raises(errors.TokenError, match="grants none of the scopes") as caught:
        lms.client().tokens.token((MEMBERS,))

    assert (caught.value.status, caught.value.code) == (400, "invalid_scope")


def test_an_endpoint_that_fails_half_way_does_not_make_a_smaller_token(lms):
    lms.on("/token", says({"error": "invalid_scope"}, 400), grant(), Reply(500), grant())

    with pytest.raises(errors.TokenError, match="busy or failing"):
        lms.client().tokens.token((MEMBERS,))


# --- The platform's clock -------------------------------------------------------------------------


def strict(offset: float, **headers: str):
    """Answer as a platform whose clock is *offset* seconds off ours, without leeway."""

    def answer(lms):
        def at_token(seen):
            now = lms.time.now() + offset
            claims = assertion(lms, seen)
            date = formatdate(now, usegmt=True)
            good = claims["iat"] <= now < claims["exp"]
            reply = grant()(seen) if good else says({"error": "invalid_client"}, 400)
            return Reply(reply.status, reply.body, {"date": date, **headers})

        return at_token

    return answer


@pytest.mark.parametrize("offset", [600, -600, 7200, -80_000])
def test_a_clock_that_is_off_is_learnt_from_the_first_refusal(lms, offset):
    lms.on("/token", strict(offset)(lms))
    client = lms.client()

    client.tokens.token()
    client.tokens.refresh()

    assert (len(lms.token_requests), client.http.clock.now() - START) == (3, pytest.approx(offset, abs=1))


@pytest.mark.parametrize(
    "headers",
    [
        {"date": formatdate(START - 600), "age": "600"},
        {"date": formatdate(START + 90_000)},
        {"date": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"date": "Fri, 31 Dec 99999 23:59:59 GMT"},
        {"date": "yesterday"},
        {"date": ""},
        {"date": formatdate(START - 1)},
        {},
    ],
)
def test_an_absurd_or_cached_date_is_not_believed(lms, headers):
    lms.on("/token", lambda seen: Reply(200, grant()(seen).body, headers))
    client = lms.client()
    client.tokens.token()

    assert client.http.clock.offset == 0.0


def test_a_refusal_that_is_not_about_the_clock_is_not_repeated(lms):
    lms.on("/token", says({"error": "invalid_client"}, 400, date=formatdate(START, usegmt=True)))

    with pytest.raises(errors.TokenError, match="public key"):
        lms.client().tokens.token()

    assert len(lms.token_requests) == 1


# --- Answers that are no token --------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        text("<html>Ann-Private</html>"),
        text(""),
        text('{"access_token": "tok-3cr3t'),
        text("[]"),
        text("null"),
        text('"tok-3cr3t"'),
        says({"token": SECRET}),
        says({"access_token": ""}),
        says({"access_token": None}),
        says({"access_token": 5}),
        says({"access_token": f"{SECRET}\r\nX-Evil: 1"}),
        says({"access_token": f"{SECRET}\n"}),
        says({"access_token": f"{SECRET} {SECRET}"}),
        says({"access_token": "tökén"}),
        says({"error": "invalid_client", "error_description": "Ann-Private"}, 400),
        says({"error": "unidentified_error"}, 400),
        text('{"error": "invalid_client", broken', 400),
        text("<h1>Not found</h1>" * 2000, 404),
        text("", 500),
        text("", 429, retry_after="900"),
    ],
)
def test_what_is_no_token_is_one_kind_of_error_and_is_not_repeated_in_it(lms, answer):
    lms.on("/token", answer)

    with pytest.raises(errors.TokenError) as caught:
        fetch(lms.client(attempts=1))

    said = f"{caught.value} {caught.value!r} {vars(caught.value)}"
    assert (lms.service_requests, SECRET in said, "Ann-Private" in said, "lms.example.edu" in said) == (
        [],
        False,
        False,
        True,
    )


@pytest.mark.parametrize("location", [f"{HOST}/login", "https://evil.example/token"])
def test_the_assertion_does_not_follow_a_redirect(lms, location):
    lms.on("/token", Reply(307, headers={"location": location}))

    with pytest.raises(errors.LtixError, match="redirects"):
        fetch(lms.client())

    assert [seen.url for seen in lms.seen] == [f"{HOST}/token"]


def test_a_token_shows_nothing_of_itself():
    token = Token(SECRET, frozenset({SCORE}), frozenset({SCORE}), START, 3600)

    assert f"{token} {token!r}" == "<Token, 1 scopes, lifetime 3600 s> <Token, 1 scopes, lifetime 3600 s>"
