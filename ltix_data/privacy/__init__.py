"""Names out of sight, and small numbers out of reports: the public room ``ltix.privacy``.

    ltix.mask_names()                               names are masked wherever a notebook shows them
    ltix.privacy.suppress(table, by="learners")     no count below five leaves the house

switch         the switch for displays, and how a name looks while it is on
columns        which columns hold what tells a person
masks          copies of tables to look at
displays       how IPython shows pandas' tables while the switch is on
suppressing    small cells of a report's table, and the cells that would give them back
protecting     whether the totals give a hidden cell back, and what to hide so that they do not

Neither changes data: `Session` with ``pseudonyms=True`` keeps names from coming here at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .switch import mask_names, masked, masking, shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from typing import TypeVar

    import pandas as pd

    Table = TypeVar("Table", pd.DataFrame, pd.Series[int])

__all__ = ["mask_names", "masked", "masking", "shown", "suppress"]


def suppress(
    table: Table, *, by: Hashable | None = None, least: int = 5, totals: Hashable | Sequence[Hashable] | None = None
) -> Table:
    """Return a report's table without its small counts, and without what would give them back.

    Counts are the columns of whole numbers; where there are none, the columns of floats that hold only
    whole ones (as ``unstack`` leaves them). A count from 1 to ``least - 1`` becomes missing; a zero stays,
    for it is about nobody. Where the table has totals, further counts become missing until no hidden one
    can be worked out from what is left; these are as small as will do.

    Args:
        table: one row for each group: a DataFrame, or a Series of counts.
        by: the column that counts the people of each row. Where it is hidden, the row loses all its other
            numbers too: a mean of three people says much about each. In the other rows, a share loses its
            number where, times the people, it is a hidden count (or what is left beside it).
        least: the smallest count that is shown.
        totals: the labels of the row and the column that hold sums. By default those called “All” (pandas'
            own word), “Total” or “Sum”; ``()`` says that there are none, as where groups overlap.

    Returns:
        A new table. Counts are ``Int64``, hidden ones ``<NA>``; other numbers keep their dtype where it has
        a missing value, and are NaN where they are hidden; text and flags stay.

    Raises:
        UsageError: there is no column of counts; *by* or *totals* names none; a count is below zero; a
            total is not the sum it should be, so that nobody can say what it gives away.
    """
    from .suppressing import suppressed

    found: Table = suppressed(table, by=by, least=least, totals=totals)
    return found
