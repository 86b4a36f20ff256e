"""What a ticket shows of a field, whatever form the tenant gives it in."""

from __future__ import annotations

import pytest

from handoff_pipeline.channels.halo_writes import seen_in


@pytest.mark.parametrize(
    ("element", "seen"),
    [
        ({"value": "60"}, "60"),
        ({"value": "60", "display": ""}, "60"),
        ({"value": "60", "display": None}, "60"),
        ({"value": 3, "display": "Signed"}, "Signed"),
        ({"value": None, "display": "Signed"}, "Signed"),
        ({"value": "", "display": ""}, None),
        ({}, None),
    ],
)
def test_a_field_shows_its_words_or_else_its_value_and_nothing_only_where_both_are_empty(element, seen):
    row = {"customfields": [{"name": "CFHandoffScore", **element}]}
    assert seen_in(row, {"CFHandoffScore": None}) == {"CFHandoffScore": seen}
