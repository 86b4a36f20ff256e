"""The checklist: the evidence of an item on a night, its quality, and the score of a handoff.

Everything is judged as known on the night asked about. When a missing item becomes a gap is in `gaps`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from handoff_pipeline.simulator.truth import Deal, Timeline
from tests.oracle.keys import money, sha256
from tests.oracle.observation import Seen, field
from tests.oracle.sold import sold_of
from tests.oracle.wins import win_of

RESULTS = {1.0: "met", 0.5: "partial", 0.0: "missing"}
TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Judgement:
    """An item judged on a night: its quality and the evidence text (None where there is none)."""

    quality: float
    evidence: str | None
    link: str | None = None

    @property
    def result(self) -> str:
        """met, partial or missing."""
        return RESULTS[self.quality]

    @property
    def hash(self) -> str | None:
        """SHA-256 of the evidence."""
        return None if self.evidence is None else sha256(self.evidence)


def judge(seen: Seen, deal: Deal, item: Mapping[str, Any]) -> Judgement:
    """The item's quality on the last night."""
    rule = item["rule"]
    if rule["kind"] == "all_fields":
        return _all_fields(_field(seen, deal, rule["link"]), _field(seen, deal, rule["date"]))
    if rule["kind"] == "text":
        return _text(seen, _field(seen, deal, rule["field"]), rule["minimum_words"])
    return _margin_floor(seen, deal)


def standing_since(seen: Seen, deal: Deal, item: Mapping[str, Any]) -> datetime:
    """The night since which the evidence of the last night stands; nights before the first that saw the deal won do not count."""
    held = judge(seen, deal, item).evidence
    since = seen.as_of
    for night in reversed(seen.nights):
        if win_of(seen.by(night), deal) is None or judge(seen.by(night), deal, item).evidence != held:
            break
        since = night
    return since


def score(seen: Seen, deal: Deal) -> float:
    """The score on the last night: weighted quality, capped while a hard item is below 1."""
    judged = [(float(item["weight"]), bool(item["hard"]), judge(seen, deal, item).quality) for item in seen.rules.items]
    result = sum(weight * quality for weight, _, quality in judged) / sum(weight for weight, _, _ in judged) * 100
    if any(is_hard and quality < 1 for _, is_hard, quality in judged):
        return min(result, float(seen.rules.raw["checklist"]["hard_cap"]))
    return result


def is_complete(seen: Seen, deal: Deal) -> bool:
    """Whether every item is met."""
    return all(judge(seen, deal, item).quality == 1 for item in seen.rules.items)


def assumptions_recorded(seen: Seen, deal: Deal) -> int:
    """Non-empty lines of the delivery assumptions."""
    return sum(1 for line in (field(deal.delivery_assumptions, seen.as_of) or "").splitlines() if line.strip())


def is_link(text: str | None) -> bool:
    """Whether a text is an http(s) address with a host."""
    try:
        parts = urlsplit((text or "").strip())
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and not re.search(r"\s", parts.netloc)


def words(text: str) -> int:
    """Words of a text: tags, and signs that stand alone, are none."""
    return sum(1 for word in plain(text).split() if any(sign.isalnum() for sign in word))


def plain(text: str) -> str:
    """A text without HTML tags, with its spaces folded."""
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def _field(seen: Seen, deal: Deal, name: str) -> str | None:
    timeline: Timeline[Any] = getattr(deal, name)
    value = field(timeline, seen.as_of)
    return None if value is None else value if isinstance(value, str) else value.isoformat()


def _all_fields(link: str | None, day: str | None) -> Judgement:
    quality = (is_link(link) + (day is not None)) / 2
    evidence = None if link is None and day is None else f"{link or ''}|{day or ''}"
    return Judgement(quality, evidence, link if is_link(link) else None)


def _text(seen: Seen, text: str | None, minimum: int) -> Judgement:
    bare = plain(text or "")
    if bare.casefold().strip(" .!:;") in {"", *seen.rules.placeholders}:
        return Judgement(0.0, text)
    return Judgement(0.5 if words(bare) < minimum else 1.0, text)


def _margin_floor(seen: Seen, deal: Deal) -> Judgement:
    sold = sold_of(seen, deal).margin_pct if win_of(seen, deal) else None
    if sold is None:
        return Judgement(0.0, None)
    return Judgement(1.0 if sold >= seen.rules.margin_floor(deal.deal_type) else 0.0, f"{money(sold):.4f}")
