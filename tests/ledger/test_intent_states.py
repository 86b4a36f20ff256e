"""Whatever is asked of the outbox, in whatever order: moves follow the table, and events, chain and outbox tell the same."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import FINAL, TRANSITIONS, Ledger, State
from handoff_pipeline.ledger.audit_verify import verify
from handoff_pipeline.ledger.intent_states import STATES, check_transition
from tests.ledger.acting import AT, KEY, an_intent

NAMES = st.sampled_from(["a", "b"])
ENDS = st.sampled_from(["accepted", "confirmed", "uncertain", "conflict", "failed", "expired", "refused"])


@pytest.mark.parametrize("old", STATES)
@pytest.mark.parametrize("new", STATES)
def test_a_move_is_allowed_where_the_table_says_so_and_nowhere_else(old, new):
    if new in TRANSITIONS[old]:
        check_transition("i", old, new)
    else:
        with pytest.raises(HandoffError, match=f"is {old} and cannot become {new}"):
            check_transition("i", old, new)


def test_every_state_can_be_reached_and_the_last_ones_are_six():
    assert set(STATES) - {"proposed"} == set().union(*TRANSITIONS.values())
    assert {"accepted", "confirmed", "conflict", "failed", "expired", "refused"} == FINAL


class Outbox(RuleBasedStateMachine):
    """Two intents, pushed about by a model that knows the table and no SQL."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger.open(Path(self.folder.name) / "l.sqlite", KEY)
        self.now = AT
        self.states: dict[str, State] = {}
        self.moves: list[tuple[State | None, State]] = []

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    def expect(self, name: str, new: State, act, *, allowed: bool) -> None:
        old = self.states[name]
        if allowed and new in TRANSITIONS[old]:
            act()
            self.states[name] = new
            self.moves.append((old, new))
        else:
            with pytest.raises(HandoffError):
                act()

    @rule(name=NAMES, hours=st.integers(0, 5))
    def propose(self, name: str, hours: int) -> None:
        self.now += timedelta(hours=hours)
        new = self.ledger.intents.propose([an_intent(name, proposed_at=self.now, expires_at=self.now + timedelta(days=400))])
        assert new == (name not in self.states)
        if new:
            self.states[name] = "proposed"
            self.moves.append((None, "proposed"))

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def approve(self, data) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        act = lambda: self.ledger.intents.approve(an_intent(name).intent_id, self.now)  # noqa: E731
        self.expect(name, "approved", act, allowed=self.states[name] == "proposed")

    @precondition(lambda self: self.states)
    @rule(data=st.data(), run=st.sampled_from(["r1", "r2"]))
    def claim(self, data, run: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        won = self.ledger.intents.claim(an_intent(name).intent_id, run, self.now)
        assert won == (self.states[name] == "approved")
        if won:
            self.moves.append(("approved", "claimed"))
            self.states[name] = "claimed"

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def sent(self, data) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        self.expect(name, "sent", lambda: self.ledger.intents.sent(an_intent(name).intent_id, self.now), allowed=True)

    @precondition(lambda self: self.states)
    @rule(data=st.data(), end=ENDS)
    def settle(self, data, end: State) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        self.expect(name, end, lambda: self.ledger.intents.settle(an_intent(name).intent_id, end, self.now), allowed=True)

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def put_back(self, data) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        act = lambda: self.ledger.intents.put_back(an_intent(name).intent_id, self.now, None)  # noqa: E731
        self.expect(name, "approved", act, allowed=self.states[name] in {"claimed", "uncertain"})

    @invariant()
    def the_outbox_the_events_and_the_chain_tell_the_same(self) -> None:
        found = {intent.dedupe_key: intent for intent in self.ledger.intents.all()}
        assert {name: intent.state for name, intent in found.items()} == self.states
        assert [(event.from_state, event.to_state) for event in self.ledger.intents.events()] == self.moves
        assert all((intent.settled_at is not None) == (intent.state in FINAL) for intent in found.values())
        verdict = verify(self.ledger.engine, KEY)
        assert (verdict.why, verdict.rows) == (None, len(self.moves))


Outbox.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestOutbox = Outbox.TestCase
