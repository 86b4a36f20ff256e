"""A set of keys in little room: numbers as bits of blocks, anything else as it is.

What is counted with it is `tally`'s. The one thing to know: a Python set takes some 70 bytes a number; ids lie close together, so that here
a hundred thousand of them take a few tens of kilobytes and the pull's memory does not grow with the tenant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handoff_pipeline.halo.envelope import Key

_HALF = 1 << 31
_BLOCK_BITS = 10
_BLOCK = 1 << _BLOCK_BITS
Compact = int | Key
"""A key in little room: a number for one number, or for two small ones; otherwise the key itself."""


def compact(key: Key) -> Compact:
    """The key in little room. Two keys of the same fields are equal exactly if their compact forms are."""
    if len(key) == 1 and isinstance(key[0], int):
        return key[0]
    if len(key) == 2:
        first, second = key
        if isinstance(first, int) and isinstance(second, int) and 0 <= first < _HALF and 0 <= second < _HALF:
            return first * _HALF + second
    return key


class KeySet:
    """Compact keys, each once."""

    def __init__(self) -> None:
        self._blocks: dict[int, int] = {}
        self._others: set[Key] = set()
        self._count = 0

    def __len__(self) -> int:
        """How many keys there are."""
        return self._count + len(self._others)

    def __contains__(self, key: object) -> bool:
        """Whether the key is among them."""
        if isinstance(key, int):
            return bool(self._blocks.get(key >> _BLOCK_BITS, 0) >> (key % _BLOCK) & 1)
        return key in self._others

    def __iter__(self) -> Iterator[Compact]:
        """The keys, numbers first."""
        yield from self.numbers()
        yield from self._others

    def numbers(self) -> Iterator[int]:
        """The keys that are a number."""
        for block, bits in self._blocks.items():
            yield from (block * _BLOCK + place for place in range(bits.bit_length()) if bits >> place & 1)

    def update(self, keys: Iterable[Compact]) -> int:
        """Adds keys; how many were not there before."""
        before = len(self)
        for key in keys:
            if not isinstance(key, int):
                self._others.add(key)
            elif key not in self:
                block = key >> _BLOCK_BITS
                self._blocks[block] = self._blocks.get(block, 0) | 1 << (key % _BLOCK)
                self._count += 1
        return len(self) - before

    def print(self) -> int:
        """The same for two sets of the same keys."""
        return hash((frozenset(self._blocks.items()), frozenset(self._others)))
