"""The manifest: what is published, by which run, with which hashes, and how complete each source was.

How the tables get there is publish.py's.
The one thing to know: it is written last, so what it names is wholly in place; a reader that trusts only it never sees half a night.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from handoff_pipeline.errors import PublishError
from handoff_pipeline.ledger import Completeness

_WHAT_TO_DO: Final = {
    "incomplete": "Run `handoff run` again; if it stays incomplete, `handoff doctor` looks for the cause.",
    "quarantined": "Check in HaloPSA what the pipeline's agent may see (or the custom field that is named) and run `handoff run` again;"
    ' if it is right as it is, `handoff quarantine accept {entity} --reason "..."`.',
    "not_permitted": "Give the API application and its agent the permission to read it; `handoff doctor` names it.",
}


def what_to_do(entity: str, state: str) -> str:
    """The next step for an entity in this state; empty when it is complete."""
    return _WHAT_TO_DO.get(state, "").format(entity=entity)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PublishedTable(_Part):
    """One published table. `run_id` is the run that last changed its content; hashes are SHA-256 in hex, `bytes` the Parquet file's.

    `csv_sha256` is None where the table is not published as CSV.
    """

    run_id: str
    rows: int
    bytes: int
    sha256: str
    csv_sha256: str | None
    content_hash: str


class PublishedFile(_Part):
    """One file and, where it holds tables that are not published one by one, their content hash."""

    bytes: int
    sha256: str
    content_hash: str | None = None


class SourceStatus(_Part):
    """How complete one entity was in the run of the manifest."""

    state: str
    is_stale: bool
    as_of_utc: datetime
    rows_seen: int
    rows_expected: int | None
    rows_changed: int
    rows_deleted: int = 0
    rows_quarantined: int
    requests: int
    requests_minimum: int | None = None
    detail: str | None


class StaleSource(_Part):
    """An entity because of which the tables were left as they were: since which run, and what to do."""

    entity: str
    state: str
    since_utc: datetime
    detail: str | None
    what_to_do: str


class Rebuild(_Part):
    """What makes a folder a rebuild: the day asked for, the night that was found, and the history (SHA-256) it was taken from.

    `content_hash` is what that night published. Where the manifest's own differs, the product's version is another one.
    """

    day: date
    night_as_of_utc: datetime
    night_run_id: str
    history_sha256: str
    content_hash: str
    product_version: str


class Manifest(_Part):
    """published/manifest.json. `content_hash` covers every table but meta_run and meta_source_completeness.

    `effects` says of each optional entity that HaloPSA has never let us read what the figures lack without it. `rebuild` is None in what a
    night published, and only there.
    """

    run_id: str
    state: Literal["complete", "stale"]
    contract_version: int
    policy_version: str
    policy_hash: str
    engine: str
    requests: int
    as_of_utc: datetime
    published_at_utc: datetime
    content_hash: str
    tables: dict[str, PublishedTable]
    database: PublishedFile
    history: PublishedFile | None
    completeness: dict[str, SourceStatus]
    stale: tuple[StaleSource, ...] = ()
    effects: dict[str, str] = {}
    product_version: str = ""
    rebuild: Rebuild | None = None


def read(path: Path) -> Manifest | None:
    """The manifest at `path`; None when nothing has been published yet.

    Raises:
        PublishError: there is a file, and it is no manifest.
    """
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise PublishError(
            f"{path} is no manifest of this product ({error.error_count()} problems).",
            "Move it away; the next complete run writes a new one.",
        ) from error


def status_of(row: Completeness) -> SourceStatus:
    """A ledger row as the manifest shows it."""
    return SourceStatus(
        state=row.state,
        is_stale=row.is_stale,
        as_of_utc=row.as_of,
        rows_seen=row.rows_seen,
        rows_expected=row.rows_expected,
        rows_changed=row.rows_changed,
        rows_deleted=row.rows_deleted,
        rows_quarantined=row.rows_quarantined,
        requests=row.requests,
        requests_minimum=row.requests_minimum,
        detail=row.detail,
    )


def stale_source(row: Completeness, since: datetime) -> StaleSource:
    """Why the tables were left as they were, for the person who reads the manifest."""
    return StaleSource(entity=row.entity, state=row.state, since_utc=since, detail=row.detail, what_to_do=what_to_do(row.entity, row.state))


def file_sha256(path: Path) -> str | None:
    """The SHA-256 (hex) of a file; None when there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def as_text(manifest: Manifest) -> str:
    """The manifest as the JSON text that is published."""
    return manifest.model_dump_json(indent=2) + "\n"


def hashes(tables: Mapping[str, PublishedTable]) -> dict[str, str]:
    """Table to content hash."""
    return {name: table.content_hash for name, table in tables.items()}
