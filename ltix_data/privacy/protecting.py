"""Whether a table's totals give a hidden count back, and which others to hide so that they do not.

A table with totals is a flow: what is in the cells of a row goes into its total. Rows and columns (those of
the totals as well) are the nodes of a graph, and each cell is an arc between its row and its column. Two tables
that look the same, hidden cells aside, differ by a round trip over hidden cells: one up, the next down, so that
no sum changes. So a hidden cell has one possible value only where no round trip goes through it, and hiding
the cells of the cheapest round trip protects it. Whoever reads the table is taken to know that a hidden count is
at least 1 (a zero is shown); so a hidden 1 can go up, and not down.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Cell = tuple[int, int]


@dataclass
class Sums:
    """Counts with their totals in the last row and the last column; one that is not given is free.

    Attributes:
        counts: the values; those of totals that are not given do not matter.
        free: where a total is not given.
        hidden: what the reader does not see.
        floor: the least that the reader must take a hidden cell for.
    """

    counts: npt.NDArray[np.int64]
    free: npt.NDArray[np.bool_]
    hidden: npt.NDArray[np.bool_]
    floor: npt.NDArray[np.int64]

    def protect(self) -> None:
        """Hide more cells, until no hidden one but a zero can be worked out."""
        for row, column in np.argwhere(self.hidden & ~self.free & (self.counts > 0)).tolist():
            for cell in self._round_trip((row, column)):
                self.hidden[cell] = True  # it can change now, too: by the same round trip

    def _round_trip(self, cell: Cell) -> list[Cell]:
        """Return the cells of the cheapest round trip through *cell*; those hidden already cost nothing."""
        trips = [trip for up in (True, False) if (trip := self._trip(cell, up)) is not None]
        return min(trips)[1] if trips else []

    def _trip(self, cell: Cell, up: bool) -> tuple[int, list[Cell]] | None:
        """Return what a round trip costs that begins with this cell going up (or down), or None."""
        if not self._can(cell, up):
            return None
        row, column = cell[0], ~cell[1]
        start, end = (row, column) if up == self._turned(cell) else (column, row)
        best: dict[int, int] = {start: 0}
        came: dict[int, tuple[int, Cell]] = {}
        queue = [(0, start)]
        while queue:
            cost, node = heapq.heappop(queue)
            if node == end:
                return cost, list(_way_back(came, start, end))
            if cost > best[node]:
                continue
            for following, by, price in self._steps(node):
                if by != cell and cost + price < best.get(following, cost + price + 1):
                    best[following] = cost + price
                    came[following] = (node, by)
                    heapq.heappush(queue, (cost + price, following))
        return None

    def _steps(self, node: int) -> Iterator[tuple[int, Cell, int]]:
        """Yield where a trip can go from a row (a number from 0 on) or a column (from -1 down), and what that costs."""
        rows, columns = self.counts.shape
        cells = [(node, column) for column in range(columns)] if node >= 0 else [(row, ~node) for row in range(rows)]
        for cell in cells:
            up = (node >= 0) != self._turned(cell)  # a row that lacks one sends one more; a column takes one less
            if self._can(cell, up):
                price = 0 if self.hidden[cell] or self.free[cell] else int(self.counts[cell])
                yield (~cell[1] if node >= 0 else cell[0]), cell, price

    def _can(self, cell: Cell, up: bool) -> bool:
        """Return whether a reader can take *cell* for more (or less) than it is; a zero that is shown stays one."""
        if self.free[cell]:
            return True
        count, hidden = int(self.counts[cell]), bool(self.hidden[cell])
        if not hidden and count == 0:
            return False
        return up or count > int(self.floor[cell])

    def _turned(self, cell: Cell) -> bool:
        """Return whether a cell stands on the other side of its sums: it is the total of a row or of a column."""
        rows, columns = self.counts.shape
        return bool((cell[0] == rows - 1) != (cell[1] == columns - 1))


def _way_back(came: dict[int, tuple[int, Cell]], start: int, end: int) -> Iterator[Cell]:
    while end != start:
        end, by = came[end]
        yield by
