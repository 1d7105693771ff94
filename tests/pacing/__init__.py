"""The adaptive window: its rules, threads at its gate, and simulations of platforms behind it."""
