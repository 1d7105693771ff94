"""Serves lti-provider-mock, an LMS to log in to and launch from, in a process and an interpreter of its own.

It is whole as it comes; here are its settings alone. Prints one line of JSON when it listens; ends when its
standard input closes.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import threading

import uvicorn

TEACHER, LEARNER = "00000007", "zoe & m=/42?"
COURSE = {"id": "course 7", "name": "Rocks & Minerals", "users": [TEACHER, LEARNER]}
USERS = [
    {"id": TEACHER, "given_name": "Inge", "family_name": "Lehmann", "email": "inge@lms.example"},
    {"id": LEARNER, "given_name": "Zoë", "family_name": "Müller", "email": "zoe@lms.example"},
]


class Server(uvicorn.Server):
    """Says where it listens, and ends when nobody holds its standard input any more."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        greeting = {"issuer": os.environ["LTI_PROVIDER_MOCK__LTI__ISS"], "course": COURSE["id"]}
        print(json.dumps({**greeting, "teacher": TEACHER, "learner": LEARNER}), flush=True)
        threading.Thread(target=self.end_with_input, daemon=True).start()

    def end_with_input(self) -> None:
        sys.stdin.buffer.read()
        self.should_exit = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--login-url", required=True)
    parser.add_argument("--launch-url", required=True)
    given = parser.parse_args()
    listening = socket.create_server(("127.0.0.1", 0))
    settings = {
        "LTI__ISS": f"http://127.0.0.1:{listening.getsockname()[1]}",
        "LTI__LOGIN_URL": given.login_url,
        "LTI__LAUNCH_URL": given.launch_url,
        "USERS": json.dumps(USERS),
        "COURSES": json.dumps([COURSE]),
    }
    os.environ.update({f"LTI_PROVIDER_MOCK__{name}": value for name, value in settings.items()})

    from lti_provider_mock.server import app  # it reads its settings when it is imported

    Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2)).run(sockets=[listening])


if __name__ == "__main__":
    main()
