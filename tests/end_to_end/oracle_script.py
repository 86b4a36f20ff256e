"""What people decide in the world of test_oracle's four nights (seed 17, 40 deals): every state of exceptions, approvals, intents and gaps.

Only facts, by the ids of that world; who reads them are the oracle and `planting`. The one thing to know: some of it is said after the last
night and stands in the ledger before it, so that a night which counts it is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.oracle.said import Acknowledgement, Escalation, Feedback, Intent, Move, Override, Request, Said

SEED, DEALS = 17, 40
SELLER, OTHER, LEAD, SECOND, GONE = 10, 13, 30, 31, 999
PAGE = "https://demo.halopsa.example/tickets?id=1072"
BY_DELIVERY = "1105|signed_scope|2026-08-25T01:30:00"
NO_SCOPE = "1075|signed_scope|2026-08-24T01:30:00"
NO_FLOOR = "1072|margin_floor|2026-08-24T01:30:00"
NO_WORDS = "1072|acceptance_criteria|2026-08-24T01:30:00"
TWO = "1086|signed_scope|2026-08-24T01:30:00"


def at(month: int, day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """A moment of 2026, UTC; the nights are those of 24 and 25 August and 4 and 21 September."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


MORNING = at(8, 24)


def exception(number: int, deal: int, item: str, ends: datetime, asked: datetime = MORNING, **more: Any) -> Override:
    """An exception that two people approve in the afternoon of 24 August, where nothing else is told."""
    plain = Override(
        override_id=f"x{number:02}", deal_id=deal, item=item, control_id="HC-01", reason=f"Reason {number}", instead="A mail of intent",
        asked_by=SELLER, asked_at=asked, ends_at=ends, approved_at=at(8, 24, 15), approved_by=LEAD, second=SECOND,
    )  # fmt: skip
    return replace(plain, **more)


OPEN_ENDED = at(11, 30)
UNDECIDED: dict[str, Any] = {"approved_at": None, "approved_by": 0, "second": 0}
OVERRIDES = (
    exception(1, 1072, "margin_floor", OPEN_ENDED, amount=Decimal("12500.5"), url=PAGE),
    # Over before the last night, said so or not; and one of two hard items of a win, so that the win stays unexplained.
    exception(2, 1075, "signed_scope", at(9, 10)),
    exception(3, 1075, "acceptance_criteria", at(9, 3), expired_at=at(9, 3, 10)),
    exception(4, 1102, "margin_floor", OPEN_ENDED, closed_at=at(9, 15)),
    exception(5, 1086, "signed_scope", at(9, 3)),
    exception(6, 1086, "signed_scope", OPEN_ENDED, asked=at(9, 1), approved_at=at(9, 2), second=0),
    exception(7, 1086, "signed_before_kickoff", OPEN_ENDED, **UNDECIDED, refused_at=at(8, 25)),
    exception(8, 1072, "acceptance_criteria", at(9, 12), **UNDECIDED, expired_at=at(9, 12)),
    # A gap that is waived when its deal stops being won, and one that is not any more.
    exception(9, 1110, "margin_floor", OPEN_ENDED, asked=at(9, 5), approved_at=at(9, 5, 15)),
    exception(10, 1110, "delivery_assumptions", at(9, 15), asked=at(9, 5), approved_at=at(9, 5, 15)),
    # Approved before the win: no bypass, and no cap at the win.
    exception(11, 1115, "signed_scope", OPEN_ENDED, asked=at(9, 5), approved_at=at(9, 10)),
    # A whole control; a deal and an item that nobody knows; people who are not there.
    exception(12, 1097, "", OPEN_ENDED, control_id="HC-02"),
    exception(13, 999_999, "no_such_item", at(9, 8), asked_by=GONE),
    # Decided after the last night, but for the ledger.
    exception(14, 1075, "margin_floor", OPEN_ENDED, asked=at(9, 5), approved_at=at(9, 22)),
    exception(15, 1105, "signed_before_kickoff", OPEN_ENDED, asked=at(9, 5), **UNDECIDED, refused_at=at(9, 22)),
    exception(16, 1115, "dependencies", OPEN_ENDED, asked=at(9, 10), approved_at=at(9, 10, 15), closed_at=at(9, 22)),
    # Closed after it had run out, so that it is open no longer.
    exception(17, 1062, "dependencies", at(8, 30), expired_at=at(8, 30), closed_at=at(9, 5)),
)


def request(number: int, kind: str, deal: int | None, result: str | None, answered: datetime | None, **more: Any) -> Request:
    """An approval that is asked at ten on 24 August."""
    plain = Request(
        approval_id=f"a{number:02}", kind=kind, subject=f"s{number:02}", role="service_delivery_lead", asked=LEAD, content=f"c{number}",
        asked_at=at(8, 24, 10), ends_at=at(11, 30), deal_id=deal, answer=result, answered_at=answered, url=PAGE,
    )  # fmt: skip
    return replace(plain, **more)


REQUESTS = (
    request(1, "override", 1072, "accepted", at(8, 24, 10, 0, 30)),
    request(2, "override", 1072, "accepted", at(8, 24, 11), asked=SECOND, url=None),
    request(3, "intent", 1075, "rejected", at(8, 24, 10, 1, 1), channel="sharepoint"),
    request(4, "intent", 1086, "accepted", at(8, 24, 9, 59)),
    request(5, "intent", 1102, "expired", at(9, 1)),
    request(6, "intent", 1105, "accepted", at(8, 25), void_at=at(9, 1)),
    request(7, "intent", 1105, None, None, void_at=at(9, 1)),
    request(8, "rollout", None, "accepted", at(9, 1), channel="command_line", is_weak=True, url=None),
    request(9, "client_document", 999_999, "accepted", at(9, 2)),
    request(10, "intent", 1110, "rejected", at(9, 6), asked=GONE, url=None),
    # Answered and taken back after the last night.
    request(11, "intent", 1072, "accepted", at(9, 22), is_weak=True),
    request(12, "intent", 1072, "accepted", at(9, 18), void_at=at(9, 22)),
    request(13, "intent", 1097, None, None),
    # Asked on a project, with and without a deal.
    request(14, "intent", 1072, "accepted", at(8, 26), project_id=1073),
    request(15, "intent", None, "accepted", at(8, 26), project_id=1030),
    request(16, "intent", None, "accepted", at(8, 26), project_id=999_999),
)

ESCALATIONS = (
    Escalation(NO_FLOOR, 1, LEAD, at(8, 24, 14)),
    Escalation(NO_SCOPE, 1, LEAD, at(8, 26)),
    Escalation(NO_SCOPE, 2, SECOND, at(8, 27)),
    Escalation(NO_SCOPE, 3, SECOND, at(9, 22)),
    Escalation(NO_WORDS, 1, LEAD, at(8, 28)),
    Escalation(BY_DELIVERY, 1, LEAD, at(8, 26, 16)),
    Escalation(TWO, 2, LEAD, at(9, 4, 10)),
)
ACKNOWLEDGEMENTS = (
    Acknowledgement("gap", NO_SCOPE, SELLER, at(8, 28, 12)),
    Acknowledgement("gap", NO_SCOPE, OTHER, at(8, 28, 11), "status"),
    # Before anybody escalated.
    Acknowledgement("gap", NO_WORDS, SELLER, at(8, 27), "field"),
    # Of a deal: of what it lacked by then, and not of what had ended.
    Acknowledgement("handoff", "1105", SELLER, at(8, 24)),
    Acknowledgement("handoff", "1105", SELLER, at(8, 27)),
    Acknowledgement("handoff", "1086", SELLER, at(8, 29)),
    Acknowledgement("gap", NO_FLOOR, SELLER, at(9, 22)),
)
FEEDBACK = (
    Feedback(feedback_id="f1", deal_id=1072, item="margin_floor", kind="false_positive", by=SELLER, at=at(8, 24, 12), note="It is signed"),
    Feedback(
        feedback_id="f2", deal_id=1075, item="signed_scope", kind="false_negative", by=GONE, at=at(8, 25), note="The link is dead",
        disposition="The rule was changed", disposed_at=at(9, 1),
    ),
    Feedback(
        feedback_id="f3", deal_id=999_999, item="no_such_item", kind="false_positive", by=LEAD, at=at(9, 5), note="Which deal?",
        disposition="None", disposed_at=at(9, 22),
    ),
    Feedback(feedback_id="f4", deal_id=1075, item="margin_floor", kind="false_positive", by=SELLER, at=at(9, 22), note="Tomorrow"),
)  # fmt: skip

APPROVED, CLAIMED, SENT = Move("approved", at(8, 24, 10)), Move("claimed", at(8, 24, 11)), Move("sent", at(8, 24, 11, 0, 1), "202")
WAY = (APPROVED, CLAIMED, SENT)


def intent(name: str, *moves: Move, deal: int | None = 1072, target: str = "teams", action: str = "owner_card", **more: Any) -> Intent:
    """Something that is proposed at half past nine on 24 August."""
    plain = Intent(
        intent_id=f"script-{name}", target=target, action=action, action_class="automatic", proposed_at=at(8, 24, 9, 30), deal_id=deal,
        url=PAGE, moves=moves,
    )  # fmt: skip
    return replace(plain, **more)


INTENTS = (
    intent("proposed", action="halo_status", target="halopsa", action_class="one_approver"),
    intent("shadow", is_shadow=True, url=None),
    intent("never", action="payment", action_class="never", deal=None),
    intent("approved", APPROVED),
    intent("claimed", APPROVED, CLAIMED),
    intent("sent", *WAY),
    intent("accepted", *WAY, Move("accepted", at(8, 24, 11, 0, 2), "HTTP 202")),
    intent("confirmed", *WAY, Move("confirmed", at(8, 24, 12)), target="halopsa", action="halo_note"),
    intent("uncertain", *WAY, Move("uncertain", at(8, 24, 12), "no answer"), deal=999_999),
    intent("conflict", Move("conflict", at(8, 25), "it changed"), target="halopsa", action="halo_status", action_class="two_approvers"),
    intent("failed", APPROVED, CLAIMED, Move("failed", at(8, 25), "HTTP 400")),
    intent("expired", APPROVED, Move("expired", at(9, 1)), target="sharepoint", action="digest"),
    intent("refused", Move("refused", at(8, 24, 12), "superseded")),
    # Twice: the first did not arrive.
    intent(
        "again", *WAY, Move("uncertain", at(8, 25)), Move("approved", at(8, 26)), Move("claimed", at(8, 27)), Move("sent", at(8, 27, 10))
    ),
    intent("back", *WAY, Move("uncertain", at(8, 25)), Move("approved", at(8, 26), "not there")),
    # The rest of its way is after the last night.
    intent("on its way", *WAY, Move("accepted", at(9, 22), "HTTP 202")),
    intent("later", proposed_at=at(9, 22)),
)
SCRIPT = Said(OVERRIDES, REQUESTS, ESCALATIONS, ACKNOWLEDGEMENTS, FEEDBACK, INTENTS)
