"""Registrations with anybody: configurations and answers of any kind, and hosts as people paste them."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from hypothesis import example, given
from hypothesis import strategies as st
from scripted import HOST, Reply, Script

from ltix_data import presets, spec, urls
from ltix_data.enrolment import Enrolment, Tool, enrol
from ltix_data.errors import LtixError

from . import documents
from .test_remote_input import only_ltix_errors, replies

CONFIGURATION = {
    "issuer": HOST,
    "registration_endpoint": f"{HOST}/register",
    "token_endpoint": f"{HOST}/token",
    "authorization_endpoint": f"{HOST}/auth",
    "jwks_uri": f"{HOST}/jwks",
}
TOOL = Tool(name="tool", base_url="http://127.0.0.1:8000")
GOOD = Reply(200, json.dumps(CONFIGURATION).encode())

ADDRESSES = st.sampled_from(
    [
        "",
        " ",
        "c1",
        HOST,
        "https://[bad",
        f"{HOST}:99999/x",
        "https://evil.example/x",
        "https://é.example/",
        "http://a.b/",
    ]
)
FAMILIES = st.sampled_from(["canvas", "moodle", "BlackboardLearn", "desire2learn", "sakailms.org", "é"])
ABOUT = st.fixed_dictionaries(
    {},
    optional={
        "product_family_code": FAMILIES | documents.anything(),
        "messages_supported": documents.anything()
        | st.lists(st.just({"type": spec.DEEP_LINKING_REQUEST, "placements": [7]}) | documents.anything(), max_size=3),
    },
)
CONFIGURATIONS = st.builds(
    lambda changed, about: CONFIGURATION | changed | {spec.PLATFORM_CONFIGURATION: about},
    st.dictionaries(
        st.sampled_from(
            [*CONFIGURATION, "claims_supported", "authorization_server", "token_endpoint_auth_methods_supported"]
        ),
        ADDRESSES | documents.anything(),
        max_size=2,
    ),
    ABOUT | documents.anything(),
)
REGISTERED = st.fixed_dictionaries(
    {"client_id": st.just("c1") | documents.anything()},
    optional={
        spec.TOOL_CONFIGURATION: st.fixed_dictionaries({"deployment_id": documents.anything()}) | documents.anything(),
        "scope": st.just(" ".join(spec.ALL_SCOPES)) | documents.anything(),
    },
)
WHERE = st.just(f"{HOST}/.well-known/openid-configuration") | ADDRESSES | documents.texts().map("https://".__add__)


@given(WHERE, st.none() | documents.texts(), replies(CONFIGURATIONS), replies(REGISTERED))
@example(f"{HOST}/c", "é\r\nX: y", GOOD, Reply(200, b'{"client_id": "c1"}'))
@example(f"{HOST}/c", None, GOOD, Reply(201, b'{"client_id": 7}'))
@example(f"{HOST}/c", f"{documents.SECRET}é", GOOD, Reply(200))
@example(f"{HOST}/c", "t", Reply(401), Reply(200))
@example(f"{HOST}/c?registration_token", "t", Reply(401), Reply(200))
@example(f"{HOST}/c", None, GOOD, Reply(201, b'["client_id"]'))
@example(f"{HOST}/c", None, GOOD, Reply(200, b'{"client_id": 1' + b"0" * 5000 + b"}"))
@example(f"{HOST}/c", None, Reply(200, b'["issuer"]'), Reply(200))
@example("https://\ud800/", None, Reply(200), Reply(200))
@example("https://[bad", None, Reply(200), Reply(200))
def test_a_registration_is_whole_or_an_error(signing_key, address, token, configuration, registered):
    script = Script(signing_key)
    script.on("/c", configuration)
    script.on("/.well-known/openid-configuration", configuration)
    script.on("/register", registered)

    outcome = only_ltix_errors(lambda: enrol(address, token, TOOL, http=script.http()))

    if not isinstance(outcome, LtixError):
        assert_whole(outcome)


def assert_whole(found: Enrolment) -> None:
    facts = found.facts
    assert all(isinstance(facts[key], str) and facts[key] for key in ("issuer", "client_id", "token_url", "jwks_url"))
    assert all(value is None or isinstance(value, str) for value in facts.values())
    assert all(isinstance(text, str) for text in (*found.granted, *found.notes, found.platform))


@given(
    st.sampled_from([preset.key for preset in presets.PRESETS]),
    documents.texts() | ADDRESSES | documents.texts().map("https://lms.uni.edu/".__add__),
    st.none() | documents.texts(),
)
@example("canvas", "https://\u2100.com", None)
@example("moodle", "moodle.uni.edu:", None)
@example("moodle", "{base}", None)
@example("moodle", "https://uni.edu/{client_id}", "c1")
def test_a_pasted_host_gives_addresses_that_can_be_used_or_an_error(key, host, client_id):
    outcome = only_ltix_errors(lambda: presets.find(key).facts(host, client_id))

    if not isinstance(outcome, LtixError):
        addresses = [value for name, value in outcome.items() if name != "platform"]
        assert all(urls.require(address, "it") == address and urls.is_secure(address) for address in addresses)
        assert not any(urlsplit(address).query or urlsplit(address).fragment for address in addresses)
