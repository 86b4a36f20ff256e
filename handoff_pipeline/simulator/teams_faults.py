"""What can go wrong at the simulated Workflows endpoint, each switched on and off by name, for a number of messages or for good.

What an untroubled endpoint does is teams. The one thing to know: a fault says by itself whether the message was taken, because that is
what a client cannot see and a test must know.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final, Literal

TeamsFault = Literal[
    "not_delivered_202",
    "error_body_200",
    "error_413_in_200",
    "error_429_in_200",
    "error_json_200",
    "web_page_200",
    "plain_one_200",
    "broken_off_200",
    "broken_off_202",
    "bad_request_400",
    "wants_bare_card_400",
    "unauthorized_401",
    "forbidden_403",
    "no_flow_404",
    "retired_410",
    "too_large_413",
    "limited_429",
    "limited_429_unnamed",
    "server_error_500",
    "server_error_500_taken",
    "bad_gateway_502",
    "unavailable_503",
    "gateway_timeout_504",
    "redirect",
    "huge_answer",
    "slow",
    "hang_before_taking",
    "hang_after_taking",
    "reset_before_taking",
    "reset_after_taking",
]

FAILED: Final = (
    "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {status} with ContextId "
    "tcid=0,server=SIMULATED,cv=AAAA.0.."
)
"""H: what the older connectors answered with status 200 (msteams-docs #400, #1810)."""


@dataclass(frozen=True)
class Answer:
    """What a fault answers. `is_taken`: the flow runs all the same; `headers` come besides the usual ones."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    is_taken: bool = False


def _error(code: str, message: str) -> bytes:
    return f'{{"error":{{"code":"{code}","message":"{message}"}}}}'.encode()


_JSON: Final = "application/json; charset=utf-8"
ANSWERS: Final[dict[TeamsFault, Answer]] = {
    "error_body_200": Answer(200, FAILED.format(status=400).encode()),
    "error_413_in_200": Answer(200, FAILED.format(status=413).encode()),
    "error_429_in_200": Answer(200, FAILED.format(status=429).encode()),
    "error_json_200": Answer(200, _error("ActionFailed", "An action failed. No dependent actions succeeded."), _JSON),
    "web_page_200": Answer(200, b"<!DOCTYPE html><html><body>Sign in to the network</body></html>", "text/html"),
    "plain_one_200": Answer(200, b"1", is_taken=True),
    "bad_request_400": Answer(400, _error("TriggerInputSchemaMismatch", "The input body does not match the schema."), _JSON),
    "wants_bare_card_400": Answer(400, _error("InvalidBotAdaptiveCard", "Property 'type' must be 'AdaptiveCard'."), _JSON),
    "unauthorized_401": Answer(401, _error("DirectApiAuthorizationRequired", "The request must be authenticated."), _JSON),
    "forbidden_403": Answer(403, _error("Forbidden", "The caller is not allowed to run this flow."), _JSON),
    "no_flow_404": Answer(404, _error("WorkflowNotFound", "The workflow could not be found."), _JSON),
    "redirect": Answer(302, headers=(("location", "/elsewhere"),)),
    # GUESS: no public source shows what a retired connector answers.
    "retired_410": Answer(410, b"Office 365 connectors in Teams are retired."),
    "too_large_413": Answer(413, b"Request Entity too large"),
    "limited_429": Answer(429, _error("WorkflowTriggerRequestsThrottled", "Too many requests."), _JSON, (("retry-after", "17"),)),
    "limited_429_unnamed": Answer(429, _error("WorkflowTriggerRequestsThrottled", "Too many requests."), _JSON),
    "server_error_500": Answer(500, _error("InternalServerError", "Encountered internal server error."), _JSON),
    "server_error_500_taken": Answer(500, _error("InternalServerError", "Encountered internal server error."), _JSON, is_taken=True),
    "bad_gateway_502": Answer(502, b"<html><body>502 Bad Gateway</body></html>", "text/html"),
    "unavailable_503": Answer(503, b"The service is unavailable.", headers=(("retry-after", "23"),)),
    "gateway_timeout_504": Answer(504, b"", is_taken=True),
}
"""The faults that are an answer and nothing more; the others are acts of the connection."""


@dataclass
class Switches:
    """Which fault meets the next message. One at a time; safe to use from a test while the server runs in its thread."""

    _fault: TeamsFault | None = None
    _left: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def on(self, fault: TeamsFault, times: int | None = None) -> None:
        """Switch a fault on, for so many messages or (None) until `off`."""
        with self._lock:
            self._fault, self._left = fault, times

    def off(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._fault, self._left = None, None

    def take(self) -> TeamsFault | None:
        """The fault that meets this message; counts it."""
        with self._lock:
            fault = self._fault
            if fault is not None and self._left is not None:
                self._left -= 1
                if self._left <= 0:
                    self._fault, self._left = None, None
            return fault
