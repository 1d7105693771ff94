"""The window against simulated platforms: ``python -m tests.pacing.simulation --plot FILE`` draws it."""

from __future__ import annotations

import argparse

from .scenarios import SHOWN


def main(arguments: list[str] | None = None) -> int:
    """Print how the window settles on each platform; draw it where a file is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.pacing.simulation", description=__doc__)
    parser.add_argument(
        "--plot", metavar="FILE", help="draw windows, throughput and latency over time (.png, .svg, .pdf)"
    )
    asked = parser.parse_args(arguments)
    traces = [scenario.run() for scenario in SHOWN]
    print(f"{'platform':34}{'window':>8}{'a second':>10}{'of the best':>13}{'refused':>9}")
    for scenario, trace in zip(SHOWN, traces, strict=True):
        rate = trace.rate(scenario.warm)
        window, refused = trace.window(scenario.warm), trace.refused(scenario.warm)
        print(f"{scenario.name:34}{window:8.1f}{rate:10.1f}{100 * rate / scenario.best:11.0f} %{refused:9}")
    if asked.plot:
        from .picture import draw

        draw(list(zip(SHOWN, traces, strict=True))).savefig(asked.plot, dpi=150)
        print(asked.plot)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
