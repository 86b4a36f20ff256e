"""What a rule of the checklist found: the one shape that all kinds of rule give. No kind is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What a rule found: its quality (None: not observed), the evidence as text, and an address to show."""

    quality: float | None
    evidence: str | None
    link: str | None = None


def half(rule: Rule, case: str) -> float:
    """What a rule gives for a case that it may take for half."""
    return 0.5 if case in (rule.get("half_when") or ()) else 0.0
