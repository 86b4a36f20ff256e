"""A card as the bytes of a request: in the message that the Workflows template expects, or bare for a flow of one's own.

What is on the card is cards. H: the template runs over `attachments`, and a body without them is answered 202 and fails afterwards in the
flow (msteams-docs #11302); flows that were built by hand may expect the card itself. The one thing to know: the size that counts is that of
these bytes.
"""

from __future__ import annotations

import json
from typing import Any, Literal

Envelope = Literal["workflow_template", "raw_card"]
"""As the policy's `teams.envelope` says it."""

HEADERS = {"content-type": "application/json; charset=utf-8", "accept": "application/json", "accept-encoding": "identity"}


def message(card: dict[str, Any], envelope: Envelope) -> bytes:
    """The request's body, UTF-8 without needless blanks."""
    document = card
    if envelope == "workflow_template":
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        document = {"type": "message", "attachments": [attachment]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
