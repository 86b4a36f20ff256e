"""Counts the rows of one reading by their keys: how many are distinct, how many came twice, and whether a page repeats another.

Which count makes a reading whole is the strategies' question. The one thing to know: nothing of a page is kept but its keys, in little room
(`keyset`), and one print of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from handoff_pipeline.halo.envelope import Key, Row, key_of
from handoff_pipeline.halo.keyset import KeySet, compact


@dataclass
class Tally:
    """Distinct rows by key. Rows without a key cannot be told apart, so each counts; landing quarantines them."""

    fields: tuple[str, ...]
    keys: KeySet = field(default_factory=KeySet)
    without_key: int = 0
    twice_inside: int = 0
    """Rows whose key stood on the same page before: the server lists them twice."""
    twice_across: int = 0
    """Rows whose key stood on another page: rows have shifted, or the same."""
    _prints: set[bytes] = field(default_factory=set)

    @property
    def rows_seen(self) -> int:
        """Distinct rows so far."""
        return len(self.keys) + self.without_key

    @property
    def ids(self) -> Iterator[int]:
        """The keys that are one number."""
        return self.keys.numbers()

    def is_repeat(self, rows: Sequence[Row]) -> bool:
        """Whether a page with the same keys in the same order has been taken."""
        return bool(rows) and self.print_of(rows) in self._prints

    def print_of(self, rows: Sequence[Row]) -> bytes:
        """A page's print: its keys in their order."""
        return blake2b(repr([key_of(row, self.fields) for row in rows]).encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def take(self, rows: Sequence[Row], prefix: Key = ()) -> int:
        """Counts a page; how many rows of it were not seen before."""
        self._prints.add(self.print_of(rows))
        keys = [key_of(row, self.fields) for row in rows]
        keyed = [compact((*prefix, *key)) for key in keys if key is not None]
        fresh = set(keyed)
        self.twice_inside += len(keyed) - len(fresh)
        self.without_key += (without := len(keys) - len(keyed))
        grown = self.keys.update(fresh)
        self.twice_across += len(fresh) - grown
        return grown + without
