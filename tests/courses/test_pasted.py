"""Launches that somebody pastes: an id_token out of a browser's tools, or claims as JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import START, Script, says

import ltix_data as ltix
from ltix_data import errors, spec
from ltix_data.keys import SigningKey
from ltix_data.session import pasted

from .launched import HOST, SERVICE, claims

YEARS = 10**8
ADDRESSED = {"iss": HOST, "aud": "c1", spec.CLAIM_DEPLOYMENT_ID: "d1"}


@pytest.fixture(scope="module")
def lms_key() -> SigningKey:
    return SigningKey.generate()


class Lms:
    """A session with a platform that publishes its key."""

    def __init__(self, key: SigningKey, lms_key: SigningKey, **facts: Any) -> None:
        self.script = Script(key, **({"jwks_url": f"{HOST}/jwks", "deployment_id": "d1"} | facts))
        self.script.on("/jwks", says({"keys": [lms_key.public_jwk]}))
        self.key = lms_key
        self.session = ltix.connect(self.script.registration, http=self.script.http())

    def token(self, key: SigningKey | None = None, **changes: Any) -> str:
        """Return the id_token of a launch of years ago."""
        signer = key or self.key
        times = {"iat": START - YEARS, "exp": START - YEARS + 300, "sub": "u1", "nonce": "n1"}
        message = {spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST, spec.CLAIM_VERSION: spec.LTI_VERSION}
        body = {**claims(), **ADDRESSED, **times, **message, **changes}
        return jwt.encode(body, signer.private, algorithm="RS256", headers={"kid": self.key.kid})


@pytest.fixture
def lms(signing_key, lms_key) -> Lms:
    return Lms(signing_key, lms_key)


# --- What a paste looks like ----------------------------------------------------------------------

TOKEN = f"eyJhbGciOiJSUzI1NiJ9.{'eyJpc3MiOiJ4In0' * 9}.{'c2ln-_' * 20}"
LINES = "\n  ".join(TOKEN[start : start + 64] for start in range(0, len(TOKEN), 64))


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"  {TOKEN}\n",
        f'"{TOKEN}"',
        f"'{TOKEN}',",
        LINES,
        f"id_token={TOKEN}",
        f"id_token: {TOKEN}",
        f"id_token\t{TOKEN}",
        f"utf8=%E2%9C%93&authenticity_token=&id_token={TOKEN}&state=abc.def.ghi",
        f"state=abc&id_token={quote(TOKEN, safe='').replace('.', '%2E')}",
        f"id_token: {LINES}",
        f"state: abc-1\nid_token: {TOKEN}\nlti_storage_target: _parent",
        f"curl 'https://tool.example/launch' --data-raw 'state=1&id_token={TOKEN}&x=2' --compressed",
        json.dumps({"id_token": TOKEN, "state": "x"}),
        json.dumps([{"name": "state", "value": "1"}, {"name": "id_token", "value": TOKEN}]),
        "\ufeff" + TOKEN[:50] + "\u200b" + TOKEN[50:],
        f"{TOKEN}=",
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_an_id_token_is_found_in_what_browsers_give(text):
    assert pasted.read(text) == TOKEN


@pytest.mark.parametrize(
    "given",
    [
        claims(),
        json.dumps(claims()),
        json.dumps(claims(), indent=2),
        {"claims": claims()},
        json.dumps({"claims": claims(), "user": 1}),
        {"id_token": claims()},
    ],
    ids=["a dictionary", "JSON", "lines of JSON", "under claims", "JSON under claims", "under id_token"],
)
def test_claims_are_found_as_a_dictionary_or_as_json(given):
    assert pasted.read(given) == claims()


SECRET = "jane.roe@example.edu"


@pytest.mark.parametrize(
    "useless",
    [
        "",
        " \n",
        None,
        7,
        SECRET,
        "{" + SECRET,
        "{}",
        "[]",
        json.dumps([SECRET]),
        json.dumps({"claims": SECRET}),
        {"claims": []},
        {"x": object()},
        {"x": float("nan")}.keys(),
        f"{TOKEN} and {TOKEN[:-2]}xx",
        "a.b",
        f"id_token=&email={SECRET}",
        "[" * 100_000,
        "x" * 1_000_001,
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_what_holds_no_launch_is_refused_without_a_word_of_it(useless):
    with pytest.raises(errors.UsageError) as caught:
        pasted.read(useless)

    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None


@settings(deadline=None)  # the machine may be shared
@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")) | st.dictionaries(st.text(), st.text()))
def test_whatever_is_pasted_it_is_a_token_claims_or_an_error_of_ours(anything):
    try:
        found = pasted.read(anything)
    except errors.UsageError:
        return

    assert isinstance(found, (str, dict))


# --- An id_token ----------------------------------------------------------------------------------


def test_an_id_token_of_years_ago_makes_its_course_known_to_the_running_session(lms):
    before = repr(lms.session)

    course = lms.session.capture(f"id_token={lms.token()}&state=x")

    assert course.name == "BIO101"
    assert lms.session.course("BIO101").name == "BIO101"
    assert "0 courses" in before
    assert "1 course" in repr(lms.session)


def test_a_captured_course_is_called_as_wished_where_it_is_new(lms):
    first = lms.session.capture(lms.token(), name="Bio")
    again = lms.session.capture(lms.token(), name="Biology, again")

    assert (first.name, again.name) == ("Bio", "Bio")


def test_an_id_token_that_somebody_else_signed_stores_nothing(lms, signing_key):
    with pytest.raises(errors.LaunchError):
        lms.session.capture(lms.token(key=signing_key))

    assert len(lms.session.courses()) == 0


def test_an_id_token_whose_claims_were_changed_stores_nothing(lms):
    head, _, seal = lms.token().split(".")
    body = jwt.encode(claims("ctx-2") | ADDRESSED, "k" * 32, algorithm="HS256").split(".")[1]

    with pytest.raises(errors.LaunchError):
        lms.session.capture(f"{head}.{body}.{seal}")
    assert len(lms.session.courses()) == 0


def test_an_id_token_may_name_a_host_of_the_platform_that_is_new(lms):
    """It is signed: Blackboard's services are on the school's host, its registration names none of it."""
    roster = {"context_memberships_url": "https://school.example/m"}

    course = lms.session.capture(lms.token(**{spec.CLAIM_MEMBERSHIPS: roster}))

    assert "roster" in repr(course)


def test_without_a_key_set_an_id_token_is_not_believed(signing_key, lms_key):
    lms = Lms(signing_key, lms_key, jwks_url=None)

    with pytest.raises(errors.UsageError, match=r"no jwks_url.*paste the claims"):
        lms.session.capture(lms.token())


@pytest.mark.parametrize("changes", [{"iss": "https://other.example"}, {"aud": "c2"}, {spec.CLAIM_DEPLOYMENT_ID: "d2"}])
def test_an_id_token_for_somebody_else_stores_nothing(lms, changes):
    with pytest.raises(errors.LaunchError):
        lms.session.capture(lms.token(**changes))

    assert len(lms.session.courses()) == 0


# --- Claims ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("addressed", [{}, ADDRESSED, {"aud": ["c1", "x"]}, {"iss": HOST}], ids=len)
def test_claims_of_this_platform_make_their_course_known(lms, addressed):
    lms.session.capture(json.dumps(claims() | addressed))

    assert lms.session.courses()["context_id"].tolist() == ["ctx-1"]
    assert lms.script.seen == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"iss": "https://other.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "c2"}, "client_id"),
        ({"aud": []}, "client_id"),
        ({"aud": {"c1": 1}}, "client_id"),
        ({"aud": "c1", "azp": "c2"}, "azp"),
        ({spec.CLAIM_DEPLOYMENT_ID: "d2"}, "deployment_id"),
    ],
)
def test_claims_for_somebody_else_are_refused(lms, changes, word):
    with pytest.raises(errors.LaunchError, match=word) as caught:
        lms.session.capture(claims() | changes)

    assert caught.value.code == "wrong_addressee"
    assert "other.example" not in str(caught.value)
    assert len(lms.session.courses()) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": "https://evil.example/m"}},
        {spec.CLAIM_GRADES: {"lineitems": "https://evil.example/i"}},
        {spec.CLAIM_GRADES: {"lineitem": "https://evil.example/i/1"}},
        {SERVICE: {"url": "https://evil.example/a"}},
        {spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": "http://lms.example.edu/c/1/m"}},
        {spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": f"{HOST}:8443/c/1/m"}},
        {spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": f"{HOST}.evil.example/c/1/m"}},
    ],
    ids=["roster", "line items", "line item", "service", "plain http", "another port", "a longer name"],
)
def test_claims_cannot_send_the_token_to_a_host_that_nobody_vouches_for(lms, changes):
    """The attacker mails an instructor “claims to paste”; they are not signed."""
    with pytest.raises(errors.ForeignHostError, match="add_course") as caught:
        lms.session.capture(claims() | changes)

    assert "evil" not in str(caught.value)
    assert len(lms.session.courses()) == 0


def test_claims_may_name_a_host_that_a_known_course_has(lms):
    lms.session.add_course("CHE", memberships_url="https://school.example/c/2/m")
    roster = {"context_memberships_url": "https://school.example/c/1/m"}

    lms.session.capture(claims() | {spec.CLAIM_MEMBERSHIPS: roster})

    assert lms.session.courses()["name"].tolist() == ["CHE", "BIO101"]


@pytest.mark.parametrize(
    "changes",
    [
        {spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": f"https://{SECRET}:pw@lms.example.edu/m"}},
        {spec.CLAIM_CONTEXT: {"label": SECRET}, spec.CLAIM_GRADES: {"lineitems": "nowhere"}},
        {spec.CLAIM_CONTEXT: {}},
        {spec.CLAIM_CONTEXT: SECRET},
        {SERVICE: {"n": float("inf")}},
    ],
    ids=["user info", "no address", "no name", "no context", "infinite"],
)
def test_claims_that_make_no_course_are_an_error_that_does_not_quote_them(lms, changes):
    with pytest.raises(errors.LtixError) as caught:
        lms.session.capture(claims() | changes)

    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_roster_that_vanished_is_told_and_its_address_kept(lms):
    lms.session.capture(claims())
    without = claims()
    del without[spec.CLAIM_MEMBERSHIPS]

    with pytest.warns(ltix.LtixWarning, match="did not offer its roster"):
        course = lms.session.capture(without)
    assert "roster" in repr(course)


@pytest.mark.parametrize("name", ["", " ", 7])
def test_a_name_that_is_none_is_refused(lms, name):
    with pytest.raises(errors.UsageError, match="name must be"):
        lms.session.capture(claims(), name=name)
