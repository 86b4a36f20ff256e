"""What is written to HaloPSA's records: custom fields of the opportunity, the note's outcome, and the status of a blocked deal.

Whether anything is written is the rollout's to say, whether somebody must approve it `actions.py`'s. The one thing to know: nothing named
here has a default but the note, because the product cannot know which fields of a tenant are free to be written.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from handoff_pipeline.policy.sections import Section

_Name = Annotated[str, Field(min_length=1)]


class WriteBackFields(Section):
    """Custom fields of the opportunity that the product fills; it writes them and nobody else should."""

    score: _Name | None = Field(default=None, description="Custom field for the latest score, 0 to 100.")
    gap_count: _Name | None = Field(default=None, description="Custom field for the number of open gaps.")
    signoff_state: _Name | None = Field(default=None, description="Custom field for the state of delivery's sign-off.")

    @property
    def named(self) -> dict[str, str]:
        """Meaning to custom field, of those that are named."""
        return {meaning: name for meaning, name in self.model_dump().items() if name is not None}


class WriteBack(Section):
    """Fields, note and blocking status."""

    fields: WriteBackFields = Field(default=WriteBackFields(), description="Custom fields that the product fills.")
    note_outcome: _Name = Field(
        default="Private Note", description="Outcome under which notes are written (HaloPSA refuses a note without one)."
    )
    custom_fields: Literal["own", "all"] = Field(
        default="own",
        description="What a post of custom fields holds: ours alone, or all as just read, for a HaloPSA that empties those left out.",
    )
    blocking_status: _Name | None = Field(
        default=None,
        description="Status of a won deal that misses an item of mode enforce; it must be one of won.statuses. Without it, only a note.",
    )
