"""HANDOFF_HOME: which file lies where, who may read it, and whether a night may start in it.

Nothing here opens a file of the warehouse.
The one thing to know: everything is the owner's alone (0700) except `published/`, which the named group, or else everybody, may read.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import duckdb
from pydantic import SecretStr

from handoff_pipeline.errors import SettingsError, WarehouseError
from handoff_pipeline.settings import Settings

MINIMUM_FREE_BYTES: Final = 200 * 1024 * 1024
FREE_TIMES_WORK_FILE: Final = 3
OLDEST_DUCKDB: Final = (1, 5)


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds one installation. `shared_group` may read `published/`; `threads` and `memory_limit` are DuckDB's.

    `ledger_url` is set where the ledger is kept outside the folder, on PostgreSQL.
    """

    root: Path
    shared_group: str | None = None
    threads: int = 2
    memory_limit: str = "2GB"
    ledger_url: SecretStr | None = None

    def __post_init__(self) -> None:
        # DuckDB compares resolved paths with the folders that a profile may reach.
        object.__setattr__(self, "root", self.root.resolve())

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The home that the settings name."""
        return cls(settings.home, settings.shared_group, settings.threads, settings.memory_limit, settings.ledger_url)

    @property
    def inbox(self) -> Path:
        """Page bytes of the pull."""
        return self.root / "inbox"

    @property
    def work(self) -> Path:
        """The pipeline's own folder."""
        return self.root / "work"

    @property
    def work_file(self) -> Path:
        """The warehouse file; only the job opens it."""
        return self.work / "warehouse.duckdb"

    @property
    def lease_note(self) -> Path:
        """Who holds the lease, for the message while DuckDB's lock keeps others from reading it in the file."""
        return self.work / "lease.json"

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit into memory."""
        return self.work / "spill"

    @property
    def ledger_file(self) -> Path:
        """The ledger's file, where it is kept in one."""
        return self.root / "ledger" / "ledger.sqlite"

    @property
    def ledger(self) -> Path | SecretStr:
        """Where the ledger is, for whoever opens it: the address of the settings, else the file."""
        return self.ledger_url or self.ledger_file

    @property
    def history_file(self) -> Path:
        """Typed history, written at publish."""
        return self.root / "history" / "history.duckdb"

    @property
    def published(self) -> Path:
        """What readers open."""
        return self.root / "published"

    @property
    def parquet(self) -> Path:
        """The star schema for Power BI; v1 is the contract's version."""
        return self.published / "parquet" / "v1"

    @property
    def csv(self) -> Path:
        """Copies for people."""
        return self.published / "csv"

    @property
    def published_file(self) -> Path:
        """The read-only copy for analysts."""
        return self.published / "handoff.duckdb"

    @property
    def manifest_file(self) -> Path:
        """What is published, written last."""
        return self.published / "manifest.json"

    def prepare(self) -> None:
        """Make the folders with their modes.

        Raises:
            SettingsError: the shared group does not exist, or this user may not give files to it.
            WarehouseError: a folder cannot be made.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for folder in (self.inbox, self.work, self.spill, self.ledger_file.parent, self.history_file.parent):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o700)
            for folder in (self.published, self.published / "parquet", self.parquet, self.csv):
                folder.mkdir(exist_ok=True)
                self.share_folder(folder)
        except OSError as error:
            raise WarehouseError(
                f"The folders of {self.root} cannot be made: {error.strerror}.",
                "Set HANDOFF_HOME to a folder on a local disk that this user may write.",
            ) from error

    def check(self) -> None:
        """Refuse to start where the night could not end well: too little disk, or a DuckDB that loses rows.

        Raises:
            WarehouseError: DuckDB is older than 1.5 (1.4 lost acknowledged rows on a full disk), or free space is below three times the
                warehouse file, and never below 200 MB.
        """
        version = duckdb.__version__
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_DUCKDB:
            raise WarehouseError(
                f"DuckDB {version} is installed; before 1.5 it can lose acknowledged rows on a full disk.",
                "Install what requirements.lock names (make setup, or pip install --require-hashes -r requirements.lock).",
            )
        size = self.work_file.stat().st_size if self.work_file.exists() else 0
        needed = max(MINIMUM_FREE_BYTES, FREE_TIMES_WORK_FILE * size)
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise WarehouseError(
                f"{self.root} has {free // 1024**2} MB free; a night needs {needed // 1024**2} MB (three times the warehouse file).",
                "Free disk space, or set HANDOFF_HOME to a larger disk.",
            )

    def share(self, path: Path, *, writable: bool = True) -> None:
        """Give one file of `published/` the mode and group that its readers need."""
        self._give_to_group(path)
        mode = 0o640 if self.shared_group else 0o644
        path.chmod(mode if writable else mode & 0o555)

    def share_folder(self, folder: Path) -> None:
        """Give one folder of `published/` the mode and group that its readers need."""
        self._give_to_group(folder)
        folder.chmod(0o750 if self.shared_group else 0o755)

    def _give_to_group(self, path: Path) -> None:
        if self.shared_group is None:
            return
        try:
            shutil.chown(path, group=self.shared_group)
        except (LookupError, PermissionError) as error:
            raise SettingsError(
                f"HANDOFF_SHARED_GROUP={self.shared_group}: {'no such group' if isinstance(error, LookupError) else 'not permitted'}.",
                "Name a group that exists and that the user of the pipeline belongs to, or leave the setting empty.",
            ) from error


def sync_folder(folder: Path) -> None:
    """Make renames in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make the file's bytes survive a power cut."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
