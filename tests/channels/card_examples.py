"""One content of every kind of card, as governance would write it, and the people and the moment for which they are drawn."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from handoff_pipeline.channels.card_content import Content, Fact, Head, Link, Row
from handoff_pipeline.channels.card_people import Person
from handoff_pipeline.channels.cards import Reader, draw
from handoff_pipeline.channels.teams_message import message
from handoff_pipeline.ledger.records_action import Intent

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")
PEOPLE = {
    7: Person(7, "Ann Bell", "ann.bell@msp.example"),
    12: Person(12, "Kofi Mensah", "kofi.mensah@msp.example"),
    19: Person(19, "Sofía Ruiz-Marín", "sofia@msp.example"),
    23: Person(23, "Lee Park"),
}
READER = Reader(PEOPLE, ZONE, NOW)
HALO = "https://acme.halopsa.com/opportunity?id="

ANSWER = (
    "Not today? Write a note on the opportunity that begins with ACK (seen); SNOOZE, a date and a reason (put off); "
    "or FALSE POSITIVE and why (not a gap)."
)
HOSTILE = (
    "<at>Everyone</at> [free](https://evil.example) **bold** _it_ {{DATE(2026-01-01)}} https://evil.example \u202eevil\u202c\n# head\r\n- a"
)

CARDS: dict[str, Content] = {
    "owner": Content(
        card="owner_card",
        title="Signed scope of work is missing",
        to=7,
        summary="The deal was won on 20 November and the field 'Signed scope' is empty.",
        facts=(
            Fact(name="Handoff", value="Brightwater Dental · Managed workplace, 45 seats · #4711"),
            Fact(name="Fix", value="Attach the signed scope to the opportunity, or ask for an exception."),
        ),
        due=NOW + timedelta(hours=7),
        answer=ANSWER,
        links=(Link(title="Open in HaloPSA", url=f"{HALO}4711"),),
    ),
    "daily": Content(
        card="daily_card",
        title="3 open gaps",
        to=12,
        answer=ANSWER,
        facts=(Fact(name="Hard", value="2"), Fact(name="Past the deadline", value="1"), Fact(name="Closed", value="1")),
        due=NOW - timedelta(hours=17),
        rows=(
            Row(
                title="Signed scope of work is missing",
                detail="The field 'Signed scope' is empty.",
                fix="Attach the signed scope to the opportunity.",
                group="Brightwater Dental · Managed workplace · #4711",
                weight="hard",
                due=NOW - timedelta(hours=17),
                url=f"{HALO}4711",
            ),
            Row(
                title="Margin below the floor",
                detail="Sold at 21.4 %, the floor of managed services is 25 %.",
                fix="Raise the price, or ask finance for an exception.",
                group="Brightwater Dental · Managed workplace · #4711",
                weight="hard",
                due=NOW + timedelta(hours=7),
                url=f"{HALO}4711",
            ),
            Row(
                title="Assumptions are copied from another deal",
                detail="Word for word those of handoff 4650.",
                fix="Write down what this client's project rests on.",
                group="Northgate Logistics · Firewall refresh · #4720",
                weight="soft",
                due=NOW + timedelta(days=2),
                url=f"{HALO}4720",
            ),
            Row(title="No delivery owner", detail="Closed", group="Oakfield School · Wi-Fi · #4702", weight="good"),
        ),
    ),
    "escalation": Content(
        card="escalation_card",
        title="Past the deadline: Signed scope of work",
        to=19,
        level=2,
        due=NOW - timedelta(hours=40),
        rows=(
            Row(
                title="Signed scope of work",
                detail="The field 'Signed scope' is empty.",
                fix="Attach the signed scope to the opportunity, or ask for an exception.",
                group="Brightwater Dental · Managed workplace, 45 seats · #4711",
                weight="hard",
                owner=7,
                due=NOW - timedelta(hours=40),
                url=f"{HALO}4711",
            ),
        ),
        links=(Link(title="Open in HaloPSA", url=f"{HALO}4711"),),
        answer="Talk to the owner, or see to it yourself.",
    ),
    "closure": Content(
        card="closure_card",
        title="Signed scope of work is missing",
        to=7,
        summary="The item is met now.",
        facts=(Fact(name="Handoff", value="Brightwater Dental · Managed workplace, 45 seats · #4711"),),
        links=(Link(title="Open in HaloPSA", url=f"{HALO}4711"),),
    ),
    "digest": Content(
        card="digest",
        title="Week 48: 11 open gaps",
        facts=(
            Fact(name="Open", value="11"),
            Fact(name="Hard", value="3"),
            Fact(name="Past the deadline", value="2"),
            Fact(name="New", value="6"),
            Fact(name="Closed", value="9"),
            Fact(name="Deliveries of unknown end", value="1"),
        ),
        rows=(
            Row(
                title="owner card on handoff 4650: may have arrived",
                detail="Intent 5c0ffee01234",
                fix="handoff outbox show 5c0ffee01234",
                group="Deliveries to look at",
                weight="warning",
                url=f"{HALO}4650",
            ),
            Row(title="4 open gaps, 2 hard, 2 past the deadline", group="Owners", weight="attention", owner=7),
            Row(title="4 open gaps", group="Owners", owner=23),
            Row(title="3 open gaps, 1 hard", group="Owners", owner=12),
            Row(
                title="Margin below the floor",
                detail="Northgate Logistics · #4650",
                owner=12,
                due=NOW - timedelta(days=5, hours=16),
                group="Newly past the deadline",
                weight="hard",
                url=f"{HALO}4650",
            ),
            Row(
                title="Dependencies named",
                detail="Northgate Logistics · #4720",
                owner=12,
                due=NOW + timedelta(days=1, hours=7),
                group="New",
                weight="soft",
                url=f"{HALO}4720",
            ),
            Row(title="No delivery owner", detail="Oakfield School · #4702", owner=23, group="Closed", weight="good", url=f"{HALO}4702"),
        ),
    ),
    "caught_up": Content(
        card="digest",
        title="9 cards could not be sent",
        summary="They waited too long for Teams, and will not follow. All of them are named here, what is still open first.",
        facts=(Fact(name="Still open", value="1 gap"), Fact(name="The first of them", value="Mon 16 Nov 2026, 17:00")),
        rows=(
            Row(
                title="Signed scope of work",
                detail="Not sent: owner card of Tue 17 Nov, escalation level 1 of Wed 18 Nov, escalation level 2 of Thu 19 Nov.",
                group="Brightwater Dental · #4711",
                weight="hard",
                owner=7,
                due=NOW - timedelta(days=7, hours=16),
                url=f"{HALO}4711",
            ),
            Row(
                title="Margin below the floor",
                detail="Closed meanwhile. Not sent: escalation level 1 of Mon 16 Nov, closure card of Thu 19 Nov.",
                group="Northgate Logistics · #4650",
                weight="good",
                owner=12,
                url=f"{HALO}4650",
            ),
            Row(title="Tue 17 Nov, Wed 18 Nov, Thu 19 Nov", group="Day's lists that were not sent", owner=7),
            Row(title="Tuesday: 2 open gaps", detail="Of Tue 17 Nov", group="Digests that were not sent"),
        ),
    ),
    "head": Content(
        card="digest",
        title="Head of the audit chain",
        summary="Keep this card: with it `handoff audit verify --head` finds out whether later rows were cut off.",
        head=Head(seq=18231, row_hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ),
    "heartbeat": Content(
        card="heartbeat",
        title="The pipeline is alive",
        summary="Sent so that Microsoft does not switch this flow off. Nothing was to be told since the last card.",
        facts=(Fact(name="Last successful night", value="Wed 25 Nov 2026, 02:14 GMT"),),
    ),
    "alert": Content(
        card="alert_card",
        alert="run",
        title="The nightly run failed at warehouse.land",
        summary="HaloPSA answered 401 to every request. What was published before stays as it was.",
        facts=(Fact(name="Run", value="7be0c7d2"), Fact(name="Fix", value="Renew HANDOFF_HALO_CLIENT_SECRET, then: handoff run")),
        links=(Link(title="What to do", url="https://docs.msp.example/operations"),),
    ),
    "check": Content(card="alert_card", alert="check", title="bridge_sums_to_erosion failed", facts=(Fact(name="Rows", value="3"),)),
    "freshness": Content(card="alert_card", alert="freshness", title="kpi_weekly is 31 h old", summary="It may be 26 h old."),
    "tick": Content(card="alert_card", alert="tick", title="gap_remediation failed three times", summary="The ledger is locked."),
    "dead_man": Content(
        card="dead_man_card",
        title="No night has succeeded for 39 hours",
        to=12,
        summary="The figures are those of Mon 23 Nov. Nothing is acted on until a night succeeds.",
        facts=(
            Fact(name="Last successful night", value="Mon 23 Nov 2026, 02:11 GMT"),
            Fact(name="First thing to do", value="handoff status"),
        ),
    ),
    "hostile": Content(
        card="daily_card",
        title=HOSTILE,
        to=7,
        summary=HOSTILE,
        facts=(Fact(name=HOSTILE, value=HOSTILE),),
        rows=(
            Row(title=HOSTILE, detail=HOSTILE, fix=HOSTILE, group=HOSTILE, weight="soft", owner=7, url="javascript:alert(1)"),
            Row(title="R&D_plan (v2) *final*", detail="1. first &lt;b&gt;", fix="- dash", owner=99, url="http://plain.example/x"),
        ),
        answer=HOSTILE,
        links=(Link(title=HOSTILE, url="javascript:alert(1)"), Link(title=HOSTILE, url="https://acme.halopsa.com/x")),
    ),
    "crowded": Content(
        card="daily_card",
        title="240 open gaps",
        to=7,
        rows=tuple(
            Row(
                title=f"Gap {number}: Übergabe unvollständig",
                detail="Das Feld ist leer. " * 5,
                fix="Bitte ausfüllen. " * 5,
                group=f"Kunde {number // 3}",
                weight="hard" if number < 20 else "soft",
                due=NOW + timedelta(hours=number),
                url=f"{HALO}{number}",
            )
            for number in range(40)
        ),
        total=240,
    ),
}


def size_of(card: dict) -> int:
    """The bytes of the whole message."""
    return len(message(card, "workflow_template"))


def drawn(name: str) -> dict:
    """The card of an example."""
    return draw(CARDS[name], READER, "0f3c1a9b" * 4, size_of).card


def intent_of(content: Content | str, intent_id: str = "0f3c1a9b" * 4) -> Intent:
    """An approved intent that holds the content."""
    text = content if isinstance(content, str) else json.dumps(content.document(), sort_keys=True)
    return Intent(
        intent_id=intent_id,
        dedupe_key=f"key-{intent_id}",
        target="teams",
        action="owner_card",
        action_class="automatic",
        handoff_id=4711,
        project_id=None,
        requested_by=0,
        content=text,
        content_hash="",
        precondition="{}",
        precondition_hash="",
        shown="",
        amount_base=None,
        proposed_at=NOW,
        expires_at=NOW + timedelta(days=2),
    )
