"""Snapshots of a course: stored whole, read back alike, compared, and told apart from pseudonymous ones."""
