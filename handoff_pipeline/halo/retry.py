"""How long to wait before asking again: `Retry-After` in both its forms, and exponential backoff with full jitter.

Pure functions of their arguments. The one thing to know: a server's `Retry-After` is honoured in full, never clamped; whether the pull is
willing to wait that long at all is the throttle's question.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

CAP_SECONDS = 60.0
LIMIT_FLOOR_SECONDS = 5.0
"""Shortest wait after a 429 without `Retry-After` (H: 5 to 60 s; shorter waits kept the limiter full, HaloAPI #31)."""

_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+)?(\s*,\s*[0-9]+(\.[0-9]+)?)*")


def http_date(text: str | None) -> datetime | None:
    """An HTTP date as aware UTC; None when it is absent or unreadable."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by `Retry-After` (seconds, or an HTTP date counted from the server's own `Date`); None when absent or unusable.

    Any number is believed, however absurd: a wait that nobody will sit out ends the pull, it is never taken for no wait. Where proxies
    added values of their own, the longest counts.
    """
    text = (headers.get("retry-after") or "").strip()
    if _NUMBERS.fullmatch(text):
        return max(float(number) for number in text.split(","))
    until = http_date(text)
    if until is None:
        return None
    return max(0.0, (until - (http_date(headers.get("date")) or now)).total_seconds())


def backoff_seconds(tries: int, dice: random.Random, floor: float = 0.0, base: float = 1.0) -> float:
    """Wait after the `tries`-th failure (1 = the first): evenly between `floor` and the doubling bound, 60 s at most."""
    bound = min(CAP_SECONDS, max(floor, base) * 2.0 ** min(tries, 16))
    return dice.uniform(floor, max(floor, bound))
