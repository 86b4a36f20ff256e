"""A channel that is in trouble is left alone, longer each time; one that works is only paced."""

from __future__ import annotations

import pytest

from handoff_pipeline.channels.gateway import Sent
from handoff_pipeline.channels.teams_circuit import LONGEST_REST_SECONDS, Circuit

DOWN = Sent("retry")


def test_a_channel_that_works_is_paced_and_never_rests():
    circuit = Circuit(1.0)
    circuit.note("a", Sent("accepted"), 10.0)
    assert (circuit.pause("a", 10.25), circuit.resting("a", 10.25)) == (0.75, 0.0)
    assert circuit.pause("a", 12.0) == 0.0


def test_each_trouble_in_a_row_doubles_the_rest_up_to_an_hour():
    circuit = Circuit()
    rests = []
    for _ in range(9):
        circuit.note("a", DOWN, 0.0)
        rests.append(circuit.resting("a", 0.0))
    assert rests[:4] == [60.0, 120.0, 240.0, 480.0]
    assert max(rests) == LONGEST_REST_SECONDS


def test_the_far_sides_own_wait_counts_where_it_is_longer():
    circuit = Circuit()
    circuit.note("a", Sent("retry", retry_after=4000.0), 0.0)
    assert circuit.resting("a", 0.0) == 4000.0


@pytest.mark.parametrize("outcome", ["accepted", "failed"])
def test_an_answer_ends_the_row_of_troubles(outcome):
    circuit = Circuit()
    circuit.note("a", DOWN, 0.0)
    circuit.note("a", Sent(outcome), 100.0)
    circuit.note("a", DOWN, 200.0)
    assert circuit.resting("a", 200.0) == 60.0


def test_one_channels_trouble_is_not_anothers():
    circuit = Circuit()
    circuit.note("a", Sent("uncertain"), 0.0)
    assert circuit.resting("a", 0.0) == 60.0
    assert circuit.resting("b", 0.0) == 0.0
