"""Habits of HaloPSA under which a night must not be trusted: it says which entity, since when and what to do, and leaves all as it was.

Each bad night follows a good one; once the fault is gone, the next night publishes what a tenant publishes that never had it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.main import execute
from handoff_pipeline.halo.errors import AuthenticationError
from handoff_pipeline.simulator import Fault, SimulatedHalo
from handoff_pipeline.simulator.schedule import from_then_on
from tests.end_to_end.bare_night import Installation, Night
from tests.end_to_end.quirk_classes import LOSSY
from tests.end_to_end.quirky import LATER, First, digest, unlike

pytestmark = pytest.mark.timeout(900)
"""Each case is up to two whole nights; the limit is for a machine that does other things as well."""

HELD = frozenset({"incomplete", "quarantined", "not_permitted"})


@dataclass(frozen=True)
class Case:
    """What is wrong during the second night, and which entity must say so. `quirks` may depend on what the tenant holds."""

    entity: str
    quirks: Callable[[SimulatedHalo], dict[str, Any]]
    states: frozenset[str] = HELD


def always(entity: str, *states: str, **quirks: Any) -> Case:
    return Case(entity, lambda _sim: quirks, frozenset(states) or HELD)


def for_good(kind: Any, path: str = "/Projects", entity: str = "project", **quirks: Any) -> Case:
    return always(entity, faults=(from_then_on(path, 1, kind),), **quirks)


def hidden(entity: str, name: str, which: Callable[[SimulatedHalo], set[Any]]) -> Case:
    return Case(entity, lambda sim: {name: frozenset(which(sim))}, frozenset({"quarantined"}))


def some_deals(sim: SimulatedHalo) -> set[int]:
    return {row["id"] for row in sim.snapshot().opportunities[:4]}


def one_sold_deal(sim: SimulatedHalo) -> set[int]:
    return {sim.snapshot().orders[0]["ticket_id"]}


def one_client(sim: SimulatedHalo) -> set[int]:
    return {sim.snapshot().projects[0]["client_id"]}


def one_team(sim: SimulatedHalo) -> set[str]:
    return {sim.snapshot().opportunities[0]["team"]}


CASES = {
    "hidden deals": hidden("opportunity", "hidden_ticket_ids", some_deals),
    "one hidden deal that was sold": hidden("opportunity", "hidden_ticket_ids", one_sold_deal),
    "a hidden client": hidden("client", "hidden_client_ids", one_client),
    "a hidden team": hidden("opportunity", "hidden_teams", one_team),
    "page number ignored": always("project", "incomplete", page_no_ignored=True, page_cap=7),
    "count drifts": always("project", "incomplete", record_count_drift=1, page_cap=7),
    "count too large": always("opportunity", "incomplete", record_count_off_by=1, idonly_ignores_paging=False),
    "count too small": always("opportunity", "incomplete", record_count_off_by=-1),
    "approvals want a ticket": always("approval", approvals_need_ticket=True),
    "tickets denied": always("opportunity", "not_permitted", denied_scopes=frozenset({"tickets"})),
    "projects denied": always("project", "not_permitted", denied_scopes=frozenset({"projects"})),
    "quotes denied": always("quotation", "not_permitted", denied_scopes=frozenset({"quotes"})),
    "orders denied": always("sales_order", "not_permitted", denied_scopes=frozenset({"sos"})),
    "invoices denied": always("invoice", "not_permitted", denied_scopes=frozenset({"invoices"})),
    "reports denied": always("budget", "not_permitted", denied_scopes=frozenset({"reporting"})),
    **{
        kind: for_good(kind)
        for kind in (
            "html_200",
            "error_body_200",
            "plain_text_200",
            "empty_200",
            "truncated_json",
            "malformed_json",
            "deep_nesting",
            "missing_envelope",
            "empty_page",
            "short_page",
            "duplicate_in_page",
            "row_not_an_object",
            "row_without_id",
            "duplicate_keys",
            "record_count_wrong",
            "redirect_elsewhere",
            "redirect_to_itself",
            "server_error_500",
            "html_502",
            "not_found_404",
            "forbidden_403",
            "rate_limited_429",
            "cut_body",
        )
    },
    "repeat_page": for_good("repeat_page", page_cap=7),
    "duplicate_across_pages": for_good("duplicate_across_pages", page_cap=7),
    "bomb": for_good("gzip_bomb", absurd_bytes=80_000_000),
    "refused for a week": for_good("rate_limited_429", retry_after=True, retry_after_form="absurd"),
    "statuses without rows": for_good("empty_page", "/Status", "status"),
    "quotations without rows": for_good("empty_page", "/Quotation", "quotation"),
    "clients without rows": for_good("empty_page", "/Client", "client"),
}
ALWAYS_RUN = ("hidden deals",)
ALL = [pytest.param(name, marks=() if name in ALWAYS_RUN else pytest.mark.campaign, id=name) for name in CASES]


def test_every_lossy_switch_is_tried() -> None:
    tried = {name for case in CASES.values() for name in case.quirks(_any_tenant())}
    assert set(LOSSY) - tried == set()


def _any_tenant() -> SimulatedHalo:
    from tests.end_to_end.quirky import MOMENT, world

    return SimulatedHalo(world(), MOMENT)


def bad(plain: First, root: Path, case: Case) -> Installation:
    """The second night's tenant with what is wrong with it."""
    made = plain.again(root, LATER)
    made.sim.quirks = replace(made.sim.quirks, **case.quirks(plain.installation.sim))
    return made


@pytest.mark.parametrize("name", ALL)
def test_a_night_that_cannot_be_trusted_says_so_and_leaves_all_as_it_was(
    plain: First, plain_later: Night, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    made = bad(plain, tmp_path / "home", case)
    before = digest(made.root)
    night = made.night()

    assert night.states[case.entity] in case.states, night.landed.entities[case.entity]
    assert night.manifest.state == "stale"
    assert digest(made.root) == before
    named = {source.entity: source for source in night.manifest.stale}
    assert named[case.entity].state == night.states[case.entity]
    assert named[case.entity].since_utc is not None
    assert named[case.entity].detail
    assert named[case.entity].what_to_do

    made.sim.quirks = replace(plain.installation.sim.quirks)
    healed = made.night()
    assert healed.manifest.state == "complete", [(source.entity, source.detail) for source in healed.manifest.stale]
    assert unlike(healed, plain_later) == []


def test_status_names_the_entity_since_when_and_what_to_do(
    plain: First, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = bad(plain, tmp_path / "home", CASES["hidden deals"])
    made.night()
    monkeypatch.setenv("HANDOFF_HOME", str(made.root))
    assert execute(["status", "--json"]) == Exit.STALE
    told = next(each for each in json.loads(capsys.readouterr().out)["sources"] if each["entity"] == "opportunity")
    assert told["state"] == "quarantined"
    assert told["stale_since_utc"]
    assert "handoff quarantine accept opportunity" in told["advice"]


@pytest.mark.campaign
@pytest.mark.parametrize("path", ["/auth/token", "*"])
def test_refused_credentials_end_the_night_and_leave_all_as_it_was(plain: First, plain_later: Night, tmp_path: Path, path: str) -> None:
    made = plain.again(tmp_path / "home", LATER, faults=(from_then_on(path, 1, "unauthorized"),))
    before = digest(made.root)
    with pytest.raises(AuthenticationError):
        made.night()
    assert digest(made.root) == before
    made.sim.quirks = replace(made.sim.quirks, faults=())
    assert unlike(made.night(), plain_later) == []


@pytest.mark.campaign
def test_a_renamed_custom_field_is_never_null_in_silence(plain: First, tmp_path: Path) -> None:
    made = plain.again(tmp_path / "home", LATER)
    field = next(row for row in made.sim.snapshot().fields if row["name"] == "CFSignedScopeLink")
    made.sim.edits.change("fields", field["id"], {"name": "CFScopeLinkSigned"})
    before = digest(made.root)
    night = made.night()
    assert night.states["opportunity"] == "quarantined"
    assert "CFScopeLinkSigned" in str(night.landed.entities["opportunity"].detail)
    assert digest(made.root) == before


def test_a_fault_that_comes_once_is_no_lossy_one() -> None:
    """The faults of the cases last; one that heals is quirk_classes.py's."""
    assert all(fault.last and fault.last > 1_000_000 for case in CASES.values() for fault in _faults(case))


def _faults(case: Case) -> tuple[Fault, ...]:
    found: tuple[Fault, ...] = case.quirks(_any_tenant()).get("faults", ())
    return found
