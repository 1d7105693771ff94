"""Benchmarks: how fast rosters, scores and gradebooks are, beside peers and the floor.

``.venv/bin/python -m tests.benchmarks`` measures everything, in half an hour, on Linux or macOS; ``--quick`` what the
goals need, in a few minutes; ``--only a --rounds 3`` one scenario; ``--help`` tells the rest.

scenarios      what is measured, and how big it is
contenders/    the same works, done by ltix_data, by pylti1p3 with pandas, by httpx in a loop, and by raw sockets
platform/      the fast neutral platform they all ask, a process of its own
child          one measurement, in a fresh process
measuring      all of them, in turn
checking       whether what came of it is right; a wrong answer ends the run
environment    where the contenders are installed
medians        the statistics
goals, report  what was wanted, and what it is
"""
