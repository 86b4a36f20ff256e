"""The registers of handoff.yaml: the controls that are kept in place and the risks that they treat. Plain records, no rules."""

from __future__ import annotations

from pydantic import Field

from handoff_pipeline.policy.sections import Section


class Control(Section):
    """One control of the register."""

    id: str
    title: str
    objective: str
    owner: str
    frequency: str
    psf: str | None = None
    pai8: str | None = None
    other_references: str | None = None
    risks: list[str] = Field(default_factory=list)


class Risk(Section):
    """One risk of the register."""

    id: str
    title: str
    cause: str
    effect: str
    owner: str
    likelihood: str
    impact: str
    treatment: str
