"""The kinds of rule: what is looked at for an item of the checklist, and what it is worth. Items and scores are in `checklist`.

Everything is judged as known on the night asked about. The one thing to know: quality None means that nobody looked (see `papers`),
which is not the same as missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from handoff_pipeline.simulator.truth import Deal, Timeline
from tests.oracle.found import Found, Rule, half
from tests.oracle.keys import money
from tests.oracle.observation import Seen, field
from tests.oracle.papers import attachment, signed_quote
from tests.oracle.rules import bare
from tests.oracle.sold import sold_of
from tests.oracle.wins import win_of

TAG = re.compile(r"<[^<>]*>")
ENTITY = re.compile(r"&(#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
COPIED_WORDS = 5


def find(seen: Seen, deal: Deal, rule: Rule) -> Found:
    """What a rule finds on the last night."""
    if rule["kind"] in {"any_of", "all_of"}:
        return _several(rule["kind"], [find(seen, deal, part) for part in rule["rules"]])
    return KINDS[rule["kind"]](seen, deal, rule)


def web_host(text: str | None) -> str | None:
    """The host of an http(s) address: with a dot in it and no blank; None for anything else."""
    try:
        parts = urlsplit((text or "").strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "." not in host or re.search(r"\s", parts.netloc):
        return None
    return host


def is_link(text: str | None) -> bool:
    """Whether a text is a web address."""
    return web_host(text) is not None


def plain(text: str) -> str:
    """A text without HTML tags and entities, with its spaces folded."""
    return " ".join(ENTITY.sub(" ", TAG.sub(" ", text)).split())


def words(text: str) -> int:
    """Words of a text: runs with a letter or a digit in them."""
    return sum(1 for word in plain(text).split() if any(sign.isalnum() for sign in word))


@lru_cache(maxsize=10_000)
def same_words(text: str) -> str:
    """What two copies have in common: letters, marks and digits in lower case."""
    return "".join(sign for sign in plain(text).lower() if unicodedata.category(sign)[0] in "LMN")


def _several(kind: str, parts: list[Found]) -> Found:
    known = [part.quality for part in parts if part.quality is not None]
    decisive, pick = (1.0, max) if kind == "any_of" else (0.0, min)
    evidence = [part.evidence for part in parts if part.evidence]
    link = next((part.link for part in parts if part.link), None)
    if decisive not in known and len(known) < len(parts):
        return Found(None, None)
    return Found(pick(known), "\n".join(evidence) or None, link)


def _value(seen: Seen, deal: Deal, name: str) -> Any:
    timeline: Timeline[Any] = getattr(deal, name)
    return field(timeline, seen.as_of)


def _text_of(seen: Seen, deal: Deal, name: str) -> str | None:
    value = _value(seen, deal, name)
    return None if value is None else value if isinstance(value, str) else str(value)


def _is_placeholder(seen: Seen, text: str) -> bool:
    return bare(plain(text)) in {"", *seen.policy.placeholders}


def _all_fields(seen: Seen, deal: Deal, rule: Rule) -> Found:
    link, day = _text_of(seen, deal, rule["link"]), _text_of(seen, deal, rule["date"])
    evidence = None if link is None and day is None else f"{link or ''}|{day or ''}"
    return Found((is_link(link) + (day is not None)) / 2, evidence, link if is_link(link) else None)


def _text(seen: Seen, deal: Deal, rule: Rule) -> Found:
    text, copied = _text_of(seen, deal, rule["field"]), rule.get("copied", "allow")
    if text is None or _is_placeholder(seen, text):
        return Found(0.0, text)
    is_copy = copied != "allow" and is_copied(seen, deal, rule["field"], rule.get("copied_minimum_words", COPIED_WORDS))
    if is_copy and copied == "refuse":
        return Found(0.0, text)
    return Found(0.5 if is_copy or words(text) < rule["minimum_words"] else 1.0, text)


def is_copied(seen: Seen, deal: Deal, name: str, minimum: int) -> bool:
    """Whether the same words stood in a handoff that was won before, on or before the night since which they have stood here."""
    text = _text_of(seen, deal, name)
    if text is None or words(text) < minimum:
        return False
    mine, since = same_words(text), seen.as_of
    for night in reversed([each for each in seen.nights if win_of(seen.by(each), deal) is not None]):
        then = _text_of(seen.by(night), deal, name)
        if then is None or same_words(then) != mine:
            break
        since = night
    return any(_stood_in(seen, other, name, mine, since) for other in seen.deals if _is_earlier(seen, other, deal))


def _is_earlier(seen: Seen, other: Deal, deal: Deal) -> bool:
    theirs, own = win_of(seen, other), win_of(seen, deal)
    return theirs is not None and own is not None and (theirs.first_at, other.deal_id) < (own.first_at, deal.deal_id)


def _stood_in(seen: Seen, other: Deal, name: str, mine: str, until: date) -> bool:
    texts = [_text_of(seen.by(night), other, name) for night in seen.nights if night <= until and win_of(seen.by(night), other) is not None]
    return any(text is not None and same_words(text) == mine for text in texts)


def _margin_floor(seen: Seen, deal: Deal, rule: Rule) -> Found:
    sold = sold_of(seen, deal).margin_pct if win_of(seen, deal) else None
    if sold is None:
        return Found(0.0, None)
    floor, within = seen.policy.margin_floor(deal.deal_type), Decimal(str(rule.get("half_within_pp") or 0))
    return Found(1.0 if sold >= floor else 0.5 if within and sold >= floor - within else 0.0, f"{money(sold):.4f}")


def _present(seen: Seen, deal: Deal, rule: Rule) -> Found:
    text = _text_of(seen, deal, rule["field"])
    if text is None or not plain(text):
        return Found(0.0, text)
    return Found(half(rule, "placeholder") if _is_placeholder(seen, text) else 1.0, text)


def _link(seen: Seen, deal: Deal, rule: Rule) -> Found:
    text = _text_of(seen, deal, rule["field"])
    host = web_host(text)
    if host is None:
        return Found(0.0, text)
    wanted = [each.casefold().rstrip(".") for each in rule.get("hosts") or ()]
    is_listed = not wanted or _is_on(text or "", host.casefold().rstrip("."), wanted)
    return Found(1.0 if is_listed else half(rule, "other_host"), text, text)


def _is_on(text: str, host: str, wanted: list[str]) -> bool:
    """Whether the address is on one of the hosts; one that could be read in two ways is on none."""
    netloc = urlsplit(text.strip()).netloc
    return "@" not in netloc and "\\" not in netloc and any(host == each or host.endswith(f".{each}") for each in wanted)


def _date_order(seen: Seen, deal: Deal, rule: Rule) -> Found:
    win = win_of(seen, deal)
    earlier, later = (
        (win.day if win else None) if rule[end] == "won_day" else _value(seen, deal, rule[end]) for end in ("earlier", "later")
    )
    evidence = None if earlier is None and later is None else f"{earlier or ''}|{later or ''}"
    if earlier is None or later is None:
        return Found(half(rule, "date_missing"), evidence)
    return Found(1.0 if earlier <= later + timedelta(days=rule.get("days", 0)) else half(rule, "wrong_order"), evidence)


def _number(seen: Seen, deal: Deal, rule: Rule) -> Found:
    text = _text_of(seen, deal, rule["field"])
    number = _as_number(plain(text or ""))
    if number is None:
        return Found(0.0, text)
    if _is_within(number, rule.get("at_least"), rule.get("at_most")):
        return Found(1.0, text)
    low, high = (rule.get(f"half_{end}", rule.get(end)) for end in ("at_least", "at_most"))
    has_half = rule.get("half_at_least") is not None or rule.get("half_at_most") is not None
    return Found(0.5 if has_half and _is_within(number, low, high) else 0.0, text)


def _as_number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def _is_within(number: Decimal, low: Any, high: Any) -> bool:
    return (low is None or number >= Decimal(str(low))) and (high is None or number <= Decimal(str(high)))


KINDS: dict[str, Callable[[Seen, Deal, Rule], Found]] = {
    "all_fields": _all_fields,
    "text": _text,
    "margin_floor": _margin_floor,
    "present": _present,
    "link": _link,
    "attachment": attachment,
    "signed_quote": signed_quote,
    "date_order": _date_order,
    "number": _number,
}
