"""What the doctor finds of the machine, and the fix it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from handoff_pipeline.commands.machine import DAGSTER_SIBLINGS, dagster_folder, disk, memory, python, versions, zones

ALIKE = dict.fromkeys(DAGSTER_SIBLINGS, "1.13.27")
PLENTY = 10**12


def failures(findings):
    return {finding.check: finding for finding in findings if finding.level == "failure"}


@pytest.mark.parametrize("version", ["1.5.6", "1.5.10", "2.0.0"])
def test_a_duckdb_that_keeps_its_rows_is_accepted(version):
    assert failures(versions({"duckdb": version, **ALIKE})) == {}


@pytest.mark.parametrize("version", ["1.4.4", "1.5.5", "0.10.3"])
def test_a_duckdb_that_can_lose_rows_is_refused(version):
    assert failures(versions({"duckdb": version, **ALIKE})).keys() == {"duckdb"}


def test_dagsters_packages_must_be_of_one_release():
    found = failures(versions({"duckdb": "1.5.6", **ALIKE, "dagster": "1.13.29"}))
    assert "dagster 1.13.29" in found["dagster"].message
    assert "requirements.lock" in found["dagster"].fix


@pytest.mark.parametrize(("version", "level"), [((3, 10), "failure"), ((3, 11), "ok"), ((3, 14), "ok"), ((3, 15), "failure")])
def test_a_python_that_nothing_is_tested_on_is_refused(version, level):
    assert python(version).level == level


def test_a_full_disk_and_a_home_of_somebody_else_are_failures():
    assert failures(disk(10, 0, None, is_writable=True, home="h")).keys() == {"disk"}
    assert failures(disk(PLENTY, 0, None, is_writable=False, home="h")).keys() == {"home"}
    assert failures(disk(PLENTY, 0, PLENTY, is_writable=True, home="h")) == {}


def test_a_night_needs_three_times_the_warehouse_file():
    assert failures(disk(29 * 10**9, 10 * 10**9, None, is_writable=True, home="h")).keys() == {"disk"}
    assert failures(disk(31 * 10**9, 10 * 10**9, None, is_writable=True, home="h")) == {}


def test_a_disk_without_room_for_more_files_is_a_failure_though_it_has_bytes():
    assert failures(disk(PLENTY, 0, 12, is_writable=True, home="h")).keys() == {"inodes"}


@pytest.mark.parametrize(
    ("total", "limit", "level"),
    [(4 * 10**9, "2GB", "ok"), (2 * 10**9, "2GB", "warning"), (2 * 2**30, "1536MiB", "ok"), (None, "2GB", "ok"), (10**9, "80%", "ok")],
)
def test_duckdb_may_not_take_nearly_all_of_the_memory(total, limit, level):
    assert memory(total, limit).level == level


def test_a_machine_without_the_policys_time_zone_is_refused():
    many = {f"Zone/{number}" for number in range(400)}
    assert zones(many | {"Europe/London"}, "Europe/London").level == "ok"
    assert zones(many, "Europe/London").level == "failure"
    assert zones({"UTC"}, None).level == "failure"


def test_a_dagster_home_elsewhere_hides_the_nights(tmp_path):
    own = tmp_path / "home" / "dagster"
    assert dagster_folder(None, tmp_path / "home", exists=False).level == "ok"
    assert dagster_folder(str(own), tmp_path / "home", exists=True).level == "ok"
    assert dagster_folder(str(tmp_path), tmp_path / "home", exists=True).level == "warning"
    assert dagster_folder("relative", Path("home"), exists=True).level == "failure"
    assert dagster_folder(str(tmp_path / "gone"), tmp_path / "home", exists=False).level == "failure"
