"""The must-run plugin, on small suites of its own."""

from __future__ import annotations

import pytest

from tests.house.must_run import VARIABLE

SUITE = """
    import pytest

    @pytest.mark.must_run
    def test_needs_a_browser():
        pytest.skip("there is no browser")

    def test_needs_nothing():
        pytest.skip("not today")
"""

SKIPPED_FILE = """
    import pytest
    pytest.skip("nothing of this works here", allow_module_level=True)

    @pytest.mark.must_run
    def test_never_seen():
        pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run a suite of one file, with or without the variable."""
    pytester.makeini("[pytest]\nmarkers = must_run: x")

    def runs(source: str, *, enforced: bool) -> pytest.RunResult:
        monkeypatch.setenv(VARIABLE, "1" if enforced else "0")
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-p", "tests.house.must_run", "-rs")

    return runs


def test_a_skipped_must_run_test_fails_where_the_variable_is_set(run):
    result = run(SUITE, enforced=True)
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*test_needs_a_browser must run where HANDOFF_MUST_RUN=1*there is no browser*"])


def test_a_skipped_must_run_test_stays_skipped_on_a_desk(run):
    result = run(SUITE, enforced=False)
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["*SKIPPED*there is no browser*"])


def test_a_file_skipped_whole_fails_when_it_holds_a_must_run_test(run):
    result = run(SKIPPED_FILE, enforced=True)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*holds tests that must run*nothing of this works here*"])


def test_a_file_skipped_whole_stays_skipped_on_a_desk(run):
    assert run(SKIPPED_FILE, enforced=False).ret == pytest.ExitCode.NO_TESTS_COLLECTED
