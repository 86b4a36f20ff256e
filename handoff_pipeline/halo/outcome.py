"""What an answer to a write means: written, refused, or nobody knows; and which record it speaks of.

Nothing is sent here. The one thing to know: whatever may have been done is `WriteUncertain`, also where that is unlikely, because a second
create cannot be taken back and a look costs one request.
"""

from __future__ import annotations

from typing import Any

from handoff_pipeline.halo.bodies import error_text
from handoff_pipeline.halo.envelope import Key, Row, key_of
from handoff_pipeline.halo.errors import PermissionMissing, UnsoundBody, WriteRefused, WriteUncertain, WriteWarned
from handoff_pipeline.halo.kinds import Kind
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.halo.transport import Answer
from handoff_pipeline.halo.written import Reply, read_reply

_TIMED_OUT = 408


def uncertain(what: Kind, key: Key | None, said: str) -> WriteUncertain:
    """The error for a write of which nobody knows whether it was done."""
    return WriteUncertain(
        f"POST {what.path}: {said.rstrip('.')}. Whether the {what.name} was written is not known.",
        look_up(what, key),
        kind=what.name,
        key=key,
    )


def look_up(what: Kind, key: Key | None) -> str:
    """How to find out what became of a write."""
    if key is None:
        return (
            "Do not send it again before looking: ask `find_by_marker` where a marker was given, "
            f"else look among the newest {what.entity.title} in HaloPSA."
        )
    return (
        f"Look at GET /api{what.where(key)[0]}: as wanted means done, as before means that it may be sent again, "
        "anything else is for a person."
    )


def judged(answer: Answer, what: Kind, key: Key | None, redactor: Redactor) -> Reply:
    """The reply of a write that HaloPSA says it made.

    Raises:
        WriteRefused: 4xx; nothing was written. PermissionMissing: 403.
        WriteUncertain: 5xx, 408, or an unreadable body. WriteWarned: a warning, a question, or an error text with a success status.
    """
    if 200 <= answer.status < 300:
        return _accepted(answer, what, key, redactor)
    said = error_text(answer.body, redactor) or "no text"
    if answer.status == 403:
        raise PermissionMissing(
            f"POST {what.path} answered 403 ({said}): the writer may not write {what.entity.title}.",
            "In HaloPSA give the writer's application the edit: scope and its user the right to change them.",
        )
    if answer.status >= 500 or answer.status == _TIMED_OUT:
        raise uncertain(what, key, f"{answer.status} {said}")
    raise WriteRefused(
        f"POST {what.path} answered {answer.status}: {said.rstrip('.')}. Nothing was written.",
        "Correct what HaloPSA names: a mandatory field, a value that it does not know, or the outcome of an action.",
        kind=what.name,
        key=key,
    )


def _accepted(answer: Answer, what: Kind, key: Key | None, redactor: Redactor) -> Reply:
    try:
        reply = read_reply(answer, what.envelope, f"POST {what.path}", redactor)
    except UnsoundBody as unsound:
        raise uncertain(what, key, unsound.message) from None
    if reply.warning:
        raise WriteWarned(
            f"POST {what.path} answered {answer.status} with a warning: {reply.warning.rstrip('.')}. Whether it was written is not known.",
            f"{look_up(what, key)} A question of HaloPSA's is answered in HaloPSA itself.",
            kind=what.name,
            key=key,
        )
    return reply


def key_written(what: Kind, record: Row, key: Key | None, reply: Reply) -> Key:
    """The key of the record that was written: by the reply, else the one sent.

    Raises:
        WriteUncertain: a new record without an id in the reply, or an update that was answered with another record.
    """
    owner = {name: record[name] for name in what.key[:-1] if name in record}
    told = key_of({**reply.row, **owner}, what.key)
    if told is None:
        if key is None:
            raise WriteUncertain(
                f"POST {what.path} was accepted and the answer names no {what.key[-1]}.", look_up(what, None), kind=what.name, key=None
            )
        return key
    if key is not None and told != key and not what.id_may_change:
        raise WriteUncertain(
            f"POST {what.path} was to change {what.name} {key}, and HaloPSA answered with {told}.",
            "Look at both in HaloPSA: the second may be a copy that this write made.",
            kind=what.name,
            key=told,
        )
    return told


def record_in(document: Any, what: Kind, key: Key) -> Row:
    """The record with this key in an answer that was read.

    Raises:
        WriteUncertain: it is not there.
    """
    rows = document if isinstance(document, list) else [document]
    if isinstance(document, dict) and what.key[-1] not in document:
        rows = next((document[name] for name in what.envelope if isinstance(document.get(name), list)), rows)
    for row in rows:
        if isinstance(row, dict) and _is_it(row, what, key):
            return row
    raise WriteUncertain(
        f"HaloPSA accepted {what.name} {key}, and reading it back shows another record or none.",
        look_up(what, key),
        kind=what.name,
        key=key,
    )


def _is_it(row: Row, what: Kind, key: Key) -> bool:
    """Whether the row has the key; a part of it that the row leaves out was part of the question."""
    return (
        all(key_of(row, (name,)) in (None, (part,)) for name, part in zip(what.key[:-1], key[:-1], strict=True))
        and key_of(row, what.key[-1:]) == key[-1:]
    )
