"""The warehouse as a resource: one connection at a time, given free when it must be."""

from __future__ import annotations

import dagster as dg
import pytest
from pydantic import SecretStr

from assets import plan, raw
from assets.resources import WarehouseResource, settings_resource
from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.halo import PullPlan, PullReport
from handoff_pipeline.halo.errors import AuthenticationError
from handoff_pipeline.ledger import Ledger, Run
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import Home, acquire, frames, open_build
from tests.assets.conftest import NIGHT
from tests.house.postgresql import IN_ADDRESS, PASSWORD


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(_env_file=None, home=tmp_path, threads=1)


def in_a_run(settings: Settings, work) -> dg.ExecuteInProcessResult:
    """Give the warehouse to one asset of a real run."""

    @dg.asset
    def step(warehouse: WarehouseResource) -> None:
        work(warehouse)

    return dg.materialize([step], resources={"warehouse": WarehouseResource.of(settings)}, raise_on_error=False)


def test_the_connection_stays_open_between_steps_and_is_given_free_for_others(settings):
    def work(warehouse):
        with warehouse.get_connection() as first:
            frames.read(first, "select 1 as one")
        with warehouse.get_connection() as second:
            assert second is first
        warehouse.close()
        with open_build(warehouse.home, warehouse.lease) as another:
            frames.read(another, "select 1 as one")

    assert in_a_run(settings, work).success


def test_an_exception_gives_the_file_free_at_once(settings):
    """dagster-duckdb's own resource keeps the lock for as long as the traceback lives."""

    def work(warehouse):
        with pytest.raises(RuntimeError), warehouse.get_connection():
            raise RuntimeError
        with open_build(warehouse.home, warehouse.lease):
            pass

    assert in_a_run(settings, work).success


def test_the_lease_is_given_back_whatever_happens(settings):
    def work(warehouse):
        raise ValueError(warehouse.lease.run_id)

    assert not in_a_run(settings, work).success
    with acquire(Home.of(settings), "the-next-run"):
        pass


def test_a_pull_that_fails_leaves_no_report_of_an_earlier_one_to_land(settings):
    """Its files have been overwritten: the report would tell of rows that are no longer there."""

    class Failing(dg.ConfigurableResource):
        def pull(self, *_: object) -> None:
            raise AuthenticationError("HaloPSA refuses", "Check the credentials.")

    home = Home.of(settings)
    home.prepare()
    plan.write_plan(home.inbox, PullPlan(as_of=NIGHT))
    plan.write_pulled(home.inbox, plan.Pulled("r0", NIGHT, PullReport({}, 1, {}, NIGHT)))
    given = {"settings": settings, "warehouse": WarehouseResource.of(settings), "halo": Failing(), "progress": lambda *_: None}
    assert not dg.materialize([raw.halo_pull], resources=given, raise_on_error=False).success
    with pytest.raises(WarehouseError, match=r"report\.json is missing"):
        plan.read_pulled(home.inbox)


def test_a_run_that_began_and_published_nothing_has_failed(settings):
    def work(warehouse):
        with Ledger.open(warehouse.home.ledger_file) as ledger:
            ledger.start_run(Run(warehouse.lease.run_id, NIGHT, NIGHT, "1", "hash", "duckdb", "shadow"))

    result = in_a_run(settings, work)
    with Ledger.open(Home.of(settings).ledger_file) as ledger:
        run = ledger.run(result.run_id)
    assert run is not None
    assert (run.state, run.finished_at is not None) == ("failed", True)


@pytest.mark.must_run
def test_a_run_keeps_its_ledger_on_postgresql_and_dagster_learns_no_password(tmp_path, monkeypatch, postgresql_ledger, capfd):
    monkeypatch.setenv("HANDOFF_LEDGER_URL", postgresql_ledger.get_secret_value())
    settings = Settings(_env_file=None, home=tmp_path / "home", threads=1)
    folder = tmp_path / "dagster"
    folder.mkdir()
    instance = dg.DagsterInstance.local_temp(str(folder))

    @dg.asset
    def step(context, settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> None:
        with Ledger.open(warehouse.home.ledger) as ledger:
            ledger.start_run(Run(warehouse.lease.run_id, NIGHT, NIGHT, "1", "hash", "duckdb", "shadow"))
        context.log.info(" ".join(map(str, (settings.ledger_url, warehouse, warehouse.home, postgresql_ledger.get_secret_value()))))
        Ledger.open(SecretStr(postgresql_ledger.get_secret_value() + "-that-is-not-there"))

    given = {"settings": settings_resource(lambda: settings), "warehouse": WarehouseResource.of(settings)}
    result = dg.materialize([step], resources=given, instance=instance, raise_on_error=False)
    with Ledger.open(postgresql_ledger) as ledger:
        run = ledger.run(result.run_id)
    assert run is not None
    assert (run.state, result.success, Home.of(settings).ledger_file.exists()) == ("failed", False, False)
    instance.dispose()
    stored = (
        b"".join(file.read_bytes() for file in (tmp_path / "dagster").rglob("*") if file.is_file()) + "".join(capfd.readouterr()).encode()
    )
    assert b"that-is-not-there" in stored
    assert [form for form in (PASSWORD, IN_ADDRESS) if form.encode() in stored] == []


def test_a_rebuilt_night_keeps_to_its_own_file_whatever_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDOFF_LEDGER_URL", "postgresql://handoff@nowhere.example/ledger")
    own = Settings(_env_file=None, home=tmp_path).model_copy(update={"ledger_url": None})
    assert WarehouseResource.of(own).home == Home.of(own)
    assert WarehouseResource.of(own).home.ledger == tmp_path / "ledger" / "ledger.sqlite"


def test_before_the_first_night_there_is_no_as_of(settings):
    def work(warehouse):
        with warehouse.get_connection() as conn:
            frames.read(conn, "select 1 as one")
            conn.execute("create table raw.batch (as_of_utc timestamp)")
            with pytest.raises(WarehouseError, match="No night has been landed yet"):
                warehouse.as_of(conn)

    assert in_a_run(settings, work).success


def test_the_warehouse_cannot_be_opened_outside_a_run(settings):
    with pytest.raises(WarehouseError, match="outside a run"), WarehouseResource.of(settings).get_connection():
        pass


def test_the_home_is_that_of_the_environment_where_none_is_given(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "somewhere"))
    monkeypatch.setenv("HANDOFF_THREADS", "3")
    assert WarehouseResource().home == Home(tmp_path / "somewhere", None, 3, "2GB")
    given = Settings(_env_file=None, home=tmp_path, shared_group="analysts", memory_limit="1GB")
    assert WarehouseResource.of(given).home == Home.of(given)
    monkeypatch.setenv("HANDOFF_LEDGER_URL", "postgresql://handoff@db.example/ledger")
    given = Settings(_env_file=None, home=tmp_path)
    assert WarehouseResource.of(given).home == Home.of(given)
