"""Containers that come in pages, followed by their ``next`` links. [AGS §3.2.4, NRPS §2.4.2]

What is returned is always what the links' own chain holds, in its order. Rosters can be had quicker in two ways,
and neither is believed before the platform itself has shown that it is right:

container      one page, and the link behind it: what may be followed
chain          page after page, and when it is enough
ahead          pages whose addresses can be foretold, asked for several at once
larger         fewer and larger pages, where the platform was seen to honour a ``limit``
sizes          what was seen, for each origin
"""

from .container import Ask, Container, Page
from .larger import pages
from .sizes import Sizes, may_be_asked

__all__ = ["Ask", "Container", "Page", "Sizes", "may_be_asked", "pages"]
