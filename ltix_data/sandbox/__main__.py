"""``python -m ltix_data.sandbox``: run the practice platform until it is told to stop."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading

from .like import NAMES
from .options import ITEM_TYPES, SAID, Accepts, Options
from .server import listen
from .state import Platform

_CAPACITY = "requests a second one by one; the more at once, the longer each takes, as at Moodle"


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; say where in one line of JSON on stdout."""
    asked = _parser().parse_args(arguments)
    platform = Platform(_options(asked))
    server = listen(platform, port=asked.port)
    stop = threading.Event()
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: stop.set())
    if asked.stop_with_stdin:
        threading.Thread(target=_wait_for_end, args=(stop,), daemon=True).start()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{server.port}", "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    while not stop.wait(0.5):  # in slices, for Windows delivers no signal to a longer wait
        pass
    server.shutdown()
    thread.join()
    platform.close()
    return 0


def _wait_for_end(stop: threading.Event) -> None:
    """Stop when whoever started us has gone: their end of our stdin closes with them."""
    while os.read(sys.stdin.fileno(), 1024):  # not through sys.stdin: its lock would be held at the interpreter's end
        pass
    stop.set()


def _options(asked: argparse.Namespace) -> Options:
    return Options(
        like=asked.like,
        token_lifetime=asked.token_lifetime,
        page_size=asked.page_size,
        latency=asked.latency,
        capacity=asked.capacity,
        cost=asked.cost,
        withhold_names=asked.withhold_names,
        granted_scopes=None if asked.scopes is None else tuple(asked.scopes.split()),
        strict_scopes=asked.strict_scopes,
        audience=asked.audience,
        state_file=asked.state,
        seed=asked.seed,
        accepts=Accepts(
            types=tuple(asked.accept_types.split()),
            multiple=SAID[asked.accept_multiple],
            line_items=SAID[asked.accept_line_items],
            media_types=asked.accept_media_types,
            targets=tuple(asked.accept_targets.split()),
        ),
    )


def _parser() -> argparse.ArgumentParser:
    usual = Options()
    parser = argparse.ArgumentParser(prog="python -m ltix_data.sandbox", description="A practice LTI platform.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--like", choices=NAMES, default=usual.like, help="whose peculiarities it has")
    parser.add_argument("--token-lifetime", type=int, default=usual.token_lifetime, metavar="SECONDS")
    parser.add_argument("--page-size", type=int, default=usual.page_size, metavar="N")
    parser.add_argument("--latency", type=float, default=usual.latency, metavar="SECONDS", help="added to each request")
    parser.add_argument("--capacity", type=float, default=usual.capacity, metavar="N", help=_CAPACITY)
    parser.add_argument("--cost", type=float, default=usual.cost, metavar="UNITS", help="of a quota like Canvas'")
    parser.add_argument("--withhold-names", action="store_true", help="tell user_ids and roles only")
    parser.add_argument("--scopes", metavar='"SCOPE SCOPE"', help="grant these at most")
    parser.add_argument("--strict-scopes", action="store_true", help="one scope too many refuses all")
    parser.add_argument("--audience", metavar="URI", help="whom assertions must be addressed to")
    parser.add_argument("--state", metavar="FILE", help="keep the state in this file")
    parser.add_argument("--seed", type=int, default=usual.seed, metavar="N", help="which people are invented")
    types = " ".join(ITEM_TYPES)
    parser.add_argument("--accept-types", default=types, metavar='"TYPE TYPE"', help="what deep linking may bring")
    parser.add_argument("--accept-multiple", choices=SAID, default="yes", help="more than one item at once")
    parser.add_argument("--accept-line-items", choices=SAID, default="yes", help="a link may bring its column")
    targets = " ".join(usual.accepts.targets)
    parser.add_argument("--accept-targets", default=targets, metavar='"TARGET TARGET"', help="how it can be shown")
    parser.add_argument("--accept-media-types", metavar="TYPE,TYPE", help="of files; without it nothing is said")
    parser.add_argument("--stop-with-stdin", action="store_true", help="stop when standard input ends")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
