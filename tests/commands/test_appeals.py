"""`handoff appeals`: each appeal is answered once, by somebody else, with words that are kept."""

from __future__ import annotations

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.ledger import Feedback
from tests.commands.outbox_world import JO, KIM
from tests.ledger.acting import AT, HOUR

ID = "5c0ffee0" * 4
SETTLE = ("appeals", "settle", ID[:8], "--as", "gap_stands", "--reason", "the appendix names no deliverables")


@pytest.fixture
def appealed(ledger, people):
    """One appeal of Jo's."""
    ledger.people.report(
        Feedback(
            feedback_id=ID,
            handoff_id=1042,
            item="signed_scope",
            kind="false_positive",
            reported_by=JO,
            reported_at=AT - HOUR,
            note="it is there",
        )
    )
    return ledger


def test_an_appeal_that_nobody_answered_is_listed(handoff, appealed):
    said = handoff("appeals", "list")
    assert (said.code, "1042:signed_scope" in said.out, "it is there" in said.out) == (Exit.DONE, True, True)


def test_a_settled_appeal_is_listed_with_all_alone(handoff, appealed):
    handoff(*SETTLE, "--by", "Kim Vale", "--yes")
    assert handoff("appeals", "list", "--json").json == {"appeals": []}
    [one] = handoff("appeals", "list", "--all", "--json").json["appeals"]
    assert one["disposition"] == "gap_stands: the appendix names no deliverables"


def test_what_came_of_an_appeal_is_kept_with_who_said_so(handoff, appealed):
    assert handoff(*SETTLE, "--by", str(KIM), "--yes").code == Exit.DONE
    assert appealed.people.feedback()[0].disposition == "gap_stands: the appendix names no deliverables"
    last = appealed.audit.last_rows(1)[0]
    assert (last.kind, last.subject, last.actor) == ("feedback.disposed", ID, KIM)


def test_without_a_yes_an_appeal_stays_open(handoff, appealed):
    assert handoff(*SETTLE, "--by", str(KIM)).code == Exit.FAILED
    assert handoff(*SETTLE, "--by", str(KIM), "--json").json["written"] is False
    assert appealed.people.feedback()[0].disposition is None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((*SETTLE, "--by", str(JO)), "appealed himself"),
        ((*SETTLE[:-1], " ", "--by", str(KIM)), "reason is empty"),
        (("appeals", "settle", "beef1234", *SETTLE[3:], "--by", str(KIM)), "no appeal"),
        (("appeals", "settle", "5c", *SETTLE[3:], "--by", str(KIM)), "at least 6 digits"),
    ],
    ids=["his own", "no reason", "unknown", "too short"],
)
def test_an_appeal_is_not_settled_when(handoff, appealed, arguments, why):
    said = handoff(*arguments, "--yes")
    assert (said.code, why in said.err, appealed.people.feedback()[0].disposition) == (Exit.FAILED, True, None)


def test_an_appeal_is_settled_once(handoff, appealed):
    handoff(*SETTLE, "--by", str(KIM), "--yes")
    said = handoff("appeals", "settle", ID, "--as", "rule_changed", "--reason", "x", "--by", str(KIM), "--yes")
    assert (said.code, "is settled: gap_stands" in said.err) == (Exit.FAILED, True)
