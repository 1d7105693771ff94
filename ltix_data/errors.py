"""Everything that can go wrong, as one small tree.

    LtixError
    ├── UsageError                  something you wrote must be changed (also a ValueError)
    │   ├── UnknownNameError        no such course, line item, registration or user (also a LookupError)
    │   ├── AmbiguousError          a label or name fits more than one thing
    │   ├── CoupledLineItemError    deleting the platform's own column needs force=True
    │   ├── GradeProblemsError      rows of a grade sheet that cannot be sent; `.problems` lists them
    │   └── PlanOutdatedError       the gradebook is no longer what the saved plan saw; nothing was sent
    ├── RegistrationError           a registration, its file or its key must be mended
    │   ├── KeyStorageError         the OS keyring (or key file) is missing, locked or refused
    │   └── InvalidKeyError         what should be an RSA key is not one
    ├── PartialDataError            something that a report needs could not be read; the rest was
    ├── SnapshotError               a stored snapshot cannot be written, read or removed
    ├── JournalError                an upload's journal cannot be written, read, or is in use
    ├── AccessError                 the platform does not let us in
    │   ├── TokenError              it refused to issue an access token
    │   ├── ScopeError              a scope this call needs was not granted
    │   ├── LaunchError             a launch or registration message cannot be trusted
    │   └── ForeignHostError        a URL leads away from the platform: nothing was sent there
    ├── PlatformError               the platform answered, but not with what was asked
    │   ├── RefusedError            it refused this request (4xx); `.status`
    │   │   └── NotFoundError       the course, line item or service is not there (404, 410)
    │   ├── RateLimitError          too many requests, still, after waiting; `.retry_after` seconds
    │   ├── UnavailableError        it failed or is under maintenance (5xx); `.status`
    │   ├── MalformedResponseError  the body is not what the specification says
    │   └── TooLargeError           more members, pages or bytes than the limits allow
    └── TransportError              the platform could not be reached, or did not answer in time
        ├── UnknownOutcomeError     a write was sent and no answer came: it may have happened
        └── StoppedError            it was stopped on request before it was sent: it did not happen

Each message says what happened, to what, and what to do next, and ends with the section of the
specification where there is one. None holds a token, a key, a name, an e-mail address or a grade.
"""

from __future__ import annotations

from typing import Any

from . import markup
from .markup import tracebacks, words


class LtixError(Exception):
    """The root of the tree: catch this to catch everything the package raises on purpose.

    Args:
        what: what happened, and to what.
        hint: what to do next.
        spec: the section of the specification, such as ``"AGS §3.4.9"``.
    """

    def __init__(self, what: str, *, hint: str | None = None, spec: str | None = None) -> None:
        self.what = what
        self.hint = hint
        self.spec = spec
        super().__init__(" ".join(filter(None, (what, hint, f"[{spec}]" if spec else None))))

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive the way back from a worker process (joblib, multiprocessing)."""
        return _revived, (type(self), self.args, vars(self))

    def _repr_html_(self) -> str:
        return markup.render(
            "error.html",
            kind=type(self).__name__,
            what=self.what,
            hint=self.hint,
            specification=words.specification(self.spec) if self.spec else None,
        )

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the user's own frames, what happened, and what to do."""
        return tracebacks.lines(self)


def _revived(kind: type[LtixError], args: tuple[Any, ...], state: dict[str, Any]) -> LtixError:
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(state)
    return error


class UsageError(LtixError, ValueError):
    """An argument, a frame or a file is not what the call can use."""


class UnknownNameError(UsageError, LookupError):
    """Nothing here has that name; the message suggests near misses."""


class AmbiguousError(UsageError):
    """More than one thing fits; the message lists them."""


class CoupledLineItemError(UsageError):
    """The line item belongs to the platform's own link; deleting it needs ``force=True``."""


class GradeProblemsError(UsageError):
    """Some rows cannot be sent as they stand; nothing was sent.

    `problems` is the plan's problems frame (see `ltix_data.grading.Plan.problems`).
    """

    def __init__(self, what: str, *, problems: Any, hint: str | None = None) -> None:
        super().__init__(what, hint=hint)
        self.problems = problems


class PlanOutdatedError(UsageError):
    """The line item, or a grade in it, changed since the plan was saved; nothing was sent."""


class JournalError(LtixError):
    """The journal of an upload cannot be written or read, or another process is writing it."""


class PartialDataError(LtixError):
    """Part of what a report is made of could not be read; what could be is there, and the message lists the rest."""


class SnapshotError(LtixError):
    """A snapshot cannot be written, read or removed; the message says why. Other snapshots are not touched by it."""


class RegistrationError(LtixError):
    """A registration is missing something, damaged, or already there."""


class KeyStorageError(RegistrationError):
    """The private key could not be stored or read."""


class InvalidKeyError(RegistrationError):
    """The key is not an RSA private key of at least 2048 bits, or not the one registered."""


class _AnsweredError(LtixError):
    """An error the platform answered with: `status` is HTTP's, `code` the platform's own word, if any."""

    def __init__(
        self,
        what: str,
        *,
        hint: str | None = None,
        spec: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(what, hint=hint, spec=spec)
        self.status = status
        self.code = code


class AccessError(_AnsweredError):
    """The platform refused the token, or what the token may do."""


class TokenError(AccessError):
    """The token endpoint refused, or answered with something that is no token."""


class ScopeError(AccessError):
    """A scope the call needs was not offered or not granted. Raised before the call is sent.

    `scopes` are the scopes of which one would do, `granted` what the platform gave.
    """

    def __init__(
        self,
        what: str,
        *,
        scopes: tuple[str, ...],
        granted: frozenset[str],
        hint: str | None = None,
        spec: str | None = None,
    ) -> None:
        super().__init__(what, hint=hint, spec=spec)
        self.scopes = scopes
        self.granted = granted


class LaunchError(AccessError):
    """A launch, or an answer in dynamic registration, is not what it must be; nothing was stored."""


class ForeignHostError(AccessError):
    """A URL leads to a host (or to plain http) where the access token must not go."""


class PlatformError(_AnsweredError):
    """The platform answered, but not with what was asked for."""


class RefusedError(PlatformError):
    """The platform refused this one request (a 4xx that is not about access)."""


class NotFoundError(RefusedError):
    """The platform knows no such course, line item or service (404, 410)."""


class RateLimitError(PlatformError):
    """The platform still asked to slow down after the bounded waiting; `retry_after` in seconds."""

    retry_after: float | None = None


class UnavailableError(PlatformError):
    """The platform failed (5xx), also after the bounded retries."""


class MalformedResponseError(PlatformError):
    """The answer is not what the specification says: HTML, broken JSON, a missing field."""


class TooLargeError(PlatformError):
    """More members, pages or bytes than the limits of this session allow."""


class TransportError(LtixError):
    """The platform could not be reached, or did not answer in time."""


class UnknownOutcomeError(TransportError):
    """A write was sent and its answer never came: read back before sending it again."""


class StoppedError(TransportError):
    """A request was stopped before it was sent (again): a write was certainly not done.

    Not raised once a write is under way: its answer is waited for.
    """


class LtixWarning(UserWarning):
    """Something is not as it should be: the message says what, and what it makes of the answer."""
