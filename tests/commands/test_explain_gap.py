"""`handoff explain gap`, on published tables with just the rows that a test needs."""

from __future__ import annotations

import pytest

from handoff_pipeline.commands.exits import Exit

PAGE = "https://acme.example/1042"


@pytest.fixture
def gap(publish):
    """One item of a deal that is short for the second time."""
    publish("dim_agent", agent_key=6, agent_name="Sam Seller")
    publish("dim_client", client_key=5, client_name="Acme [Ltd]")
    publish("dim_handoff", handoff_key=1, handoff_id=1042, title="[red]Servers[/red]", deal_state="won", source_url=PAGE)
    publish("dim_checklist_item", item_key=11, item="signed_scope", title="Signed scope", mode="warn", control_ids="HC-01")
    of = {"handoff_key": 1, "item_key": 11, "client_key": 5, "owner_agent_key": 6, "is_hard": True, "source_url": PAGE}
    publish("fact_gap", **of, gap_key=8, state="resolved", detected_at_utc="2026-08-01 01:30:00", open_hours=8.0)
    publish(
        "fact_gap", **of, gap_key=9, state="open", detected_at_utc="2026-09-01 01:30:00", open_hours=21.5, due_at_utc="2026-09-03 09:00:00"
    )
    check = {"handoff_key": 1, "item_key": 11, "result": "missing", "quality": 0.0}
    publish("fact_handoff_check", **check, stage="won", reason="no link", evidence_url=PAGE)
    publish("fact_handoff_check", **check, stage="latest", reason="no date. Enter it.", evidence_url="https://files.example/scope.pdf")
    publish("dim_metric", metric_key=2, metric="gap_resolution_hours", title="Median hours", unit="hours", aggregation="median")
    member = {"metric_key": 2, "record": "gap", "record_key": 9, "is_counted": True, "is_event": False}
    publish("kpi_member", **member, week_start="2026-08-31", duration=8.0)
    publish("kpi_member", **member, week_start="2026-09-07", duration=21.5)


@pytest.mark.usefixtures("gap")
@pytest.mark.parametrize("which", ["9", "1042:signed_scope"])
def test_a_gap_says_since_when_whose_it_is_and_what_closes_it(handoff, which):
    said = handoff("explain", "gap", which)
    assert said.code == Exit.DONE
    for expected in (
        "Signed scope · handoff 1042  [red]Servers[/red]",
        "open; hard: it caps the score; mode warn, controls HC-01",
        "Acme [Ltd]",
        "Sam Seller",
        "21.5 business hours, since 2026-09-01 01:30:00 UTC",
        "2026-09-03 09:00:00 UTC",
        "the first night on which the item is met. Now: no date. Enter it.",
        "at the win: no link",
        "now: no date. Enter it. Evidence: https://files.example/scope.pdf",
        "2026-W36 to W37 (2)",
        "21.5 hours, not closed",
    ):
        assert expected in said.out


@pytest.mark.usefixtures("gap")
def test_the_newest_gap_of_an_item_is_told_and_the_others_are_named(handoff):
    told = handoff("explain", "gap", "1042:signed_scope", "--json").json
    assert told["gap"]["gap_key"] == 9
    assert [(each["gap_key"], each["state"]) for each in told["others"]] == [(8, "resolved")]


@pytest.fixture
def waived(gap, publish):
    """An exception from the item, one that nobody has answered, and an appeal."""
    publish("dim_agent", agent_key=7, agent_name="Dee Livery")
    publish("dim_agent", agent_key=8, agent_name="Grace Lee")
    of = {"handoff_key": 1, "item_key": 11, "requested_by_key": 6, "expires_at_utc": "2026-10-01 00:00:00"}
    publish(
        "fact_override", **of, override_key=1, state="approved", reason="Signed on Friday.", compensating_control="No kickoff before",
        approved_by_key=7, second_approver_key=8, requested_at_utc="2026-09-01 09:00:00", approved_at_utc="2026-09-01 12:00:00",
    )  # fmt: skip
    publish("fact_override", **of, override_key=2, state="requested", requested_at_utc="2026-09-02 09:00:00")
    told = {"handoff_key": 1, "item_key": 11, "kind": "false_positive", "reported_by_key": 6, "note": "It is signed"}
    publish("fact_feedback", **told, feedback_key=1, reported_at_utc="2026-09-01 10:00:00")


@pytest.mark.usefixtures("waived")
def test_a_gap_shows_exceptions_with_their_approvers_and_appeals(handoff):
    said = " ".join(handoff("explain", "gap", "1042:signed_scope").out.split())

    assert "until 2026-10-01 00:00:00 UTC, approved 2026-09-01 12:00:00 UTC by Dee Livery and Grace Lee; asked for by Sam Seller" in said
    assert "Signed on Friday. Instead: No kickoff before" in said
    assert "approved by nobody; asked for by Sam Seller" in said
    assert "Sam Seller: held to be no gap. It is signed. Nothing came of it yet." in said


@pytest.mark.usefixtures("gap")
def test_a_gap_of_which_nobody_said_anything_has_no_such_parts(handoff):
    told = handoff("explain", "gap", "1042:signed_scope", "--json").json

    assert (told["exceptions"], told["feedback"]) == ([], [])


@pytest.mark.usefixtures("gap")
def test_a_closed_gap_says_how_it_ended(handoff):
    assert "closed: the item was met" in handoff("explain", "gap", "8").out


@pytest.mark.usefixtures("gap")
@pytest.mark.parametrize(
    ("which", "message", "fix"),
    [
        ("7", "No gap has the key 7", "1042:signed_scope"),
        ("1042:margin", "Handoff 1042 has no gap in 'margin'", "Its gaps: signed_scope."),
        ("1:signed_scope", "Handoff 1 has no gap", "handoff explain handoff"),
        ("signed_scope", "names no gap", "HANDOFF:ITEM"),
        ("1042:", "names no gap", "HANDOFF:ITEM"),
        ("99999999999999999999", "names no gap", "HANDOFF:ITEM"),
    ],
)
def test_what_is_no_gap_is_refused_with_those_that_are(handoff, which, message, fix):
    said = handoff("explain", "gap", which)
    assert said.code == Exit.FAILED
    assert message in said.err
    assert fix in said.err
