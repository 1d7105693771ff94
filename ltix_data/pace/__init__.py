"""The pace of requests: as fast as the platform bears, and not faster; and stopping them.

All threads of this process pass one `Gate` for each platform before each try. It decides how many requests may be
under way at once, and how far apart they start.

How many, the *window*:

- It begins with 4, is never less than 1 nor more than `MOST`, and grows only while callers wait for a place in it.
- It is judged in rounds: as many answers as it has places, all begun after it last changed; where it doubled, also
  those that were under way then. While they come about as fast as usual, it doubles; from the first sign of the
  platform slowing down on, it grows by one a round.
- A round that took 1.7 times as long as usual shrinks it by a fifth, down to 4. On Moodle, eight requests at once are
  answered sooner than sixteen.
- Usual is what answers of the same kind took while the window was that small. It is learned anew whenever the window
  is that small again, so a platform that became slower for reasons of its own is not mistaken for a full one for ever.
  Where it keeps shrinking, it goes that low after the 4th time, the 8th after that, and every 16th from then on.
- A round of which most are of a kind that was never seen takes it back to 4: nobody knows what that work costs.
- A single answer counts at most as four times as slow as usual, and so does one that failed or never came. Time is
  taken from when the connection stands; where a proxy hides that, an answer over one that may have been opened for it
  does not count.
- A refusal for too many requests halves the window, once a round.
- Where Canvas says what is left of its quota, the window is what fits into it: each request under way holds fifty.

How far apart, the *spacing*:

- At first not at all: a platform that never limits costs one look at a clock.
- A refusal for too many requests doubles the spacing, from 0.1 s to 2 s. Requests that were under way or
  had their turn when it came tell nothing new, so eight refusals at once are one.
- Retry-After holds every thread back; then they go one after another, spaced too.
- While Canvas says that little is left of its quota, the spacing is at least the time in which its bucket
  leaks twice what the last request cost. Little is two pre-flight penalties (each request under way pays one
  and gets it back). Both its headers are needed: elsewhere the one counts requests.
- Each request served shortens the spacing by a twentieth, down to none. The window does not grow meanwhile.

Whoever came first goes first, also when it tries again. A thread in `stoppable` waits in short slices and sends
nothing once its event is set.
"""

from .gate import Gate, Turn, gate
from .stopping import check, pause, stoppable
from .window import MOST, START, Window

__all__ = ["MOST", "START", "Gate", "Turn", "Window", "check", "gate", "pause", "stoppable"]
