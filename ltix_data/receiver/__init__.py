"""A tool on this machine that a platform can launch."""

from .tool import Receiver, receiving

__all__ = ["Receiver", "receiving"]
