"""A cohort split into shards of about the same number of bytes, for the nodes of a cluster."""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass

import numpy as np

from app.common.errors import UserError, shorten
from app.selection import Selection

MAX_SHARDS = 1000


@dataclass(frozen=True, slots=True)
class Shard:
    """Shard `number`, from 1, of `count`."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``2/8``.

        Raises
        ------
        UserError
            If it is no shard.
        """
        match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
        shard = cls(int(match[1]), int(match[2])) if match else None
        if shard is None or not 1 <= shard.number <= shard.count <= MAX_SHARDS:
            raise UserError(f"A shard is like 2/8, of at most {MAX_SHARDS:,}, not “{shorten(text)}”.")
        return shard

    def of(self, selection: Selection) -> Selection:
        """The series of this shard.

        The largest series goes first, each to the shard that has the fewest bytes so far, so that no two shards
        differ by more than the largest series. Equal series go in the catalog's order, which is that of the cohort's
        SQL: all shards of one cohort and release are the same whoever makes them.
        """
        rows = selection.rows
        lengths = selection.catalog.array("bytes").take(rows)
        loads = [(0, number) for number in range(1, self.count + 1)]
        chosen = []
        for place in np.argsort(-lengths, kind="stable"):
            load, number = loads[0]
            heapq.heapreplace(loads, (load + int(lengths[place]), number))
            if number == self.number:
                chosen.append(int(rows[place]))
        return Selection.of_rows(selection.catalog, np.array(sorted(chosen), dtype=np.int64))
