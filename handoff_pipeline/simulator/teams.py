"""A simulated Workflows endpoint: what it takes, what its flow makes of that, and everything that it has got.

Written from what is publicly known of "When a Teams webhook request is received": 202 with an empty body means that the run is queued; a
message without `attachments`, or with something else than Adaptive Cards in them, fails afterwards in the flow; above 28 KB nothing is
taken. The connection itself is teams_serve's. The one thing to know: `posts` holds every request, `channel` only what a person would see.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qs

from handoff_pipeline.simulator.teams_faults import ANSWERS, Answer, Switches, TeamsFault

MOST_BYTES: Final = 28 * 1024
CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"
SIGNATURE: Final = "s1mulated-Signature_0123456789abcdefghijklm"
PATH: Final = "/powerautomate/automations/direct/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke"
QUERY: Final = f"api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={SIGNATURE}"
LIMITED_SECONDS: Final = 30

Expects = Literal["message", "card"]


@dataclass(frozen=True)
class Post:
    """One request as it came. `status` is None where no answer was given, `is_taken` means that a run was queued, `flow_error` its end."""

    body: bytes
    headers: dict[str, str]
    fault: TeamsFault | None
    status: int | None
    is_taken: bool
    cards: tuple[dict[str, Any], ...] = ()
    flow_error: str = ""


@dataclass
class SimulatedTeams:
    """One channel with its flow. `expects` is what the flow was built for; `limit` is messages per seconds, None for no limit."""

    expects: Expects = "message"
    limit: tuple[int, float] | None = None
    seconds: Callable[[], float] | None = None
    switches: Switches = field(default_factory=Switches)
    posts: list[Post] = field(default_factory=list)
    _recent: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def channel(self) -> list[dict[str, Any]]:
        """The cards that people see in the channel, in their order."""
        return [card for post in self.posts for card in post.cards]

    @property
    def runs(self) -> list[Post]:
        """The requests that started a run of the flow, whatever came of it."""
        return [post for post in self.posts if post.is_taken]

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, fault: TeamsFault | None) -> Answer:
        """What the endpoint answers, and its effect."""
        with self._lock:
            reply = ANSWERS[fault] if fault in ANSWERS else self._reply(method, path, query, headers, body)
            is_shown = reply.is_taken and fault != "not_delivered_202"
            cards, trouble = self._flow(body) if is_shown else ((), "the card action failed" if reply.is_taken else "")
            self.posts.append(Post(body, headers, fault, reply.status, reply.is_taken, cards, trouble))
            return reply

    def lost(self, headers: dict[str, str], body: bytes, fault: TeamsFault) -> None:
        """A request that was not taken and not answered."""
        with self._lock:
            self.posts.append(Post(body, headers, fault, None, is_taken=False))

    def _reply(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        refusal = self._refusal(method, path, query, headers, body)
        if refusal is not None:
            return refusal
        return Answer(202, headers=(("x-ms-workflow-run-id", f"08584{len(self.posts):027d}CU00"),), is_taken=True)

    def _refusal(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """Give what refuses the request before a run is queued, in the order in which it is looked at."""
        document = _json(body)
        looks: tuple[tuple[Callable[[], bool], Answer], ...] = (
            (lambda: path != PATH, ANSWERS["no_flow_404"]),
            (lambda: method != "POST", Answer(405)),
            (lambda: parse_qs(query).get("sig") != [SIGNATURE], ANSWERS["unauthorized_401"]),
            (lambda: len(body) > MOST_BYTES, ANSWERS["too_large_413"]),
            (self._is_over_limit, Answer(429, headers=(("retry-after", str(LIMITED_SECONDS)),))),
            (lambda: "json" not in headers.get("content-type", "") or document is None, ANSWERS["bad_request_400"]),
            (lambda: self.expects == "card" and not _is_card(document), ANSWERS["wants_bare_card_400"]),
        )
        return next((answer for is_so, answer in looks if is_so()), None)

    def _is_over_limit(self) -> bool:
        if self.limit is None or self.seconds is None:
            return False
        most, window = self.limit
        now = self.seconds()
        while self._recent and self._recent[0] <= now - window:
            self._recent.popleft()
        if len(self._recent) >= most:
            return True
        self._recent.append(now)
        return False

    def _flow(self, body: bytes) -> tuple[tuple[dict[str, Any], ...], str]:
        """What the flow posts into the channel, and why it posts nothing."""
        document = _json(body)
        if self.expects == "card":
            return ((document,), "") if _is_card(document) else ((), "Property 'type' must be 'AdaptiveCard'")
        attachments = document.get("attachments") if isinstance(document, dict) else None
        if not isinstance(attachments, list):
            return (), "Send_each_adaptive_card: ExpressionEvaluationFailed, the result 'null' is not a valid array"
        cards = tuple(item["content"] for item in attachments if isinstance(item, dict) and _fits(item))
        return cards, "" if len(cards) == len(attachments) else "Send_each_adaptive_card: an attachment is no Adaptive Card"


def _fits(attachment: dict[str, Any]) -> bool:
    return attachment.get("contentType") == CARD_TYPE and _is_card(attachment.get("content"))


def _is_card(document: Any) -> bool:
    """Whether the flow's action can post it: an Adaptive Card, of a version that Teams promises."""
    return isinstance(document, dict) and document.get("type") == "AdaptiveCard" and document.get("version") in {f"1.{n}" for n in range(6)}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
