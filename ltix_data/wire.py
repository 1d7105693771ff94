"""What lies below a request: its bounds, whom to trust, decompression, silence in logs."""

from __future__ import annotations

import logging
import os
import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import httpx

from .errors import TransportError

_sending: ContextVar[bool] = ContextVar("ltix_data_sending", default=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much and how often. Times in seconds, sizes in bytes."""

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    body_timeout: float = 180.0
    max_bytes: int = 64 * 2**20
    max_redirects: int = 5
    attempts: int = 5
    longest_wait: float = 60.0
    max_pages: int = 2000


def trust() -> ssl.SSLContext:
    """Return the TLS settings; a notebook may have set SSL_CERT_FILE a moment ago.

    Raises:
        TransportError: what the environment names cannot be read.
    """
    try:
        return _ssl_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    except OSError as error:
        raise TransportError("The certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read.") from error


@lru_cache(maxsize=4)  # building one costs 25-160 ms
def _ssl_context(*_named_by_environment: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def hold_back_foreign_logs() -> None:
    """Keep URLs with ids, and the status line in which Moodle repeats a grade, out of the logs below httpx.

    Only what is logged within `sending` is held back; other users of httpx keep their lines.
    """
    for name in ("httpcore.http11", "httpcore.proxy"):
        logging.getLogger(name).addFilter(_is_not_ours)


@contextmanager
def sending() -> Iterator[None]:
    """Mark what this thread logs as ours."""
    mark = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(mark)


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not _sending.get()


class Unpacker:
    """Undoes gzip in bounded steps, so that a compressed bomb never unfolds in memory.

    Raises:
        ValueError: the encoding was not asked for, or what came is not in it, or is cut short.
    """

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip"):  # "gzip, gzip" would unfold a million times
            raise ValueError("an encoding that was not asked for")
        self._engine = zlib.decompressobj(31) if name == "gzip" else None
        self._began = False

    def feed(self, chunk: bytes, most: int) -> bytes:
        """Return what *chunk* unfolds to, cut after *most* bytes."""
        if self._engine is None or not chunk:
            return chunk
        self._began = True
        try:
            return self._engine.decompress(chunk, most)
        except zlib.error as error:
            raise ValueError("broken gzip") from error

    def finish(self) -> None:
        """Check that nothing is missing at the end."""
        if self._engine is not None and self._began and not self._engine.eof:
            raise ValueError("gzip cut short")
