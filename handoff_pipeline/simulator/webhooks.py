"""Webhooks in small: the three endpoints that set them up and tell of them, and the sender (H: section 6).

A delivery carries the ticket as the single GET gives it, and the signature that TopLeft checks. The one thing to know: it is
sent to loopback addresses only, whatever was set up, and only when somebody calls `send`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import orjson

from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import dress
from handoff_pipeline.simulator.overlay import Edit
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.shaping import stamp

# H: numbers that a live integration posts (TopLeft callbacks.py).
SIGNED, EVENT_LOGGED, EVENT_UPDATED = 3, 3, 61
Post = Callable[[str, bytes, dict[str, str]], int]
"""Sends a body with headers to a URL and gives the status of the answer."""


@dataclass
class WebhookDesk:
    """A tenant's webhooks, what they are told of, what waits to be sent, and what was sent."""

    hooks: dict[str, Row] = field(default_factory=dict)
    notifications: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    waiting: list[tuple[int, int]] = field(default_factory=list)
    heard: int = 0

    def rows(self, path: str) -> list[Row]:
        """Answer GET of webhooks, their notifications or their events: a bare array; no secret is among it (a guess)."""
        rows = {"/webhook": list(self.hooks.values()), "/notification": self.notifications, "/webhookevent": self.events}[path]
        return [{name: value for name, value in row.items() if name != "basic_password"} for row in rows]

    def post(self, path: str, documents: list[Row]) -> Row:
        """Answer POST of /Webhook or /Notification with the last row made; a hook's id is a GUID.

        Raises ValueError for a notification of a webhook that does not exist.
        """
        made: Row = {}
        for document in documents:
            made = self._hook(document) if path == "/webhook" else self._notification(document)
        return {name: value for name, value in made.items() if name != "basic_password"}

    def delete(self, hook_id: str) -> bool:
        """Remove a webhook with its notifications; False where there is none."""
        self.notifications = [row for row in self.notifications if row["webhook_id"] != hook_id]
        return self.hooks.pop(hook_id, None) is not None

    def _hook(self, document: Row) -> Row:
        number = f"00000000-0000-4000-c000-{len(self.hooks) + 1:012d}"
        hook = {"active": True, "authentication_type": 0, **document, "id": document.get("id") or number}
        self.hooks[hook["id"]] = hook
        return hook

    def _notification(self, document: Row) -> Row:
        if document.get("webhook_id") not in self.hooks:
            raise ValueError(f"webhook_id {document.get('webhook_id')!r} names no webhook: POST /Webhook first")
        made = {**document, "id": len(self.notifications) + 1}
        self.notifications.append(made)
        return made

    def happened(self, event: int, ticket_id: int) -> None:
        """Note that a ticket was logged (3) or updated (61); it is sent by the next `send`."""
        self.waiting.append((event, ticket_id))

    def hear(self, log: Sequence[Edit]) -> None:
        """Note what happened to tickets in a log of edits since it was last heard: one event per saved change (6, a guess)."""
        news, self.heard = log[self.heard :], len(log)
        for edit in news:
            if edit.resource == "tickets" and edit.kind in {"create", "change"}:
                self.happened(EVENT_LOGGED if edit.kind == "create" else EVENT_UPDATED, edit.key[0])

    def send(self, read: Callable[[int], Row | None], now: datetime, quirks: Quirks, post: Post) -> int:
        """Send what waits to every active webhook that asked for it, and give the number of deliveries.

        `read` gives a ticket's record of now, None where it is gone. Every delivery leaves a row in `events`. Raises
        ValueError, before anything is sent, where a webhook leads elsewhere than to loopback.
        """
        targets = [(hook, self._events_of(hook["id"])) for hook in self.hooks.values() if hook["active"]]
        for hook, _ in targets:
            if not is_loopback(hook.get("url", "")):
                raise ValueError(f"webhook {hook['id']} leads to {hook.get('url')!r}: the simulator delivers to loopback only")
        waiting, self.waiting = self.waiting, []
        ordered = waiting[::-1] if quirks.webhook_out_of_order else waiting
        sent = 0
        for event, ticket_id in ordered:
            row = read(ticket_id)
            for hook, wanted in targets:
                if row is not None and event in wanted:
                    sent += self._deliver(hook, event, dress(row, quirks), now, quirks, post)
        return sent

    def _events_of(self, hook_id: str) -> set[int]:
        return {int(row.get("eventno", 0)) for row in self.notifications if row["webhook_id"] == hook_id}

    def _deliver(self, hook: Row, event: int, ticket: Row, now: datetime, quirks: Quirks, post: Post) -> int:
        number = len(self.events) + 1
        # Keys other than `ticket` are a guess of the reference.
        told = {
            "id": number,
            "webhook_id": hook["id"],
            "event": event,
            "timestamp": stamp(now),
            "object_id": ticket["id"],
            "ticket": ticket,
        }
        body = orjson.dumps(told)
        headers = {"content-type": "application/json", **signature(hook, body)}
        times = 2 if quirks.webhook_duplicates else 1
        for _ in range(times):
            status = post(hook["url"], body, headers)
            self.events.append(
                {
                    "id": f"00000000-0000-4000-d000-{len(self.events) + 1:012d}",
                    "webhook_id": hook["id"],
                    "timestamp": stamp(now),
                    "status": 1 if status < 300 else 2,
                    "responsestatus": status,
                    "requestbody": body.decode(),
                    "entity_id": ticket["id"],
                }
            )
        return times


def signature(hook: Row, body: bytes) -> dict[str, str]:
    """Give the header of `authentication_type` 3: base64 of HMAC-SHA256 over the raw body, keyed with `basic_password`."""
    if int(hook["authentication_type"]) != SIGNED:
        return {}
    digest = hmac.new(str(hook.get("basic_password", "")).encode(), body, hashlib.sha256).digest()
    return {str(hook.get("authentication_header") or "Token"): base64.b64encode(digest).decode()}


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine, by an address or as localhost."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme in {"http", "https"} and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
