"""`handoff explain kpi`, over a published copy that the real SQL and measures have made of facts."""
# ruff: noqa: S608 - names and weeks are the tests' own

from __future__ import annotations

import re
import shutil
from datetime import date
from math import fsum

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.commands.amounts import fitted, places, scaled
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.explain_kpi import explained, monday_of
from handoff_pipeline.commands.explain_words import EXCLUSIONS, MARGINS, final_from
from handoff_pipeline.commands.published import Published
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.tables import METRICS, TABLES
from handoff_pipeline.warehouse.home import Home
from tests.commands.kpi_world import published_world

DELAY, MEDIAN, EROSION = "kickoff_delay_rate", "days_to_kickoff_median", "margin_erosion_pp"
FREQUENCY = "scope_change_frequency"


@pytest.fixture(scope="module")
def copy(checkout, tmp_path_factory):
    """The published copy of the world; nobody writes to it."""
    file = tmp_path_factory.mktemp("world") / "published" / "handoff.duckdb"
    published_world(checkout / "handoff.yaml", file)
    return file


@pytest.fixture
def published(copy):
    return Published(Home(copy.parents[1]))


@pytest.fixture
def here(copy, tmp_path):
    """A copy of the copy, in the home that the command line looks into."""
    file = tmp_path / "home" / "published" / "handoff.duckdb"
    file.parent.mkdir(parents=True)
    shutil.copy(copy, file)
    return file


@pytest.mark.parametrize("metric", [each.metric for each in METRICS])
def test_every_figure_is_made_again_from_its_records_and_its_parts_sum_to_its_change(published, metric):
    newest = explained(published, metric)
    of_segment = explained(published, metric, segment="client=client 11")
    assert newest.members.height
    assert of_segment.members.height
    known = 0
    for each in (newest, of_segment, explained(published, metric, "2026-W41"), explained(published, metric, "2026-W45")):
        if each.change is None:
            assert each.parts is None
            assert each.steps is None
            assert "no value" in each.why_no_change
            continue
        known += 1
        parts = each.parts["part"].to_list() if each.parts is not None else [step.part for step in each.steps or ()]
        assert fsum(parts) == pytest.approx(each.change, abs=1e-8)
    assert known


def test_a_figure_that_its_records_do_not_make_is_not_explained(handoff, here, published):
    week = explained(published, DELAY).week
    with duckdb.connect(str(here)) as conn:
        conn.execute(
            f"update kpi_weekly set value = value + 0.01 where week_start = date '{week}'"
            f" and metric_key = (select metric_key from dim_metric where metric = '{DELAY}')"
        )
    said = handoff("explain", "kpi", DELAY)
    assert said.code == Exit.FAILED
    assert "Internal error: kickoff_delay_rate" in said.err
    assert "-0.01 apart" in said.err


def test_a_wrong_figure_of_the_week_before_is_found_too(handoff, here, published):
    week = explained(published, DELAY).week
    with duckdb.connect(str(here)) as conn:
        conn.execute(
            f"update kpi_weekly set value = 0.123 where week_start = date '{week}' - 7"
            f" and metric_key = (select metric_key from dim_metric where metric = '{DELAY}')"
        )
    assert handoff("explain", "kpi", DELAY).code == Exit.FAILED


@pytest.mark.usefixtures("here")
def test_a_figure_is_told_with_its_parts_and_its_records(handoff):
    said = handoff("explain", "kpi", DELAY)
    assert said.code == Exit.DONE
    for expected in (
        "Kickoff delay rate · the whole tenant · 2026-W",
        "Better is down.",
        "What moved it since",
        "Counted: ",
        "tickets?id=",
    ):
        assert expected in said.out
    assert max(len(line) for line in said.out.splitlines() if "http" not in line) <= 100


def test_lines_on_the_screen_sum_to_the_change_on_the_screen(handoff, here):
    with duckdb.connect(str(here), read_only=True) as conn:
        found = conn.execute(
            "select k.week_start from kpi_weekly as k inner join dim_metric as m using (metric_key)"
            f" where m.metric = '{FREQUENCY}' and k.segment_type = 'all'"
            " qualify k.value is not null and lag(k.value) over (order by k.week_start) is not null order by k.n desc limit 1"
        ).fetchall()
    out = handoff("explain", "kpi", FREQUENCY, "--week", str(found[0][0])).out
    ends = re.search(r"from ([\d.]+) per project and week to ([\d.]+)", out)
    assert ends
    lines = out[ends.end() :].split("Counted:")[0].splitlines()
    rows = [(line, float(told[1])) for line in lines if (told := re.search(r"([+-][\d.]+)$", line))]
    groups = [part for line, part in rows if re.match(r"  \w", line) and "together" not in line]
    leaves = [part for line, part in rows if line.startswith("      ")]
    change = round(float(ends[2]) - float(ends[1]), 3)
    assert len(leaves) > 1
    assert [round(sum(groups), 3), round(sum(leaves), 3), rows[-1][1]] == [change, change, change]


@pytest.mark.usefixtures("here")
def test_a_customers_title_is_shown_and_not_obeyed(handoff):
    out = handoff("explain", "kpi", DELAY).out
    assert "[bold]Move to[31m the cloud" in out
    assert "\x1b[31m the cloud" not in out


@pytest.mark.usefixtures("here")
def test_a_limit_cuts_the_list_and_says_how_many_more_there_are(handoff):
    counted = handoff("explain", "kpi", MEDIAN, "--json").json["counted"]
    cut, whole = (
        handoff("explain", "kpi", MEDIAN, "--limit", limit).out.split("Counted:")[1].split("Left out:")[0] for limit in ("2", "0")
    )
    assert (cut.count("tickets?id="), whole.count("tickets?id=")) == (2, len(counted))
    assert f"and {len(counted) - 2} more" in cut


@pytest.mark.usefixtures("here")
def test_who_is_left_out_is_told_with_the_reason(handoff):
    assert "kicked off before it was won" in handoff("explain", "kpi", MEDIAN, "--limit", "0").out
    told = handoff("explain", "kpi", MEDIAN, "--json").json
    assert {row["exclusion"] for row in told["left_out"]} == {"kickoff_before_won"}
    assert len(told["left_out"]) == told["figure"]["n_excluded"]


@pytest.mark.parametrize(("metric", "begins"), [("approval_under_a_minute_rate", "signoff: "), ("expired_overrides_open", "HC-01: ")])
def test_an_approval_says_of_what_kind_and_an_override_of_which_control(published, metric, begins):
    names = explained(published, metric).members.get_column("name").to_list()
    assert names
    assert all(name.startswith(begins) for name in names)


def test_without_a_week_it_is_the_newest_settled_one_with_records(published):
    found = explained(published, EROSION)
    assert not found.figure["is_partial_week"]
    rows = published.rows(
        "select max(k.week_start) as w from kpi_weekly as k inner join dim_metric as m using (metric_key)"
        f" where m.metric = '{EROSION}' and k.segment_type = 'all' and not k.is_partial_week and k.n + k.n_excluded > 0"
    )
    assert found.week == rows[0]["w"]


@pytest.mark.usefixtures("here")
def test_a_running_week_says_until_when_it_may_change(handoff):
    assert "final from 1 February 2027" in handoff("explain", "kpi", "no_commit_rate", "--week", "2026-W49").out
    assert "final from 7 December 2026" in handoff("explain", "kpi", DELAY, "--week", "2026-W49").out


def test_a_figure_is_final_the_day_after_its_follow_up():
    assert final_from(DELAY, date(2026, 7, 6)) == date(2026, 7, 13)
    assert final_from("override_rate", date(2026, 7, 6)) == date(2026, 9, 7)


def test_an_origin_of_changes_cuts_the_changes_and_not_the_projects(published):
    whole, cut = (explained(published, FREQUENCY, "2026-W41", segment) for segment in ("all", "change_origin=client"))
    assert whole.members.filter(record="project").height == cut.members.filter(record="project").height
    assert whole.members.filter(record="change").height > cut.members.filter(record="change").height


@pytest.mark.parametrize(
    ("arguments", "message", "fix"),
    [
        (["kickoff_delay"], "no metric 'kickoff_delay'", "kickoff_delay_rate"),
        ([DELAY, "--segment", "sales_team=Nroth"], "No sales_team 'Nroth'", "North"),
        ([DELAY, "--segment", "team=North"], "is no segment", "sales_team"),
        ([DELAY, "--week", "2020-W03"], "no figure for 2020-W03", "nearest: 2026-W"),
        ([DELAY, "--week", "2026-W54"], "is no week", "2026-W28"),
        ([DELAY, "--week", "soon"], "is no week", "2026-07-08"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_does_not_exist_is_refused_with_what_does(handoff, arguments, message, fix):
    said = handoff("explain", "kpi", *arguments)
    assert said.code == Exit.FAILED
    assert message in said.err
    assert fix in said.err


def test_a_week_may_be_named_or_given_by_a_day_in_it():
    assert {monday_of(text) for text in ("2026-W28", "2026W28", " 2026-w28", "2026-07-06", "2026-07-12")} == {date(2026, 7, 6)}
    with pytest.raises(HandoffError):
        monday_of("2026-W00")


def test_every_exclusion_and_margin_state_has_words(checkout):
    sql = "".join(file.read_text(encoding="utf-8") for file in (checkout / "sql" / "kpi").glob("member_*.sql"))
    written = set(re.findall(r"then '(\w+)'\s+(?:end|when)\b", sql)) | {"deleted", "waived", "moot"}
    states = TABLES["fact_project_margin"].column("margin_state").values or ()
    assert written | (set(states) - {"complete"}) == EXCLUSIONS.keys()
    assert set(states) == MARGINS.keys()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(-1e6, 1e6), st.sampled_from(["fraction", "pp", "days", "amount"]))
def test_fitted_parts_sum_to_the_difference_of_what_is_shown(parts, then, unit):
    now = then + fsum(parts)
    shown = fitted(parts, unit, then, now)
    ends = [round(scaled(value, unit), places(unit)) for value in (then, now)]
    assert round(fsum(shown), places(unit)) == pytest.approx(round(ends[1] - ends[0], places(unit)), abs=10.0 ** -(places(unit) + 3))
    assert all(abs(part - scaled(exact, unit)) < 1.01 * 10.0 ** -places(unit) for part, exact in zip(shown, parts, strict=True))
