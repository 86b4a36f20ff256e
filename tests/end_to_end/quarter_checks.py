"""How a quarter's published rows and its ledger are held against the truth: differences in words, empty where all is equal.

What the truth is, is quarter_truth's and quarter_effects'. The one thing to know: nothing is left out of a comparison but keys, links and
words that only the product has; each function gives what is wrong, so that a failure can be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from handoff_pipeline.ledger import IntentEvent
from handoff_pipeline.ledger.intent_states import FINAL, TRANSITIONS
from handoff_pipeline.simulator import configuration as cfg
from tests.end_to_end.quarter import Quarter
from tests.end_to_end.quarter_bypasses import bypass_rows
from tests.end_to_end.quarter_effects import Effects, shown
from tests.end_to_end.quarter_office import after_hours
from tests.end_to_end.quarter_records import Records, Row, Standing
from tests.end_to_end.quarter_truth import DUE_AFTER, Expected

PEOPLE_AND_RECORDS: Final = frozenset(
    {"handoff_id", "project_id", "agent_id", "owner_id", "approved_by", "second_approver", "requested_by", "reported_by"}
)
TITLES: Final = {
    "signed_scope": "Signed scope", "delivery_assumptions": "Delivery assumptions", "dependencies": "Dependencies",
    "acceptance_criteria": "Acceptance criteria",
}  # fmt: skip
WITH_MARKER: Final = frozenset({"halo_note", "halo_blocking", "approval_request"})
ABOUT_US: Final = frozenset({"heartbeat", "audit_head", "alert_card"})


def differences(published: Sequence[Row], expected: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows that only the tables have, and rows that only the truth has; equal rows count as often as they are there."""
    columns = expected[0].keys() if expected else published[0].keys() if published else ()
    told = Counter(_frozen({name: _plain(name, row[name]) for name in columns}) for row in published)
    wanted = Counter(_frozen(row) for row in expected)
    found = {"only in the table": told - wanted, "only in the truth": wanted - told}
    return {name: [dict(row) for row in rows.elements()] for name, rows in found.items() if rows}


def _plain(name: str, value: Any) -> Any:
    if name == "open_hours":
        return round(value, 4)
    return value or 0 if name in PEOPLE_AND_RECORDS else value


def _frozen(row: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(row.items())


def of_facts(quarter: Quarter, night: datetime) -> dict[str, dict[str, list[Row]]]:
    """The differences of a night's four facts about gaps and people, by fact."""
    expected, published = Expected(Records.of(quarter), night), quarter.published[night]
    wanted = {
        "gap": expected.gap_rows(), "bypass": bypass_rows(expected), "override": expected.override_rows(),
        "feedback": expected.feedback_rows(),
    }  # fmt: skip
    found = {name: differences(published[name], rows) for name, rows in wanted.items()}
    return {name: wrong for name, wrong in found.items() if wrong}


def of_deliveries(quarter: Quarter, night: datetime) -> list[str]:
    """What fact_delivery says was done and was not, what was done and it does not say, and what was done twice."""
    effects, rows = Expected(Records.of(quarter), night).effects, quarter.published[night]["delivery"]
    return [*_of_marked(effects, rows), *_of_unmarked(effects, rows), *_of_cards(effects, rows), *_of_shadows(effects, rows)]


def _of_marked(effects: Effects, rows: Sequence[Row]) -> Iterator[str]:
    arrived = Counter(note.intent_id for note in (*effects.notes, *effects.questions))
    yield from (f"{intent} arrived {number} times" for intent, number in arrived.items() if number > 1)
    done = {row["intent_id"] for row in rows if row["action"] in WITH_MARKER and row["state"] == "confirmed"}
    known = {row["intent_id"]: row for row in rows}
    yield from (f"{intent} is confirmed, and is not there" for intent in sorted(done - set(arrived)))
    for note in (*effects.notes, *effects.questions):
        row = known.get(note.intent_id, {})
        on_its_way = row.get("state") in {"claimed", "sent", "uncertain"}
        if note.intent_id not in done and not on_its_way:
            yield f"{note.intent_id} is there, and the table says {row.get('state')}"
        elif row.get("sent_at_utc") and row["sent_at_utc"].replace(tzinfo=UTC) != note.at:
            yield f"{note.intent_id} came at {note.at}, and the table says {row['sent_at_utc']}"


def _of_unmarked(effects: Effects, rows: Sequence[Row]) -> Iterator[str]:
    """Fields and statuses, by deal and moment."""
    for action, arrived in (("halo_score_fields", effects.fields), ("halo_status", effects.moves)):
        done = [row for row in rows if row["action"] == action and row["state"] in {"sent", "confirmed"} and row["sent_at_utc"]]
        told = Counter((row["handoff_id"], row["sent_at_utc"].replace(tzinfo=UTC)) for row in done)
        if told != arrived:
            yield f"{action}: only told {dict(told - arrived)}, only there {dict(arrived - told)}"


def _of_cards(effects: Effects, rows: Sequence[Row]) -> Iterator[str]:
    seen = Counter(card.reference for card in shown(effects))
    yield from (f"card {reference} came {number} times" for reference, number in seen.items() if number > 1)
    cards = {row["intent_id"][:12]: row["state"] for row in rows if row["target"] == "teams"}
    accepted = {reference for reference, state in cards.items() if state == "accepted"}
    yield from (f"card {reference} is accepted, and nobody sees it" for reference in sorted(accepted - set(seen)))
    for reference in sorted(set(seen) - accepted):
        if cards.get(reference) not in {"uncertain", "claimed"}:
            yield f"card {reference} is there, and the table says {cards.get(reference)}"
    for card in effects.cards:
        if card.fault == "reset_after_taking" and cards.get(card.reference) != "uncertain":
            yield f"card {card.reference} met a line that broke, and the table says {cards.get(card.reference)}"


def _of_shadows(effects: Effects, rows: Sequence[Row]) -> Iterator[str]:
    arrived = {note.intent_id for note in (*effects.notes, *effects.questions)} | {card.reference for card in effects.cards}
    for row in rows:
        if row["is_shadow"] and (row["state"] != "proposed" or {row["intent_id"], row["intent_id"][:12]} & arrived):
            yield f"shadow {row['intent_id']} is {row['state']}"


def of_escalations(quarter: Quarter, night: datetime) -> list[str]:
    """Where fact_gap's levels are not those of the cards in the channel, or begin at another moment than the deadline says."""
    expected = Expected(Records.of(quarter), night)
    told = {(row["handoff_id"], row["item"], row["detected_at_utc"]): row for row in quarter.published[night]["gap"]}
    wrong = []
    for one in expected.gaps:
        row = told.get((one.gap.deal_id, one.gap.item, one.found.replace(tzinfo=None)), {"escalation_level": None})
        cards = [card for card in expected.effects.cards if card.is_shown and card.level and card.deal_id == one.gap.deal_id]
        mine = [card for card in cards if TITLES[one.gap.item] in card.text and (one.gone is None or card.at <= one.gone)]
        level = max((card.level or 0 for card in mine if card.at > one.found), default=0)
        first = row.get("first_escalated_at_utc")
        if row["escalation_level"] != level:
            wrong.append(f"{one.gap.deal_id} {one.gap.item}: level {row['escalation_level']}, and the cards say {level}")
        elif (first is not None) != bool(level) or (first and not _is_in_time(expected, one, first.replace(tzinfo=UTC), mine[0].at)):
            wrong.append(f"{one.gap.deal_id} {one.gap.item}: first escalated at {first}, card at {mine[0].at if mine else None}")
    return wrong


def _is_in_time(expected: Expected, one: Standing, first: datetime, card_at: datetime) -> bool:
    """Whether it was decided at the first decision past the deadline; where an answer let the gap rest, at a later one."""
    due = after_hours(one.found, DUE_AFTER[one.gap.is_hard])
    decided = sorted(moment for moment in expected.records.log.decided if moment >= due)
    answered = {said.deal_id for said in expected.truth.acknowledgements} | {said.deal_id for said in expected.truth.snoozes}
    return first in decided and first <= card_at and (one.gap.deal_id in answered or first == decided[0])


def of_the_ledger(quarter: Quarter) -> list[str]:
    """Moves that the table of states does not have, moments that go back, and rows that changed or went after they were final."""
    wrong: list[str] = []
    last: dict[str, IntentEvent] = {}
    with quarter.ledger() as ledger:
        events = ledger.intents.events()
    for event in events:
        before = last.get(event.intent_id)
        state, at = (before.to_state, before.at) if before else (None, event.at)
        if event.from_state != state or (state is not None and event.to_state not in TRANSITIONS[state]) or event.at < at:
            wrong.append(f"{event.intent_id}: {event.from_state} to {event.to_state} at {event.at} after {state} at {at}")
        last[event.intent_id] = event
    known: dict[str, Row] = {}
    for night in sorted(quarter.published):
        rows = {row["intent_id"]: row for row in quarter.published[night]["delivery"]}
        wrong += [f"{intent} is gone on {night}" for intent in known.keys() - rows.keys()]
        wrong += [f"{intent} changed on {night}" for intent, row in known.items() if row["state"] in FINAL and rows.get(intent) != row]
        known = rows
    return wrong


def of_records(quarter: Quarter) -> list[str]:
    """Won deals of which the tenant does not show how many gaps are open, and blocked ones without a gap about which nobody is asked.

    In shadow no deal may show anything. What somebody had taken back stays as he wanted it, and is left out.
    """
    expected = Expected(Records.of(quarter), max(quarter.log.nights))
    done = [each for each in expected.records.journal.done if each.at <= expected.nights[-1]]
    won = {each.act.deal_id for each in done if each.act.kind == "win"} - {each.act.deal_id for each in done if each.act.kind == "lose"}
    taken_back = {edit.key[0] for edit in expected.records.writes if "taken back" in str(edit.fields.get("note"))}
    return [wrong for deal_id in sorted(won - taken_back) for wrong in _of_record(quarter, expected, deal_id)]


def _of_record(quarter: Quarter, expected: Expected, deal_id: int) -> Iterator[str]:
    ticket = quarter.sim.edits.find("tickets", deal_id) or {}
    shown = next((each.get("value") for each in ticket["customfields"] if each["name"] == "CFHandoffGaps"), None)
    mine = [one for one in expected.gaps if one.gap.deal_id == deal_id]
    still_open = sum(one.is_open for one in mine)
    if (shown or None) != (None if quarter.mode == "shadow" else str(still_open)):
        yield f"{deal_id} shows {shown} gaps, and {still_open} are open"
    closed = max((one.resolved_at for one in mine if one.resolved_at is not None), default=None)
    if ticket["status_id"] == cfg.STATUS_BLOCKED and not still_open and closed is not None:
        asked = [each for each in expected.records.journal.asked if each.ticket_id == deal_id and each.asked_at >= closed]
        if not asked:
            yield f"{deal_id} is blocked, its gaps are closed since {closed}, and nobody is asked to let it go"
