"""A practice platform behind a transport, and a session with it: no socket, no sleep."""

from __future__ import annotations

import signal

import httpx
import pytest

import ltix_data as ltix
from ltix_data.courses import KnownCourse
from ltix_data.http import HttpClient
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform, create_app
from ltix_data.sandbox.claims import service_claims

BASE = "https://practice.example"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what it puts into the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests press Ctrl-C, here and in their children


class Practice:
    """A practice platform and a session with it, in one process.

    `requests` lists the method and path of everything that was sent.
    """

    def __init__(self, key: SigningKey, options: Options | None = None) -> None:
        self.platform = Platform(options, base_url=BASE)
        self.tool = self.platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
        self.requests: list[tuple[str, str]] = []
        app = create_app(self.platform)

        def recording(environ, start_response):
            self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
            return app(environ, start_response)

        self.registration = ltix.Registration(
            name="practice",
            issuer=BASE,
            client_id=self.tool.client_id,
            token_url=f"{BASE}/token",
            private_key=key,
        )
        for course in self.platform.courses.values():
            claims = service_claims(course, self.tool, BASE)
            self.registration.remember(KnownCourse.from_claims(claims))
        self.http = HttpClient(transport=httpx.WSGITransport(app=recording), sleep=lambda seconds: None)
        self.session = ltix.connect(self.registration, http=self.http)
        self.course = self.session.course("SEM12")

    def sent(self, method: str) -> list[str]:
        """Return the paths that were asked with *method*, the token endpoint's aside."""
        return [path for asked, path in self.requests if asked == method and path != "/token"]


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    """Keep journals and registrations out of the home of whoever runs the tests."""
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path / "ltix_data"))


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def make_practice(signing_key):
    def make(**options) -> Practice:
        return Practice(signing_key, Options(**options))

    return make


@pytest.fixture
def practice(make_practice) -> Practice:
    return make_practice()
