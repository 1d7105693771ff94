"""Courses from launches, from pasted ones, and many from one."""
