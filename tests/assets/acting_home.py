"""A home with a few planted rows among what is published, and a simulated tenant whose deals they are about; no night is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml
from pydantic import SecretStr

from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    WRITER_CLIENT_ID,
    WRITER_CLIENT_SECRET,
    Journal,
    Quirks,
    Script,
    SimulatedHalo,
    play,
    quiet_world,
    running,
)
from handoff_pipeline.simulator.teams import SimulatedTeams
from handoff_pipeline.simulator.teams_serve import running_teams
from handoff_pipeline.tables import TABLES, duckdb_type
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.manifest import Manifest
from tests.assets.test_alerts import a_manifest

SCRIPT = Script(seed=7, start=date(2026, 7, 6), days=37, cases=3, mix={"ignore": 1})
NIGHT = datetime(2026, 7, 14, 0, 30, tzinfo=UTC)
MORNING = NIGHT + timedelta(hours=7, minutes=45)
"""A quarter past nine in London, on a Tuesday."""
FIELDS = {"score": "CFHandoffScore", "gap_count": "CFHandoffGaps", "signoff_state": "CFHandoffSignoff"}
READ = (
    "dim_agent", "dim_checklist_item", "dim_client", "dim_handoff", "dim_project", "fact_bypass", "fact_gap", "fact_handoff",
    "fact_handoff_check",
)  # fmt: skip


@dataclass
class ActingHome:
    """The installation, its tenant and its channel."""

    settings: Settings
    sim: SimulatedHalo
    teams: SimulatedTeams
    journal: Journal

    @property
    def deals(self) -> list[int]:
        """The won deals of the tenant."""
        return sorted({done.act.deal_id for done in self.journal.done if done.act.kind == "win"})

    def say(self, deal: int, agent_id: int, text: str) -> None:
        """A note on a deal; agent 0 is somebody who is none, such as the client."""
        said = {"ticket_id": deal, "who_agentid": agent_id, "outcome_id": 7, "outcome": "Private Note", "note": text}
        self.sim.edits.create("actions", {**said, "note_html": "", "hiddenfromuser": True})

    def seller_of(self, deal: int) -> int:
        """The deal's agent."""
        return int((self.sim.edits.find("tickets", deal) or {})["agent_id"])

    def at(self, moment: datetime) -> Settings:
        """The settings with the clock held, and the tenant played up to there."""
        play(self.sim, SCRIPT, moment, self.journal)
        return self.settings.model_copy(update={"as_of": moment})


def policy_of(checkout: Path, target: Path, phase: str, mode: str = "enforce", without: str = "") -> Path:
    """The example policy in a phase, every item but one in one mode, with fields to write."""
    policy = yaml.safe_load((checkout / "handoff.yaml").read_text("utf-8"))
    policy["rollout"] |= {"phase": phase} | ({} if phase == "shadow" else {"moved_by": "Laura Svensson", "moved_on": date(2026, 7, 14)})
    policy["checklist"]["items"] = [item for item in policy["checklist"]["items"] if item["id"] != without]
    for item in policy["checklist"]["items"]:
        item["mode"] = mode
    policy["write_back"]["fields"] = FIELDS
    target.write_text(yaml.safe_dump(policy, allow_unicode=True), "utf-8")
    return target


@contextmanager
def acting_home(checkout: Path, folder: Path, phase: str) -> Iterator[ActingHome]:
    """The deals of the script, each with a hard gap that is open since the night."""
    sim, teams, journal = SimulatedHalo(quiet_world(), SCRIPT.opens_at, Quirks(rate_limit=False)), SimulatedTeams(), Journal()
    play(sim, SCRIPT, NIGHT, journal)
    with running(sim) as url, running_teams(teams) as webhook:
        settings = Settings(
            _env_file=None, home=folder / "home", policy_file=policy_of(checkout, folder / "handoff.yaml", phase), halo_url=url,
            halo_tenant="demo", halo_client_id=DEMO_CLIENT_ID, halo_client_secret=SecretStr(DEMO_CLIENT_SECRET),
            halo_writer_client_id=WRITER_CLIENT_ID, halo_writer_client_secret=SecretStr(WRITER_CLIENT_SECRET),
            teams_webhook=SecretStr(webhook), teams_allow_loopback=True,
        )  # fmt: skip
        made = ActingHome(settings, sim, teams, journal)
        publish(made, made.deals)
        yield made


def publish(home: ActingHome, deals: list[int], **changed: Any) -> Manifest:
    """Plant what is published: people, one client, one hard item, and a gap for each deal."""
    place = Home.of(home.settings)
    place.prepare()
    place.published_file.unlink(missing_ok=True)
    agents = [(agent.agent_id, agent.name, agent.team, agent.is_active) for agent in home.sim.truth.agents]
    seller = next(agent for agent, _, team, active in agents if team.startswith("Sales") and active)
    with duckdb.connect(str(place.published_file)) as conn:
        for name in READ:
            columns = ", ".join(f"{column.name} {duckdb_type(column)}" for column in TABLES[name].columns)
            conn.execute(f"create table {name} ({columns})")
        for agent, name, team, active in agents:
            _insert(conn, "dim_agent", agent_key=agent, halo_agent_id=agent, agent_name=name, team=team, is_active=active)
        _insert(conn, "dim_client", client_key=1, halo_client_id=1, client_name="Harbour Dental")
        _insert(conn, "dim_checklist_item", item_key=1, item="signed_scope", title="Signed scope", mode="enforce", is_hard=True)
        for deal in deals:
            _insert(
                conn, "dim_handoff", handoff_key=deal, handoff_id=deal, title="Cloud move", deal_state="won", is_historic=False,
                in_pilot=False, source_url=f"https://halo.example/tickets?id={deal}",
            )  # fmt: skip
            _insert(
                conn, "fact_handoff", handoff_key=deal, sales_agent_key=seller, sold_revenue_base=9000, score_latest=60.0, open_gaps=1,
                signoff_state="none",
            )  # fmt: skip
            gap = {"handoff_key": deal, "item_key": 1, "client_key": 1, "is_hard": True, "state": "open"}
            _insert(conn, "fact_gap", gap_key=deal, detected_at_utc=NIGHT.replace(tzinfo=None), source_url="https://halo.example", **gap)
    manifest = a_manifest().model_copy(update={"run_id": "night-1", "as_of_utc": NIGHT, "published_at_utc": NIGHT, **changed})
    place.manifest_file.write_text(manifest.model_dump_json(), "utf-8")
    return manifest


def _insert(conn: duckdb.DuckDBPyConnection, table: str, **values: Any) -> None:
    names = ", ".join(values)
    conn.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(values))})", list(values.values()))  # noqa: S608 - names of this file
