"""Which custom field holds which meaning: by what it is called, whether its type can hold it, and how often won deals fill it.

The one thing to know: one field serves one meaning, and the closest pair of name and meaning is taken first; the share of filled records
decides between names that are equally close.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from handoff_pipeline.governance.drafting.evidence import (
    Choice,
    Option,
    custom_names,
    custom_values,
    folded_field,
    number_of,
    share,
    text_of,
)
from handoff_pipeline.governance.drafting.meanings import MEANINGS, TYPE_NAMES, Kind, Meaning
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import Discovery

CLOSE_ENOUGH: Final = 0.7
WORTH_NAMING: Final = 0.5
SAME_WORD: Final = 0.8
FILL_WEIGHT: Final = 0.1
"""A field that everybody fills wins over one with a name that is a tenth closer, not over a much better name."""
_STOP: Final = frozenset({"the", "of", "on", "a", "an", "for", "and", "to", "is", "cf"})
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def field_choices(found: Discovery, records: Mapping[Kind, Sequence[Row]]) -> dict[str, Choice]:
    """Key of the policy -> custom field.

    Args:
        found: the tenant.
        records: kind -> the records on which the field should be filled (won deals, projects, change requests).
    """
    fields = [row for row in found.rows("field_info") if text_of(row, "name")]
    filled = {kind: [custom_values(row) for row in rows] for kind, rows in records.items()}
    present = {kind: custom_names(rows) for kind, rows in records.items()}
    scored = sorted(
        (
            (_closeness(row, meaning), _filled(row, filled[meaning.kind]), meaning, row)
            for meaning in MEANINGS
            for row in fields
            if _can_hold(row, meaning) and _may_sit(row, present[meaning.kind])
        ),
        key=lambda pair: (-(pair[0] + FILL_WEIGHT * share(pair[1], len(filled[pair[2].kind]))), pair[2].key, text_of(pair[3], "name")),
    )
    taken: dict[str, Row] = {}
    used: set[str] = set()
    for closeness, _, meaning, row in scored:
        if closeness >= CLOSE_ENOUGH and meaning.key not in taken and text_of(row, "name") not in used:
            taken[meaning.key] = row
            used.add(text_of(row, "name"))
    return {meaning.key: _choice(meaning, taken.get(meaning.key), scored, used, len(filled[meaning.kind])) for meaning in MEANINGS}


def _choice(meaning: Meaning, row: Row | None, scored: Sequence[tuple[float, int, Meaning, Row]], used: set[str], records: int) -> Choice:
    """The field that was taken, and others of a fitting type whose names are somewhat close."""
    options = {
        text_of(one, "name"): Option(text_of(one, "name"), _why(one, count, records, meaning.kind))
        for closeness, count, of, one in scored
        if of is meaning and (one is row or (closeness >= WORTH_NAMING and text_of(one, "name") not in used))
    }
    chosen = (options.pop(text_of(row, "name")),) if row is not None else ()
    how = "by its name, its type and how often it is filled" if chosen else f"no {meaning.wants} field of the tenant is called so"
    return Choice(chosen, is_known=False, how=how, others=tuple(options.values())[:3])


def _why(row: Row, count: int, records: int, kind: Kind) -> str:
    number = number_of(row, "type")
    named = {"opportunity": "won deals", "project": "projects", "change_request": "change requests"}[kind]
    label = text_of(row, "label")
    shown = f' "{label}"' if label else ""
    made = TYPE_NAMES.get(number or 0, f"type {number}")
    return f"field {number_of(row, 'id')}{shown}, {made}, filled on {count} of {records} sampled {named}"


def _can_hold(row: Row, meaning: Meaning) -> bool:
    """A type that nobody has documented is given the benefit of the doubt."""
    number = number_of(row, "type")
    return number not in TYPE_NAMES or number in meaning.types


def _may_sit(row: Row, present: set[str]) -> bool:
    """On the records that carry any custom field at all, the field must be one of them."""
    return not present or folded_field(text_of(row, "name")) in present


def _filled(row: Row, values: Sequence[Mapping[str, Any]]) -> int:
    return sum(folded_field(text_of(row, "name")) in one for one in values)


def _closeness(row: Row, meaning: Meaning) -> float:
    """0 to 1: how alike the field's name or label and any of the meaning's names are, word by word."""
    names = [words for name in (text_of(row, "name"), text_of(row, "label")) if (words := words_of(name))]
    return max((alike(name, words_of(called)) for name in names for called in (*meaning.called, meaning.label)), default=0.0)


def words_of(name: str) -> tuple[str, ...]:
    """The words of "CFKickOffDate" or "Kick-off (date)": without CF, case, punctuation and small words; kick off is one word."""
    joined = " ".join(word.casefold() for word in _WORD.findall(re.sub(r"^CF(?=[A-Z0-9_])", "", name.strip())))
    joined = (
        joined.replace("kick off", "kickoff")
        .replace("sign off", "signoff")
        .replace("statement work", "sow")
        .replace("statement of work", "sow")
    )
    return tuple(word for word in joined.split() if word not in _STOP)


def alike(left: Sequence[str], right: Sequence[str]) -> float:
    """The share of words that both have; two words are the same when they are nearly so."""
    if not left or not right:
        return 0.0
    rest = list(right)
    both = 0
    for word in left:
        match = next((other for other in rest if other == word or SequenceMatcher(None, word, other).ratio() >= SAME_WORD), None)
        if match is not None:
            rest.remove(match)
            both += 1
    return 2 * both / (len(left) + len(right))
