"""The policy that the hand-made worlds live under: the example that the demo runs on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="session")
def policy(checkout: Path) -> dict[str, Any]:
    """handoff.yaml as plain data."""
    loaded: dict[str, Any] = yaml.safe_load((checkout / "handoff.yaml").read_text(encoding="utf-8"))
    return loaded
