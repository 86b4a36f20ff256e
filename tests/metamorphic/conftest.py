"""The tenant as it is told first, and its tables: built once for all tests of this folder, which change neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.metamorphic.building import FROZEN, Tables, build
from tests.metamorphic.telling import Night, told


@pytest.fixture(scope="package")
def nights() -> tuple[Night, ...]:
    """What HaloPSA told."""
    return told()


@pytest.fixture(scope="package")
def policy_text(checkout: Path) -> str:
    """The example policy."""
    return (checkout / "handoff.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="package")
def base(nights: tuple[Night, ...], policy_text: str) -> Tables:
    """Every table, with baselines frozen on 1 September."""
    return build(nights, policy_text, FROZEN)
