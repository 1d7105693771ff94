"""Forms that need no course yet: ``ltix.widgets.connect()``, from nothing to a session.

connecting   the form
fields       what is chosen and typed in it
guide        what to enter on the platform, and who reaches the tool
"""

from .connecting import ConnectForm, connect

__all__ = ["ConnectForm", "connect"]
