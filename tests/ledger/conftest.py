"""A ledger on both databases: on SQLite always, on PostgreSQL wherever a server can be started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from handoff_pipeline.ledger import Ledger
from tests.ledger.acting import KEY

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.must_run)]


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | SecretStr:
    """Where a ledger without rows is, or will be."""
    found = tmp_path / "ledger.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgresql_ledger")
    assert isinstance(found, Path | SecretStr)
    return found


@pytest.fixture(params=BOTH)
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | SecretStr:
    """Where no ledger ever was."""
    found = tmp_path / "ledger.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgresql_empty")
    assert isinstance(found, Path | SecretStr)
    return found


@pytest.fixture
def acting(place: Path | SecretStr) -> Iterator[Ledger]:
    """An empty ledger whose audit chain has a key."""
    with Ledger.open(place, KEY) as opened:
        yield opened
