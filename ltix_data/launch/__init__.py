"""Launches."""

from .old import LaunchContext, Login, login, read_launch, registration_form

__all__ = ["LaunchContext", "Login", "login", "read_launch", "registration_form"]
