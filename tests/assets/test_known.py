"""What the warehouse tells tonight's plan: living and doubtful ids, orders, sweeps and what was asked."""

from __future__ import annotations

import pytest

from assets.known import Known, read_known
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.warehouse import Home, acquire, open_build
from tests.warehouse.conftest import NIGHT
from tests.warehouse.sweeping import Nights, deals


@pytest.fixture
def nights(tmp_path):
    home = Home(tmp_path / "home")
    home.prepare()
    with Ledger.open(home.ledger_file) as ledger, acquire(home, "r1") as lease:
        yield Nights(home, ledger, lease)


def read(nights: Nights) -> Known:
    with open_build(nights.home, nights.lease) as conn:
        return read_known(conn)


def test_before_the_first_landing_nothing_is_known(nights):
    assert read(nights) == Known()


def test_living_ids_are_known_and_those_that_were_missing_or_deleted_are_doubtful(nights):
    nights.land(opportunity=nights.rows("opportunity", deals(*range(1, 11)), cursor_utc=NIGHT))
    nights.land(opportunity=nights.sweep("opportunity", range(1, 10)))
    once = read(nights)
    assert (once.living["opportunity"], once.doubtful["opportunity"]) == (frozenset(range(1, 11)), frozenset({10}))
    assert once.unsettled == {"opportunity"}
    nights.land(opportunity=nights.sweep("opportunity", range(2, 10)))
    twice = read(nights)
    assert (twice.living["opportunity"], twice.doubtful["opportunity"]) == (frozenset(range(1, 10)), frozenset({1, 10}))
    assert (twice.full_reads, twice.cursors) == ({"opportunity": NIGHT}, {"opportunity": NIGHT})


def test_a_quarantined_sweep_is_no_sweep_so_that_the_next_night_looks_again(nights):
    nights.land(opportunity=nights.rows("opportunity", deals(*range(1, 11))))
    assert read(nights).sweeps == {"opportunity": NIGHT}
    nights.land(opportunity=nights.sweep("opportunity", {1}))
    assert read(nights).sweeps == {}


def test_an_order_or_project_that_is_gone_is_not_known(nights):
    """An order that came back unchanged would not be read again if it still were."""
    orders = {number: {"last_update_time": f"2026-09-0{number}"} for number in (1, 2)}
    nights.land(sales_order=nights.rows("sales_order", orders), project=nights.rows("project", {5: {}, 6: {}}))
    for _ in range(2):
        nights.land(sales_order=nights.rows("sales_order", {1: orders[1]}), project=nights.sweep("project", {5}))
    known = read(nights)
    assert (known.orders, known.project_ids) == ({1: "2026-09-01"}, frozenset({5}))


def test_what_was_read_singly_is_known_by_its_last_change(nights):
    nights.land(attachment=nights.rows("attachment", {}, is_full=False, asked={"quotation:7": "2026-09-01"}))
    assert read(nights).asked == {"attachment": {"quotation:7": "2026-09-01"}}
    assert read(nights).sweeps == {}
