"""A fast neutral platform in a process of its own: rosters, line items, results, scores, tokens.

`world` makes what it holds, before anything is measured; `answers` are the bytes that go out; `server` sends them
(a request costs it less than 60 µs of its core); `process` starts it and asks what it counted.
"""
