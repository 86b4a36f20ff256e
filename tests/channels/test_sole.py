"""One delivery at a time: on one host by the lock file, on two hosts that share a PostgreSQL ledger by a lock in its database."""

from __future__ import annotations

import pytest

from handoff_pipeline.channels.sole import DeliveryUnderWay, one_at_a_time
from handoff_pipeline.ledger import Ledger
from tests.channels.outbox import an_intent as intent_of
from tests.channels.outbox import new_ledger, won_deal
from tests.ledger.acting import AT, KEY

PIDS = "select pid from pg_locks where locktype = 'advisory' and objsubid = 1 and database is not null"


@pytest.fixture
def hosts(postgresql_ledger):
    """Two hosts with a home each, and one ledger."""
    with Ledger.open(postgresql_ledger, KEY) as one, Ledger.open(postgresql_ledger, KEY) as other:
        yield one, other


def test_only_one_process_of_a_home_delivers_at_a_time(tmp_path):
    with new_ledger(tmp_path) as ledger:
        with one_at_a_time(tmp_path, ledger), pytest.raises(DeliveryUnderWay), one_at_a_time(tmp_path, ledger):
            pass
        with one_at_a_time(tmp_path, ledger) as still_held:
            still_held()


@pytest.mark.must_run
def test_two_hosts_with_one_ledger_do_not_deliver_at_once(tmp_path, hosts):
    here, there = hosts
    with (
        one_at_a_time(tmp_path / "here", here),
        pytest.raises(DeliveryUnderWay, match="Another host"),
        one_at_a_time(tmp_path / "there", there),
    ):
        pass


@pytest.mark.must_run
def test_what_one_host_has_done_the_other_goes_on_with(tmp_path, hosts):
    here, there = hosts
    for _ in range(20):  # at once, however slowly the server ends a connection
        with one_at_a_time(tmp_path / "here", here) as still_held:
            still_held()
        with one_at_a_time(tmp_path / "there", there) as still_held:
            still_held()


@pytest.mark.must_run
def test_the_lock_of_a_host_that_was_cut_off_is_free_and_that_host_sends_nothing_more(tmp_path, hosts, postgresql_server):
    here, there = hosts
    with one_at_a_time(tmp_path / "here", here) as still_held:
        with postgresql_server.connect() as outside:
            [(pid,)] = outside.execute(PIDS).fetchall()
            outside.execute("select pg_terminate_backend(%s, 5000)", (pid,))
        with one_at_a_time(tmp_path / "there", there), pytest.raises(DeliveryUnderWay, match="was lost"):
            still_held()


@pytest.mark.must_run
def test_a_delivery_that_waits_long_for_a_far_side_keeps_its_lock(tmp_path, hosts, postgresql_server):
    here, _ = hosts
    with one_at_a_time(tmp_path, here), postgresql_server.connect() as outside:
        states = "select state from pg_stat_activity where pid = %s"
        [(pid,)] = outside.execute(PIDS).fetchall()
        assert outside.execute(states, (pid,)).fetchone() == ("idle",)


@pytest.mark.must_run
def test_writers_of_the_ledger_do_not_wait_for_a_delivery(tmp_path, hosts):
    here, there = hosts
    with one_at_a_time(tmp_path, here):
        assert there.intents.expire(AT) == []


@pytest.mark.parametrize(("asked", "state"), [(1, "approved"), (2, "claimed")], ids=["before the claim", "before the write"])
def test_a_delivery_whose_lock_is_lost_writes_nothing_more(bench, asked, state):
    note = intent_of("note", "halo_note", {"ticket_id": won_deal(), "note": "Two gaps are open."})
    bench.propose(note)
    times = iter(range(1, 9))

    def still_held() -> None:
        if next(times) >= asked:
            raise DeliveryUnderWay("lost", "wait")

    with pytest.raises(DeliveryUnderWay):
        bench.run(still_held=still_held)
    assert (bench.state(note), bench.writes()) == (state, [])
