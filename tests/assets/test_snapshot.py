"""The graph that was agreed on: assets, checks, jobs, schedules and sensors. A change of it is a change somebody must have meant.

Renew it with UPDATE_SNAPSHOT=1 and read the diff before committing it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from handoff_pipeline.definitions import defs
from tests.assets import snapshot

FILE = Path(__file__).with_name("snapshot.json")
RENEW = "UPDATE_SNAPSHOT=1 .venv/bin/pytest tests/assets/test_snapshot.py"


def test_the_asset_graph_is_the_one_that_was_agreed_on():
    now = snapshot.of(defs)
    if os.environ.get("UPDATE_SNAPSHOT") == "1":
        FILE.write_text(snapshot.as_text(now), "utf-8")
    difference = list(snapshot.differences(json.loads(FILE.read_text("utf-8")), now))
    if difference:
        pytest.fail(
            "\n".join(["The asset graph changed. If it was meant, renew the snapshot:", f"    {RENEW}", "", *difference]), pytrace=False
        )


def test_a_change_of_the_graph_is_told_by_entry_and_attribute():
    agreed = {"assets": {"a": {"deps": ["x", "y"], "pool": "warehouse"}, "b": {}}, "jobs": {}}
    now = {"assets": {"a": {"deps": ["y", "z"], "pool": None}, "c": {"deps": []}}, "jobs": {}}
    assert list(snapshot.differences(agreed, now)) == [
        "~ assets a: deps -x +z",
        "~ assets a: pool was 'warehouse', is None",
        "- assets b",
        '+ assets c: {"deps": []}',
    ]
