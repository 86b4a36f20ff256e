"""A tenant for each test, under the example policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sql.tenant import Tenant, opened


@pytest.fixture
def tenant(checkout: Path) -> Tenant:
    """Before its first night."""
    return opened(checkout)
