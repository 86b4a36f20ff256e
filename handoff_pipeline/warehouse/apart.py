"""A copy of the work file in a home of its own, and landing in it: what is looked at by day is never in the night's own tables.

What is pulled and built there is the assets'. The one thing to know: the work file is opened for reading alone, with nobody's lease, and
only while it is copied; so an hour leaves no batch, no cursor and no tombstone to the next night, and a kill leaves nothing to put right.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from handoff_pipeline.clock import SystemClock
from handoff_pipeline.errors import LeaseHeld, WarehouseError
from handoff_pipeline.ledger import AcceptedSet, Finding
from handoff_pipeline.warehouse import crash
from handoff_pipeline.warehouse.connect import open_land
from handoff_pipeline.warehouse.engine import Connection, opened
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.landing import land_batch, naive
from handoff_pipeline.warehouse.lease import Lease, transaction
from handoff_pipeline.warehouse.report import Pulled
from handoff_pipeline.warehouse.rules import Rules

_FOLDER: Final = "hour"
_MARK: Final = "continues"
_MACHINE: Final = SystemClock()
_NEXT_NIGHT: Final = "Nothing has to be done: the next night sees everything."


def apart(home: Home) -> Home:
    """The home of the copy, below the home's own folder `work`."""
    return replace(home, root=home.work / _FOLDER, shared_group=None, ledger_url=None)


def copied(home: Home, run_id: str) -> Home:
    """The copy of the work file as the run `run_id` left it; one of it that is there already stays, with what was landed in it since.

    Raises:
        LeaseHeld: a night runs, or was killed and has not been healed.
        WarehouseError: there is no work file, a later run landed in it and published nothing, or the disk is too full.
    """
    made = apart(home)
    mark = made.root / _MARK
    with opened(home, _require(home), ()) as conn:
        _refuse_under_way(conn)
        if _newest(conn) != run_id:
            raise WarehouseError("The newest night was landed and not published.", _NEXT_NIGHT)
        if made.work_file.is_file() and mark.is_file() and mark.read_text("utf-8") == run_id:
            return made
        drop(home)
        made.prepare()
        made.root.chmod(0o700)
        home.check()
        # No other process can write the file while this connection is open.
        shutil.copyfile(home.work_file, made.work_file)
    made.work_file.chmod(0o600)
    # Last: a copy that was cut off bears no mark.
    staged = mark.with_name(f".{_MARK}.tmp")
    staged.write_text(run_id, "utf-8")
    staged.replace(mark)
    return made


def drop(home: Home) -> None:
    """Remove the copy; the next look makes another."""
    folder = apart(home).root
    if folder.exists():
        shutil.rmtree(folder)


def land_apart(
    made: Home, lease: Lease, night: str, as_of: datetime, report: Pulled, rules: Rules, accepted: Collection[AcceptedSet],
    standing: Collection[Finding],
) -> int:  # fmt: skip
    """Land a pull in the copy, as one more night on which everything was seen; returns how many rows changed.

    What earlier hours landed after `night` becomes half a night (docs/decisions/0006): it counts for this one, so that there is never more
    than one hour after the night, and a gap that was mended and came back within a day is the same gap.

    Raises:
        LeaseHeld, LeaseLost: another run has the copy.
        WarehouseError: a page cannot be read, or something is incomplete or to be set aside. Nothing was landed.
    """
    with open_land(made, lease) as conn, transaction(conn):
        newest = conn.execute("select max(batch_no) from raw.batch").fetchone()
        batch_no = int(newest[0]) + 1 if newest else 1
        conn.execute(
            "update raw.load_batch set state = 'incomplete' where batch_no > (select max(batch_no) from raw.batch where run_id = $night)",
            {"night": night},
        )
        landed, _ = land_batch(conn, made, batch_no, report, rules, accepted, standing)
        short = [f"{name} is {each.state}" + (f" ({each.detail})" if each.detail else "") for name, each in landed.items()
                 if each.state != "complete"]  # fmt: skip
        if short:
            raise WarehouseError("; ".join(short) + ".", _NEXT_NIGHT)
        conn.execute(
            "insert into raw.batch values ($batch_no, $run_id, $as_of, $landed_at)",
            {"batch_no": batch_no, "run_id": lease.run_id, "as_of": naive(as_of), "landed_at": naive(_MACHINE.now())},
        )
    crash.point("hour.landed")
    return sum(each.rows_changed for each in landed.values())


def _require(home: Home) -> Path:
    if not home.work_file.is_file():
        raise WarehouseError(f"There is no work file at {home.work_file}.", "It is made by the first night: `handoff run`.")
    if home.work_file.with_name(f"{home.work_file.name}.wal").exists():
        raise LeaseHeld("The work file has a log beside it: a night writes it, or was killed.", _NEXT_NIGHT)
    return home.work_file


def _refuse_under_way(conn: Connection) -> None:
    held = conn.execute("select run_id from meta.lease where run_id is not null").fetchone()
    if held is not None:
        raise LeaseHeld(f"Run {held[0]} holds the warehouse.", _NEXT_NIGHT)


def _newest(conn: Connection) -> str | None:
    row = conn.execute("select max_by(run_id, batch_no) from raw.batch").fetchone()
    return row[0] if row else None
