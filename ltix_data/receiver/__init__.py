"""A tool on this machine that a platform can register and launch: `ltix.receive`, ``ltix-data connect``.

It listens on loopback alone. What comes from outside comes through the browser, or through a public
address that leads here (a tunnel, jupyter-server-proxy).

    receiver    what `receive` returns: the address, the launches, the registration
    desk        what the tool knows between two requests, and does at each
    addresses   the tool's own addresses, on this machine and in public
    app         the routes
    pages       what the pages show
    choices     content items from a form, for deep linking
    steps       what to enter where, platform by platform
"""

from .receiver import Receiver, receive

__all__ = ["Receiver", "receive"]
