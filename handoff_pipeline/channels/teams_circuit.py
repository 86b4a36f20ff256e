"""How fast a channel may be posted to, and when it is left alone: a pause between cards, and a rest after trouble.

Nothing is sent here. It remembers for one run; how long a channel rests between runs, `lanes` reads from the outbox. The one thing to know:
a resting channel costs no card. What comes meanwhile is answered `retry` without a call, so at most one card of a run is uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from handoff_pipeline.channels.gateway import Sent

PAUSE_SECONDS: Final = 1.0
"""H: the old webhooks took 4 messages a second and 60 in 30 s; no number is public for Workflows."""
FIRST_REST_SECONDS: Final = 60.0
LONGEST_REST_SECONDS: Final = 3600.0


@dataclass
class _Standing:
    """One channel: until when it rests and when the next card may go, both on the monotonic clock; troubles in a row."""

    rest_until: float = 0.0
    next_at: float = 0.0
    troubles: int = 0


@dataclass
class Circuit:
    """The channels of one gateway. All moments are seconds of a monotonic clock."""

    pause_seconds: float = PAUSE_SECONDS
    _standings: dict[str, _Standing] = field(default_factory=dict)

    def resting(self, channel: str, now: float) -> float:
        """Seconds for which the channel is still left alone; 0 where a card may go."""
        return max(0.0, self._of(channel).rest_until - now)

    def pause(self, channel: str, now: float) -> float:
        """Seconds to wait before the next card."""
        return max(0.0, self._of(channel).next_at - now)

    def note(self, channel: str, sent: Sent, now: float) -> None:
        """Learn from how a card ended. A card that is refused for itself says nothing against the channel."""
        standing = self._of(channel)
        standing.next_at = now + self.pause_seconds
        if sent.outcome not in ("retry", "uncertain"):
            standing.troubles = 0
            return
        standing.troubles += 1
        rest = min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2.0 ** (min(standing.troubles, 16) - 1))
        standing.rest_until = now + max(rest, sent.retry_after or 0.0)

    def _of(self, channel: str) -> _Standing:
        return self._standings.setdefault(channel, _Standing())
