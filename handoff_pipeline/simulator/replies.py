"""What HaloPSA says to a POST or DELETE that it took: one object of several, in the POST's own spelling, or nothing at all.

The one thing to know: a 201 does not say that anything changed (H: section 2.1; TopLeft).
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from handoff_pipeline.simulator.calls import Call
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.dressing import dress, is_true
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.spoiling import answer

CREATED: Final = 201
# H: other spellings than GET's (section 3.1, TopLeft ticket/sync.py).
POST_SPELLING: Final = {"last_update": "lastupdate", "category_1": "category1", "ticket_tags": "tickettags"}


def reply(rows: list[Row], call: Call, key: str) -> Response:
    """Give the last row, or all with returnall=true, in the shape that the quirks choose."""
    written = [_spelt(dress(row, call.quirks), call.quirks) for row in rows]
    if is_true(call.params, "returnall") or call.quirks.post_reply == "array":
        shown = written if is_true(call.params, "returnall") else written[-1:]
        return answer({key: shown} if call.quirks.post_reply == "envelope" else shown, call.kind, CREATED)
    return answer({key: written[-1:]} if call.quirks.post_reply == "envelope" else written[-1], call.kind, CREATED)


def warned(row: Row, call: Call) -> Response:
    """Say 201 with a warning: nothing was changed, and a prompt would have to be confirmed."""
    written = _spelt(dress(row, call.quirks), call.quirks)
    return answer({**written, "_warning": "This change needs to be confirmed."}, None, CREATED)


def deleted(row: Row, quirks: Quirks) -> Response:
    """Answer a DELETE that was done."""
    if quirks.delete_reply == "object_200":
        return answer(dress(row, quirks))
    return Response(status_code=204 if quirks.delete_reply == "empty_204" else 200)


def _spelt(row: Row, quirks: Quirks) -> Row:
    return {POST_SPELLING.get(key, key): value for key, value in row.items()} if quirks.post_reply_spelling else row
