"""On PostgreSQL the ledger keeps what it promises on SQLite, whatever the server's own settings are, and never tells the password."""

from __future__ import annotations

import subprocess
import threading
import traceback
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger import Acknowledgement, AuditHead, Baseline, CalendarState, Ledger, PolicyDocument, Snooze, is_ledger, shown
from handoff_pipeline.ledger import postgresql as product
from handoff_pipeline.ledger.audit_verify import verify
from handoff_pipeline.ledger.engine import snapshot
from tests.house.postgresql import IN_ADDRESS, PASSWORD, binaries
from tests.ledger.acting import AT, KEY, an_intent

pytestmark = pytest.mark.must_run
WRITERS, EACH = 4, 12
DAY = AT.date()
FIRST = Baseline("kickoff_delay_rate", "all", 0, "all", 0.4, 8, 20, None, 20, None, None, DAY, DAY, AT, 7, "why", "first")


@pytest.fixture
def ledger(postgresql_ledger):
    with Ledger.open(postgresql_ledger, KEY) as opened:
        yield opened


@pytest.fixture(scope="module")
def kept(postgresql_server):
    """A ledger that nothing changes: one row of all that is only ever added."""
    with Ledger.open(postgresql_server.address(postgresql_server.ledger()), KEY) as opened:
        opened.intents.propose([an_intent()])
        head = opened.audit.head()
        opened.audit.keep_head(AuditHead(head.seq, head.row_hash, AT, "teams"))
        opened.people.snooze(Snooze("g", AT + timedelta(days=1), "why", 17, AT))
        opened.people.acknowledge([Acknowledgement("gap", "g", 17, AT, "note")])
        opened.policies.keep(PolicyDocument("a" * 64, "1", "version: '1'\n", AT))
        opened.baselines.freeze([FIRST])
        yield opened


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("update audit set actor = 5", "audit is append-only"),
        ("delete from audit", "audit is append-only"),
        ("truncate audit", "audit is append-only"),
        ("insert into audit select 99, at, kind, subject, actor, content, previous_hash, row_hash from audit", "audit is append-only"),
        ("insert into audit select * from audit", "audit is append-only"),
        ("update audit_head set seq = 2", "audit_head is append-only"),
        ("truncate audit_head", "audit_head is append-only"),
        ("update snooze set reason = ''", "snooze is append-only"),
        ("delete from snooze", "snooze is append-only"),
        ("delete from acknowledgement", "acknowledgement is append-only"),
        ("update intent_event set to_state = 'sent'", "intent_event is append-only"),
        ("delete from intent_event", "intent_event is append-only"),
        ("truncate intent_event", "intent_event is append-only"),
        ("update outbox set content = 'x'", "what was proposed never changes"),
        ("update outbox set amount_base = '1'", "what was proposed never changes"),
        ("delete from outbox", "what was proposed never changes"),
        ("truncate outbox", "what was proposed never changes"),
        ("update outbox set state = 'nonsense'", "ck_outbox_state"),
        ("update policy_document set document = ''", "policy_document is append-only"),
        ("truncate policy_document", "policy_document is append-only"),
        ("update baseline set value = 0.1", "baseline is append-only"),
        ("delete from baseline", "baseline is append-only"),
        ("truncate baseline", "baseline is append-only"),
    ],
)
def test_the_database_refuses_to_change_drop_or_skip_a_row(kept, statement, why):
    with pytest.raises(DBAPIError, match=why), kept.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert verify(kept.engine, KEY).why is None


# Writers at once


def at_once(address: SecretStr, work: Callable[[Ledger, int], None]) -> list[BaseException]:
    """Let every writer do its work on a ledger of its own, all beginning together; gives what went wrong."""
    barrier = threading.Barrier(WRITERS)
    wrong: list[BaseException] = []

    def write(number: int) -> None:
        try:
            with Ledger.open(address, KEY) as own:
                barrier.wait(timeout=30)
                work(own, number)
        except Exception as error:  # noqa: BLE001 - whatever it was, the test must see it
            wrong.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return wrong


def test_writers_at_once_never_fork_the_chain(ledger, postgresql_ledger):
    def work(own: Ledger, number: int) -> None:
        for each in range(EACH):
            own.intents.propose([an_intent(f"{number}|{each}")])

    assert at_once(postgresql_ledger, work) == []
    verdict = verify(ledger.engine, KEY)
    assert (verdict.why, verdict.rows) == (None, WRITERS * EACH)


def test_writers_that_propose_the_same_at_once_propose_it_once(ledger, postgresql_ledger):
    new: list[int] = []

    def work(own: Ledger, _number: int) -> None:
        new.extend(own.intents.propose([an_intent(f"same|{each}")]) for each in range(EACH))

    assert at_once(postgresql_ledger, work) == []
    assert (sum(new), len(ledger.intents.all()), verify(ledger.engine, KEY).rows) == (EACH, EACH, EACH)


def test_of_many_that_claim_at_once_each_intent_goes_to_one(ledger, postgresql_ledger):
    ledger.intents.propose([an_intent(f"k{each}") for each in range(EACH)])
    ledger.intents.approve_automatic(AT)
    won: list[str] = []

    def work(own: Ledger, number: int) -> None:
        won.extend(one.intent_id for one in own.intents.due(AT) if own.intents.claim(one.intent_id, f"r{number}", AT))

    assert at_once(postgresql_ledger, work) == []
    assert sorted(won) == sorted(one.intent_id for one in ledger.intents.by_state("claimed"))
    assert (len(won), {one.attempts for one in ledger.intents.all()}) == (EACH, {1})


def test_of_many_that_do_a_duty_at_once_one_does(ledger, postgresql_ledger):
    done: list[bool] = []

    def work(own: Ledger, number: int) -> None:
        done.append(own.calendar.mark(CalendarState("heartbeat", "2026-09-01", AT, f"r{number}")))

    assert at_once(postgresql_ledger, work) == []
    assert (sorted(done), len(ledger.calendar.all())) == ([*[False] * (WRITERS - 1), True], 1)


def test_a_writer_waits_so_long_and_then_says_that_another_holds_the_ledger(ledger, postgresql_ledger, monkeypatch):
    monkeypatch.setattr(product, "WAIT_SECONDS", 1)
    with Ledger.open(postgresql_ledger, KEY) as other, ledger.audit.writing():
        with pytest.raises(WarehouseError, match=r"Another process has held the ledger .* for 1 seconds.*pg_locks"):
            other.intents.propose([an_intent()])
        with snapshot(other.engine) as reading:
            assert reading.exec_driver_sql("select count(*) from audit").scalar_one() == 0


def test_what_a_writer_left_half_done_is_undone_and_keeps_nobody_out(ledger, postgresql_server, postgresql_ledger):
    def die(dying: Ledger) -> None:
        with dying.audit.writing() as half:
            half.exec_driver_sql("insert into calendar_state values ('heartbeat', '2026-09-01', now(), 'r1')")
            _end_connections(postgresql_server, half.engine.url.database)
            half.exec_driver_sql("select 1")

    with Ledger.open(postgresql_ledger, KEY) as dying, pytest.raises(WarehouseError, match="cannot be reached"):
        die(dying)
    assert ledger.calendar.all() == []
    assert ledger.intents.propose([an_intent()]) == 1


def test_a_server_that_was_started_anew_is_connected_to_again(ledger, postgresql_server):
    ledger.intents.propose([an_intent("before")])
    _end_connections(postgresql_server, ledger.engine.url.database)
    assert ledger.intents.propose([an_intent("after")]) == 1


def _end_connections(server, database):
    with server.connect() as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database,))


# Whatever the server's own settings are


def test_moments_are_kept_in_utc_whatever_zone_the_server_lives_in(ledger, postgresql_server):
    ledger.intents.propose([an_intent()])
    assert ledger.intents.all()[0].proposed_at == AT
    with postgresql_server.connect(ledger.engine.url.database) as other:
        assert other.execute("show timezone").fetchone() == ("America/St_Johns",)
        assert other.execute("select proposed_at::text from outbox").fetchone() == ("2026-09-01 09:00:00",)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
        ("lock_timeout", f"{product.WAIT_SECONDS}s"),
        ("idle_in_transaction_session_timeout", f"{product.IDLE_SECONDS // 60}min"),
    ],
)
def test_what_a_promise_needs_is_not_left_to_the_servers_defaults(ledger, setting, value):
    for _ in range(2):  # the second transaction has the connection of the first
        with ledger.engine.begin() as connection:
            assert connection.exec_driver_sql(f"show {setting}").scalar_one() == value


def test_a_snapshot_sees_one_state_and_cannot_write(ledger):
    with snapshot(ledger.engine) as reading:
        assert reading.exec_driver_sql("show transaction_isolation").scalar_one() == "repeatable read"
        with pytest.raises(DBAPIError, match="read-only transaction"):
            reading.exec_driver_sql("insert into calendar_state values ('heartbeat', '2026-09-01', now(), 'r1')")


def test_a_database_that_does_not_take_every_name_is_refused(postgresql_server):
    name = postgresql_server.create("template0", "encoding 'SQL_ASCII' locale_provider libc locale 'C'")
    with pytest.raises(WarehouseError, match=r"encoded in SQL_ASCII.*createdb --encoding UTF8"):
        Ledger.open(postgresql_server.address(name))
    postgresql_server.drop(name)


def test_a_user_who_may_not_make_tables_is_told_what_is_missing(postgresql_server, postgresql_empty):
    with postgresql_server.connect() as connection:
        connection.execute("create user reader password 'reader-secret'")
    database = str(postgresql_empty.get_secret_value().rpartition("/")[2])
    with pytest.raises(WarehouseError, match=r"permission denied for schema public.*database of its own that its user owns"):
        Ledger.open(postgresql_server.address(database, "reader", "reader-secret"))


def test_looking_for_a_ledger_makes_none(postgresql_empty, postgresql_ledger):
    assert [is_ledger(postgresql_empty), is_ledger(postgresql_empty), is_ledger(postgresql_ledger)] == [False, False, True]


def test_a_dump_is_restored_as_the_manual_says(kept, postgresql_server, tmp_path):
    def run(program, *words):
        reached = ["--host=127.0.0.1", f"--port={postgresql_server.port}", "--username=handoff", *words]
        done = subprocess.run([binaries() / program, *reached], env={"PGPASSWORD": PASSWORD}, capture_output=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr

    name, dump = postgresql_server.create(), tmp_path / "handoff-ledger.dump"
    run("pg_dump", "--format=custom", f"--file={dump}", kept.engine.url.database)
    run("pg_restore", "--exit-on-error", f"--dbname={name}", dump)
    with Ledger.open(postgresql_server.address(name), KEY) as restored:
        assert verify(restored.engine, KEY) == verify(kept.engine, KEY)
        assert restored.intents.propose([an_intent("next")]) == 1
        with pytest.raises(DBAPIError, match="audit is append-only"), restored.engine.begin() as connection:
            connection.exec_driver_sql("delete from audit")
    postgresql_server.drop(name)


# The password


def test_the_place_of_a_ledger_is_shown_without_the_password(postgresql_server):
    address = postgresql_server.address("x").get_secret_value() + "?sslmode=prefer"
    assert shown(SecretStr(address)) == f"postgresql+psycopg://handoff:***@127.0.0.1:{postgresql_server.port}/x"


def _wrong_password(server):
    return server.address("postgres", password=IN_ADDRESS + "wrong")


def _no_server(_server):
    return SecretStr(f"postgresql+psycopg://handoff:{IN_ADDRESS}@127.0.0.1:1/postgres")


def _no_database(server):
    return server.address("nowhere")


@pytest.mark.parametrize("address", [_wrong_password, _no_server, _no_database])
def test_a_ledger_that_cannot_be_reached_is_named_without_the_password(postgresql_server, address):
    with pytest.raises(
        WarehouseError, match=r"The ledger postgresql\+psycopg://handoff:\*\*\*@.* cannot be reached: .*Fix: Check"
    ) as raised:
        Ledger.open(address(postgresql_server))
    said = "".join(traceback.format_exception(raised.value))
    assert [form for form in (PASSWORD, IN_ADDRESS) if form in said] == []
    assert isinstance(raised.value.__cause__, psycopg.OperationalError)
