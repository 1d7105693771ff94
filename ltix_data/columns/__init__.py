"""Columns before pandas: what frames are built from, name -> values, all of one length; None is missing.

A page of thousands is taken apart column by column where it is as plain as pages are, which costs a fifth of
one record for each entry; whatever is odd in it is read entry by entry, by the records' own rules. Rosters and
results of many courses are put one after another in this form, and made a frame once.

tables         the columns of a roster and of results; one after another; as JSON
people         a page of members
graded         a page of results
book           who has which grade where: a gradebook before it is wide
"""

from .book import Book
from .graded import results_from_json, results_of_one, without_repeats
from .people import members_from_json, selected, united
from .tables import RESULTS, ROSTER, Columns, from_json, joined, named, results, roster, stacked, to_json

__all__ = [
    "RESULTS",
    "ROSTER",
    "Book",
    "Columns",
    "from_json",
    "joined",
    "members_from_json",
    "named",
    "results",
    "results_from_json",
    "results_of_one",
    "roster",
    "selected",
    "stacked",
    "to_json",
    "united",
    "without_repeats",
]
