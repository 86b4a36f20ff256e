"""How long pull and landing take beside what an analyst or a data engineer would reach for, on the same pages of the same server.

The figures are pytest-benchmark's, with the ratio to the fastest in brackets; peak memory stands in its extra columns. What is asserted is
that everybody stored the same number of rows, since a fast reader that loses some is no peer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.benchmarks.pages_server import SHARES
from tests.benchmarks.peers import PEERS
from tests.benchmarks.serving import Taken, once, serving

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
OPPORTUNITIES = int(os.environ.get("BENCH_OPPORTUNITIES", "2000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(OPPORTUNITIES) as address:
        yield address


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.benchmark(group="pull and land", min_rounds=1)
def test_pull_and_land_beside_its_peers(benchmark, url: str, peer: str, tmp_path: Path):
    number = count()
    taken: list[Taken] = []

    def work() -> None:
        taken.append(once(peer, url, tmp_path / str(next(number))))

    benchmark.pedantic(work, rounds=ROUNDS, iterations=1)
    # The process's start and its imports are in pytest-benchmark's figure; the work alone is in these.
    benchmark.extra_info.update(
        opportunities=OPPORTUNITIES,
        work_seconds=sorted(each.seconds for each in taken)[len(taken) // 2],
        cpu_seconds=sorted(each.cpu_seconds for each in taken)[len(taken) // 2],
        peak_mb=max(each.peak_mb for each in taken),
    )
    lists = sum(OPPORTUNITIES * share // 10 for share in SHARES.values())
    # The product stores the tenant's set-up lists as well.
    assert all(lists <= each.rows <= lists + 200 for each in taken)
    assert peer == "handoff" or {each.rows for each in taken} == {lists}
