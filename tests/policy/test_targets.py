"""Targets of handoff.yaml: what cannot be meant is refused with the way out, and the playbook's come as factors of a baseline."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from handoff_pipeline.policy.targets import PLAYBOOK, SegmentType, Target, Targets, playbook_frame, target_frame
from handoff_pipeline.tables import METRICS
from handoff_pipeline.tables.kpi import SEGMENT_TYPES

DELAY = {"metric": "kickoff_delay_rate", "low": 0.3, "high": 0.2, "due": date(2026, 12, 31)}


def refused(**changed: object) -> str:
    with pytest.raises(ValidationError) as error:
        Target.model_validate(DELAY | changed)
    return str(error.value)


def test_a_target_needs_no_segment_and_then_means_the_whole_tenant():
    target = Target.model_validate(DELAY)
    assert (target.segment_type, target.segment) == ("all", "all")


def test_the_segments_are_those_of_the_contract():
    assert get_args(SegmentType) == SEGMENT_TYPES


def test_an_unknown_metric_is_refused_with_those_that_look_alike():
    assert "look alike: kickoff_delay_rate" in refused(metric="kickoff_delay")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"high": 0.4}, "high 0.4 must lie below low 0.3: that is the better side of kickoff_delay_rate"),
        ({"metric": "handoff_completeness", "low": 80, "high": 75}, "high 75 must lie above low 80"),
        ({"low": 30, "high": None}, "low 30 cannot be: kickoff_delay_rate is from 0 to 1 (fraction); 30 % is 0.3"),
        ({"high": -0.1}, "high -0.1 cannot be"),
        ({"low": float("nan"), "high": None}, "low nan cannot be"),
        ({"metric": "days_to_kickoff_median", "low": -1, "high": None}, "is at least 0 (days)"),
    ],
)
def test_a_value_that_the_metric_cannot_have_is_refused(changed, said):
    assert said in refused(**changed)


@pytest.mark.parametrize("changed", [{"segment_type": "client"}, {"segment": "North"}])
def test_a_segment_needs_its_type_and_a_type_its_segment(changed):
    assert "give both" in refused(**changed)


def test_two_targets_of_one_metric_due_on_one_day_are_refused():
    with pytest.raises(ValidationError, match="two targets due on 2026-12-31; keep one"):
        TypeAdapter(Targets).validate_python([DELAY, DELAY | {"low": 0.25}])


def test_high_may_equal_low_and_a_negative_margin_is_a_target_too():
    assert Target.model_validate(DELAY | {"high": 0.3}).high == 0.3
    assert Target.model_validate(DELAY | {"metric": "margin_erosion_pp", "low": -1, "high": -2}).low == -1


def test_a_target_without_a_source_is_named_by_its_place():
    first, second = Target.model_validate(DELAY | {"source": "board"}), Target.model_validate(DELAY | {"due": date(2027, 1, 1)})
    assert target_frame([first, second]).get_column("source").to_list() == ["board", "targets[2]"]


def test_no_targets_make_an_empty_table_of_the_same_columns():
    assert target_frame([]).schema == target_frame([Target.model_validate(DELAY)]).schema
    assert playbook_frame(is_on=False).schema == playbook_frame(is_on=True).schema
    assert playbook_frame(is_on=False).is_empty()


def test_every_target_of_the_playbook_goes_the_way_of_its_metric():
    direction = {metric.metric: metric.direction for metric in METRICS}
    for metric, _days, low, high, _source in PLAYBOOK:
        assert (low > 1) is (direction[metric] == "up")
        assert high is None or ((high > low) is (direction[metric] == "up"))
