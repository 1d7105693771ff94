"""The platform's options."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .like import NAMES


@dataclass(frozen=True)
class Options:
    """How this platform behaves.

    Args:
        like: which platform's peculiarities it has, one of `like.NAMES`; strict has none.
        token_lifetime: seconds until an access token dies.
        page_size: the most that one page of a roster, of line items or of results holds.
        latency: seconds added to every request.
        withhold_names: leave out everything that says who a person is, user_id apart.
        granted_scopes: what the administrator still allows at the token endpoint; launches keep
            offering what the tool was registered with. None allows everything.
        strict_scopes: one scope that is not allowed refuses the whole request, as Sakai does.
        audience: whom assertions must be addressed to; None is what the platform it is like would want.
        state_file: where the state is kept between runs; None keeps it in memory.
        seed: which people are invented.
    """

    like: str = "strict"
    token_lifetime: int = 3600
    page_size: int = 50
    latency: float = 0.0
    withhold_names: bool = False
    granted_scopes: tuple[str, ...] | None = None
    strict_scopes: bool = False
    audience: str | None = None
    state_file: str | os.PathLike[str] | None = None
    seed: int = 20190416

    def __post_init__(self) -> None:
        if self.page_size < 1 or self.token_lifetime < 1 or self.latency < 0:
            raise ValueError("page_size and token_lifetime are at least 1, latency at least 0.")
        if self.like not in NAMES:
            raise ValueError(f"like is one of {', '.join(NAMES)}.")
