"""A night through Dagster: what it publishes, what stops it, and who is told."""

from __future__ import annotations

import json

import dagster as dg
from pydantic import SecretStr

from assets.alerts import Alert, deliver
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.warehouse import Home, acquire

EVALUATION = dg.DagsterEventType.ASSET_CHECK_EVALUATION


def test_a_night_publishes_and_says_what_it_asked_for(first_night):
    result, home = first_night.result, first_night.installation.home
    assert (result.ok, result.state, result.failed_step, result.message) == (True, "complete", None, None)
    assert result.manifest == home / "published" / "manifest.json"
    assert result.requests == sum(result.requests_by_endpoint.values()) > 20
    assert json.loads(first_night.installation.manifest())["run_id"] == result.run_id
    assert first_night.installation.alerts() == []


def test_a_night_tells_how_far_it_is_by_group_and_by_entity(first_night):
    assert ("published", 3, 3) in first_night.told
    assert ("staging", 2, 2) in first_night.told
    assert any(name == "opportunity" and done > 0 for name, done, _ in first_night.told)


def test_every_built_table_tells_its_rows_and_columns(first_night):
    events = first_night.installation.events(first_night.result.run_id, dg.DagsterEventType.ASSET_MATERIALIZATION)
    told = {event.asset_key.to_user_string(): event.step_materialization_data.materialization.metadata for event in events}
    assert told["marts/dim_tenant"]["dagster/row_count"].value == 2
    columns = [column.name for column in told["staging/client"]["dagster/column_schema"].value.columns]
    assert columns == ["client_id", "client_name", "is_deleted"]
    assert told["published/dim_tenant"]["has_changed"].value is True
    without = [key for key, metadata in told.items() if not key.startswith(("raw/", "pages/")) and "dagster/row_count" not in metadata]
    assert without == []


def test_a_night_without_pages_publishes_and_checks_all_else_and_leaves_theirs_as_they_are(published, first_night):
    def pages():
        files = [path for folder in ("lineage", "quality") for path in (published.home / "published" / folder).rglob("*")]
        return {path: path.read_bytes() for path in files if path.is_file()}

    before = pages()
    result = published.night(with_pages=False)

    assert result.state == "complete"
    assert json.loads(published.manifest())["run_id"] == result.run_id
    assert pages() == before != {}
    whole = first_night.installation.events(first_night.result.run_id, EVALUATION)
    assert len(published.events(result.run_id, EVALUATION)) == len(whole) - 1, "but for the one on the quality pages"


def test_a_violated_contract_leaves_the_last_publication_untouched_and_tells_people(published):
    before = published.manifest()
    model = published.sql / "marts" / "dim_tenant.sql"
    model.write_text(f"{model.read_text('utf-8')}\nunion all\nselect 0, '(unknown)', '(unknown)', '(unknown)'\n", "utf-8")

    result = published.night()

    assert (result.ok, result.state, result.failed_step) == (False, "failed", "marts/dim_tenant_contract")
    assert "tenant_key must be unique" in str(result.message)
    assert published.manifest() == before
    assert [(alert["run_id"], alert["failed_step"]) for alert in published.alerts()] == [(result.run_id, result.failed_step)]
    with Ledger.open(Home.of(published.settings).ledger_file) as ledger:
        assert ledger.run(result.run_id).state == "failed"


def test_a_failing_model_names_its_file_without_the_value_that_broke_it(installation):
    (installation.sql / "marts" / "dim_tenant.sql").write_text(
        "-- A table.\n-- grain: row\n-- key: id\n-- owner: platform\nselect cast('Jane Doe' as bigint) as tenant_key\n", "utf-8"
    )
    result = installation.night()
    assert (result.failed_step, result.state) == ("marts/dim_tenant", "failed")
    assert "dim_tenant.sql" in str(result.message)
    assert "Jane Doe" not in str(result.message)
    assert not (installation.home / "published" / "manifest.json").exists()


def test_an_incomplete_entity_makes_the_night_stale_and_not_failed(installation, tenant_without_quotes):
    result = installation.night(halo_url=tenant_without_quotes)
    assert (result.ok, result.state) == (True, "stale")
    assert [(alert["state"], "quotation is not permitted since" in alert["message"]) for alert in installation.alerts()] == [
        ("stale", True)
    ]
    checks = [event.asset_check_evaluation_data for event in installation.events(result.run_id, EVALUATION)]
    complete = next(check for check in checks if check.check_name == "complete")
    assert (complete.passed, complete.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "quotation is not permitted" in str(complete.description)


def test_a_second_run_beside_a_living_one_is_busy_and_pulls_nothing(installation):
    with acquire(Home.of(installation.settings), "the-other-run"):
        result = installation.night()
    assert (result.ok, result.state, result.requests) == (False, "busy", 0)
    assert str(result.message).startswith("Run the-other-run (process ")


def test_refused_credentials_stop_the_night_at_the_pull_with_the_fix(installation):
    result = installation.night(halo_client_secret=SecretStr("wrong-secret"))
    assert (result.ok, result.failed_step) == (False, "raw/halo_pull")
    assert "Fix:" in str(result.message)
    assert installation.events(result.run_id, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []


def test_a_run_is_reported_once_and_to_its_owner_alone(installation):
    alert = Alert("2026-09-28T01:30:00Z", "run-1", "nightly", "raw/halo_pull", "no")
    assert deliver(installation.home, alert)
    assert not deliver(installation.home, alert)
    assert [line["run_id"] for line in installation.alerts()] == ["run-1"]
    assert (installation.home / "alerts.jsonl").stat().st_mode & 0o777 == 0o600
