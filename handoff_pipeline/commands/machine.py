"""What `handoff doctor` finds of this machine: versions, disk, memory, time zones, Dagster's folder; each with its fix. Pure checks.

Asking the machine is the command's. The one thing to know: a night writes its files beside the old ones before it swaps them, so it needs
three times the warehouse file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from handoff_pipeline.commands.findings import Finding

OLDEST_DUCKDB: Final = (1, 5, 6)
PYTHONS: Final = ((3, 11), (3, 14))
DAGSTER_SIBLINGS: Final = ("dagster", "dagster-webserver", "dagster-graphql", "dagster-dg-cli")
LEAST_FREE_BYTES: Final = 2_000_000_000
TIMES_WORK_FILE: Final = 3
LEAST_INODES: Final = 10_000
DUCKDB_SHARE: Final = 0.75
"""DuckDB may not be given more of the memory than this: Python and the system need the rest."""
LEAST_ZONES: Final = 300
LOCK_FIX: Final = "Install from requirements.lock: make clean, then make test."
_UNITS: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def versions(installed: Mapping[str, str]) -> Iterator[Finding]:
    """Whether DuckDB is new enough to keep acknowledged rows on a full disk, and whether Dagster's packages are of one release."""
    duckdb = installed["duckdb"]
    if tuple(int(part) for part in duckdb.split(".")[:3] if part.isdigit()) >= OLDEST_DUCKDB:
        yield Finding("duckdb", "ok", f"DuckDB {duckdb}.")
    else:
        yield Finding("duckdb", "failure", f"DuckDB {duckdb} can lose rows on a full disk.", LOCK_FIX)
    releases = {installed[name] for name in DAGSTER_SIBLINGS}
    if len(releases) == 1:
        yield Finding("dagster", "ok", f"Dagster {releases.pop()}, all of its packages.")
    else:
        mixed = ", ".join(f"{name} {installed[name]}" for name in DAGSTER_SIBLINGS)
        yield Finding("dagster", "failure", f"Dagster's packages are of different releases: {mixed}.", LOCK_FIX)


def python(version: tuple[int, int]) -> Finding:
    """Whether this is a Python that the pipeline is tested on."""
    shown = ".".join(map(str, version))
    oldest, newest = PYTHONS
    if oldest <= version <= newest:
        return Finding("python", "ok", f"Python {shown}.")
    return Finding("python", "failure", f"Python {shown} is not one of 3.11 to 3.14.", "make clean, then make test PYTHON=python3.12.")


def disk(free_bytes: int, work_file_bytes: int, free_inodes: int | None, *, is_writable: bool, home: str) -> Iterator[Finding]:
    """Whether the home can be written and has room for a night, in bytes and in files (None: the file system does not count them)."""
    if not is_writable:
        yield Finding("home", "failure", f"{home} cannot be written.", "Set HANDOFF_HOME to a folder of this user, or change its owner.")
        return
    yield Finding("home", "ok", f"{home} can be written.")
    needed = max(LEAST_FREE_BYTES, TIMES_WORK_FILE * work_file_bytes)
    free = f"{free_bytes / 1e9:.1f} GB free, a night needs {needed / 1e9:.1f} GB (three times the warehouse file, 2 GB at least)"
    if free_bytes < needed:
        yield Finding("disk", "failure", f"Only {free}.", "Free some space, or set HANDOFF_HOME to a larger disk.")
    else:
        yield Finding("disk", "ok", f"{free}.")
    if free_inodes is not None and free_inodes < LEAST_INODES:
        fix = "Remove what has very many small files there, or set HANDOFF_HOME to another disk."
        yield Finding("inodes", "failure", f"Only {free_inodes} more files can be made where {home} lies.", fix)


def memory(total_bytes: int | None, limit: str) -> Finding:
    """Whether what DuckDB may take leaves the machine enough. `limit` is HANDOFF_MEMORY_LIMIT; a share (80%) is DuckDB's own matter."""
    asked = _bytes(limit)
    if total_bytes is None or asked is None:
        return Finding("memory", "ok", f"HANDOFF_MEMORY_LIMIT is {limit}; this machine does not tell its memory in those terms.")
    shown = f"DuckDB may take {limit} of {total_bytes / 1e9:.1f} GB"
    if asked <= DUCKDB_SHARE * total_bytes:
        return Finding("memory", "ok", f"{shown}.")
    fix = f"Set HANDOFF_MEMORY_LIMIT to {max(1, int(DUCKDB_SHARE * total_bytes / 1e9))}GB, or give the machine more memory."
    return Finding("memory", "warning", f"{shown}: too little is left for the rest.", fix)


def _bytes(limit: str) -> int | None:
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", limit)
    unit = _UNITS.get(found.group(2).upper()) if found else None
    return None if found is None or unit is None else int(float(found.group(1)) * unit)


def zones(known: Collection[str], wanted: str | None) -> Finding:
    """Whether the machine has the time zone data that days and weeks are counted by; `wanted` is the policy's zone."""
    if len(known) < LEAST_ZONES or (wanted is not None and wanted not in known):
        lacking = f"{wanted} is not among them" if wanted else "that is not the whole list"
        return Finding(
            "zones", "failure", f"This machine knows {len(known)} time zones; {lacking}.", "Install the system's tzdata package."
        )
    return Finding("zones", "ok", f"Time zone data is there ({len(known)} zones).")


def dagster_folder(variable: str | None, home: Path, *, exists: bool) -> Finding:
    """Where Dagster keeps its runs: a DAGSTER_HOME that is not the home's own folder hides the nights from the UI.

    Args:
        variable: the environment's DAGSTER_HOME.
        home: HANDOFF_HOME.
        exists: the folder that `variable` names is there.
    """
    own = home.absolute() / "dagster"
    if not variable:
        return Finding("DAGSTER_HOME", "ok", f"Not set; nights are recorded in {own}, and `make dev` reads there.")
    if not Path(variable).is_absolute() or not exists:
        return Finding("DAGSTER_HOME", "failure", f"{variable} is not a folder with an absolute path.", f"Unset it, or set it to {own}.")
    if Path(variable).resolve() != own.resolve():
        message = f"{variable} is not {own}, where `handoff run` records its nights, so the UI started from here shows others."
        return Finding("DAGSTER_HOME", "warning", message, f"Unset it, or set it to {own}.")
    return Finding("DAGSTER_HOME", "ok", f"{variable}.")
