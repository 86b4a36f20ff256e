"""Puts verified files in place: written beside their targets, renamed one by one, the manifest last; heals a kill in between.

What the files hold is known to those who staged them.
The one thing to know: before the first rename a pending manifest lists every rename, so that a publish which was killed half-way is
finished by the next one, and readers of the manifest never keep half a night.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from handoff_pipeline.errors import PublishError
from handoff_pipeline.warehouse import crash
from handoff_pipeline.warehouse.home import Home, sync_file, sync_folder
from handoff_pipeline.warehouse.manifest import Manifest, as_text, file_sha256

PENDING: Final = ".manifest.pending.json"


class Move(BaseModel):
    """A file beside its target, ready to take its place; `sha256` is the hex digest of its bytes."""

    model_config = ConfigDict(frozen=True)

    staged: Path
    target: Path
    sha256: str


class _Pending(BaseModel):
    moves: tuple[Move, ...]
    manifest: Manifest


def staged_path(target: Path) -> Path:
    """Where the next version of `target` is written: beside it, hidden from readers that list the folder."""
    return target.with_name(f".{target.name}.tmp")


def ready(home: Home, target: Path, *, writable: bool = True) -> Move:
    """The staged file of `target`, synced to disk, with the mode that readers need."""
    staged = staged_path(target)
    if target.is_relative_to(home.published):
        home.share(staged, writable=writable)
    sync_file(staged)
    digest = file_sha256(staged)
    if digest is None:
        raise PublishError(
            f"{staged} vanished while it was being published.", "Let nobody but the pipeline write in that folder; run again."
        )
    return Move(staged=staged, target=target, sha256=digest)


def commit(home: Home, manifest: Manifest, moves: Sequence[Move]) -> None:
    """Put every file in place, in order, and the manifest last.

    Raises:
        OSError: a rename failed; the next publish finishes or repeats the work.
    """
    pending = home.published / PENDING
    _write(home, pending, _Pending(moves=tuple(moves), manifest=manifest).model_dump_json())
    _apply(home, moves)
    crash.point("publish.before_manifest")
    _write(home, home.manifest_file, as_text(manifest))
    pending.unlink()


def recover(home: Home) -> Manifest | None:
    """Finish a publish that was killed between its first rename and its manifest; returns that manifest, or None if there was none.

    Where a staged file is gone the pending publish is given up: the present one writes its tables anew.
    """
    pending = home.published / PENDING
    try:
        left = _Pending.model_validate_json(pending.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        pending.unlink()
        return None
    possible = all(move.sha256 in {file_sha256(move.target), file_sha256(move.staged)} for move in left.moves)
    if possible:
        _apply(home, [move for move in left.moves if file_sha256(move.target) != move.sha256])
        _write(home, home.manifest_file, as_text(left.manifest))
    pending.unlink()
    return left.manifest if possible else None


def sweep(home: Home) -> None:
    """Remove what earlier publishes staged and never put in place."""
    for folder in (home.parquet, home.csv, home.published, home.history_file.parent):
        for pattern in (".*.tmp", ".*.tmp.wal"):
            for leftover in folder.glob(pattern):
                leftover.unlink()


def refuse_foreign_log(database: Path) -> None:
    """Refuse to replace a database beside which a write-ahead log lies: DuckDB would replay it into the new file.

    Raises:
        PublishError: there is one.
    """
    log = database.with_name(f"{database.name}.wal")
    if log.exists():
        raise PublishError(
            f"{log} lies beside the published database: somebody opened it for writing.",
            "Let them close it and open it read-only from now on; then move the .wal file away and run again.",
        )


def _apply(home: Home, moves: Sequence[Move]) -> None:
    for move in moves:
        crash.point("publish.table")
        move.staged.replace(move.target)
    for folder in {move.target.parent for move in moves} | {home.published}:
        sync_folder(folder)


def _write(home: Home, target: Path, text: str) -> None:
    staged = staged_path(target)
    with staged.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    home.share(staged)
    staged.replace(target)
    sync_folder(target.parent)
