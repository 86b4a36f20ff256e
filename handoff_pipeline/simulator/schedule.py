"""When something goes wrong or happens: faults and happenings by request number, per path or over the whole run.

What a fault answers is in `faults` and `spoiling`. The one thing to know: only requests that got past token, limiter and
scopes are counted, from 1, since the simulator's start; "POST /Tickets" counts the writes of a path alone and "*" counts
everything under /api.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

FaultKind = Literal[
    "server_error_500", "html_502", "html_200", "error_body_200", "truncated_json", "unauthorized_once", "record_count_wrong",
    "repeat_page", "empty_page", "unauthorized", "forbidden_403", "not_found_404", "rate_limited_429", "unavailable_503",
    "empty_200", "plain_text_200", "wrong_content_type", "malformed_json", "duplicate_keys", "missing_envelope", "bare_array",
    "duplicate_in_page", "duplicate_across_pages", "short_page", "row_without_id", "row_not_an_object", "lone_surrogate",
    "invalid_utf8", "next_link_elsewhere", "redirect_elsewhere", "redirect_to_itself", "huge_body", "deep_nesting", "gzip_bomb",
    "cut_body", "slow", "applied_500", "warning_201", "applied_warning_201", "ignored_201", "invalid_client", "no_expires_in",
    "expires_in_zero", "no_access_token",
]  # fmt: skip
EVERYWHERE: Final = "*"
FOREVER: Final = 1_000_000_000


@dataclass(frozen=True)
class Fault:
    """One failure: the `nth` request (from 1) to `path` under /api goes wrong, e.g. `Fault("/Opportunities", 2, "html_502")`.

    `path` is an endpoint ("/SalesOrder/{id}"), one record of it ("/SalesOrder/301"), either behind a method
    ("POST /Tickets"), "/auth/token", or "*" for the run; letter case does not matter. With `last` it holds from the nth to
    the last request, with `every` for each nth one of them.
    """

    path: str
    nth: int
    kind: FaultKind
    last: int | None = None
    every: int = 1

    def meets(self, count: int) -> bool:
        """Tell whether the request that is the `count`th goes wrong."""
        last = self.nth if self.last is None else self.last
        return self.nth <= count <= last and (count - self.nth) % self.every == 0


def during(path: str, first: int, last: int, kind: FaultKind) -> Fault:
    """Let the requests from the first to the last go wrong, both included."""
    return Fault(path, first, kind, last)


def from_then_on(path: str, nth: int, kind: FaultKind) -> Fault:
    """Let the nth request and all after it go wrong."""
    return Fault(path, nth, kind, FOREVER)


def every(path: str, step: int, kind: FaultKind) -> Fault:
    """Let each `step`th request go wrong."""
    return Fault(path, step, kind, FOREVER, step)


def at_request(number: int, kind: FaultKind) -> Fault:
    """Let the run's request of that number go wrong, whatever it asks for."""
    return Fault(EVERYWHERE, number, kind)


@dataclass(frozen=True)
class Happening:
    """Something that happens just before the nth request to `path` is answered: `act` gets the simulated tenant.

    It inserts, deletes, restricts or moves the clock while a list is being read: `Happening("/Projects", 2, lambda sim:
    sim.edits.delete("tickets", 501))`.
    """

    path: str
    nth: int
    act: Callable[[Any], object]


class RequestClock:
    """Counts requests by every name that they go by, and tells what is due."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.seen: Counter[str] = Counter()

    def count(self, *names: str) -> frozenset[str]:
        """Count one request under its names and give them in lower case."""
        lowered = frozenset(name.lower() for name in names)
        self.seen.update(lowered)
        return lowered

    def due(self, names: frozenset[str], faults: tuple[Fault, ...]) -> FaultKind | None:
        """Give the first scheduled fault that the counted request meets, if any."""
        return next((fault.kind for fault in faults if fault.path.lower() in names and fault.meets(self.seen[fault.path.lower()])), None)

    def happening(self, names: frozenset[str], happenings: Iterable[Happening]) -> list[Happening]:
        """Give what happens before the counted request is answered."""
        return [each for each in happenings if each.path.lower() in names and self.seen[each.path.lower()] == each.nth]
