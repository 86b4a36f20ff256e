"""A night as the scheduler starts it: `handoff run` in a process of its own, against a simulated HaloPSA of this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from handoff_pipeline.simulator import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Quirks, SimulatedHalo, build_world

CHECKOUT = Path(__file__).resolve().parents[2]
MOMENT = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
LIMIT_SECONDS = 150


def tenant() -> SimulatedHalo:
    """A small simulated tenant whose rate limit is off: many nights run against it within minutes."""
    return SimulatedHalo(build_world(seed=3, deals=30), MOMENT, Quirks(rate_limit=False))


@dataclass(frozen=True)
class Scheduler:
    """Starts nights in `home` against the tenant at `url`, with the clock held."""

    home: Path
    url: str
    extra: dict[str, str] = field(default_factory=dict)

    def start(self, **variables: str) -> subprocess.Popen[str]:
        """Start a night; its process leads a group of its own, so that a kill takes all of it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HANDOFF_", "DAGSTER_"))}
        environment |= {
            "HANDOFF_HOME": str(self.home),
            "HANDOFF_POLICY_FILE": str(CHECKOUT / "handoff.yaml"),
            "HANDOFF_AS_OF": MOMENT.isoformat(),
            "HANDOFF_HALO_URL": self.url,
            "HANDOFF_HALO_TENANT": "demo",
            "HANDOFF_HALO_CLIENT_ID": DEMO_CLIENT_ID,
            "HANDOFF_HALO_CLIENT_SECRET": DEMO_CLIENT_SECRET,
            "HANDOFF_WEB_URL": "https://demo.halopsa.example",
            **self.extra,
            **variables,
        }
        return subprocess.Popen(
            [sys.executable, "-c", "from handoff_pipeline.commands.main import run; run()", "run", "--json", "--without-pages"],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a night to its end."""
        process = self.start(**variables)
        try:
            output, errors = process.communicate(timeout=LIMIT_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def published_hash(self) -> str:
        """The overall canonical content hash of what is published."""
        manifest = json.loads((self.home / "published" / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["state"] == "complete"
        return str(manifest["content_hash"])
