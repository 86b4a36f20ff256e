"""What a ticket's other custom fields held before ours were written, and whether they hold it still.

The writing itself is `halo_gateway`'s. The one thing to know: no source says whether a post of `customfields` keeps those that are left out
(H: a merge in practice, a guess), so what they held is kept until a reading shows it again; if one was emptied, all writes stop.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson

from handoff_pipeline.channels.gateway import Unfit
from handoff_pipeline.channels.halo_writes import Write
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo.envelope import whole_number
from handoff_pipeline.halo.verify import is_nothing, same

CUSTOM_FIELDS: Final = "customfields"
FOLDER: Final = "held-fields"
"""Of the home: a file for each write that is not proven yet, or that lost something. Customers' values, for the daemon's user alone."""
MEND: Final = (
    "Restore them, set write_back.custom_fields: all in handoff.yaml, then `handoff kill-switch off`; "
    "`handoff halo try-fields` shows on a test record whether that suffices."
)


class FieldsLost(HandoffError):
    """HaloPSA changed custom fields that were not written."""


def unaddressed(write: Write, row: Mapping[str, Any]) -> list[str]:
    """Names of our fields whose ids the ticket does not show."""
    shown = _elements(row)
    return [item["name"] for item in write.fields[CUSTOM_FIELDS] if not _id_of(shown.get(item["name"]))]


def addressed(write: Write, row: Mapping[str, Any], ids: Mapping[str, int], *, sends_all: bool) -> Write:
    """The write as it goes out, given the ticket as it is: our fields by id and name (H: either is said to do), others where all are sent.

    Args:
        write: Its `customfields` have names and values.
        row: The ticket as just read.
        ids: Of fields that it does not show.
        sends_all: Send every other field that holds something along, with the value that was read.

    Raises:
        Unfit: one of them shows words and no value, so it cannot be sent back.
    """
    shown = _elements(row)
    ours = [{**(_id_of(shown.get(item["name"])) or _id_of({"id": ids.get(item["name"])})), **item} for item in write.fields[CUSTOM_FIELDS]]
    others: list[dict[str, Any]] = []
    if sends_all:
        left = [item for name, item in _others(shown, write).items() if _held(item) is not None]
        if blind := sorted(str(item["name"]) for item in left if is_nothing(item.get("value"))):
            raise Unfit(
                f"Nothing was sent: {', '.join(blind)} of ticket {write.ticket_id} show words and no value, so they cannot go along.",
                "Fill our fields by hand there.",
            )
        others = [{**_id_of(item), "name": item["name"], "value": item["value"]} for item in left]
    return replace(write, fields={**write.fields, CUSTOM_FIELDS: [*ours, *others]})


def held_others(write: Write, row: Mapping[str, Any]) -> dict[str, Any]:
    """Name -> what it holds, of the ticket's fields that hold something and are not ours to write."""
    shown = {name: _held(item) for name, item in _others(_elements(row), write).items()}
    return {name: value for name, value in shown.items() if value is not None}


def changed_others(held: Mapping[str, Any], row: Mapping[str, Any], *, is_exact: bool = True) -> tuple[str, ...]:
    """Names of those that hold nothing any more; or, exactly, anything else. A switch that is off is as good as absent."""
    now = {name: _held(item) for name, item in _elements(row).items()}
    other = [name for name, value in held.items() if not same(value, now.get(name), "value")]
    return tuple(sorted(name for name in other if is_exact or now.get(name) is None))


class HeldFields:
    """What was held before each write that is not proven yet; in files, so that a run that dies leaves it to the next one."""

    def __init__(self, folder: Path | None = None, stop: Callable[[str], None] | None = None) -> None:
        """Take the folder (None: in memory alone) and what stops every further write; it is called for each loss, with the reason."""
        self._folder, self._stop = folder, stop
        self._kept: dict[str, bytes] = {}
        self.loss: str | None = None

    def keep(self, intent_id: str, write: Write, row: Mapping[str, Any]) -> None:
        """Keep what the other fields hold, before the write.

        Raises:
            HandoffError: it cannot be kept, so nothing may be written.
        """
        document = {"ticket_id": write.ticket_id, "held": held_others(write, row)}
        self._kept[intent_id] = orjson.dumps(document, option=orjson.OPT_INDENT_2)
        if self._folder is None:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path(intent_id), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(self._kept[intent_id])
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise HandoffError(
                f"What other custom fields hold cannot be kept in {self._folder}: {error.strerror}.", "Give the daemon's user that folder."
            ) from error

    def alarm(self) -> None:
        """Say aloud that something was lost, once the run has put down what it did.

        Raises:
            FieldsLost: it was.
        """
        if self.loss is not None:
            raise FieldsLost(self.loss, MEND)

    def forget(self, intent_id: str) -> None:
        """Nothing was written, or all is as it was."""
        self._kept.pop(intent_id, None)
        if self._folder is not None:
            with suppress(OSError):
                self._path(intent_id).unlink(missing_ok=True)

    def loss_of(self, intent_id: str, row: Mapping[str, Any], *, is_exact: bool, is_over: bool) -> str | None:
        """Compare the ticket with what was kept. Where something is lost, every further write is stopped, and this is the reason.

        Args:
            intent_id: Whose write it was.
            row: The ticket as it is now.
            is_exact: All fields were sent, so one that holds something else was changed by us; otherwise that is somebody else's doing.
            is_over: The write can no longer arrive, so what is as it was need not be kept.

        Raises:
            HandoffError: the writes could not be stopped, or what was kept cannot be read.
        """
        kept = self._document(intent_id)
        if kept is None:
            return None
        lost = changed_others(kept["held"], row, is_exact=is_exact)
        if not lost:
            if is_over:
                self.forget(intent_id)
            return None
        where = f"; what they held is in {self._path(intent_id)}" if self._folder is not None else ""
        self.loss = (
            f"Writing our custom fields to ticket {kept['ticket_id']} changed others: {', '.join(lost)}. "
            f"Restore these in HaloPSA, whose history of the ticket shows what they held{where}."
        )
        if self._stop is not None:
            self._stop(self.loss)
        return self.loss

    def _document(self, intent_id: str) -> Mapping[str, Any] | None:
        raw = self._kept.get(intent_id)
        if raw is None and self._folder is not None:
            try:
                raw = self._path(intent_id).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                raise HandoffError(f"{self._path(intent_id)} cannot be read: {error.strerror}.", "Give it to the daemon's user.") from error
        try:
            document: Mapping[str, Any] | None = None if raw is None else orjson.loads(raw)
        except orjson.JSONDecodeError:  # the run died while it was written, before anything was sent
            return None
        return document

    def _path(self, intent_id: str) -> Path:
        return (self._folder or Path()) / f"{intent_id}.json"


def _elements(row: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    rows = row.get(CUSTOM_FIELDS)
    return {str(item["name"]): item for item in rows if isinstance(item, dict) and item.get("name")} if isinstance(rows, list) else {}


def _others(shown: Mapping[str, Mapping[str, Any]], write: Write) -> dict[str, Mapping[str, Any]]:
    ours = {item["name"] for item in write.fields[CUSTOM_FIELDS]}
    return {name: item for name, item in shown.items() if name not in ours}


def _held(item: Mapping[str, Any]) -> Any:
    """What a field holds: its value, or its words where it shows no value; None for nothing."""
    return next((form for form in (item.get("value"), item.get("display")) if not is_nothing(form)), None)


def _id_of(item: Mapping[str, Any] | None) -> dict[str, int]:
    number = None if item is None else whole_number(item.get("id"))
    return {} if number is None or number <= 0 else {"id": number}
