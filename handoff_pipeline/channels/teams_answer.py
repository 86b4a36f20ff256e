"""What an answer of the Workflows endpoint means for the card that was posted. Pure: status, headers and body in, `Sent` out.

Nothing is sent or waited for here. H: 202 says that the flow was queued, never that the card was shown; the older connectors answered 200
with the error as text (msteams-docs #400, #1810). The one thing to know: `retry` is said only where the card was certainly not taken. A
server fault after the request was whole is uncertain, because Teams cannot be asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from handoff_pipeline.channels.gateway import Sent
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.halo.retry import retry_after_seconds

LIMITED_SECONDS: Final = 60.0
"""Wait after a 429 that names none. GUESS: the old limits counted 30 s windows; no number is public for Workflows."""
CLOSED_SECONDS: Final = 300.0
"""Wait after a 503 that names none."""
MOST_WORDS: Final = 160

_NOT_TAKEN: Final[dict[int, tuple[str, float | None]]] = {
    401: (
        "The signature of {setting} is refused. Copy the flow's address anew; its trigger must be open to anyone who has the address.",
        None,
    ),
    403: ("The flow behind {setting} refuses the request. Look at its trigger's permissions and at its owner's licence.", None),
    404: ("There is no flow behind {setting}: it was deleted, or its owner's account was. Make a new one, with a co-owner.", None),
    408: ("The request did not arrive whole.", None),
    410: ("The flow behind {setting} is gone. Make a new one, with a co-owner, and put its address there.", None),
    429: ("Too many messages.", LIMITED_SECONDS),
    503: ("Teams takes nothing now.", CLOSED_SECONDS),
}
"""Statuses at which the card was not taken and may be sent later: what to say, and the wait where the answer names none. Where somebody
must change something first no wait is named, because it says nothing about other channels."""
_FAILED = re.compile(r"(?i)webhook message delivery failed|request entity too large|bad payload received|summary or text is required")
_INNER = re.compile(r"(?i)returned HTTP error (\d{3})")
_TOO_LARGE = re.compile(r"^413\b|HTTP error 413|(?i:request entity too large)")


def judged(status: int, headers: Mapping[str, str], body: bytes, *, setting: str, redactor: Redactor, now: datetime) -> Sent:
    """What became of the card. `body` may be cut; `setting` names the address in messages."""
    words = redactor.clean(body.decode("utf-8", "replace"), MOST_WORDS)
    if 200 <= status < 300:
        return _success(status, headers, body, words)
    said = f" It said: {words}" if words else ""
    wait = retry_after_seconds(headers, now)
    if status in _NOT_TAKEN:
        reason, usual = _NOT_TAKEN[status]
        return Sent("retry", detail=f"{status}: {reason.format(setting=setting)}{said}", retry_after=usual if wait is None else wait)
    if 300 <= status < 400:
        return Sent("retry", detail=f"{status}: {setting} leads elsewhere, and redirects are never followed. Correct it.")
    if status >= 500:
        return Sent("uncertain", detail=f"{status} after the card was posted: it may have been taken.{said}", retry_after=wait)
    bare = " This flow expects the bare card: set teams.envelope to raw_card in handoff.yaml." if "must be 'AdaptiveCard'" in words else ""
    return Sent("failed", detail=f"{status}: Teams refuses this card for good.{bare}{said}")


def _success(status: int, headers: Mapping[str, str], body: bytes, words: str) -> Sent:
    """A success status with what it says: nothing, or "1" of old, is a card taken; an error in words is none."""
    if _FAILED.search(words):
        inner = _INNER.search(words)
        if inner and inner.group(1) == "429":
            return Sent("retry", detail=f"{status}, and too many messages by its text.", retry_after=LIMITED_SECONDS)
        return Sent("failed", detail=f"{status}, and refused by its text: {words}")
    if "html" in headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<":
        return Sent("retry", detail=f"{status} with a web page: something before Teams answered. Look for a proxy.")
    if _has_error(body):
        return Sent("failed", detail=f"{status}, and an error in the body: {words}")
    run = headers.get("x-ms-workflow-run-id", "")
    return Sent("accepted", far_ref=run if re.fullmatch(r"[A-Za-z0-9-]{1,64}", run) else None)


def _has_error(body: bytes) -> bool:
    try:
        document = json.loads(body)
    except ValueError:
        return False
    return isinstance(document, dict) and bool(document.get("error"))


def is_too_large(sent: Sent) -> bool:
    """Whether the card was refused for its size, so that a smaller one may be sent: nothing was taken."""
    return sent.outcome == "failed" and bool(_TOO_LARGE.search(sent.detail or ""))
