r"""The grammar of answers, all of it; case aside, blanks count once, nothing but the first line that is not blank is read.

    answer  = ack | snooze | appeal
    ack     = ACK [ items ] [ rest ]
    snooze  = SNOOZE [ items ] [ "until" ] YYYY-MM-DD reason
    appeal  = "FALSE POSITIVE" [ item ] reason
    items   = item { "," item }          an item's id or title; without any, all gaps that are open

The three words are the policy's; after a word comes a blank, one of . , : ; ! - or the line's end, so that ACKNOWLEDGED is no ACK. An
appeal names its item unless just one gap is open. What follows from an answer is `acknowledging`'s. The one thing to know: text is hostile;
a line that is longer than LONGEST, or that no form fits, is no answer, and a reason is kept as plain text on one line.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from handoff_pipeline.governance.remediation_rows import GapRow
from handoff_pipeline.policy import Policy

LONGEST: Final = 500
_LOOKED_AT: Final = 20_000
_BREAK = re.compile(r"(?i)<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>")
_TAG = re.compile(r"<[^<>]*>")
_DAY = re.compile(r"(?:until\s+)?(\d{4}-\d{2}-\d{2})(?=[\s.,:;!-]|$)", re.IGNORECASE)
_STOPS: Final = " .,:;!-"
_EMPTY: Final = frozenset({"", "0", "false", "no", "none", "null", "n/a", "-"})

Kind = Literal["acknowledge", "snooze", "appeal"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the gaps that it is about, a snooze's last day, the reason; or `trouble`, what keeps it from being one."""

    kind: Kind
    gaps: tuple[GapRow, ...] = ()
    day: date | None = None
    reason: str = ""
    trouble: str | None = None


@dataclass(frozen=True)
class Words:
    """The policy's words. None switches a form off."""

    acknowledge: str | None
    snooze: str | None
    appeal: str | None

    def appeal_in(self, rest: str, gaps: Sequence[GapRow]) -> Answer:
        """The appeal that stands behind its word, or in its field."""
        named, reason = _items_in(rest, gaps)
        if not named and len(gaps) == 1:
            named = tuple(gaps)
        if len(named) != 1:
            known = ", ".join(gap.item for gap in gaps)
            return Answer("appeal", trouble=f"An appeal is about one item; name one of: {known}.")
        return Answer("appeal", named, reason=reason) if _says(reason) else Answer("appeal", trouble="An appeal needs a reason.")


def words_of(policy: Policy) -> Words:
    """The words of a policy."""
    answers = policy.remediation
    return Words(answers.acknowledge.note_word, answers.snooze.note_word, answers.appeal.note_word)


def first_line(text: str) -> str:
    """The first line of a note that is not blank, as plain text: no tags, no control or invisible signs, blanks once; empty if too long."""
    plain = html.unescape(_TAG.sub("", _BREAK.sub("\n", text[:_LOOKED_AT])))
    for line in plain.splitlines():
        shown = "".join(" " if unicodedata.category(sign) in {"Cc", "Zs"} else sign for sign in line)
        clean = " ".join("".join(sign for sign in shown if unicodedata.category(sign) not in {"Cf", "Cs", "Co", "Cn"}).split())
        if clean:
            return clean if len(clean) <= LONGEST else ""
    return ""


def is_filled(value: str) -> bool:
    """Whether a field or status says anything: neither empty nor one of the words for no."""
    return value.strip().casefold() not in _EMPTY


def read_answer(line: str, gaps: Sequence[GapRow], words: Words) -> Answer | None:
    """The answer that a line gives about some open gaps; None where the line is none."""
    for kind, word in (("acknowledge", words.acknowledge), ("snooze", words.snooze), ("appeal", words.appeal)):
        rest = _after(word, line) if word is not None else None
        if rest is None:
            continue
        if kind == "appeal":
            return words.appeal_in(rest, gaps)
        return _seen(rest, gaps) if kind == "acknowledge" else _later(rest, gaps)
    return None


def _seen(rest: str, gaps: Sequence[GapRow]) -> Answer:
    named, _ = _items_in(rest, gaps)
    return Answer("acknowledge", named or tuple(gaps))


def _later(rest: str, gaps: Sequence[GapRow]) -> Answer:
    named, said = _items_in(rest, gaps)
    found = _DAY.match(said)
    if found is None:
        return Answer("snooze", trouble="A snooze needs its last day, as YYYY-MM-DD, right after the word or the item.")
    try:
        day = date.fromisoformat(found.group(1))
    except ValueError:
        return Answer("snooze", trouble="The day of a snooze is none of the calendar.")
    reason = said[found.end() :].strip(_STOPS)
    return Answer("snooze", named or tuple(gaps), day, reason) if _says(reason) else Answer("snooze", trouble="A snooze needs a reason.")


def _items_in(text: str, gaps: Sequence[GapRow]) -> tuple[tuple[GapRow, ...], str]:
    """The gaps whose items a text begins with, and the rest. Of two names that fit the longer one counts."""
    names = sorted(((name, gap) for gap in gaps for name in (gap.item, gap.title)), key=lambda pair: (-len(pair[0]), pair[1].gap_id))
    found: list[GapRow] = []
    rest = text.lstrip(_STOPS)
    while True:
        hit = next(((gap, after) for name, gap in names if (after := _after(name, rest)) is not None), None)
        if hit is None:
            return tuple(found), rest
        found += [] if hit[0] in found else [hit[0]]
        rest = hit[1].lstrip(_STOPS)


def _after(word: str, line: str) -> str | None:
    """What follows a word at the line's begin; None where the line does not begin with it, or the word goes on."""
    found = re.match(rf"{re.escape(word)}(?=[{re.escape(_STOPS)}]|$)", line, re.IGNORECASE)
    return None if found is None else line[found.end() :].strip(" ").lstrip(_STOPS)


def _says(reason: str) -> bool:
    return sum(sign.isalnum() for sign in reason) >= 3
