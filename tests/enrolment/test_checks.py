"""What is refused before anything is sent: a registration made in vain stays in the platform's list of tools."""

from __future__ import annotations

import httpx
import pytest

from ltix_data import errors, spec
from ltix_data.enrolment import Tool

from .conftest import BASE, CONFIGURATION_URL, TOKEN, configuration

EVIL = "https://evil.example"


def refused(lms, found, kind=errors.LaunchError, **asked):
    """Try to register; return the error, after making sure that nothing was registered."""
    platform = lms(found)

    with pytest.raises(kind) as caught:
        platform.enrol(**asked)

    assert platform.posts == []
    assert platform.saw_token() <= {"lms.example.edu", "sso.canvaslms.com"}
    assert caught.value.hint
    assert TOKEN not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (configuration(issuer=None), "no_issuer"),
        (configuration(issuer=" "), "no_issuer"),
        (configuration(issuer=7), "no_issuer"),
        ([], "no_issuer"),
        (configuration(issuer="lms.example.edu"), "bad_address"),
        (configuration(issuer="http://lms.example.edu"), "insecure_address"),
        (configuration(issuer=EVIL), "issuer_mismatch"),
        (configuration(issuer="https://lms.example.edu.evil.example"), "issuer_mismatch"),
        (configuration(issuer="https://other.example.edu"), "issuer_mismatch"),
        (configuration(issuer="https://canvas.instructure.com"), "issuer_mismatch"),
        (configuration("moodle", issuer="https://canvas.instructure.com"), "issuer_mismatch"),
        (configuration("canvas", issuer="https://notinstructure.com"), "issuer_mismatch"),
        *(
            (configuration(**{key: value}), code)
            for key in ("registration_endpoint", "token_endpoint", "authorization_endpoint", "jwks_uri")
            for value, code in (
                (None, "bad_address"),
                ("/relative", "bad_address"),
                ({"a": 1}, "bad_address"),
                ("https://user:pw@lms.example.edu/x", "bad_address"),
                ("http://lms.example.edu/x", "insecure_address"),
                (f"{EVIL}/x", "foreign_address"),
                ("https://lms.example.edu.evil.example/x", "foreign_address"),
                ("https://auth.brightspace.com/x", "foreign_address"),
            )
        ),
        (configuration(token_endpoint_auth_methods_supported=["client_secret_basic"]), "unsupported_platform"),
        (configuration(token_endpoint_auth_signing_alg_values_supported=["ES256"]), "unsupported_platform"),
        (configuration(id_token_signing_alg_values_supported=["none"]), "unsupported_platform"),
        (configuration(response_types_supported=["code"]), "unsupported_platform"),
    ],
)
def test_a_configuration_that_cannot_be_trusted_or_used_is_refused(lms, found, code):
    assert refused(lms, found).code == code


def test_a_configuration_over_http_is_not_even_read(lms):
    platform = lms()

    with pytest.raises(errors.LaunchError, match="not on https"):
        platform.enrol(url="http://lms.example.edu/config")

    assert platform.sent == []


@pytest.mark.parametrize(
    "address", ["", "config", "file:///etc/passwd", "https://user:pw@lms.example.edu/", "https://[x"]
)
def test_what_is_no_address_is_not_asked(lms, address):
    platform = lms()

    with pytest.raises(errors.UsageError):
        platform.enrol(url=address)

    assert platform.sent == []


def test_a_login_page_instead_of_a_configuration_is_said_to_be_one(lms):
    page = httpx.Response(200, text="<!doctype html><title>Log in</title>Dear Maria")

    error = refused(lms, page, errors.MalformedResponseError)

    assert "login page" in str(error)
    assert "Maria" not in str(error)


def test_a_redirect_to_another_host_is_not_followed(lms):
    away = httpx.Response(302, headers={"Location": f"{EVIL}/login"})

    assert "login page" in str(refused(lms, away, errors.ForeignHostError))


@pytest.mark.parametrize("status", [401, 403])
def test_an_invitation_that_is_used_up_is_called_so(lms, status):
    error = refused(lms, httpx.Response(status, json={"error": "invalid_token"}), errors.AccessError)

    assert (error.status, "invitation" in str(error)) == (status, True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(200, content=b""), errors.MalformedResponseError),
        (httpx.Response(200, content=b'{"issuer": '), errors.MalformedResponseError),
        (httpx.Response(200, content=b'"' + b"x" * 2**20 + b'"'), errors.TooLargeError),
        (httpx.Response(404), errors.NotFoundError),
        (httpx.Response(500), errors.UnavailableError),
        (httpx.ConnectError("no route"), errors.TransportError),
    ],
)
def test_a_configuration_that_cannot_be_read_is_an_error(lms, answer, kind):
    refused(lms, answer, kind)


@pytest.mark.parametrize("family", ["moodle", "canvas", "BlackboardLearn", "desire2learn"])
def test_keys_are_not_sent_themselves_to_who_wants_their_address(lms, family):
    tool = Tool(name="t", base_url="https://tool.example", jwks={"keys": [{"kty": "RSA"}]})

    assert refused(lms, configuration(family), tool=tool).code == "keys_need_address"


# --- Whose hosts belong together ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configured", "found"),
    [
        (CONFIGURATION_URL, configuration(token_endpoint="https://auth.example.edu/token")),
        (
            "https://lms.uni.ac.uk/c",
            configuration(
                issuer="https://lms.uni.ac.uk",
                registration_endpoint="https://lms.uni.ac.uk/r",
                token_endpoint="https://auth.uni.ac.uk/t",
                authorization_endpoint="https://lms.uni.ac.uk:8443/a",
                jwks_uri="https://lms.uni.ac.uk/k",
            ),
        ),
        (
            CONFIGURATION_URL,
            configuration("desire2learn", token_endpoint="https://auth.brightspace.com/core/connect/token"),
        ),
        (
            "https://canvas.instructure.com/api/lti/security/openid-configuration",
            configuration(
                "canvas",
                issuer="https://canvas.instructure.com",
                registration_endpoint="https://canvas.uni.edu/api/lti/registrations",
                token_endpoint="https://sso.canvaslms.com/login/oauth2/token",
                authorization_endpoint="https://sso.canvaslms.com/api/lti/authorize_redirect",
                jwks_uri="https://sso.canvaslms.com/api/lti/security/jwks",
            ),
        ),
        (
            "https://canvas.uni.edu/api/lti/security/openid-configuration",
            configuration(
                "canvas",
                issuer="https://canvas.instructure.com",
                registration_endpoint="https://canvas.uni.edu/api/lti/registrations",
                token_endpoint="https://sso.canvaslms.com/login/oauth2/token",
                authorization_endpoint="https://sso.canvaslms.com/api/lti/authorize_redirect",
                jwks_uri="https://sso.canvaslms.com/api/lti/security/jwks",
            ),
        ),
        (
            "https://developer.blackboard.com/api/v1/gateway/config",
            configuration(
                "BlackboardLearn",
                issuer="https://blackboard.com",
                registration_endpoint="https://developer.blackboard.com/api/v1/gateway/registerLti?registrationToken=1",
                token_endpoint="https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
                authorization_endpoint="https://developer.blackboard.com/api/v1/gateway/oidcauth",
                jwks_uri="https://developer.blackboard.com/.well-known/jwks.json",
            ),
        ),
        (
            "http://127.0.0.1:5000/c",
            configuration(
                issuer="http://127.0.0.1:5000",
                registration_endpoint="http://127.0.0.1:5000/r",
                token_endpoint="http://127.0.0.1:5000/t",
                authorization_endpoint="http://127.0.0.1:5000/a",
                jwks_uri="http://127.0.0.1:5000/k",
            ),
        ),
    ],
    ids=["subdomain", "ac.uk", "brightspace", "canvas", "canvas-own-domain", "blackboard", "loopback"],
)
def test_what_belongs_to_a_platform_is_trusted(lms, configured, found):
    platform = lms(found)

    facts = platform.enrol(url=configured).facts

    assert facts["issuer"] == found["issuer"]
    assert [str(request.url) for request in platform.posts] == [found["registration_endpoint"]]


def test_domains_that_many_share_are_nobodys_own(lms):
    """evil.ac.uk and uni.ac.uk have nothing to do with each other."""
    found = {key: value.replace("lms.example.edu", "lms.uni.ac.uk") for key, value in configuration().items()}
    platform = lms(found | {"registration_endpoint": "https://evil.ac.uk/register"})

    with pytest.raises(errors.LaunchError) as caught:
        platform.enrol(url="https://lms.uni.ac.uk/c")

    assert (caught.value.code, platform.posts) == ("foreign_address", [])


def test_addresses_of_ip_numbers_are_not_taken_for_one_site(lms):
    found = {key: value.replace("lms.example.edu", "10.1.2.3") for key, value in configuration().items()}
    platform = lms(found | {"token_endpoint": "https://9.9.2.3/token"})

    with pytest.raises(errors.LaunchError) as caught:
        platform.enrol(url="https://10.1.2.3/c")

    assert caught.value.code == "foreign_address"


def test_who_names_the_vendors_issuer_cannot_name_its_own_endpoints(lms):
    """A stranger's configuration for the issuer of all Canvas customers must not bring the stranger's keys."""
    found = configuration("canvas", issuer="https://canvas.instructure.com")

    error = refused(lms, found)

    assert error.code == "foreign_address"


def test_the_token_goes_to_the_platform_alone(lms):
    platform = lms(configuration("canvas", token_endpoint="https://sso.canvaslms.com/login/oauth2/token"))

    platform.enrol()

    assert platform.saw_token() == {"lms.example.edu"}
    assert BASE in str(platform.posts[0].url)


def test_a_configuration_that_wants_the_token_in_its_query_gets_it_there(lms):
    """Canvas' source reads it there, its documentation wants it in the header."""

    def shy(request: httpx.Request) -> httpx.Response:
        shown = request.url.params.get("registration_token") == TOKEN
        return httpx.Response(200, json=configuration()) if shown else httpx.Response(401)

    platform = lms(shy)

    assert platform.enrol().facts["client_id"] == "c1"
    assert [request.headers["Authorization"] for request in platform.sent] == [f"Bearer {TOKEN}"] * 3


def test_without_a_token_none_is_sent(lms):
    platform = lms()

    platform.enrol(token=None)

    assert all("Authorization" not in request.headers for request in platform.sent)


def test_what_a_platform_does_not_say_is_not_held_against_it(lms):
    found = configuration() | {spec.PLATFORM_CONFIGURATION: "none", "claims_supported": "all"}

    assert lms(found).enrol().platform == "LTI 1.3"
