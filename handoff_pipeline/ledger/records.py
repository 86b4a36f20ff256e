"""The rows of the ledger as values: what callers hand in and get back.

No SQL and no connection here.
The one thing to know: every moment is an aware datetime in UTC; the store turns it into a naive UTC timestamp and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

RunState = Literal["running", "complete", "stale", "failed"]
BatchState = Literal["announced", "settled", "absent"]
SourceState = Literal["complete", "incomplete", "quarantined", "not_permitted"]
FindingKind = Literal["drop", "field", "ambiguous"]
BaselineKind = Literal["first", "rebaseline"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the job. `requests` counts requests to HaloPSA; `finished_at` is None until it has published or failed."""

    run_id: str
    started_at: datetime
    as_of: datetime
    policy_version: str
    policy_hash: str
    engine: str
    rollout_phase: str
    requests: int = 0
    finished_at: datetime | None = None
    state: RunState = "running"


@dataclass(frozen=True, slots=True)
class Announced:
    """What the pull says about one entity before its rows are landed."""

    rows_seen: int
    rows_expected: int | None
    requests: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What the warehouse file holds of one entity after the commit."""

    rows_changed: int
    rows_deleted: int
    rows_quarantined: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One entity of one batch; `settled` is None unless the state is settled."""

    batch_no: int
    run_id: str
    entity: str
    state: BatchState
    announced: Announced
    settled: Settled | None


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete one entity was in one run: a row of `meta_source_completeness` without the tenant.

    `as_of` is the moment that the entity's data refers to; it is older than the run's where `is_stale`.
    """

    run_id: str
    entity: str
    state: SourceState
    rows_seen: int
    rows_expected: int | None
    rows_changed: int
    rows_deleted: int
    rows_quarantined: int
    rows_unlinked: int
    requests: int
    requests_minimum: int | None
    as_of: datetime
    is_stale: bool
    detail: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an entity is quarantined.

    `kind` is "drop" (records vanished), "field" (a mapped custom field changed) or "ambiguous" (rows name a field twice; nobody can accept
    that).
    `set_hash` is the SHA-256 of the exact set of ids or changes, `subjects` their number; `said` is for people.
    """

    entity: str
    kind: FindingKind
    set_hash: str
    subjects: int
    said: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A finding that stands: the newest run that made it, and since when it has been made without a break."""

    finding: Finding
    run_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's word that a finding is right as it is. It is used by the next landing that judges the entity, for exactly that set."""

    finding: Finding
    reason: str
    accepted_by: str
    accepted_at: datetime
    closed_by_run: str | None = None
    was_used: bool = False


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy that a night ran on: the hash of its content, its own version, its text, and the as-of of the first such night."""

    policy_hash: str
    version: str
    document: str
    first_as_of: datetime


@dataclass(frozen=True, slots=True)
class Baseline:
    """A frozen baseline of one metric and segment; docs/kpis.md says how its figure is pooled.

    `numerator`, `denominator` and `sum_of_squares` are the window's sums where the figure is a ratio or a mean, so that a later movement
    can be told with its interval. `window_start` and `window_end` are local days; `frozen_by_key` is the agent's key in dim_agent.
    """

    metric: str
    segment_type: str
    segment_key: int
    segment: str
    value: float
    numerator: float | None
    denominator: float | None
    sum_of_squares: float | None
    n: int
    ci_low: float | None
    ci_high: float | None
    window_start: date
    window_end: date
    frozen_at: datetime
    frozen_by_key: int
    reason: str
    kind: BaselineKind
