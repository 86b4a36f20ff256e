"""A bench per test: an installation with an empty outbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.channels.outbox import Bench, new_ledger


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with new_ledger(tmp_path) as ledger:
        yield Bench(ledger)
