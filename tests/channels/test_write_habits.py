"""Every habit of HaloPSA with writes that the simulator can switch, against every action: once and confirmed, or said; and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from handoff_pipeline.channels.points import AFTER_CLAIM
from handoff_pipeline.halo.errors import PermissionMissing
from handoff_pipeline.halo.writer import HaloWriter
from handoff_pipeline.simulator.blocking import REFUSAL, BlockingRule
from handoff_pipeline.simulator.configuration import STATUS_BLOCKED
from tests.channels.habits import ACTIONS, EFFECT, SCORE, Habit, deals, played, proposals
from tests.channels.outbox import MANAGER, Bench, tenant
from tests.end_to_end.quirk_classes import WRITING

QUIET: Final[Habit] = (
    ("field_setup_scope", "all"),
    ("creates_collide_seconds", 30.0),
    ("delete_reply", "empty_204"),
    ("budgets_replaced_whole", False),
    ("appointment_update_gives_new_id", False),
    ("acceptance_creates_order", True),
    ("acceptance_status_id", STATUS_BLOCKED),
    ("webhook_duplicates", True),
    ("webhook_out_of_order", True),
    ("unknown_id_write", "creates"),
)
"""Habits that concern no action of the product as such, all at once."""
MENDED: Final[tuple[Habit, ...]] = (
    QUIET,
    (("post_reply", "array"),),
    (("post_reply", "envelope"), ("post_reply_spelling", False)),
    (("bare_object_post", False), ("unknown_fields_ignored", False)),
    (("unknown_outcomes_refused", True),),
    (("field_names_ignored", True),),
    (("ignored_fields", frozenset({"hiddenfromuser"})),),
)
"""Under these every action has its whole effect."""
SAID: Final[dict[Habit, dict[str, str]]] = {
    (("ignored_fields", frozenset({"customfields"})),): {"halo_score_fields": SCORE, "rollback": SCORE},
    (("ignored_fields", frozenset({SCORE})),): {"halo_score_fields": SCORE, "rollback": SCORE},
    (("ignored_fields", frozenset({"status_id"})),): {"halo_status": "status_id"},
    (("ignored_fields", frozenset({"new_status"})),): {"halo_blocking": "status_id"},
    (("ignored_fields", frozenset({"note"})),): dict.fromkeys(("halo_note", "halo_blocking", "approval_request", "rollback"), "take note"),
    (("ignored_fields", frozenset({"agent_id"})),): {"approval_request": "agent_id"},
    (("approval_note_kept", False),): {"approval_request": "take note"},
    (("blocking_rule", BlockingRule(frozenset({STATUS_BLOCKED}))), ("validation_body", "dotnet")): {
        "halo_status": REFUSAL,
        "halo_blocking": REFUSAL,
    },
}
"""Habit -> the actions that it spoils, with what the ledger then says; all others have their whole effect."""
LOSES: Final[Habit] = (("custom_fields_replaced_whole", True),)
BODIES: Final = ("error", "message", "dotnet", "result", "one_key", "string", "text", "empty")


def cases() -> Iterator[tuple[Habit, str]]:
    for habit in (*MENDED, *SAID):
        yield from ((habit, action) for action in ACTIONS)


def name_of(given: object) -> str:
    if not isinstance(given, tuple):
        return str(given)
    return "quiet" if given == QUIET else ",".join(switch for switch, _ in given)


def test_every_habit_with_writes_is_tried() -> None:
    tried = {switch for habit in (*MENDED, *SAID, LOSES) for switch, _ in habit}
    assert tried == WRITING


@pytest.mark.parametrize(("habit", "action"), tuple(cases()), ids=name_of)
def test_an_action_is_done_once_and_confirmed_or_ends_in_words(habit, action):
    result = played(habit)
    if action not in SAID.get(habit, {}):
        assert (set(result.states(action)), result.effect(action)) == ({"confirmed"}, sorted(EFFECT[action]))
    else:
        ended = {"failed", "conflict"} & set(result.states(action))
        assert (bool(ended), SAID[habit][action] in result.words(action)) == (True, True)


@pytest.mark.parametrize("habit", [*MENDED, *SAID], ids=name_of)
def test_nothing_else_changes_on_any_record_and_nothing_is_stopped(habit):
    result = played(habit)
    deal = deals()
    assert {owner: names for owner, names in result.changes.items() if owner not in deal.values()} == {}
    assert {action: found for action in ACTIONS if not set(found := result.effect(action)) <= EFFECT[action]} == {}
    assert all(len(found) == len(set(found)) for found in result.changes.values())
    assert not result.is_stopped


@pytest.mark.parametrize("body", BODIES)
def test_a_refusal_in_any_form_ends_the_intent_and_changes_nothing(bench, body):
    bench.sim = tenant(blocking_rule=BlockingRule(frozenset({STATUS_BLOCKED})), validation_body=body)
    move = proposals()["halo_status"]
    bench.hold(MANAGER, "project_manager")
    bench.propose(move)
    bench.approved_by(move)
    before = bench.status_of(deals()["halo_status"])
    bench.run()
    assert (bench.state(move), bench.status_of(deals()["halo_status"])) == ("failed", before)
    assert "answered 400" in bench.detail(move)


@pytest.mark.parametrize("outcome", [True, False])
def test_an_outcome_that_the_tenant_lacks_is_told_where_it_is_refused(bench: Bench, outcome: bool) -> None:
    bench.sim = tenant(unknown_outcomes_refused=outcome)
    bench.note_outcome = "Nobody's outcome"
    note = proposals()["halo_note"]
    bench.propose(note)
    bench.run()
    assert (bench.state(note), len(bench.notes(note))) == (("failed", 0) if outcome else ("confirmed", 1))
    assert ("An outcome must be entered" in bench.detail(note)) is outcome


@pytest.mark.parametrize("habit", ["not_found", "bad_request", "creates"])
@pytest.mark.parametrize("action", ["halo_note", "halo_status", "halo_score_fields"])
def test_a_ticket_that_vanishes_after_the_look_is_not_made_anew(bench, action, habit):
    bench.sim = tenant(unknown_id_write=habit)
    intent = proposals()[action]
    bench.hold(MANAGER, "project_manager")
    bench.propose(intent)
    bench.approved_by(intent)
    bench.run(point=lambda name: bench.sim.edits.delete("tickets", deals()[action]) if name == AFTER_CLAIM else None)
    assert bench.state(intent) in {"failed", "conflict"}
    assert bench.detail(intent) != ""
    assert deals()[action] not in {row["id"] for row in bench.sim.snapshot().tickets}


@pytest.mark.fact("H113")
def test_fields_are_sent_by_id_and_name_also_where_the_ticket_does_not_show_them(bench):
    score = proposals()["halo_score_fields"]
    bench.propose(score)
    bench.run()
    ((posted,),) = bench.writes()
    assert posted["customfields"] == [{"id": 113, "name": SCORE, "value": "85"}]


def test_without_the_right_to_the_list_of_fields_the_names_are_sent(bench, monkeypatch):
    async def denied(writer):
        raise PermissionMissing("403")

    monkeypatch.setattr(HaloWriter, "custom_field_ids", denied)
    score = proposals()["halo_score_fields"]
    bench.propose(score)
    bench.run()
    ((posted,),) = bench.writes()
    assert (posted["customfields"], bench.state(score)) == ([{"name": SCORE, "value": "85"}], "confirmed")
