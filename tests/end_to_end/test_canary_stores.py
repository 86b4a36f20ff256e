"""No secret in anything that three nights leave behind; and a planted marker is found by every reader in every store.

The secrets are those of hostile.py, the readers those of stores.py. One home goes through a good night, one whose source says the secrets
again, and one that fails with the secrets in its exception.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import dagster as dg
import pytest

from assets.resources import HaloResource
from handoff_pipeline.definitions import run_nightly
from handoff_pipeline.redaction import MASK
from handoff_pipeline.settings import Settings
from handoff_pipeline.simulator import running
from tests.end_to_end.canary import NEEDLES, applications, clean, installation
from tests.end_to_end.hostile import MARKER, SECRET, TOKEN, WRITER_SECRET, Echo
from tests.end_to_end.quirky import LATER, MOMENT
from tests.end_to_end.stores import STORES, holds

pytestmark = pytest.mark.timeout(900)
"""Each case is up to two whole nights; the limit is for a machine that does other things as well."""


@pytest.fixture(scope="module", autouse=True)
def _known_secrets() -> Iterator[None]:
    with applications():
        yield


@dataclass(frozen=True)
class Left:
    """A home after three nights, and all that they said."""

    home: Path
    said: str
    shown: str


@pytest.fixture(scope="module")
def left(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """A good night with the marker in a deal's title; one whose quotations say the secrets again; one that fails with them."""
    made = installation(tmp_path_factory.mktemp("canary") / "home", checkout, deals=12)
    deal = made.sim.snapshot().orders[0]["ticket_id"]
    made.sim.edits.change("tickets", deal, {"summary": f"{MARKER} for a deal"})
    made.night()
    made.sim.advance(days=(LATER - MOMENT).days)
    app = made.sim.app
    made.sim.app = Echo(app, "error with 200", "plain", "/api/Quotation")  # type: ignore[assignment]
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch, Lines() as lines:
        with running(made.sim) as url:
            stale = run_nightly(made.settings.model_copy(update={"halo_url": url}))

            def leaking(_self: HaloResource, settings: Settings, *_: object) -> None:
                dg.get_dagster_logger().warning("%s: asking with %s", MARKER, SECRET)
                secret = settings.halo_client_secret
                raise RuntimeError(f"{MARKER}: cannot sign in with {SECRET!r}, {secret}") from ValueError(f"token={TOKEN} {WRITER_SECRET}")

            patch.setattr(HaloResource, "pull", leaking)
            failed = run_nightly(made.settings.model_copy(update={"halo_url": url}))
        said = [*lines.heard, str(stale), str(failed)]
    assert (stale.state, failed.state) == ("stale", "failed"), (stale, failed)
    return Left(made.root, "\n".join(said), f"{stale} {failed}")


class Lines(logging.Handler):
    """Every line that is logged meanwhile, with its exception."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        self.heard.append(self.format(record))

    def __enter__(self) -> Self:
        for name in (None, "dagster"):
            logging.getLogger(name).addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        for name in (None, "dagster"):
            logging.getLogger(name).removeHandler(self)


@pytest.mark.parametrize("store", STORES)
def test_no_store_holds_a_secret(left: Left, store: str) -> None:
    assert holds(store, left.home, NEEDLES) == set()


EMPTY_OF_MARKERS = {"the rest of Dagster's folder": "it holds configuration alone; output of steps is not kept (dagster.yaml)"}


@pytest.mark.parametrize("store", [store for store in STORES if store not in EMPTY_OF_MARKERS])
def test_every_reader_finds_the_planted_marker(left: Left, store: str) -> None:
    assert holds(store, left.home, [MARKER]) == {MARKER}


def test_the_output_of_steps_is_kept_nowhere(left: Left) -> None:
    assert [path for path in left.home.rglob("*") if "compute_logs" in path.parts] == []


def test_what_was_logged_and_returned_holds_the_marker_and_no_secret(left: Left) -> None:
    assert MARKER in left.said
    assert MARKER in left.shown
    assert MASK in left.said
    clean(left.said, left.shown)


@pytest.mark.parametrize("store", STORES)
def test_a_reader_would_find_a_secret_that_was_stored(left: Left, tmp_path: Path, store: str) -> None:
    """The marker and the secret travel alike; this shows for one store after another that the needles themselves are right."""
    home = tmp_path / "home"
    shutil.copytree(left.home / "published", home / "published")
    (home / "alerts.jsonl").write_text(f'{{"message": "{SECRET}"}}\n', "utf-8")
    expected = {SECRET} if store in {"alerts", "every file, byte by byte"} else set()
    assert holds(store, home, [SECRET]) == expected
