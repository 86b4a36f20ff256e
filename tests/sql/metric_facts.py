"""Facts written by hand, and the metrics that are made of them: a small world for each test, without the nights behind it.

How facts come about is tested elsewhere in this folder. The one thing to know: days are local days of 2026, the as-of is Tuesday
1 December 02:00 UTC unless a test says otherwise, and only the models of sql/kpi are built.
"""
# ruff: noqa: S608 - the names of tables are the tests' own

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from handoff_pipeline.tables import RUN_ID, TABLES, duckdb_type
from tests.sql.tenant import MODELS, WEB, Tenant, below

AS_OF = datetime(2026, 12, 1, 2, tzinfo=UTC)
MARTS = (
    "dim_agent", "dim_client", "dim_handoff", "dim_project", "fact_approval", "fact_change_request", "fact_gap", "fact_handoff",
    "fact_override", "fact_project_margin",
)  # fmt: skip
CORE = {
    "handoff": "handoff_id bigint, won_day date, deal_state text",
    "commitment": "handoff_id bigint, first_committed_seen_day date",
    "handoff_project": "project_id bigint, handoff_id bigint, is_first boolean, team text, created_at_utc timestamp,"
    " closed_at_utc timestamp, cancelled_at_utc timestamp, deleted_at_utc timestamp, is_deleted boolean",
    "project_kickoff": "project_id bigint, kickoff_day date",
    "time_entry": "ticket_id bigint, action_id bigint, project_id bigint, worked_day date, hours decimal(18, 4), removed_day date",
    "unbilled_change_hour": "change_id bigint, project_id bigint, ticket_id bigint, action_id bigint, hours decimal(18, 4),"
    " unbilled_from_day date, billed_day date, removed_day date, is_billing_known boolean",
}
FIRST_OF_JULY = date(2026, 7, 1)
POINTS, MEMBERS = "kpi.weekly_points", "kpi.kpi_member"
WANTED = (POINTS, "kpi.duration", "kpi.event_order", "kpi.week")


def day(month: int, number: int) -> date:
    """A local day of 2026."""
    return date(2026, month, number)


def noon(when: date) -> datetime:
    """Noon of a day, UTC."""
    return datetime(when.year, when.month, when.day, 12)


def monday(when: date) -> date:
    """The Monday of its week."""
    return when - timedelta(days=when.weekday())


@dataclass
class Facts:
    """A tenant's facts. `won`, `project`, `change`, ... add one; `built` makes the metrics."""

    tenant: Tenant
    as_of: datetime = AS_OF
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def opened(cls, policy_text: str) -> Facts:
        """No facts yet."""
        tenant = Tenant.opened(policy_text)
        for name in MARTS:
            columns = ", ".join(f"{each.name} {duckdb_type(each)}" for each in TABLES[name].columns if each.name != RUN_ID)
            tenant.conn.execute(f"create table marts.{name} ({columns})")
        for name, columns in CORE.items():
            tenant.conn.execute(f"create table core.{name} ({columns})")
        return cls(tenant)

    def key(self, entity: str, natural: object) -> int:
        """The published key of a thing; 0 of none."""
        return 0 if natural is None else self.tenant.key(entity, natural)

    def add(self, table: str, **values: Any) -> None:
        """A row; what is not named is NULL."""
        marks = ", ".join("?" for _ in values)
        self.tenant.conn.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values()))

    def won(
        self, key: int, won: date, *, state: str = "won", client: int | None = 11, agent: int | None = 10, team: str | None = "Sales North",
        deal_type: str | None = "Infrastructure", template: str | None = None, seen: date | None = None, **facts: Any,
    ) -> int:  # fmt: skip
        """A deal that was won on a day; `seen`: when a committed date of its own first was. Its first project is number key * 10."""
        handoff = self.key("handoff", key)
        self.add("core.handoff", handoff_id=key, won_day=won, deal_state=state)
        self.add("core.commitment", handoff_id=key, first_committed_seen_day=seen)
        self.add(
            "marts.dim_handoff", handoff_key=handoff, deal_state=state, deal_type=deal_type, service_template=template,
            source_url=f"{WEB}/tickets?id={key}",
        )  # fmt: skip
        whole = {"kickoff_committed_date": day(12, 31), "project_key": self.key("project", key * 10), **facts}
        self.add(
            "marts.fact_handoff", handoff_key=handoff, client_key=self._client(client), sales_agent_key=self._agent(agent), sales_team=team,
            **whole,
        )  # fmt: skip
        return handoff

    def project(
        self, key: int, deal: int | None, *, created: date, kickoff: date | None = None, closed: date | None = None,
        cancelled: date | None = None, deleted: date | None = None, team: str | None = "Projects", client: int | None = 11,
    ) -> int:  # fmt: skip
        """A project; deal * 10 is the number of the deal's first."""
        project = self.key("project", key)
        self.add(
            "core.handoff_project", project_id=key, handoff_id=deal, is_first=deal is not None and key == deal * 10, team=team,
            created_at_utc=noon(created), closed_at_utc=closed and noon(closed), cancelled_at_utc=cancelled and noon(cancelled),
            deleted_at_utc=deleted and noon(deleted), is_deleted=deleted is not None,
        )  # fmt: skip
        self.add("core.project_kickoff", project_id=key, kickoff_day=kickoff)
        self.add(
            "marts.dim_project", project_key=project, handoff_key=self.key("handoff", deal), client_key=self._client(client),
            source_url=f"{WEB}/tickets?id={key}",
        )  # fmt: skip
        return project

    def change(
        self, key: int, project: int, deal: int | None, *, decided: date | None = None, raised: date = FIRST_OF_JULY,
        state: str = "approved", origin: str = "client",
    ) -> int:  # fmt: skip
        """A change request on a project."""
        change = self.key("change", key)
        self.add(
            "marts.fact_change_request", change_key=change, project_key=self.key("project", project), handoff_key=self.key("handoff", deal),
            raised_at_utc=noon(raised), decided_at_utc=decided and noon(decided), state=state, origin=origin,
            source_url=f"{WEB}/tickets?id={key}",
        )  # fmt: skip
        return change

    def hours(self, project: int, worked: date, hours: float, *, removed: date | None = None) -> None:
        """Base work on a project."""
        self.add(
            "core.time_entry", ticket_id=project, action_id=self._next("action"), project_id=project, worked_day=worked, hours=hours,
            removed_day=removed,
        )  # fmt: skip

    def margin(
        self, project: int, deal: int, sunday: date, *, sold: tuple[float, float], now: tuple[float, float], delivered: bool = True,
        state: str = "complete",
    ) -> None:  # fmt: skip
        """What a project's margin was on a Sunday: revenue and cost as sold, and as delivered or forecast."""
        erosion = (sold[0] - sold[1]) - (now[0] - now[1]) if state == "complete" else None
        self.add(
            "marts.fact_project_margin", project_key=self.key("project", project), handoff_key=self.key("handoff", deal), as_of_date=sunday,
            is_delivered=delivered, margin_state=state, sold_revenue_base=sold[0], sold_cost_base=sold[1], forecast_revenue_base=now[0],
            forecast_cost_base=now[1], erosion_amount_base=erosion,
        )  # fmt: skip

    def gap(
        self, deal: int, detected: datetime, *, state: str = "open", resolved: datetime | None = None, due: datetime | None = None,
        escalated: datetime | None = None, acknowledged: datetime | None = None,
    ) -> int:  # fmt: skip
        """A gap of a deal."""
        gap = self.key("gap", self._next("gap"))
        self.add(
            "marts.fact_gap", gap_key=gap, handoff_key=self.key("handoff", deal), state=state, detected_at_utc=detected,
            resolved_at_utc=resolved, due_at_utc=due, first_escalated_at_utc=escalated, acknowledged_at_utc=acknowledged,
            source_url=f"{WEB}/tickets?id={deal}",
        )  # fmt: skip
        return gap

    def decision(self, deal: int | None, opened: date, **facts: Any) -> int:
        """A decision, of a deal or of none."""
        decision = self.key("decision", self._next("decision"))
        whole = {"kind": "other", "due_at_utc": datetime(2027, 1, 1), "state": "open", **facts}
        self.add("marts.fact_decision", decision_key=decision, handoff_key=self.key("handoff", deal), opened_at_utc=noon(opened), **whole)
        return decision

    def built(self) -> Facts:
        """Build the metrics as of `as_of`."""
        found = MODELS()
        values = {"as_of": self.as_of.astimezone(UTC).replace(tzinfo=None), "tenant": "acme"}
        self.tenant.conn.execute(
            "create or replace table core.night as select ?::timestamp as as_of_utc, true as is_latest", [values["as_of"]]
        )
        for name in [each for each in found if each in below(found, WANTED) and each.startswith("kpi.")]:
            self.tenant.make(found[name], values)
        return self

    def point(self, metric: str, week: date, segment: str = "all", kind: str = "all") -> dict[str, Any]:
        """The figure of a metric in the week of a day."""
        wanted = f"metric = '{metric}' and week_start = date '{monday(week)}' and segment_type = '{kind}' and segment = '{segment}'"
        return self.tenant.row(POINTS, wanted)

    def points(self, where: str = "true") -> list[dict[str, Any]]:
        """Figures."""
        return self.tenant.rows(POINTS, where)

    def members(self, metric: str, week: date | None = None) -> list[dict[str, Any]]:
        """The records behind a metric, in the week of a day or in all."""
        when = "true" if week is None else f"week_start = date '{monday(week)}'"
        return self.tenant.rows(MEMBERS, f"metric_key = {self.key('metric', metric)} and {when}")

    def durations(self, metric: str, week: date, segment: str = "all") -> list[tuple[float, int, int]]:
        """Duration, events and censored of a curve."""
        where = f"metric = '{metric}' and week_start = date '{monday(week)}' and segment = '{segment}'"
        return sorted((row["day"], row["events"], row["censored"]) for row in self.tenant.rows("kpi.duration", where))

    def _next(self, kind: str) -> int:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.counts[kind]

    def _client(self, client: int | None) -> int:
        return self._dimension("client", "dim_client", "client_key", "client_name", client)

    def _agent(self, agent: int | None) -> int:
        return self._dimension("agent", "dim_agent", "agent_key", "agent_name", agent)

    def _dimension(self, entity: str, table: str, key_column: str, name_column: str, natural: int | None) -> int:
        key = self.key(entity, natural)
        if key and not self.tenant.rows(f"marts.{table}", f"{key_column} = {key}"):
            self.add(f"marts.{table}", **{key_column: key, name_column: f"{entity} {natural}"})
        return key
