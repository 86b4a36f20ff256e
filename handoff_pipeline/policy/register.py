"""The registers of handoff.yaml: the controls that are kept in place and the risks that they treat. Plain records, no rules."""

from __future__ import annotations

from pydantic import Field

from handoff_pipeline.policy.sections import Section


class Control(Section):
    """One control of the register."""

    id: str = Field(description="The control's id; checklist items name it.")
    title: str = Field(description="The control's name.")
    objective: str = Field(description="What it is to achieve.")
    owner: str = Field(description="Role that answers for it.")
    frequency: str = Field(description="How often it works.")
    psf: str | None = Field(default=None, description="Principle of the PSF that it serves, such as D1.")
    pai8: str | None = Field(default=None, description="Control of PAI-8 that it maps to, such as C1.")
    other_references: str | None = Field(default=None, description="Further references.")
    risks: list[str] = Field(default_factory=list, description="Ids of the risks that it treats.")


class Risk(Section):
    """One risk of the register."""

    id: str = Field(description="The risk's id; controls name it.")
    title: str = Field(description="The risk's name.")
    cause: str = Field(description="What brings it about.")
    effect: str = Field(description="What it does.")
    owner: str = Field(description="Role that answers for it.")
    likelihood: str = Field(description="How likely it is, in your own scale.")
    impact: str = Field(description="How grave it is, in your own scale.")
    treatment: str = Field(description="What is done about it.")
