"""The environment of the contenders: one for all, with what pip installs for them and nothing more.

All share pandas and its parts; pyarrow alone, where one of them had it, would change pandas' texts and its import.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from .platform.process import TOP

PEER = "pylti1p3==2.0.0"
_SAME = ("pandas", "numpy", "httpx", "pyjwt", "cryptography")
_SHOWN = ("ltix-data", "pylti1p3", "urllib3", "httpx", "pandas")


def built(folder: Path) -> Path:
    """Return the Python of an environment with ltix_data and pylti1p3, made in *folder* unless it is there."""
    python = folder / "venv" / "bin" / "python"
    wanted = [PEER, "-e", str(TOP), *(f"{name}=={metadata.version(name)}" for name in _SAME)]
    note = folder / "installed.json"
    if python.exists() and note.exists() and json.loads(note.read_text()) == wanted:
        return python
    print(f"Installing pylti1p3 and ltix_data into {folder} …", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder / "venv")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True)
    note.write_text(json.dumps(wanted))
    return python


def private_key(python: Path) -> str:
    """Return a new RSA key of 2048 bits as PEM."""
    done = subprocess.run([str(python), "-c", _MAKE_KEY], capture_output=True, text=True, check=True)
    return done.stdout


def versions(python: Path) -> dict[str, str]:
    """Return the versions there, by name."""
    done = subprocess.run([str(python), "-c", _TELL, *_SHOWN], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


_MAKE_KEY = """
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
print(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), end="")
"""
_TELL = """
import json, platform, sys
from importlib import metadata
there = {found.metadata["Name"].lower() for found in metadata.distributions()}
print(json.dumps({"Python": platform.python_version()} | {n: metadata.version(n) for n in sys.argv[1:] if n in there}))
"""
