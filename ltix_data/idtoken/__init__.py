"""A platform's signature: its key set, and the id_tokens that are signed with it. [Security §5.1.2, §5.1.3, §6.3]

keysets      platforms' key sets: asked for seldom, read with care
verifying    one id_token: its header, parties, times and signature
"""

from .keysets import KeySets
from .verifying import LEEWAY, verify

__all__ = ["LEEWAY", "KeySets", "verify"]
