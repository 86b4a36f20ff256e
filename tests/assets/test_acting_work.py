"""What the acting jobs do to the ledger and to both far sides, on planted rows: in shadow nothing, in operate each thing once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import yaml

from assets.acting import work
from assets.acting.readings import MOST, turn
from handoff_pipeline.ledger import Intent, Ledger
from handoff_pipeline.warehouse.home import Home
from tests.assets.acting_home import FIELDS, MORNING, NIGHT, ActingHome, acting_home, publish

ABOUT_US = {"heartbeat", "audit_head"}


@pytest.fixture
def operate(checkout, tmp_path):
    with acting_home(checkout, tmp_path, "operate") as made:
        yield made


@pytest.fixture
def shadow(checkout, tmp_path):
    with acting_home(checkout, tmp_path, "shadow") as made:
        yield made


def run(home: ActingHome, moment, *parts) -> work.Told:
    """One run with these parts at a moment."""
    done = work.Told()
    with work.installation(home.at(moment), f"run-{moment:%d%H%M}") as at:
        for part in parts:
            part(at, done)
    return done


def intents(home: ActingHome) -> list[Intent]:
    with Ledger.open(Home.of(home.settings).ledger_file) as ledger:
        return ledger.intents.all()


def counted(home: ActingHome, *states: str, shadow: bool = False) -> Counter[str]:
    return Counter(one.action for one in intents(home) if one.is_shadow is shadow and (not states or one.state in states))


def test_in_shadow_nothing_is_written_and_what_would_have_been_is_recorded(shadow):
    run(shadow, NIGHT, work.decide)
    run(shadow, MORNING, work.work_on_gaps, work.approve, work.deliver)
    assert shadow.sim.writes == []
    assert set(counted(shadow, "accepted", "confirmed", "sent", "claimed")) <= ABOUT_US
    recorded = counted(shadow, shadow=True)
    assert {"owner_card", "halo_note", "halo_score_fields", "halo_blocking"} <= set(recorded)
    assert counted(shadow, "proposed", shadow=True) == recorded


def test_in_operate_cards_notes_and_fields_arrive_once_and_a_second_delivery_sends_nothing(operate):
    run(operate, NIGHT, work.decide)
    told = run(operate, MORNING, work.work_on_gaps, work.deliver)
    assert told.said == []
    deals = len(operate.deals)
    assert counted(operate, "accepted")["owner_card"] == deals
    assert {name: counted(operate, "confirmed")[name] for name in ("halo_note", "halo_score_fields")} == {
        "halo_note": deals,
        "halo_score_fields": deals,
    }
    assert len(operate.teams.channel) == sum(counted(operate, "accepted").values())
    before = (len(operate.sim.writes), len(operate.teams.posts), [(one.intent_id, one.state) for one in intents(operate)])
    run(operate, MORNING + timedelta(minutes=1), work.deliver)
    assert (len(operate.sim.writes), len(operate.teams.posts), [(one.intent_id, one.state) for one in intents(operate)]) == before


def test_halopsa_alone_is_enough_with_no_other_channel_connected(operate):
    operate.settings = operate.settings.model_copy(update={"teams_webhook": None})
    deal = operate.deals[0]
    run(operate, NIGHT, work.decide)
    operate.say(deal, operate.seller_of(deal), "ACK, on it")
    run(operate, MORNING, work.work_on_gaps, work.deliver)
    for hour in (2, 4, 6):
        run(operate, MORNING + timedelta(hours=hour), work.approve, work.deliver)
    deals, done = len(operate.deals), counted(operate, "confirmed")
    assert {name: done[name] for name in ("halo_note", "halo_score_fields")} == {"halo_note": deals, "halo_score_fields": deals}
    assert done["approval_request"] >= done["halo_blocking"] > 0
    assert counted(operate, "failed", "uncertain", "conflict") == Counter()
    with Ledger.open(Home.of(operate.settings).ledger_file) as ledger:
        assert [one.subject_id.split("|")[0] for one in ledger.people.acknowledgements()] == [str(deal)]
    assert (operate.teams.posts, counted(operate, "approved")["owner_card"]) == ([], deals), "cards wait for a channel"


def test_the_fields_hold_what_is_published(operate):
    run(operate, MORNING, work.work_on_gaps, work.deliver)
    for deal in operate.deals:
        shown = {item["name"]: item.get("value") for item in operate.sim.edits.find("tickets", deal)["customfields"]}
        assert [shown[FIELDS[name]] for name in ("score", "gap_count", "signoff_state")] == ["60", "1", "none"]


def test_a_decision_made_again_proposes_nothing_new(operate):
    run(operate, MORNING, work.work_on_gaps)
    before = [one.intent_id for one in intents(operate)]
    told = run(operate, MORNING, work.work_on_gaps)
    assert (told.numbers["proposed"], told.numbers["shadow"], [one.intent_id for one in intents(operate)]) == (0, 0, before)


def test_on_a_stale_night_nothing_is_proposed_but_what_tells_of_the_pipeline(operate):
    publish(operate, operate.deals, state="stale")
    told = run(operate, MORNING, work.work_on_gaps)
    assert set(counted(operate)) <= ABOUT_US
    assert any("Nothing is proposed" in said for said in told.said)


def test_a_block_is_asked_about_at_halopsa_and_its_question_is_placed(operate):
    run(operate, MORNING, work.work_on_gaps, work.deliver)
    with Ledger.open(Home.of(operate.settings).ledger_file) as ledger:
        approvals = ledger.approvals.all()
    assert len(approvals) == counted(operate, "confirmed")["approval_request"] == counted(operate, "proposed")["halo_blocking"] > 0
    assert all(one.far_ref for one in approvals)


def test_an_approval_given_at_halopsa_lets_the_block_go_out(operate):
    run(operate, MORNING, work.work_on_gaps, work.deliver)
    for hour in (2, 4, 6):
        run(operate, MORNING + timedelta(hours=hour), work.approve, work.deliver)
    with Ledger.open(Home.of(operate.settings).ledger_file) as ledger:
        results = Counter(one.result for one in ledger.approvals.all() if one.used_at is not None)
    assert counted(operate, "confirmed")["halo_blocking"] == results["accepted"] > 0


def _with_policy(home: ActingHome, change) -> ActingHome:
    """The same installation under a policy that was changed."""
    policy = yaml.safe_load(home.settings.policy_file.read_text("utf-8"))
    change(policy)
    home.settings.policy_file.write_text(yaml.safe_dump(policy, allow_unicode=True), "utf-8")
    return home


def _in_shadow(policy):
    policy["rollout"]["phase"] = "shadow"


def _out_of_the_pilot(policy):
    policy["rollout"] |= {"phase": "pilot", "pilot": {"teams": ["Sales of another planet"]}}


def _all_items_in_shadow(policy):
    for item in policy["checklist"]["items"]:
        item["mode"] = "shadow"


@pytest.mark.parametrize("change", [_in_shadow, _out_of_the_pilot, _all_items_in_shadow])
def test_what_was_approved_when_more_was_allowed_is_not_sent(operate, change):
    run(operate, MORNING, work.work_on_gaps)
    assert {"owner_card", "halo_note", "halo_score_fields", "approval_request"} <= set(counted(operate, "approved"))
    run(_with_policy(operate, change), MORNING, work.deliver)
    assert operate.sim.writes == []
    # A digest is no single handoff's: it goes by the phase, and by the strongest mode of all items.
    left = set(counted(operate, "accepted", "confirmed", "approved", "uncertain")) - ABOUT_US
    assert left <= ({"digest"} if change is _out_of_the_pilot else set())


def test_what_was_approved_by_somebody_who_is_no_approver_any_more_is_not_sent(operate):
    run(operate, MORNING, work.work_on_gaps, work.deliver)
    run(operate, MORNING + timedelta(hours=6), work.approve)
    assert counted(operate, "approved")["halo_blocking"] > 0
    _with_policy(operate, lambda policy: policy["approvals"]["roles"].update(service_delivery_lead={"agents": ["Grace Lee"]}))
    run(operate, MORNING + timedelta(hours=6), work.deliver)
    assert (counted(operate, "confirmed")["halo_blocking"], counted(operate, "refused")["halo_blocking"] > 0) == (0, True)


def test_an_answer_that_is_taken_back_at_halopsa_before_the_deed_counts_no_more(operate):
    run(operate, MORNING, work.work_on_gaps, work.deliver)
    run(operate, MORNING + timedelta(hours=6), work.approve)
    waiting = counted(operate, "approved")["halo_blocking"]
    for row in operate.sim.snapshot().approvals:
        operate.sim.edits.change("approvals", (row["ticket_id"], row["seq"]), {"result": 2})
    told = run(operate, MORNING + timedelta(hours=6), work.deliver)
    assert (counted(operate, "refused")["halo_blocking"], counted(operate, "confirmed")["halo_blocking"]) == (waiting, 0)
    assert sum("no longer counts" in said for said in told.said) == waiting > 0


def test_a_note_that_acknowledges_is_kept_once(operate):
    deal = operate.deals[0]
    seller, settings = operate.seller_of(deal), operate.at(MORNING)
    operate.say(deal, seller, "ACK, on it")
    for hour in (1, 2):
        run(operate, MORNING + timedelta(hours=hour), work.work_on_gaps)
    with Ledger.open(Home.of(settings).ledger_file) as ledger:
        assert [(one.agent_id, one.channel) for one in ledger.people.acknowledgements()] == [(seller, "note")]


def test_the_audit_head_that_went_out_is_kept_as_kept(operate):
    run(operate, MORNING, work.work_on_gaps, work.deliver)
    run(operate, MORNING + timedelta(days=1), work.work_on_gaps, work.deliver)
    with Ledger.open(Home.of(operate.settings).ledger_file) as ledger:
        heads, duties = ledger.audit.heads(), Counter(one.duty for one in ledger.calendar.all())
    assert [head.kept_where for head in heads] == ["teams"] * len(heads) != []
    assert (duties["heartbeat"], duties["audit_head"] >= 1) == (1, True)


def test_a_thrown_kill_switch_stops_the_delivery(operate):
    run(operate, MORNING, work.work_on_gaps)
    (operate.settings.home / "kill-switch").touch()
    told = run(operate, MORNING, work.deliver)
    assert (operate.sim.writes, operate.teams.posts, told.said) == ([], [], ["the kill switch is thrown"])


@pytest.mark.parametrize("every", [timedelta(hours=1), timedelta(days=1)], ids=["hourly", "nightly"])
def test_more_handoffs_than_one_run_may_read_have_their_turn_within_a_few_rounds(every):
    ids = list(range(1, 3 * MOST + 1))
    seen = {each for number in range(4) for each in turn(ids, NIGHT + number * every, every)}
    assert seen == set(ids)
    assert turn([3, 1, 3], NIGHT, every) == [1, 3]
