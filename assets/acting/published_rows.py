"""Published tables as the rows that remediation decides on: gaps, people, records and bypasses.

What they mean is governance's, where they lie is the warehouse's. The one thing to know: keys of the published tables are numbers of our
own, so everything that leaves here (gap ids, intents, cards) carries HaloPSA's own ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, cast

from handoff_pipeline.governance.bypassing import Bypass
from handoff_pipeline.governance.remediation_rows import Agent, GapRow, People, RecordRow, gap_id_of
from handoff_pipeline.policy import Policy
from handoff_pipeline.policy.checklist import ChecklistItem
from handoff_pipeline.warehouse import frames, read
from handoff_pipeline.warehouse.home import Home

_GAPS: Final = """
with latest as (
    select
        c.handoff_key,
        c.item_key,
        c.reason
    from fact_handoff_check as c
    where c.stage = 'latest'
)

select
    h.handoff_id,
    i.item,
    i.title,
    i.mode,
    g.is_hard,
    g.state,
    l.reason,
    g.detected_at_utc,
    g.resolved_at_utc,
    s.halo_agent_id as seller_id,
    d.halo_agent_id as delivery_id,
    c.client_name,
    h.title as handoff_title,
    h.in_pilot,
    h.is_historic,
    g.source_url,
    f.sold_revenue_base
from fact_gap as g
inner join dim_handoff as h on g.handoff_key = h.handoff_key
inner join dim_checklist_item as i on g.item_key = i.item_key
inner join fact_handoff as f on g.handoff_key = f.handoff_key
left join dim_agent as s on f.sales_agent_key = s.agent_key
left join dim_agent as d on f.delivery_agent_key = d.agent_key
left join dim_client as c on g.client_key = c.client_key
left join latest as l on g.handoff_key = l.handoff_key and g.item_key = l.item_key
order by h.handoff_id, i.item, g.detected_at_utc
"""
_PEOPLE: Final = """
select
    a.halo_agent_id,
    a.agent_name,
    a.team,
    a.is_active
from dim_agent as a
where a.agent_key <> 0
order by a.halo_agent_id
"""
_RECORDS: Final = """
select
    h.handoff_id,
    f.score_latest,
    f.open_gaps,
    f.signoff_state,
    h.in_pilot,
    h.is_historic,
    h.source_url,
    f.sold_revenue_base
from dim_handoff as h
inner join fact_handoff as f on h.handoff_key = f.handoff_key
where not h.is_historic and h.deal_state = 'won'
order by h.handoff_id
"""
_BYPASSES: Final = """
select
    b.kind,
    h.handoff_id,
    p.project_id,
    b.bypass_key,
    a.halo_agent_id,
    b.happened_at_utc,
    b.detected_at_utc,
    b.detail,
    b.source_url
from fact_bypass as b
left join dim_handoff as h on b.handoff_key = h.handoff_key and h.handoff_key <> 0
left join dim_project as p on b.project_key = p.project_key and p.project_key <> 0
left join dim_agent as a on b.agent_key = a.agent_key and a.agent_key <> 0
order by b.detected_at_utc, b.bypass_key
"""


@dataclass(frozen=True)
class PublishedRows:
    """What is published, for deciding. `records` have the status and the fields of nobody yet: those are read from HaloPSA."""

    gaps: Sequence[GapRow]
    people: People
    records: Sequence[RecordRow]
    bypasses: Sequence[Bypass]


def published_rows(home: Home, policy: Policy, as_of: datetime) -> PublishedRows:
    """Everything that deciding needs of what is published; items are those of today's policy.

    Raises:
        WarehouseError: nothing is published, or it cannot be read.
    """
    with read.published(home) as conn:
        gaps, people, records, bypasses = (frames.read(conn, sql).to_dicts() for sql in (_GAPS, _PEOPLE, _RECORDS, _BYPASSES))
    items = {item.id: item for item in policy.checklist.items}
    return PublishedRows(
        gaps=[_of_today(_gap(row), items) for row in gaps],
        people=People.of([_agent(row) for row in people]),
        records=[_record(row, as_of) for row in records],
        bypasses=[_bypass(row) for row in bypasses],
    )


def _gap(row: Mapping[str, Any]) -> GapRow:
    detected = _aware(row["detected_at_utc"])
    return GapRow(
        gap_id=gap_id_of(row["handoff_id"], row["item"], detected), handoff_id=row["handoff_id"], item=row["item"], title=row["title"],
        is_hard=row["is_hard"], mode=row["mode"], state=row["state"], reason=row["reason"] or "", fix="", detected_at=detected,
        resolved_at=_moment(row["resolved_at_utc"]), seller_id=row["seller_id"] or 0, delivery_id=row["delivery_id"] or 0,
        client_name=row["client_name"] or "", handoff_title=row["handoff_title"] or "", in_pilot=row["in_pilot"],
        is_historic=row["is_historic"], source_url=row["source_url"] or "", amount_base=_money(row["sold_revenue_base"]),
    )  # fmt: skip


def _of_today(gap: GapRow, items: Mapping[str, ChecklistItem]) -> GapRow:
    """The gap by the policy of today: an item that was taken out of it since the night is asked of nobody any more."""
    item = items.get(gap.item)
    if item is None:
        return replace(gap, state="moot") if gap.is_open else gap
    return replace(gap, title=item.title, mode=item.mode, fix=item.fix or "")


def _agent(row: Mapping[str, Any]) -> Agent:
    return Agent(row["halo_agent_id"], row["agent_name"], row["team"], is_active=row["is_active"])


def _record(row: Mapping[str, Any], as_of: datetime) -> RecordRow:
    return RecordRow(
        handoff_id=row["handoff_id"], seen_at=as_of, score=row["score_latest"], open_gaps=row["open_gaps"] or 0,
        signoff_state=row["signoff_state"] or "", status_id=0, in_pilot=row["in_pilot"], is_historic=row["is_historic"],
        source_url=row["source_url"] or "", amount_base=_money(row["sold_revenue_base"]),
    )  # fmt: skip


def _bypass(row: Mapping[str, Any]) -> Bypass:
    return Bypass(
        kind=row["kind"], handoff_id=row["handoff_id"], project_id=row["project_id"], discriminator=str(row["bypass_key"]),
        agent_id=row["halo_agent_id"], happened_at=_aware(row["happened_at_utc"]), detected_at=_aware(row["detected_at_utc"]),
        detail=row["detail"] or "", source_url=row["source_url"] or "",
    )  # fmt: skip


def _aware(value: object) -> datetime:
    """Published moments are naive UTC."""
    moment = cast("datetime", value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _moment(value: object) -> datetime | None:
    return None if value is None else _aware(value)


def _money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
