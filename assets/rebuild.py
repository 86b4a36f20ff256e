"""A past night once more: the nightly graph past raw and staging, on a folder of its own, from the history alone.

What a night does is the graph's subject, and it is the same graph: nothing of it is repeated here. The one thing to know: whatever the
history holds is taken from it and whatever it does not hold is built, so an asset that a later release adds is rebuilt without a word here.
Tables of the ledger that are younger than the night are built too, and are empty: nobody had decided anything in them.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import dagster as dg

from assets.failures import why
from assets.naming import table_of
from assets.night import QUIET
from assets.progress import Listener, groups_of
from assets.resources import Progress, resources_for
from handoff_pipeline import __version__
from handoff_pipeline.errors import SettingsError, WarehouseError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import history, history_restore, manifest, rebuilt, stage
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.lease import acquire
from handoff_pipeline.warehouse.manifest import Manifest, Rebuild

JOB: Final = "rebuild"
POLICY_FILE: Final = "handoff.yaml"
LEDGER: Final = "ledger."
RESTORED: Final = "history"
"""The step before the graph's own, for who watches."""


@dataclass(frozen=True)
class Rebuilt:
    """A rebuilt night: what was asked for and found, the manifest of the rebuild, and the tables that differ from that night's.

    Tables differ where the product was another version then; `product_version` is that one.
    """

    folder: Path
    rebuild: Rebuild
    manifest: Manifest
    different: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Whether every table holds what the night published."""
        return not self.different


def rebuild(definitions: dg.Definitions, settings: Settings, day: date, into: Path, progress: Progress | None = None) -> Rebuilt:
    """Build and publish in `into` what was published on the newest night at or before the end of that local day.

    The home of `settings` is only read, and of it only the history. A rebuild that fails leaves nothing behind.

    Raises:
        SettingsError: `into` lies in the home, holds it, or is no empty folder.
        PolicyError: the history does not hold the night's policy document.
        WarehouseError: there is no such night or no history, or a step failed; the message names it.
    """
    source = Home.of(settings)
    made = Home(into, source.shared_group, source.threads, source.memory_limit)
    existed = _require_empty(made.root, source.root)
    if not source.history_file.is_file():
        raise WarehouseError(f"There is no history at {source.history_file}.", "It is written by the first complete night: `handoff run`.")
    try:
        return _rebuild(definitions, settings, day, source, made, progress or _unheard)
    except BaseException:
        for left in (made.root.iterdir() if existed else [made.root]) if made.root.exists() else ():
            _remove(left)
        raise


def selected(definitions: dg.Definitions, held: Collection[str]) -> list[dg.AssetKey]:
    """Every asset that a rebuild builds: all but those that pull and land, and those whose tables the history holds.

    `held` are the tables that it holds of this night.
    """
    made = [asset for asset in definitions.assets or () if isinstance(asset, dg.AssetsDefinition)]
    return sorted(key for asset in made for key in asset.keys if not all(_is_given(table_of(each), held) for each in asset.keys))


def _is_given(table: str, held: Collection[str]) -> bool:
    if table.startswith(LEDGER):
        return table in held
    return table.startswith("raw.") or history.is_held(table)


def _rebuild(definitions: dg.Definitions, settings: Settings, day: date, source: Home, made: Home, progress: Progress) -> Rebuilt:
    progress(RESTORED, 0, 1)
    made.prepare()
    made.root.chmod(0o700)
    # A copy of its own: the next night may put another history in place while this one is read.
    shutil.copyfile(source.history_file, made.history_file)
    with history.reading(made.history_file, of=source.history_file) as conn:
        night = history.night_at(history.nights(conn), day)
        (made.root / POLICY_FILE).write_text(history_restore.policy_text(conn, night), encoding="utf-8")
        before = history_restore.published(conn, night)
        held = history_restore.tables(conn, night)
        with Ledger.open(made.ledger) as ledger:
            history_restore.restore_ledger(conn, ledger, night)
    found = Rebuild(
        day=day,
        night_as_of_utc=night.as_of,
        night_run_id=night.run_id,
        history_sha256=manifest.file_sha256(made.history_file) or "",
        content_hash=night.content_hash,
        product_version=night.product_version,
    )
    rebuilt.mark(made, found)
    with acquire(made, f"rebuild-{day}") as lease:
        history_restore.restore(made, lease, night)
    progress(RESTORED, 1, 1)
    as_then = {
        "home": made.root,
        "ledger_url": None,
        "policy_file": made.root / POLICY_FILE,
        "as_of": night.as_of,
        "halo_tenant": night.tenant,
        "web_url": night.links_base,
    }
    _run(definitions, settings.model_copy(update=as_then), held, progress)
    written = manifest.read(made.manifest_file)
    if written is None:
        raise WarehouseError(f"The rebuild of {day} ended well and published no manifest.", "Report this with the day and the version.")
    now = {name: table.content_hash for name, table in written.tables.items()}
    different = sorted(name for name in (now.keys() | before.keys()) - stage.OWN_RUN if now.get(name) != before.get(name))
    for folder in (made.work, made.inbox, made.ledger_file.parent, made.history_file.parent, made.root / POLICY_FILE):
        _remove(folder)
    return Rebuilt(made.root, found, written, tuple(different))


def _run(definitions: dg.Definitions, settings: Settings, held: Collection[str], progress: Progress) -> None:
    """Materialise what is selected, with its checks, on an instance of Dagster that nobody sees."""
    job = dg.Definitions(
        assets=definitions.assets,
        asset_checks=definitions.asset_checks,
        jobs=[dg.define_asset_job(JOB, dg.AssetSelection.assets(*selected(definitions, held)), executor_def=dg.in_process_executor)],
        resources=definitions.resources,
    ).resolve_job_def(JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = dg.DagsterRun(JOB).run_id
        instance.add_event_listener(run_id, Listener(groups_of(definitions, job), progress))
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            raise_on_error=False,
            resources=dict(resources_for(settings, progress)),
            run_config=QUIET,
        )
        if not result.success:
            failure = why(instance, run_id)
            step, said = (failure.steps[0].step, failure.steps[0].message) if failure.steps else ("its start", failure.message)
            raise WarehouseError(f"The rebuild failed at {step}: {said}", f"Version {__version__} builds it; HANDOFF_DEBUG=1 shows more.")


def _require_empty(into: Path, home: Path) -> bool:
    """Whether the folder exists already (and is empty).

    Raises:
        SettingsError: it cannot be used.
    """
    if into.is_relative_to(home) or home.is_relative_to(into):
        raise SettingsError(f"{into} and the home {home} lie in each other.", "Name a folder outside HANDOFF_HOME with --to.")
    if into.is_dir():
        if any(into.iterdir()):
            raise SettingsError(f"{into} is not empty.", "Name an empty or a new folder with --to.")
        return True
    if into.exists():
        raise SettingsError(f"{into} is no folder.", "Name an empty or a new folder with --to.")
    return False


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _unheard(_what: str, _done: int, _expected: int | None) -> None:
    """Progress that nobody waits for."""
