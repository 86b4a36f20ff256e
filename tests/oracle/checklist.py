"""The checklist: an item judged on a night, since when it has stood so, and the score of a handoff. Kinds of rule are in `evidence`.

Everything is judged as known on the night asked about, by the policy in force on that night. When a missing item becomes a gap is
in `gaps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff_pipeline.simulator.truth import Deal
from tests.oracle.evidence import find
from tests.oracle.exceptions import is_waived
from tests.oracle.found import Found
from tests.oracle.keys import sha256
from tests.oracle.observation import Seen, field
from tests.oracle.wins import win_of

Item = Mapping[str, Any]
RESULTS = {1.0: "met", 0.5: "partial", 0.0: "missing", None: "not_applicable"}


@dataclass(frozen=True)
class Judgement:
    """An item judged on a night: its quality (None: it does not apply) and the evidence text (None where there is none)."""

    quality: float | None
    evidence: str | None
    link: str | None = None

    @property
    def result(self) -> str:
        """met, partial, missing or not_applicable."""
        return RESULTS[self.quality]

    @property
    def is_lacking(self) -> bool:
        """Whether it applies and is not met."""
        return self.quality is not None and self.quality < 1

    @property
    def hash(self) -> str | None:
        """SHA-256 of the evidence."""
        return None if self.evidence is None else sha256(self.evidence)


def judge(seen: Seen, deal: Deal, item: Item) -> Judgement:
    """The item's quality on the last night."""
    asked = ("judgement", deal.deal_id, item["id"])
    if asked not in seen.remembered:
        found = find(seen, deal, item["rule"]) if applies(deal, item) else Found(None, None)
        seen.remembered[asked] = Judgement(found.quality, found.evidence or None, found.link)
    judged: Judgement = seen.remembered[asked]
    return judged


def applies(deal: Deal, item: Item) -> bool:
    """Whether the item is for a deal of this type and template."""
    wanted, left_out = item.get("applies_to") or {}, item.get("except_for") or {}
    own = {"deal_types": deal.deal_type, "service_templates": deal.service_template}
    is_wanted = all(not wanted.get(kind) or _is_in(name, wanted[kind]) for kind, name in own.items())
    return is_wanted and not any(_is_in(name, left_out.get(kind) or ()) for kind, name in own.items())


def item_of(seen: Seen, item_id: str) -> Item | None:
    """The item of that id in the policy in force on the last night; None where it has none."""
    return next((item for item in seen.policy.items if item["id"] == item_id), None)


def standing_since(seen: Seen, deal: Deal, item: Item) -> datetime:
    """The night since which the item has stood like this; nights before the first that saw the deal won do not count."""
    held = judge(seen, deal, item)
    since = seen.as_of
    for night in reversed(seen.nights):
        then = seen.by(night)
        before = item_of(then, item["id"])
        if win_of(then, deal) is None or before is None:
            break
        judged = judge(then, deal, before)
        if (judged.quality, judged.evidence) != (held.quality, held.evidence):
            break
        since = night
    return since


def score(seen: Seen, deal: Deal) -> float | None:
    """The score on the last night: weighted quality, capped while a hard item is below 1 and not waived; None where nothing applies."""
    judged = [(item, judge(seen, deal, item)) for item in seen.policy.items]
    known = [(item, each.quality) for item, each in judged if each.quality is not None]
    if not known:
        return None
    result = sum(float(item["weight"]) * quality for item, quality in known) / sum(float(item["weight"]) for item, _ in known) * 100
    lacking = [item for item, quality in known if item["hard"] and quality < 1]
    return min([result, *(_cap(seen, item) for item in lacking if not is_waived(seen, deal.deal_id, item["id"]))])


def is_complete(seen: Seen, deal: Deal) -> bool:
    """Whether every item that applies is met."""
    return not any(judge(seen, deal, item).is_lacking for item in seen.policy.items)


def hard_lacked(seen: Seen, deal: Deal) -> list[str]:
    """The hard items that are below 1 and not waived."""
    lacking = (item["id"] for item in seen.policy.items if item["hard"] and judge(seen, deal, item).is_lacking)
    return [item_id for item_id in lacking if not is_waived(seen, deal.deal_id, item_id)]


def assumptions_recorded(seen: Seen, deal: Deal) -> int:
    """Non-empty lines of the delivery assumptions."""
    return sum(1 for line in (field(deal.delivery_assumptions, seen.as_of) or "").splitlines() if line.strip())


def _cap(seen: Seen, item: Item) -> float:
    return seen.policy.hard_cap if item.get("cap") is None else float(item["cap"])


def _is_in(name: str | None, names: Any) -> bool:
    return name is not None and name.strip().casefold() in {each.strip().casefold() for each in names}
