"""A pytest plugin: a test marked `must_run` may be skipped on a desk and never where HANDOFF_MUST_RUN=1.

A skip says that a promise was not checked. `.ci/run` sets the variable, so that a missing browser is a failure there and not a quiet gap.
A file that is skipped as a whole counts too when it names the marker.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

VARIABLE = "HANDOFF_MUST_RUN"


def is_enforced() -> bool:
    """Whether this run may not skip a must-run test."""
    return os.environ.get(VARIABLE) == "1"


def _reason(longrepr: object) -> str:
    """The reason that a skip gave; pytest keeps it as (path, line, text)."""
    text = longrepr[2] if isinstance(longrepr, tuple) else longrepr
    return str(text).removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a must-run test into a failure."""
    report = yield
    if report.skipped and is_enforced() and item.get_closest_marker("must_run"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must run where {VARIABLE}=1, and was skipped: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole file that holds a must-run test into a failure."""
    report = yield
    if report.skipped and is_enforced() and isinstance(collector, pytest.Module) and "must_run" in collector.path.read_text("utf-8"):
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} holds tests that must run where {VARIABLE}=1, and was skipped: {_reason(report.longrepr)}"
    return report
