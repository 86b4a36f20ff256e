"""The eight probes: every promise holds of ours. What dlt makes of the same server is shown by `make bench`, and asserted of nobody."""

from __future__ import annotations

import gc

import pytest

from tests.benchmarks.probes import Probe
from tests.benchmarks.probing import PROBES


@pytest.mark.parametrize("probe", PROBES, ids=[probe.promise for probe in PROBES])
def test_the_promise_holds(probe: Probe):
    seen = probe.ours()

    assert seen.holds, seen


@pytest.mark.bench
# The peer leaves connections open; they are its own, and are collected here and not in somebody else's test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("probe", PROBES, ids=[probe.promise for probe in PROBES])
def test_the_peer_answers_the_same_server(probe: Probe):
    seen = probe.theirs()
    gc.collect()

    assert seen.requests > 0
