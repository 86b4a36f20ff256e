"""Does a record hold what was sent? Compares the fields that were set, and no other, in the forms in which HaloPSA gives them back.

Pure functions. The one thing to know: HaloPSA answers 201 to a field that it ignores (H: a ticket's `milestone_id`, TopLeft), so success is
what a reading shows. Numbers come back as text or decimals, moments without a zone, empty values not at all, notes as HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    # H: the names differ between GET and the POST's reply (TopLeft, ticket/sync.py).
    "last_update": ("lastupdate",),
    "category_1": ("category1",),
    "ticket_tags": ("tickettags",),
    "note": ("note_html",),
    "note_html": ("note",),
    "details": ("details_html",),
    "details_html": ("details",),
}
PROSE: Final = frozenset({"note", "note_html", "details", "details_html", "closure_note"})
SWITCHES: Final = frozenset({"dont_do_rules", "donotapplytemplateintheapi", "sendemail", "send_survey", "sendsms", "dont_update_fault"})
"""Of the call, not of the record. So is every name that begins with `_`, and `new_...` of an action acts on its ticket."""
_DAY_ONLY: Final = frozenset({"startdate", "targetdate"})
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?")
_TAG = re.compile(r"<[^<>]*>")  # ends at the next "<", so that a megabyte of them takes no hour
_SENTINEL_YEAR = 1980
_LEAST = Decimal("0.000001")


def is_comparable(name: str) -> bool:
    """Whether a reading of the record shows the field."""
    return not (name.startswith(("_", "new_")) or name in SWITCHES)


def not_taken(sent: Mapping[str, Any], read: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the fields that do not hold what was sent, in the order sent; custom fields as `customfields.<name or id>`."""
    lost: list[str] = []
    for name, value in sent.items():
        if not is_comparable(name):
            continue
        if name == "customfields" and isinstance(value, list):
            lost += _custom_not_taken(value, read.get(name))
        elif not any(same(value, read.get(other), name) for other in (name, *ALIASES.get(name, ()))):
            lost.append(name)
    return tuple(lost)


def _custom_not_taken(sent: list[Any], read: Any) -> list[str]:
    """Custom fields by id or by name: `{id, value}` is enough on a write."""
    rows = [row for row in read if isinstance(row, dict)] if isinstance(read, list) else []
    lost = []
    for item in sent:
        by = "id" if item.get("id") else "name"
        held = next((row for row in rows if same(item.get(by), row.get(by), by)), {})
        if not any(same(item.get("value"), held.get(form), "value") for form in ("value", "display")):
            lost.append(f"customfields.{item.get('name') or item.get('id')}")
    return lost


def same(sent: Any, read: Any, name: str) -> bool:
    """Whether two values are the same one for HaloPSA. A switch that is off is as good as absent."""
    if is_nothing(sent) or is_nothing(read):
        return all(value is False or is_nothing(value) for value in (sent, read))
    if isinstance(sent, Mapping):
        return isinstance(read, Mapping) and all(same(value, read.get(part), part) for part, value in sent.items())
    if isinstance(sent, list) or isinstance(read, list):
        return _same_lists(sent, read, name)
    return _same_values(sent, read, name)


def _same_values(sent: Any, read: Any, name: str) -> bool:
    """Two plain values: switches, numbers, moments, else words."""
    if isinstance(sent, bool) or isinstance(read, bool):
        return _truth(sent) == _truth(read)
    number, other = _number(sent), _number(read)
    if number is not None and other is not None:
        return abs(number - other) <= _LEAST
    moment, another = _moment(sent), _moment(read)
    if moment is not None and another is not None:
        return _same_moments(moment, another, name)
    return not _words(sent, name).isdisjoint(_words(read, name))


def holds_words(text: str, words: str) -> bool:
    """Whether prose holds the words, tags and blanks aside."""
    return any(part in whole for part in _words(words, "note") for whole in _words(text, "note"))


def is_nothing(value: Any) -> bool:
    """Absent, null, empty, or a date that stands for none (H: 1899-12-30, 1900-01-01, any year to 1980)."""
    if value is None or (isinstance(value, str | list) and not value):
        return True
    moment = _moment(value)
    return moment is not None and moment.year <= _SENTINEL_YEAR


def _same_lists(sent: Any, read: Any, name: str) -> bool:
    """Every element that was sent is there, in any order; a multi-select may come back as text with commas."""
    have = [part.strip() for part in read.split(",")] if isinstance(read, str) else read if isinstance(read, list) else [read]
    want = [part.strip() for part in sent.split(",")] if isinstance(sent, str) else sent if isinstance(sent, list) else [sent]
    if not any(isinstance(item, Mapping) for item in want) and len(want) != len(have):
        return False
    return all(any(same(item, other, name) for other in have) for item in want)


def _same_moments(sent: datetime, read: datetime, name: str) -> bool:
    """Dates that HaloPSA stores as moments are compared by their day, all others to the second."""
    if name in _DAY_ONLY:
        return sent.date() == read.date()
    return sent.replace(microsecond=0) == read.replace(microsecond=0)


def _moment(value: Any) -> datetime | None:
    """A moment in zone-less UTC; None for what is none."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value.strip()):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _number(value: Any) -> Decimal | None:
    """A number from 12, 12.0 or "12.0"; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _truth(value: Any) -> bool | None:
    """True and false in HaloPSA's forms; None for anything else."""
    return {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}.get(str(value).strip().lower())


def _words(value: Any, name: str) -> frozenset[str]:
    """Text as a reader sees it, line ends and blanks evened out: as it stands, and of prose also as HTML; nobody says which it is."""
    text = str(value).replace("\0", "")
    forms = (text, html.unescape(_TAG.sub(" ", text))) if name in PROSE else (text,)
    return frozenset(" ".join(form.split()) for form in forms)
