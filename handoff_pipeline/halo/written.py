"""What HaloPSA answered to a write, in any of its shapes, and what the writer hands back.

Nothing is sent here. The one thing to know: replies are not uniform (H: an object, an array, `{tickets: [...]}`, nothing at all;
stellarcyber, HaloAPI, conduit), and a success status may carry a warning or a question instead of success.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handoff_pipeline.halo.bodies import error_text, sound_json
from handoff_pipeline.halo.envelope import Key, Row
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.halo.transport import Answer

WARNINGS = ("_warning", "_dl_warning", "customfieldvalidationreason", "_prompt", "prompt")
_ERRORS = frozenset({"error", "errorMessage", "ClassName", "Message", "error_description"})


@dataclass(frozen=True)
class Written:
    """A write that took.

    Attributes:
        kind: What was written.
        key: Its key by HaloPSA's answer (an appointment's id may differ from the one sent).
        is_new: It was created.
        fields: Fields that were sent, without the key.
        is_verified: It was read back and every field that can be compared holds what was sent.
        not_compared: Fields that no reading shows: switches of the call itself, and those that act on another record.
        row: The record as read back, or as HaloPSA's answer shows it. Not printed: it holds customers' text.
    """

    kind: str
    key: Key
    is_new: bool
    fields: tuple[str, ...]
    is_verified: bool
    not_compared: tuple[str, ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class PlannedRequest:
    """A request as it would be sent, secrets masked. The body is a customer's text, so it is not printed with the rest."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str = field(repr=False)


@dataclass(frozen=True)
class Reply:
    """The record in an answer (empty where there is none) and what HaloPSA says besides."""

    row: Row = field(repr=False)
    warning: str


def read_reply(answer: Answer, envelope: tuple[str, ...], where: str, redactor: Redactor) -> Reply:
    """The record in the answer to a POST.

    Raises:
        UnsoundBody: a body that is not JSON.
    """
    if not answer.body.strip():
        return Reply({}, "")
    document = sound_json(answer.body, answer.headers.get("content-type"), where, redactor)
    warnings: list[str] = []
    row = _record(document, envelope, warnings)
    if not row and (isinstance(document, str) or (isinstance(document, dict) and _ERRORS & set(document))):
        warnings.append(error_text(answer.body, redactor))
    return Reply(row, redactor.clean("; ".join(dict.fromkeys(warnings))))


def _record(document: Any, envelope: tuple[str, ...], warnings: list[str], depth: int = 0) -> Row:
    """The last object of an array, the object in an envelope, or the object itself; warnings on the way are noted."""
    if isinstance(document, list):
        objects = [item for item in document if isinstance(item, dict)]
        return _record(objects[-1], envelope, warnings, depth) if objects else {}
    if not isinstance(document, dict):
        return {}
    warnings.extend(text for name in WARNINGS if (text := _text(document.get(name))))
    if "id" in document or "seq" in document or depth >= 2:
        return document
    inner = [document[name] for name in envelope if isinstance(document.get(name), list | dict)]
    inner += [value for value in document.values() if isinstance(value, dict) or (isinstance(value, list) and _has_objects(value))]
    for candidate in inner:
        found = _record(candidate, envelope, warnings, depth + 1)
        if "id" in found or "seq" in found:
            return found
    return {} if inner or _ERRORS & set(document) else document


def _has_objects(values: list[Any]) -> bool:
    return any(isinstance(value, dict) for value in values)


def _text(value: Any) -> str:
    """A warning's words; empty for an absent, null, false or empty one."""
    if isinstance(value, list):
        return "; ".join(filter(None, map(_text, value)))
    if isinstance(value, dict):
        return _text(value.get("message") or value.get("text") or next(iter(value.values()), ""))
    return value.strip() if isinstance(value, str) else ""
