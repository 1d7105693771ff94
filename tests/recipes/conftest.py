"""A practice platform on a port of its own, and a desktop where a registration and its key are kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
from keyring_backends import key

import ltix_data
from ltix_data.sandbox import Platform
from ltix_data.sandbox.claims import service_claims
from ltix_data.sandbox.server import serve

PACKAGE = str(Path(ltix_data.__file__).parents[1])

#: Commands of a recipe that must not do on this machine what they do -> what they do instead.
STAND_INS = {
    "sudo": 'exec "$@"',
    "gh": 'test "$1 $2" = "secret set" && cat >"$HOME/secret-$3"',
    "git": 'test "$1" = add && test -f "$2"',
    "sleep": "kill $PPID",  # ends the loop that would wait a week
}


@dataclass
class Desktop:
    """The computer on which somebody registered: its keyring is a file, so that other processes find it too."""

    root: Path
    name: str
    platform: Platform

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def bare(self) -> dict[str, str]:
        """Return an environment in which nothing says where a key is; HOME is another than the desktop's."""
        (self.root / "elsewhere").mkdir(exist_ok=True)
        path = f"{self.root / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"
        return {"PATH": path, "HOME": str(self.root / "elsewhere"), "LANG": "C.UTF-8", "PYTHONPATH": PACKAGE}

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.bare,
            "HOME": str(self.home),
            "LTIX_DATA_DIR": str(self.home / "data"),
            "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
            "LTIX_ALLOW_INSECURE_KEYRING": "1",
        }

    def moved(self, text: str) -> str:
        """Return *text* with the folders of the system moved into one of the test's."""
        for folder in ("/etc/", "/srv/", "/run/secrets/"):
            text = text.replace(folder, f"{self.root}{folder}")
        return text

    def run(self, code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout

    def prepare(self, text: str, folder: Path) -> None:
        """Run what the recipe says to run once in a terminal, line by line, in *folder*."""
        folder.mkdir(parents=True, exist_ok=True)
        said = text.partition("# Once, ")[2].partition("\n# Once, ")[0]
        commands = [line.removeprefix("#   ") for line in said.splitlines()[1:] if line.startswith("#   ")]
        for command in commands:
            if command.startswith("["):  # the timer's file follows
                break
            subprocess.run(["/bin/sh", "-ec", command], env=self.environment, cwd=folder, check=True, timeout=120)


def shell(command, environment, folder):
    """Run what a recipe runs; return whether it went well, and what it printed."""
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(params=["uni-moodle"])
def desktop(tmp_path, request, monkeypatch):
    for name in [*os.environ]:
        if name.startswith("LTIX_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    if shutil.which("sh") is None:
        pytest.skip("the recipes are for POSIX systems")
    (tmp_path / "bin").mkdir()
    for command, does in STAND_INS.items():
        script = tmp_path / "bin" / command
        script.write_text(f"#!/bin/sh\n{does}\n")
        script.chmod(0o755)
    platform = Platform()
    with serve(platform) as base:
        tool = platform.add_tool(jwks={"keys": [key().public_jwk]})
        desktop = Desktop(tmp_path, request.param, platform)
        desktop.home.mkdir()
        desktop.run(f"""
            from ltix_data import registration
            from ltix_data.courses import KnownCourse
            made = registration.register({desktop.name!r}, issuer={base!r}, client_id={tool.client_id!r},
                                         token_url={base + "/token"!r}, private_key={key().private_pem()!r})
            made.remember(KnownCourse.from_claims({service_claims(platform.course("SEM12"), tool, base)!r}))
        """)
        yield desktop
