"""Restatements: what counts as a published figure that changed, and the cause that it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from handoff_pipeline.governance import restatements
from handoff_pipeline.governance.restatements import SCHEMA, Publication, carried, changed, explained

AT = datetime(2026, 9, 28, 1, 30)
LATER = datetime(2026, 9, 29, 1, 30)
MONDAY = date(2026, 8, 31)
COMMITTED, OTHER = 7, 8
POINT = {
    "metric_key": OTHER, "week_start": MONDAY, "segment_type": "all", "segment_key": 0, "segment": "all", "value": 0.5,
    "is_partial_week": False,
}  # fmt: skip
POINT_TYPES = {
    "metric_key": pl.Int64, "week_start": pl.Date, "segment_type": pl.String, "segment_key": pl.Int64, "segment": pl.String,
    "value": pl.Float64, "is_partial_week": pl.Boolean,
}  # fmt: skip
MEMBER = {
    "metric_key": OTHER, "week_start": MONDAY, "record": "project", "record_key": 21, "handoff_key": 11, "project_key": 21,
    "happened_on": date(2026, 9, 2), "source_url": "https://halo/21", "is_counted": True, "exclusion": None, "numerator": 1.0,
    "denominator": 2.0, "numerator_2": None, "denominator_2": None, "duration": None, "is_event": None, "sales_team": "North",
    "sales_agent_key": 3, "client_key": 4, "deal_type": None, "service_template": None, "delivery_team": "Field", "change_origin": None,
}  # fmt: skip
MEMBER_TYPES = {
    **dict.fromkeys(("metric_key", "record_key", "handoff_key", "project_key", "sales_agent_key", "client_key"), pl.Int64),
    **dict.fromkeys(("week_start", "happened_on"), pl.Date),
    **dict.fromkeys(("is_counted", "is_event"), pl.Boolean),
    **dict.fromkeys(("numerator", "denominator", "numerator_2", "denominator_2", "duration"), pl.Float64),
}


def points(*changes: dict) -> pl.DataFrame:
    return pl.DataFrame([POINT | each for each in changes], schema=POINT_TYPES)


def members(*changes: dict) -> pl.DataFrame:
    return pl.DataFrame([MEMBER | each for each in changes], schema={name: MEMBER_TYPES.get(name, pl.String) for name in MEMBER})


def publication(
    rows: pl.DataFrame, state: str | None = "won", policy: str = "p1", version: str = "1", committed: date = MONDAY
) -> Publication:
    deal = {"handoff_key": 11, "deal_state": state, "committed_on": committed}
    deals = pl.DataFrame([deal] if state else [], schema={"handoff_key": pl.Int64, "deal_state": pl.String, "committed_on": pl.Date})
    return Publication(rows, deals, policy, version)


def seen(*rows: tuple[int, int, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"handoff_key": pl.Int64, "project_key": pl.Int64, "kind": pl.String}, orient="row")


def row_of(before: Publication, now: Publication, changes: pl.DataFrame | None = None, *, rates: bool = False, **figure) -> dict:
    figures = changed(points(figure), points(figure | {"value": 0.75}))
    told = explained(figures, before, now, seen() if changes is None else changes, AT, committed=[COMMITTED], rates_changed=rates)
    return told.row(0, named=True)


def test_a_final_figure_that_is_different_is_restated_with_both_values():
    found = changed(points({}), points({"value": 0.75})).row(0, named=True)
    assert (found["old_value"], found["new_value"]) == (0.5, 0.75)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"is_partial_week": True}, {"value": 0.75}),
        ({}, {}),
        ({"value": 0.1 + 0.2}, {"value": 0.3}),
        ({"value": None}, {"value": None}),
    ],
    ids=["was partial", "same", "same to 12 digits", "unknown both times"],
)
def test_what_may_still_change_or_did_not_is_no_restatement(before, now):
    assert changed(points(before), points(now)).is_empty()


def test_a_figure_that_vanishes_after_it_was_final_is_restated_to_nothing():
    found = changed(points({}, {"segment_type": "client", "segment_key": 4}), points({})).row(0, named=True)
    assert (found["segment_type"], found["old_value"], found["new_value"]) == ("client", 0.5, None)


def test_a_week_that_is_too_old_to_be_reported_has_not_vanished():
    before, now = points({}, {"week_start": MONDAY - timedelta(7)}), points({})
    assert changed(before, now).height == 1
    assert changed(before, now, MONDAY).is_empty()


def test_a_figure_that_appears_in_a_week_that_was_final_is_restated_from_nothing():
    before = points({}, {"segment_type": "client", "segment_key": 4})
    found = changed(before, pl.concat([before, points({"segment_type": "client", "segment_key": 5})])).row(0, named=True)
    assert (found["segment_key"], found["old_value"], found["new_value"]) == (5, None, 0.5)


@pytest.mark.parametrize(
    "new",
    [
        {"metric_key": 99},
        {"segment_type": "client", "segment_key": 4},
        {"week_start": date(2026, 9, 7)},
        {"week_start": date(2026, 8, 24), "is_partial_week": True},
    ],
    ids=["a metric of a new release", "a new kind of segment", "a week that was not over", "a week that is not over"],
)
def test_what_nobody_could_have_published_before_is_no_restatement(new):
    assert changed(points({}), points({}, new)).is_empty()


def test_a_policy_that_changed_is_the_cause_before_every_other():
    told = row_of(publication(members({})), publication(members({"numerator": 2.0}), policy="p2"), seen((11, 21, "late_record")))
    assert told["cause"] == "policy_changed"


@pytest.mark.parametrize(
    "now", [members(), members({"metric_key": COMMITTED, "week_start": date(2026, 9, 7)})], ids=["out of all", "later"]
)
def test_a_commitment_that_moves_takes_its_handoff_out_of_the_week(now):
    before = publication(members({"metric_key": COMMITTED}))
    told = row_of(before, publication(now, committed=date(2026, 9, 9)), seen((11, 0, "changed_record")), metric_key=COMMITTED)
    assert (told["cause"], told["source_url"]) == ("commit_moved", "https://halo/21")


def test_a_commitment_that_moves_is_no_cause_of_other_metrics():
    moved = publication(members({"numerator": 2.0}), committed=date(2026, 9, 9))
    assert row_of(publication(members({})), moved, seen((11, 0, "changed_record")))["cause"] == "changed_record"


@pytest.mark.parametrize(
    ("state", "cause"), [("lost", "deal_state_changed"), ("merged", "deal_state_changed"), ("deleted", "deleted"), (None, "deleted")]
)
def test_a_deal_that_is_no_longer_won_says_what_became_of_it(state, cause):
    told = row_of(publication(members({})), publication(members(), state=state), seen((11, 21, "changed_record")))
    assert told["cause"] == cause


@pytest.mark.parametrize("kind", ["deleted", "late_record", "changed_record"])
def test_a_record_that_came_or_changed_or_went_is_the_cause(kind):
    told = row_of(publication(members({})), publication(members({"numerator": 2.0})), seen((0, 21, kind), (11, 0, "changed_record")))
    assert told["cause"] == kind


def test_a_change_to_another_project_is_not_the_cause():
    told = row_of(publication(members({})), publication(members({"numerator": 2.0})), seen((12, 22, "late_record")))
    assert (told["cause"], told["source_url"]) == ("source_changed", "https://halo/21")


def test_costs_that_changed_are_the_cause_where_no_record_did():
    told = row_of(publication(members({})), publication(members({"numerator": 2.0})), rates=True)
    assert told["cause"] == "rate_changed"


def test_another_version_of_the_product_is_the_cause_where_no_record_changed():
    told = row_of(publication(members({})), publication(members({}), version="2"))
    assert (told["cause"], told["source_url"]) == ("model_changed", None)


def test_no_page_is_named_where_two_records_moved_the_figure():
    both: tuple[dict, dict] = ({}, {"record_key": 22, "project_key": 22})
    told = row_of(publication(members(*both)), publication(members(*({**each, "numerator": 2.0} for each in both))))
    assert told["source_url"] is None


@pytest.mark.parametrize(
    ("kind", "key", "name", "cause"),
    [
        ("client", 4, "Acme", "late_record"),
        ("sales_team", 77, "North", "late_record"),
        ("client", 5, "Other", "source_changed"),
        ("delivery_team", 78, "Other", "source_changed"),
    ],
)
def test_only_members_of_the_segment_move_its_figure(kind, key, name, cause):
    told = row_of(
        publication(members({})), publication(members({"numerator": 2.0})), seen((0, 21, "late_record")),
        segment_type=kind, segment_key=key, segment=name,
    )  # fmt: skip
    assert told["cause"] == cause


def test_a_record_that_changed_its_team_moves_the_figures_of_both():
    before, now = publication(members({})), publication(members({"sales_team": "South"}))
    for team in ("North", "South"):
        told = row_of(before, now, seen((11, 0, "changed_record")), segment_type="sales_team", segment_key=1, segment=team)
        assert told["cause"] == "changed_record"


def restated(old: float | None, new: float | None, at: datetime = AT, cause: str = "late_record") -> pl.DataFrame:
    key = {name: POINT[name] for name in restatements.FIGURE}
    return pl.DataFrame(
        [key | {"old_value": old, "new_value": new, "restated_at_utc": at, "cause": cause, "source_url": None}], schema=SCHEMA
    )


def test_earlier_restatements_stay_for_ever():
    both = carried(restated(0.5, 0.75), restated(0.75, 0.8, LATER))
    assert both.get_column("new_value").to_list() == [0.75, 0.8]
    assert carried(both, both.clear()).equals(both)


def test_a_night_published_twice_restates_from_what_stood_before_it():
    again = carried(restated(0.5, 0.75), restated(0.75, 0.8, cause="changed_record")).row(0, named=True)
    assert (again["old_value"], again["new_value"], again["cause"]) == (0.5, 0.8, "changed_record")
    assert carried(restated(0.5, 0.75), restated(0.75, 0.5)).is_empty()


def test_a_publication_without_members_still_has_its_cause():
    """As an earlier release left it: it published no members."""
    before = replace(publication(members({})), members=members())
    assert row_of(before, publication(members({})), seen((0, 21, "late_record")))["cause"] == "late_record"
