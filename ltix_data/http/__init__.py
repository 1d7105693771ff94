"""The one HTTP client: timeouts, retries, bounds, the platform's clock.

httpx stays behind this room, so that its successor can replace it in one place.

Every request is bounded: in time (connect, each read, and the whole body; a dripping head by its reads
alone), in bytes (decoded, so that a compressed bomb is caught), in redirects (same origin, GET only)
and in retries. GET and token requests are repeated on 429, 502-504, Canvas' 403 rate limit and lost
connections; a write only where it certainly was not served: never connected, or refused for its rate
(a 503 may come from a proxy after the fact). How fast they follow each other, and stopping them, is
`pace`'s. What is logged names the host and the status; the lines of what lies below, with URLs and the
platform's words, are held back.

client         tries, and tries again
direct         one connection, straight to its host
lanes          connections to one origin
connections    one exchange with a platform, through the proxy that the environment names
outcomes       what a failed exchange amounts to
"""

from ..wire import Limits
from .client import HttpClient

__all__ = ["HttpClient", "Limits"]
