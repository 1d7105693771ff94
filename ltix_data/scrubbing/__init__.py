"""Personal data out of saved notebooks: ``ltix.scrub("weekly.ipynb", course.roster())``.

people      who is looked for: rosters given, or those of this computer's snapshots
words       words, and when two of them are the same
needles     everything that tells a person, in one tree of words
readings    stored text as somebody reads it, and where each letter stands
tables      cells of tables, for ids that are too short to be looked for elsewhere
texts       one text: found, counted, replaced
trees       JSON: metadata, widgets, plots
notebook    a notebook part by part
files       notebooks on the disk
result      how many of what kind, where
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from . import files, notebook, people
from .needles import Needles
from .result import Scrubbed
from .texts import Place, Scrubber

if TYPE_CHECKING:
    import pandas as pd

    from ..course import Course
    from ..snapshots import Snapshot

    Rosters: TypeAlias = pd.DataFrame | Course | Snapshot | Iterable[pd.DataFrame | Course | Snapshot] | Any

__all__ = ["Needles", "Scrubbed", "looked_for", "scrub", "scrub_with"]

_PAGES = (".html", ".htm")


def scrub(notebook: str | PathLike[str], rosters: Rosters | None = None, *, check: bool = False) -> Scrubbed:
    """Find and remove the personal data of known people in a saved notebook, or in the HTML made of one.

    It looks for names (whole, turned round, and given or family names alone), e-mail addresses, sourcedids, login
    names, user_ids and pictures' addresses, in capitals or not, and however they are escaped: in outputs, errors,
    widgets, plots, code, prose, metadata and the names of attachments. In what was shown, each becomes “[removed]”.
    In code and prose, only what tells a person on its own does: whole names, addresses and ids of five characters
    or more; a name that stands alone is counted as `left`, for it may be a word.

    What it does not find: names that are misspelt, abbreviated or cut off; ids shorter than five characters (such as
    Moodle's “4”) and names shorter than three letters, other than as a whole cell of a table below a heading such as
    user_id or name; words that pandas and Python write themselves (“max”), unless written as in the roster; whoever
    is in no roster; grades and comments; whatever is in a picture. Pictures are counted.

    Args:
        notebook: the path of an .ipynb file (format 4), or of an .html file. It is replaced in one go; where nothing
            is found it is not touched.
        rosters: a frame of `course.roster()`, a course or a session to read them from, or several of these; by default
            the rosters of every snapshot on this computer (`course.snapshot()`).
        check: only look; change nothing.

    Returns:
        How many of what kind were found where; never what.

    Raises:
        UsageError: no roster is known, or only pseudonyms are; the file is no notebook, or cannot be written.
        PartialDataError: some courses of a session could not be read.
    """
    path = Path(notebook).expanduser()
    text = files.read(path)
    return scrub_with(looked_for(rosters), path, text, check=check)


def looked_for(rosters: Rosters | None = None) -> Needles:
    """Return what is looked for, to be used for several notebooks. Raises as `scrub` does."""
    return Needles.of(people.identifiers(rosters))


def scrub_with(wanted: Needles, path: Path, text: str | None = None, *, check: bool = False) -> Scrubbed:
    """Do what `scrub` does, with needles that are made already."""
    text = files.read(path) if text is None else text
    scrubber = Scrubber(wanted)
    if path.suffix.lower() in _PAGES:
        clean = scrubber.text(text, Place(None, "page"), everything=True, markup=True)
    else:
        before = files.notebook(text, path.name)
        after = notebook.scrubbed(before, scrubber)
        clean = text if after == before else files.like(text, after)
    if clean != text and not check:
        files.write(path, clean)
    return Scrubbed(path, wanted.count, check, scrubber.tally)
