"""What a sales manager acts on first: won handoffs with hard gaps, and how many gaps and bypasses there are. From published tables only."""

from __future__ import annotations

from dataclasses import dataclass

from handoff_pipeline.commands.published import Published

SHOWN = 10

HANDOFFS = """
    select
        h.handoff_id, h.title, f.score_latest as score, f.hard_gaps,
        string_agg(i.title, ', ' order by i.weight desc, i.item) as missing,
        coalesce(string_agg(distinct nullif(a.agent_name, '(unknown)'), ', ' order by nullif(a.agent_name, '(unknown)')), 'nobody') as owner
    from fact_gap as g
    inner join fact_handoff as f on f.handoff_key = g.handoff_key
    inner join dim_handoff as h on h.handoff_key = g.handoff_key
    inner join dim_checklist_item as i on i.item_key = g.item_key
    left join dim_agent as a on a.agent_key = g.owner_agent_key
    where g.state in ('open', 'waiver_expired') and f.hard_gaps > 0
    group by h.handoff_id, h.title, f.score_latest, f.hard_gaps
    order by f.hard_gaps desc, f.score_latest asc, h.handoff_id asc
    limit $shown
"""

GAPS = "select g.state, count(*) as n from fact_gap as g group by all order by g.state"
BYPASSES = "select b.kind, count(*) as n from fact_bypass as b group by all order by b.kind"


@dataclass(frozen=True)
class Handoff:
    """A won deal that was handed over without something that must be there."""

    handoff_id: int
    title: str
    score: float | None
    hard_gaps: int
    missing: str
    owner: str


@dataclass(frozen=True)
class Worst:
    """The handoffs with the most hard gaps, lowest score first, and the counts by state and kind."""

    handoffs: list[Handoff]
    gaps: dict[str, int]
    bypasses: dict[str, int]


def worst(published: Published, shown: int = SHOWN) -> Worst:
    """The `shown` worst handoffs and all counts."""
    return Worst(
        [Handoff(**row) for row in published.rows(HANDOFFS, shown=shown)],
        {row["state"]: row["n"] for row in published.rows(GAPS)},
        {row["kind"]: row["n"] for row in published.rows(BYPASSES)},
    )
