"""A tenant for each test, under the example policy, or facts without nights behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sql.metric_facts import Facts
from tests.sql.tenant import Tenant, opened


@pytest.fixture
def tenant(checkout: Path) -> Tenant:
    """Before its first night."""
    return opened(checkout)


@pytest.fixture
def facts(checkout: Path) -> Facts:
    """No facts yet."""
    return Facts.opened((checkout / "handoff.yaml").read_text(encoding="utf-8"))
