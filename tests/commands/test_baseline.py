"""`handoff baseline`: what is shown, what is frozen, and all that is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.tables import METRICS
from handoff_pipeline.warehouse.manifest import Manifest, PublishedFile, Rebuild, StaleSource

NOW = datetime(2026, 9, 2, 9, 0, tzinfo=UTC)
LAST = date(2026, 8, 24)  # Monday of the newest settled week; the running week begins on 31 August
FREEZE = ("baseline", "freeze", "--by", "Jo Field", "--reason", "agreed before the pilot", "--yes")
DELAY = ("--metric", "kickoff_delay_rate")
AGENTS = (
    {"agent_key": 71, "halo_agent_id": 12, "agent_name": "Jo Field", "is_active": True},
    {"agent_key": 72, "halo_agent_id": 13, "agent_name": "Al Gone", "is_active": False},
)
KEYS = {each.metric: number for number, each in enumerate(METRICS, start=1)}


def manifest(**changed: Any) -> Manifest:
    values: dict[str, Any] = {
        "run_id": "r1",
        "state": "complete",
        "contract_version": 1,
        "policy_version": "1",
        "policy_hash": "h",
        "engine": "duckdb",
        "requests": 1,
        "as_of_utc": NOW - timedelta(hours=7),
        "published_at_utc": NOW - timedelta(hours=6),
        "content_hash": "h",
        "tables": {},
        "database": PublishedFile(bytes=1, sha256="s"),
        "history": None,
        "completeness": {},
    }
    return Manifest.model_validate(values | changed)


@pytest.fixture
def ledger(tmp_path):
    where = tmp_path / "home" / "ledger" / "ledger.sqlite"
    where.parent.mkdir(parents=True)
    with Ledger.open(where) as opened:
        yield opened.baselines


@pytest.fixture
def told(monkeypatch):
    """Set what the manifest says; whole and fresh by default."""

    def tell(**changed: Any) -> None:
        said = manifest(**changed)
        monkeypatch.setattr("handoff_pipeline.warehouse.read.published_manifest", lambda _home: said)

    monkeypatch.setenv("HANDOFF_AS_OF", NOW.isoformat())
    tell()
    return tell


@pytest.fixture
def figures(publish, ledger, told, tmp_path):
    """13 settled weeks and the running one: delays 1 of 4 a week, scores 80 and 60, and too few overrides."""
    del publish  # made the empty tables; row by row it would open the file a hundred times
    delay, score = KEYS["kickoff_delay_rate"], KEYS["handoff_completeness"]
    rows: dict[str, list[dict[str, Any]]] = {"dim_agent": list(AGENTS), "dim_metric": [], "kpi_weekly": [], "kpi_member": []}
    for metric in METRICS:
        rows["dim_metric"].append({"metric_key": KEYS[metric.metric], "metric": metric.metric, "aggregation": metric.aggregation})
    for back in range(-1, 13):
        week = {"week_start": LAST - timedelta(weeks=back)}
        everybody = week | {"segment_type": "all", "segment_key": 0, "segment": "all", "is_partial_week": back < 0}
        team = everybody | {"segment_type": "sales_team", "segment_key": 9, "segment": "North"}
        rows["kpi_weekly"] += [
            everybody | {"metric_key": delay, "numerator": 1.0, "denominator": 4.0, "n": 4, "value": 0.25},
            everybody | {"metric_key": score, "numerator": 140.0, "denominator": 2.0, "n": 2, "value": 70.0},
            everybody | {"metric_key": KEYS["override_rate"], "numerator": 0.0, "denominator": float(back == 0), "n": int(back == 0)},
            team | {"metric_key": delay, "numerator": 1.0, "denominator": 2.0, "n": 2, "value": 0.5},
        ]
        rows["kpi_member"] += [
            week | {"metric_key": score, "sales_team": "North", "is_counted": True, "numerator": number} for number in (80.0, 60.0)
        ]
    with duckdb.connect(str(tmp_path / "home" / "published" / "handoff.duckdb")) as conn:
        for table, several in rows.items():
            for row in several:
                conn.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))  # noqa: S608 - names of this test


def test_capture_shows_the_pooled_figure_and_freezes_nothing(handoff, figures, ledger):
    found = {row["metric"]: row for row in handoff("baseline", "capture", "--json").json["baselines"]}
    delay = found["kickoff_delay_rate"]
    assert (delay["value"], delay["n"], delay["lacks"]) == (0.25, 52, "")
    assert (delay["window_start"], delay["window_end"]) == ("2026-06-01", "2026-08-30")
    assert [round(delay[end], 4) for end in ("ci_low", "ci_high")] == [0.1523, 0.3821]  # Wilson, 13 of 52
    assert ledger.all() == []


def test_a_mean_has_its_interval_from_the_members_squares(handoff, figures):
    [score] = handoff("baseline", "capture", "--metric", "handoff_completeness", "--json").json["baselines"]
    # 26 values, 10 off 70 each: sd sqrt(2600 / 25), t(25) 2.0595
    assert [round(score[end], 3) for end in ("ci_low", "ci_high")] == [65.881, 74.119]


def test_capture_says_which_metrics_lack_data_and_why(handoff, figures):
    said = handoff("baseline", "capture")
    assert said.code == Exit.DONE
    assert "n 1 is below 5" in " ".join(said.out.split()) or "no value in these weeks" in said.out
    assert "is not settled" in said.out


def test_freeze_writes_every_metric_that_has_enough_and_names_the_others(handoff, figures, ledger):
    said = handoff(*FREEZE)
    assert said.code == Exit.DONE
    rows = {row.metric: row for row in ledger.all()}
    assert set(rows) == {"kickoff_delay_rate", "handoff_completeness"}
    delay = rows["kickoff_delay_rate"]
    assert (delay.numerator, delay.denominator, delay.frozen_by_key, delay.frozen_at, delay.kind) == (13.0, 52.0, 71, NOW, "first")
    assert rows["handoff_completeness"].sum_of_squares == 13 * (6400.0 + 3600.0)
    assert "Not frozen: no_commit_rate of all" in said.out


def test_freezing_again_changes_nothing_and_says_so(handoff, figures, ledger):
    handoff(*FREEZE)
    before = ledger.all()
    said = handoff(*FREEZE)
    assert (said.code, ledger.all()) == (Exit.DONE, before)
    assert "Nothing to freeze: 2 have their baseline" in said.out


def test_a_metric_named_that_has_one_is_refused_with_rebaseline(handoff, figures):
    handoff(*FREEZE)
    said = handoff(*FREEZE, *DELAY)
    assert said.code == Exit.FAILED
    assert "frozen already: kickoff_delay_rate" in said.err
    assert "rebaseline" in said.err


def test_a_metric_named_that_lacks_data_is_refused_and_a_small_one_can_be_allowed(handoff, figures, ledger, publish):
    week = {"segment_type": "all", "segment": "all", "week_start": LAST, "is_partial_week": False}
    publish("kpi_weekly", metric_key=KEYS["no_commit_rate"], numerator=1.0, denominator=4.0, n=4, value=0.25, **week)
    small = ("--metric", "no_commit_rate")
    said = handoff(*FREEZE, *small)
    assert (said.code, ledger.all()) == (Exit.FAILED, [])
    assert "n 4 is below 5" in said.err
    assert handoff(*FREEZE, *small, "--allow-small").code == Exit.DONE
    assert [row.n for row in ledger.all()] == [4]


def test_a_segment_has_a_baseline_of_its_own(handoff, figures, ledger):
    assert handoff(*FREEZE, *DELAY, "--segment", "sales_team=North").code == Exit.DONE
    [row] = ledger.all()
    assert (row.segment_type, row.segment_key, row.segment, row.value, row.n) == ("sales_team", 9, "North", 0.5, 26)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--metric", "kickoff_delay"), "Did you mean kickoff_delay_rate"),
        (("--segment", "sales_team=Nort"), "look alike: North"),
        (("--segment", "North"), "Write TYPE=NAME"),
        (("--until", "2026-08-29"), "is no Sunday"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(handoff, figures, options, said):
    result = handoff("baseline", "capture", *options)
    assert result.code == Exit.FAILED
    assert said in result.err


def test_a_window_that_is_not_over_is_refused(handoff, figures, ledger):
    said = handoff(*FREEZE, *DELAY, "--until", "2026-09-06")
    assert (said.code, ledger.all()) == (Exit.FAILED, [])
    assert "the week that ends on 2026-09-06 is not settled" in said.err


def test_an_earlier_window_can_be_chosen(handoff, figures, ledger):
    assert handoff(*FREEZE, *DELAY, "--until", "2026-08-23").code == Exit.DONE
    [row] = ledger.all()
    assert (row.window_end, row.n) == (date(2026, 8, 23), 48)


@pytest.mark.parametrize(
    ("by", "said"), [("Jo Fields", "look alike: Jo Field"), ("13", "Al Gone is not active"), ("Al Gone", "is not active")]
)
def test_only_an_active_agent_freezes(handoff, figures, ledger, by, said):
    result = handoff("baseline", "freeze", "--by", by, "--reason", "x", "--yes")
    assert (result.code, ledger.all()) == (Exit.FAILED, [])
    assert said in result.err


def test_an_agents_id_is_as_good_as_the_name(handoff, figures, ledger):
    assert handoff("baseline", "freeze", "--by", "12", "--reason", "x", "--yes").code == Exit.DONE
    assert {row.frozen_by_key for row in ledger.all()} == {71}


def test_two_agents_of_one_name_are_told_apart_by_id(handoff, figures, publish):
    publish("dim_agent", agent_key=73, halo_agent_id=14, agent_name="Jo Field", is_active=True)
    said = handoff(*FREEZE)
    assert said.code == Exit.FAILED
    assert "12, 14" in said.err


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_freeze_needs_a_reason(handoff, figures, ledger, reason):
    assert handoff("baseline", "freeze", "--by", "12", "--reason", reason, "--yes").code == Exit.FAILED
    assert ledger.all() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"state": "stale"}, "is stale"),
        (
            {"stale": (StaleSource(entity="quotation", state="incomplete", since_utc=NOW, detail=None, what_to_do="x"),)},
            "is stale (quotation)",
        ),
        ({"as_of_utc": NOW - timedelta(hours=37)}, "1.5 days ago"),
        ({"as_of_utc": NOW + timedelta(hours=1)}, "is after now"),
    ],
)
def test_nothing_is_frozen_from_figures_that_are_stale_old_or_of_the_future(handoff, figures, ledger, told, changed, said):
    told(**changed)
    result = handoff(*FREEZE)
    assert (result.code, ledger.all()) == (Exit.FAILED, [])
    assert said in result.err
    shown = handoff("baseline", "capture", *DELAY)
    assert (shown.code, said in shown.err) == (Exit.DONE, True)


def test_nothing_published_is_refused_with_what_to_do(handoff):
    said = handoff("baseline", "capture")
    assert (said.code, "handoff run" in said.err) == (Exit.FAILED, True)


def test_a_rebaseline_keeps_the_old_row_and_the_list_shows_both(handoff, figures, ledger, monkeypatch):
    handoff(*FREEZE, *DELAY)
    monkeypatch.setenv("HANDOFF_AS_OF", (NOW + timedelta(hours=1)).isoformat())
    again = ("baseline", "rebaseline", *DELAY, "--by", "12", "--reason", "two teams merged", "--until", "2026-08-23", "--yes")
    assert handoff(*again).code == Exit.DONE
    assert [(row.kind, row.n) for row in ledger.all()] == [("first", 52), ("rebaseline", 48)]
    listed = handoff("baseline", "list", "--json").json["baselines"]
    assert [(row["reason"], row["is_current"]) for row in listed] == [("agreed before the pilot", False), ("two teams merged", True)]
    assert "two teams merged" in handoff("baseline", "list").out


def test_a_rebaseline_without_a_baseline_is_refused(handoff, figures):
    said = handoff("baseline", "rebaseline", *DELAY, "--by", "12", "--reason", "x", "--yes")
    assert (said.code, "has no baseline yet" in said.err) == (Exit.FAILED, True)


def test_without_a_yes_nothing_is_frozen(handoff, figures, ledger, monkeypatch):
    monkeypatch.setattr("typer.confirm", lambda *_args, **_options: (_ for _ in ()).throw(KeyboardInterrupt))
    assert handoff(*FREEZE[:-1]).code == Exit.INTERRUPTED
    assert ledger.all() == []


def test_an_empty_list_says_how_to_begin(handoff, ledger):
    said = handoff("baseline", "list")
    assert (said.code, "handoff baseline capture" in said.out) == (Exit.DONE, True)


@pytest.mark.parametrize(
    "arguments",
    [
        FREEZE,
        ("baseline", "rebaseline", *DELAY, "--by", "12", "--reason", "again", "--yes"),
        ("baseline", "capture"),
        ("baseline", "list"),
    ],
    ids=lambda arguments: arguments[1],
)
def test_a_rebuilt_folder_is_refused_by_name_however_fresh_it_is(handoff, figures, told, ledger, arguments):
    told(
        rebuild=Rebuild(
            day=date(2026, 9, 1), night_as_of_utc=NOW, night_run_id="r1", history_sha256="s", content_hash="h", product_version="1"
        )
    )
    said = handoff(*arguments, "--json")
    assert said.code == Exit.FAILED
    error = said.json["error"]
    assert "holds the rebuild of 2026-09-01 (manifest.rebuild)" in error["message"]
    assert "HANDOFF_HOME" in error["fix"]
    assert ledger.all() == []
