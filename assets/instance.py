"""Dagster's own folder in the home, so that every night shows in the UI whoever started it.

The one thing to know: the checkout's dagster.yaml is copied once; afterwards the copy is the installation's own and may be changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dagster import DagsterInstance

FOLDER: Final = "dagster"
CONFIGURATION: Final = Path(__file__).resolve().parents[1] / "dagster.yaml"


def dagster_home(home: Path) -> Path:
    """`<home>/dagster` (0700) with its dagster.yaml; made where it is missing."""
    folder = home.absolute() / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / CONFIGURATION.name).exists():
        shutil.copyfile(CONFIGURATION, folder / CONFIGURATION.name)
    return folder


@contextmanager
def instance_of(home: Path) -> Iterator[DagsterInstance]:
    """Dagster's instance of this home, closed afterwards."""
    with DagsterInstance.from_config(str(dagster_home(home))) as instance:
        yield instance
