"""A small tenant with chosen habits, its first night in plain circumstances, and what of a night can be compared with another.

Which habit is of which kind is quirk_classes.py's. The one thing to know: every comparison is with the canonical hash of what is published,
or with the files' very bytes.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from handoff_pipeline.settings import READ_SCOPES
from handoff_pipeline.simulator import Quirks, SimulatedHalo, Truth, build_world
from tests.end_to_end.bare_night import Installation, Night
from tests.end_to_end.in_process import Moments
from tests.end_to_end.quirk_classes import LOSSLESS

MOMENT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
LATER = MOMENT + timedelta(days=9)
PLAIN = {name: values[0] for name, values in LOSSLESS.items()} | {"nul_in_text": False}
OWN_RUN = ("meta_run", "meta_source_completeness")


@cache
def world() -> Truth:
    """A tenant of 24 deals."""
    return build_world(seed=11, deals=24)


def installation(root: Path, checkout: Path, at: datetime = MOMENT, **quirks: Any) -> Installation:
    """A home and a tenant with these habits; its application may ask for reports."""
    clock = Moments(at)
    sim = SimulatedHalo(world(), at, Quirks(**(PLAIN | quirks)), clock)
    overrides = {"reporting": True, "halo_scope": f"{READ_SCOPES} read:reporting", "reporting_rows": 100, "drop_limit_rows": 2}
    return Installation(root, checkout / "handoff.yaml", sim, clock, overrides)


@dataclass(frozen=True)
class First:
    """A first night that went well. Nobody may change its home."""

    installation: Installation
    night: Night

    def again(self, root: Path, at: datetime, **quirks: Any) -> Installation:
        """A copy of it, and the same tenant at another moment with these habits."""
        shutil.copytree(self.installation.root, root)
        return installation(root, self.installation.policy_file.parent, at, **quirks)


def content(night: Night) -> dict[str, str]:
    """Published table to the canonical hash of its content, without those that are about the run."""
    return {name: table.content_hash for name, table in night.manifest.tables.items() if name not in OWN_RUN}


def unlike(one: Night, other: Night) -> list[str]:
    """Tables of which two nights published different content."""
    mine, yours = content(one), content(other)
    return sorted(name for name in mine.keys() | yours.keys() if mine.get(name) != yours.get(name))


def digest(root: Path) -> dict[str, str]:
    """What readers open, but for the tables about the run, by the hash of the bytes."""
    files = [path for path in (root / "published").rglob("*") if path.is_file() and path.suffix in {".parquet", ".csv"}]
    files.append(root / "history" / "history.duckdb")
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.stem not in OWN_RUN}
