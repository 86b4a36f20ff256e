"""The policy as the oracle reads it: the plain dictionary of handoff.yaml, with the names that the figures need.

Nothing is validated here (a policy that cannot be used is the product's own subject); a missing key is a KeyError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Rules:
    """A view of the policy; `raw` is what `yaml.safe_load` gave."""

    raw: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The policy's version, as text."""
        return str(self.raw["version"])

    @property
    def base_currency(self) -> str:
        """Currency of every `_base` amount."""
        return str(self.raw["tenant"]["base_currency"])

    @property
    def go_live(self) -> date:
        """Deals won before this local day are historic."""
        return _day(self.raw["tenant"]["go_live"])

    @property
    def kickoff_types(self) -> frozenset[str]:
        """Names of the appointments that are kickoffs."""
        return frozenset(self.raw["kickoff"]["appointment_types"])

    @property
    def kickoff_milestones(self) -> frozenset[str]:
        """Names of the milestones that are kickoffs."""
        return frozenset(self.raw["kickoff"].get("milestones") or [])

    @property
    def kickoff_target_days(self) -> int:
        """Within how many days of the win a kickoff is asked for."""
        return int(self.raw["kickoff"]["target_days"])

    @property
    def targets(self) -> list[Mapping[str, Any]]:
        """The targets that the policy writes itself, in its order."""
        return list(self.raw.get("targets") or [])

    @property
    def has_playbook_targets(self) -> bool:
        """Whether the playbook's targets are made from baselines."""
        return bool(self.raw.get("playbook_targets", True))

    @property
    def labour_items(self) -> frozenset[int]:
        """Item ids that are labour by the hour."""
        return frozenset(self.raw["quotation"]["labour_items"])

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """The checklist's items in the policy's order."""
        return list(self.raw["checklist"]["items"])

    @property
    def hard_cap(self) -> float:
        """The cap of the score where a hard item names none of its own."""
        return float(self.raw["checklist"]["hard_cap"])

    @property
    def in_force_from(self) -> date | None:
        """The local day from which the policy is in force, where it names one."""
        named = self.raw.get("in_force_from")
        return None if named is None else _day(named)

    @property
    def pilot(self) -> Mapping[str, Any]:
        """The lists of the pilot's cohort, where the policy has them."""
        return (self.raw.get("rollout") or {}).get("pilot") or {}

    @property
    def remediation(self) -> Mapping[str, Any]:
        """Owners, stand-ins and deadlines of gaps, where the policy has them."""
        return self.raw.get("remediation") or {}

    @property
    def placeholders(self) -> frozenset[str]:
        """Texts that stand for nothing, case aside."""
        return frozenset(bare(str(text)) for text in self.raw["checklist"].get("placeholders") or ())

    def is_delivery(self, name: str, team: str) -> bool:
        """Whether an agent holds the delivery role, by team or by name."""
        signoff = self.raw["signoff"]
        return team in signoff["delivery_teams"] or name in (signoff.get("delivery_agents") or [])

    def margin_floor(self, deal_type: str | None) -> Decimal:
        """The floor in per cent for a deal type; the default where the type has none of its own."""
        floors = self.raw["margin_floors"]
        own = (floors.get("by_deal_type") or {}).get(deal_type)
        return Decimal(str(floors["default_pct"] if own is None else own))

    def origin(self, shown: str) -> str:
        """A change's origin from the text that its field shows; anything the policy does not name is unknown."""
        return str(self.raw["change_request"]["origins"].get(shown, "unknown"))

    def rate(self, currency: str, day: date) -> Decimal | None:
        """Base currency for one unit: 1 for the base, else the latest rate dated on or before `day`, None where there is none."""
        if currency == self.base_currency:
            return Decimal(1)
        dated = (self.raw.get("exchange_rates") or {}).get(currency) or {}
        known = [(since, rate) for since, rate in ((_day(at), Decimal(str(rate))) for at, rate in dated.items()) if since <= day]
        return max(known)[1] if known else None

    def metric_owner(self, metric: str) -> str:
        """Who answers for a metric."""
        owners = self.raw["metric_owners"]
        return str(owners.get(metric, owners["default"]))


def bare(text: str) -> str:
    """A text without case, runs of blanks, and points and the like at its ends: what placeholders are told by."""
    return " ".join(text.split()).casefold().strip(" .!:;")


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
