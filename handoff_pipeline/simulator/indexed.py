"""Rows that can be asked by the value of a field or by a stretch of time without looking at each of them.

What may be asked, and how a parameter is read, is the list's business, in `listing`. The one thing to know: answers keep the
rows' own order, so that an index changes how long an answer takes and never what it says.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import chain
from typing import Any

from handoff_pipeline.simulator.configuration import Row

ReadMoment = Callable[[Any], datetime | None]


class Indexed(list[Row]):
    """A list of rows that nobody alters; each index is made when it is first asked for."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Take the rows in their order."""
        super().__init__(rows)
        self._places: dict[str, dict[Any, list[int]]] = {}
        self._moments: dict[str, tuple[list[datetime], list[int]]] = {}

    def count_of(self, field: str, values: Collection[Any]) -> int:
        """Tell how many rows hold one of `values` in `field`."""
        places = self._places_of(field)
        return sum(len(places.get(value, ())) for value in values)

    def having(self, field: str, values: Collection[Any]) -> list[Row]:
        """Give the rows that hold one of `values` in `field`."""
        places = self._places_of(field)
        return [self[place] for place in sorted(chain.from_iterable(places.get(value, ()) for value in values))]

    def first(self, field: str, value: Any) -> Row | None:
        """Give the first row that holds `value` in `field`, or None."""
        found = self._places_of(field).get(value)
        return self[found[0]] if found else None

    def between(self, field: str, low: datetime | None, high: datetime | None, read: ReadMoment) -> list[Row]:
        """Give the rows whose moment lies between the two, both included; `read` gives the moment of a value, None where there is none."""
        if field not in self._moments:
            dated = sorted((at, place) for place, row in enumerate(self) if (at := read(row.get(field))) is not None)
            self._moments[field] = ([at for at, _ in dated], [place for _, place in dated])
        moments, places = self._moments[field]
        start = 0 if low is None else bisect_left(moments, low)
        end = len(moments) if high is None else bisect_right(moments, high)
        return [self[place] for place in sorted(places[start:end])]

    def _places_of(self, field: str) -> dict[Any, list[int]]:
        if field not in self._places:
            places: dict[Any, list[int]] = {}
            for place, row in enumerate(self):
                places.setdefault(row.get(field), []).append(place)
            self._places[field] = places
        return self._places[field]
