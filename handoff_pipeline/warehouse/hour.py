"""The hour's file: how the gaps of the published night stand since, found by day; the pipeline's own, beside the work file.

How it is found out is the assets', what follows from it governance's. The one thing to know: it continues one publication and says which;
beside another one it means nothing, so nobody ever has to remove it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from handoff_pipeline.warehouse.home import Home, sync_file, sync_folder

_FILE: Final = "hour.json"
_OWNERS_ALONE: Final = 0o600


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HourGap(_Part):
    """A gap that the night published, as it stood in the hour. It is named as in the ledger: handoff, item, moment of detection."""

    handoff_id: int
    item: str
    detected_at: AwareDatetime
    state: Literal["open", "resolved", "moot"]
    resolved_at: AwareDatetime | None
    reason: str


class HourRecord(_Part):
    """A won deal's score and sign-off in the hour."""

    handoff_id: int
    score: float | None
    signoff_state: str


class Hour(_Part):
    """What an hour found. `continues` is the run that published the night, `requests` what the look cost."""

    continues: str
    as_of_utc: AwareDatetime
    requests: int
    gaps: tuple[HourGap, ...]
    records: tuple[HourRecord, ...]


def file_of(home: Home) -> Path:
    """Where the hour's file lies."""
    return home.work / _FILE


def keep(home: Home, hour: Hour) -> None:
    """Put the hour's file in place of the one before; a kill leaves the one or the other."""
    target = file_of(home)
    staged = target.with_name(f".{target.name}.tmp")
    staged.write_text(hour.model_dump_json(), "utf-8")
    staged.chmod(_OWNERS_ALONE)
    sync_file(staged)
    staged.replace(target)
    sync_folder(target.parent)


def read(home: Home, run_id: str, as_of: datetime, now: datetime) -> Hour | None:
    """The hour that continues what the run published as of a moment; None where there is none, or one that cannot be read.

    It holds until the next publication, for what was seen by day is newer than the night whatever came since; but not in the future.
    """
    try:
        found = Hour.model_validate_json(file_of(home).read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.continues == run_id and as_of < found.as_of_utc <= now else None
