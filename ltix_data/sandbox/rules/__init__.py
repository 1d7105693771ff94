"""What the services decide, one hook for each place where platforms differ.

The routes ask; here the strict answers are. A personality in `like` overrides some of them.

    registration  how tools introduce themselves, and from when on they may be used
    answers    who may ask, in which media types, and what a refusal looks like
    tokens     audience, clock, scopes, the token's answer
    rosters    who is listed, how told, in which pages
    items      which fields, what is kept, what is answered
    scores     who can be graded, when, and what becomes of the cell
    results    whose, how many, in which shape
"""

from __future__ import annotations

from .items import ItemRules
from .registration import RegistrationRules
from .results import ResultRules
from .rosters import RosterRules
from .scores import ScoreRules
from .tokens import TokenRules


class Strict(RegistrationRules, TokenRules, RosterRules, ItemRules, ScoreRules, ResultRules):
    """The plain rules: everything that the specifications say, and nothing else."""
