"""Launches: what a platform sends through the browser, checked to the letter. [Security §5.1, Core §5]

logins     the login a platform initiates, and the request that answers it
gate       between the two halves: each state opens once, for the browser that began
message    what LTI asks of a message whose signature holds (see `ltix_data.idtoken`)
parts      course, link, platform, presentation, typed
context    the launch as a whole: `LaunchContext`
launches   from the login to the context: `Launches`
"""

from .context import LaunchContext
from .launches import Launches
from .logins import Login
from .parts import CourseContext, Lis, PlatformInstance, Presentation, ResourceLink

__all__ = [
    "CourseContext",
    "LaunchContext",
    "Launches",
    "Lis",
    "Login",
    "PlatformInstance",
    "Presentation",
    "ResourceLink",
]
