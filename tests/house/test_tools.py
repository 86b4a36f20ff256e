"""The tools' own settings: every room is linted, typed and installed; the lock names no address; CI is what it says."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import tomllib
from pathlib import Path

import pytest

from handoff_pipeline import __version__

CHECKOUT = Path(__file__).resolve().parents[2]
ROOMS = sorted(path.parent.name for path in CHECKOUT.glob("*/__init__.py") if path.parent.name != "tests")
PRODUCT = {
    f"handoff_pipeline.{path.stem}"
    for path in (CHECKOUT / "handoff_pipeline").iterdir()
    if (path.suffix == ".py" or (path / "__init__.py").is_file()) and path.stem not in {"__init__", "simulator"}
}


@pytest.fixture(scope="module")
def pyproject() -> dict:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_typed_linted_and_installed(pyproject, room):
    assert room in pyproject["tool"]["mypy"]["files"]
    assert room in pyproject["tool"]["importlinter"]["root_packages"]
    assert f"{room}*" in pyproject["tool"]["setuptools"]["packages"]["find"]["include"]


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_package_of_this_name_is_imported(room):
    spec = importlib.util.find_spec(room)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).resolve() == CHECKOUT / room / "__init__.py"


@pytest.fixture(scope="module")
def contracts(pyproject) -> dict:
    return {contract["id"]: contract for contract in pyproject["tool"]["importlinter"]["contracts"]}


def test_every_room_of_the_product_stands_on_a_floor(contracts):
    floors = {name.strip(" ()") for layer in contracts["floors"]["layers"] for name in re.split(r"[|:]", layer)}
    assert PRODUCT - floors == set()


@pytest.mark.parametrize(
    ("contract", "key", "beyond"),
    [
        ("dagster-on-top", "source_modules", {"definitions", "commands"}),
        ("http-in-halo", "source_modules", {"halo", "channels"}),
        ("duckdb-in-warehouse", "source_modules", {"warehouse"}),
        ("simulator-knows-nothing", "forbidden_modules", set()),
    ],
)
def test_every_room_of_the_product_is_on_one_side_of_each_border(contracts, contract, key, beyond):
    """A border that leaves out a room by forgetting it would hold nothing there."""
    assert PRODUCT - set(contracts[contract][key]) - {f"handoff_pipeline.{room}" for room in beyond} == set()


def test_the_lock_names_no_address_and_hashes_every_package():
    lock = (CHECKOUT / "requirements.lock").read_text("utf-8")
    assert not re.search(r"https?://|index-url|find-links|file:", lock)
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_of_the_card_renderer_names_no_registry_and_hashes_every_package():
    packages = json.loads((CHECKOUT / "tests/channels/rendering/package-lock.json").read_text("utf-8"))["packages"]
    packages.pop("")
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package or not package["integrity"].startswith("sha512-")] == []


def test_the_lock_holds_the_duckdb_that_was_measured():
    assert re.search(r"^duckdb==1\.5\.", (CHECKOUT / "requirements.lock").read_text("utf-8"), re.MULTILINE)


def test_dagsters_siblings_are_locked_on_one_release():
    lock = (CHECKOUT / "requirements.lock").read_text("utf-8")
    versions = dict(re.findall(r"^(dagster(?:-webserver|-graphql|-dg-cli)?)==(\S+)", lock, re.MULTILINE))
    assert len(versions) == 4
    assert len(set(versions.values())) == 1


def test_the_version_is_the_same_wherever_it_is_said(pyproject):
    """A night signs with `__version__`, and `model_changed` rests on it: a release that raised only one of these would hide its change."""
    newest = re.search(r"^## (\S+)", (CHECKOUT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    assert (pyproject["project"]["version"], newest[1]) == (__version__, __version__)


def test_ci_can_be_run():
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)


def test_the_example_settings_are_settings():
    from handoff_pipeline.settings import Settings

    named = set(re.findall(r"^#?(HANDOFF_[A-Z_]+)=", (CHECKOUT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert named - {f"HANDOFF_{field.upper()}" for field in Settings.model_fields} == set()
