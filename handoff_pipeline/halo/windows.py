"""The strategy for time entries: `/Actions` in windows of worked dates, each small enough to come whole.

The list neither pages nor says how many rows there are (reference 2.4), so a window that reaches the count that was asked for is split in
halves until it does not. The one thing to know: the server may cut below that count without a word; the fullest window is therefore read
again in two halves until they divide its rows, and if they hold more, the cut is learnt and every window that reached it is split.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from handoff_pipeline.halo.bare import CUT_STEP
from handoff_pipeline.halo.client import Page
from handoff_pipeline.halo.envelope import Rows, key_of
from handoff_pipeline.halo.errors import IncompletePull
from handoff_pipeline.halo.keyset import Compact, KeySet, compact
from handoff_pipeline.halo.source import Outcome, Source
from handoff_pipeline.halo.together import in_lanes, together

SHORTEST = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
EDGE = timedelta(days=1)
"""Added at both ends: the zone of `startdate` is not documented, and time is booked ahead."""
FIRST_LOAD_DAYS = 730
FIRST_LOAD_WIDENING = 4
"""A first load asks for this many windows at once: most tenants' days are far below the count, and a full one is split anyway."""
LOWEST_CUT = CUT_STEP
"""No cut below this is known (H: Servosity #203), so emptier windows need no proof."""


@dataclass(frozen=True)
class Window:
    """Worked dates from `start` to `end`, aware UTC; both ends may be included, so neighbours share a moment and rows are told by key."""

    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """The file's name: minutes since 1970, unique among the windows of a run and the same on every run."""
        return f"{int(self.start.timestamp()) // 60:08d}"

    def halves(self) -> tuple[Window, Window]:
        """Two windows, parted at a whole minute."""
        middle = self.start + timedelta(minutes=int((self.end - self.start).total_seconds() // 120))
        return Window(self.start, middle), Window(middle, self.end)


def _packed(keys: frozenset[Compact]) -> Sequence[Compact]:
    numbers = [key for key in keys if isinstance(key, int)]
    return array("q", numbers) if len(numbers) == len(keys) else tuple(keys)


def windows_between(start: datetime, end: datetime, days: int) -> Iterator[Window]:
    """Windows of `days` that cover `start` to `end`; the last is cut at `end`."""
    while start < end:
        following = min(start + timedelta(days=days), end)
        yield Window(start, following)
        start = following


async def read_windows(source: Source, now: datetime) -> Outcome:
    """Reads time entries up to `now` (the server's time): since the history's start, or the overlap and what follows the cursor.

    Without a cursor it is full between the history's start and now: earlier entries are not asked for, and of later ones a day only.

    Raises:
        IncompletePull: an hour holds more entries than one answer.
    """
    settings, cursor = source.settings, source.plan.cursors.get(source.entity.name)
    days = settings.actions_window_days
    if cursor is not None:
        start = min(cursor, now) - timedelta(days=settings.actions_overlap_days)
    elif settings.history_start is not None:
        start = datetime.combine(settings.history_start, time.min, tzinfo=UTC)
    else:
        start = now - timedelta(days=FIRST_LOAD_DAYS)
    begin = datetime.combine(start.date(), time.min, tzinfo=UTC)
    start = begin - EDGE
    reader = _Reader(source, settings.actions_count)
    await reader.read_all(windows_between(start, now + EDGE, days if cursor is not None else days * FIRST_LOAD_WIDENING))
    await reader.prove()
    detail = f"worked dates from {start:%Y-%m-%d}"
    if reader.capacity < settings.actions_count:
        detail += f"; HaloPSA cuts at {reader.capacity} time entries an answer, below the {settings.actions_count} asked for"
    rows = reader.rows_seen
    return Outcome(
        rows,
        None,
        is_full=cursor is None and not any(leaf.without_key for leaf in reader.leaves.values()),
        covered=(begin, now),
        detail=detail,
        requests_minimum=max(1, -(-rows // settings.actions_count)),
    )


@dataclass(frozen=True)
class _Leaf:
    """What one window that came whole holds: its keys (in eight bytes each where they are numbers) and the rows without one."""

    keys: Sequence[Compact]
    without_key: int


@dataclass
class _Reader:
    """The windows read so far."""

    source: Source
    capacity: int
    """An answer with this many rows may have been cut."""
    leaves: dict[Window, _Leaf] = field(default_factory=dict)

    @property
    def rows_seen(self) -> int:
        """Distinct rows in all windows."""
        distinct = KeySet()
        for leaf in self.leaves.values():
            distinct.update(leaf.keys)
        return len(distinct) + sum(leaf.without_key for leaf in self.leaves.values())

    async def read_all(self, windows: Iterator[Window]) -> None:
        """Reads windows at once, split where they are full."""
        await in_lanes(windows, self._read, self.source.settings.concurrency)

    async def prove(self) -> None:
        """Finds out whether the server cuts at what the fullest window holds, and if so splits every window that holds as much."""
        fullest = max(self.leaves, key=lambda window: (len(self.leaves[window].keys), window.start), default=None)
        if fullest is None or len(self.leaves[fullest].keys) < LOWEST_CUT:
            return
        whole = len(self.leaves[fullest].keys)
        if not await self._is_cut(fullest, whole):
            return
        self.capacity = whole
        full = [window for window, leaf in self.leaves.items() if len(leaf.keys) >= whole]
        for window in full:
            del self.leaves[window]
            self.source.inbox.drop(window.name)
        await together(self._split(window) for window in full)

    async def _is_cut(self, window: Window, whole: int) -> bool:
        """Whether a window that answered with `whole` rows has more.

        Two halves with fewer rows each are below any cut at `whole`, so what they hold together is the truth. While one half answers with
        all the rows, the question is the same for that half.
        """
        while window.end - window.start > MINUTE:
            halves = window.halves()
            first, second = [keys for _, _, keys in await together(self._ask(half) for half in halves)]
            if len(first | second) > whole:
                return True
            if len(first) < whole and len(second) < whole:
                return False
            window = halves[0] if len(first) >= whole else halves[1]
        if whole % CUT_STEP == 0:
            raise IncompletePull(
                f"/Actions: {whole} time entries within the minute from {window.start:%Y-%m-%d %H:%M} UTC; HaloPSA may have cut there.",
                "Move some of these entries by a minute in HaloPSA.",
            )
        return False

    async def _read(self, window: Window) -> None:
        """One window, or its halves where it is full."""
        page, rows, keys = await self._ask(window)
        if len(rows.rows) >= self.capacity:
            await self._split(window)
            return
        self.leaves[window] = _Leaf(_packed(keys), sum(key_of(row, self.source.entity.key) is None for row in rows.rows))
        self.source.keep(window.name, page, rows)
        self.source.progress(self.source.entity.name, sum(len(leaf.keys) for leaf in self.leaves.values()), None)

    async def _split(self, window: Window) -> None:
        """Reads a full window in halves; an hour is the shortest."""
        if window.end - window.start <= SHORTEST:
            is_ours = self.capacity >= self.source.settings.actions_count
            raise IncompletePull(
                f"/Actions: the hour from {window.start:%Y-%m-%d %H:%M} UTC overflows an answer of {self.capacity} time entries.",
                "Raise HANDOFF_ACTIONS_COUNT."
                if is_ours
                else "HaloPSA cuts there whatever is asked: spread that hour's entries in HaloPSA.",
            )
        await together(self._read(half) for half in window.halves())

    async def _ask(self, window: Window) -> tuple[Page, Rows, frozenset[Compact]]:
        """Asks for one window. Dates go without a zone, as every live client sends them."""
        page, rows = await self.source.client.rows(
            self.source.entity,
            {
                "timeentriesonly": "true",
                "startdate": f"{window.start:%Y-%m-%dT%H:%M:%S}",
                "enddate": f"{window.end:%Y-%m-%dT%H:%M:%S}",
                "count": self.source.settings.actions_count,
            },
        )
        keys = (key_of(row, self.source.entity.key) for row in rows.rows)
        return page, rows, frozenset(compact(key) for key in keys if key is not None)
