"""Nights that several proofs compare with; made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.bare_night import Night
from tests.end_to_end.quirky import LATER, First, installation


@pytest.fixture(scope="session")
def plain(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> First:
    """The first night of a plain tenant."""
    made = installation(tmp_path_factory.mktemp("plain") / "home", checkout)
    return First(made, made.night())


@pytest.fixture(scope="session")
def plain_later(plain: First, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Its second night, some days later."""
    return plain.again(tmp_path_factory.mktemp("later") / "home", LATER).night()
