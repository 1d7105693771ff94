"""The platform's options."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .like import NAMES

#: The content item types there are. [DL §3]
ITEM_TYPES = ("ltiResourceLink", "link", "file", "html", "image")
#: How a setting that may be left unsaid is written in an address or a command line.
SAID = {"yes": True, "no": False, "unsaid": None}


@dataclass(frozen=True)
class Accepts:
    """What deep linking may bring into a course; None leaves it unsaid. [DL §4.4.1]

    Args:
        types: the types of content items.
        multiple: whether more than one item may come at once.
        line_items: whether a resource link's line item becomes a column; where False, it is ignored.
        media_types: of files, separated by commas.
        targets: how items can be shown.
    """

    types: tuple[str, ...] = ITEM_TYPES
    multiple: bool | None = True
    line_items: bool | None = True
    media_types: str | None = None
    targets: tuple[str, ...] = ("iframe", "window", "embed")


@dataclass(frozen=True)
class Options:
    """How this platform behaves.

    Args:
        like: which platform's peculiarities it has, one of `like.NAMES`; strict has none.
        token_lifetime: seconds until an access token dies.
        page_size: the most that one page of a roster, of line items or of results holds.
        latency: seconds added to every request.
        capacity: how many requests to the services it answers in a second one by one; each takes longer the more
            are under way, as at Moodle. 0 has no bound.
        cost: what such a request costs of a quota like Canvas'; 0 has none.
        withhold_names: leave out everything that says who a person is, user_id apart.
        granted_scopes: what the administrator still allows at the token endpoint; launches keep
            offering what the tool was registered with. None allows everything.
        strict_scopes: one scope that is not allowed refuses the whole request, as Sakai does.
        audience: whom assertions must be addressed to; None is what the platform it is like would want.
        state_file: where the state is kept between runs; None keeps it in memory.
        seed: which people are invented.
        accepts: what deep linking may bring, unless the teacher's page says otherwise.
    """

    like: str = "strict"
    token_lifetime: int = 3600
    page_size: int = 50
    latency: float = 0.0
    capacity: float = 0.0
    cost: float = 0.0
    withhold_names: bool = False
    granted_scopes: tuple[str, ...] | None = None
    strict_scopes: bool = False
    audience: str | None = None
    state_file: str | os.PathLike[str] | None = None
    seed: int = 20190416
    accepts: Accepts = Accepts()

    def __post_init__(self) -> None:
        if self.page_size < 1 or self.token_lifetime < 1:
            raise ValueError("page_size and token_lifetime are at least 1.")
        if min(self.latency, self.capacity, self.cost) < 0:
            raise ValueError("latency, capacity and cost are at least 0.")
        if self.like not in NAMES:
            raise ValueError(f"like is one of {', '.join(NAMES)}.")
