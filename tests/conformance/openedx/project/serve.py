"""Serves Open edX's LTI consumer on a free port of this machine until standard input closes.

    python serve.py --data FOLDER --tool-jwk JSON

Writes one line of JSON when it listens. Then each line of standard input is a command, answered by one line of JSON:
``expire`` (tokens issued so far are refused), ``requests`` (those since the last time), ``grades`` (the LMS' own),
``tool LOGIN_URL LAUNCH_URL`` (the tool's addresses), ``items`` (what deep linking left with the components).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any


def main() -> None:
    """Listen, set up, tell, serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="an empty folder for the database")
    parser.add_argument("--tool-jwk", type=json.loads, required=True, help="the tool's public key")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        os.environ["LTIX_OPENEDX_DATA"] = str(arguments.data)
        os.environ["LTIX_OPENEDX_URL"] = f"http://127.0.0.1:{listening.getsockname()[1]}"
        os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
        facts = _set_up(arguments.tool_jwk)
        _serve(listening)
        _say(facts)
        for line in sys.stdin:
            _say(_obey(line.strip()))


def _set_up(jwk: dict[str, Any]) -> dict[str, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)

    from campus.setup import register_tool

    return register_tool(jwk)


def _serve(listening: socket.socket) -> None:
    import waitress
    from django.core.wsgi import get_wsgi_application

    server = waitress.create_server(get_wsgi_application(), sockets=[listening], threads=8, ident=None)
    threading.Thread(target=server.run, daemon=True).start()


def _obey(command: str) -> Any:
    from campus.lms import GRADEBOOK
    from campus.requests import SEEN
    from campus.setup import change_platform_key, content_items, tell_of_tool

    if command.startswith("tool "):
        return tell_of_tool(*command.split()[1:])
    if command == "items":
        return content_items()
    if command == "expire":
        return change_platform_key()
    if command == "requests":
        seen, SEEN[:] = list(SEEN), []
        return seen
    if command == "grades":
        return [[*key, *grade] for key, grade in GRADEBOOK.items()]
    raise ValueError(f"no such command: {command}")


def _say(something: Any) -> None:
    print(json.dumps(something), flush=True)


if __name__ == "__main__":
    main()
