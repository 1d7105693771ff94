"""LTI 1.3 Advantage services in a notebook."""
