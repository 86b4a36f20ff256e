"""`python -m tests.benchmarks`: measures and writes what it measured into docs/benchmarks.md and docs/halopsa.md.

The figures of the machine that ran it are in the pages; ratios are what may be compared. The one thing to know: everything on one page
comes from one run, so a ratio never compares two days.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from tests.benchmarks import request_table
from tests.benchmarks.nights import measure
from tests.benchmarks.pages_server import SHARES
from tests.benchmarks.peers import PEERS, PULL
from tests.benchmarks.probes import Seen
from tests.benchmarks.probing import PROBES
from tests.benchmarks.serving import Taken, once, serving

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
SHOWN = 0.87
"""Of the deals of a simulated year, so many have begun on the day of the measurement."""
INTRODUCTION = """\
# Measured beside its peers
Written by `make bench`, on {machine}. Ratios may be compared, seconds may not: they are this machine's, and it was not idle.

"""
SPEED = """\
## Pull and land
Every page of {rows:,} records ({opportunities:,} opportunities, projects and quotations with their nested custom fields and lines, 100 a \
page) from a server on this machine into tables of a DuckDB file; the median of {rounds}. Ours asks for every other entity as well, proves \
that each list is whole, and keeps every version of every record; the peers store what comes.

"""
MEMORY = """\
## Memory
Peak of the whole process for the same work of ours, by size: of the pull alone, which keeps ids and no pages, and with landing, to which \
DuckDB gives 512 MB at most. Of the latter the interpreter with its libraries is about {base:.0f} MB.

"""
PROBES_TEXT = """\
## Eight probes
The same misbehaving server, asked by ours and by dlt {version} as its documentation sets it up for such an interface. In brackets: \
requests that the server saw.

"""


def main() -> None:
    """Measure what was asked for and write the pages."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure beside the peers and write the pages.")
    parser.add_argument("--opportunities", type=int, default=2000, help="size of the speed comparison")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", default=[1000, 10_000, 100_000], help="sizes to measure memory at")
    parser.add_argument(
        "--requests",
        type=int,
        nargs="*",
        default=[1000, 10_000],
        help="opportunities at which the table of requests is measured, e.g. 1000 10000 100000; none leaves it out",
    )
    parser.add_argument("--dry", action="store_true", help="print, and leave the pages as they are")
    given = parser.parse_args()
    console = Console(stderr=True)
    parts = [INTRODUCTION.format(machine=f"{os.cpu_count()} cores, Python {platform.python_version()}")]
    with tempfile.TemporaryDirectory() as folder, console.status("measuring ...") as status:
        status.update("eight probes ...")
        parts.append(_probes())
        status.update(f"pull and land {given.opportunities:,} opportunities, four ways ...")
        parts.append(_speed(given.opportunities, given.rounds, Path(folder)))
        status.update("memory ...")
        parts.append(_memory(given.memory, Path(folder)))
        nights = []
        for size in given.requests:
            status.update(f"requests of two nights at {size:,} opportunities ...")
            nights.append(measure(round(size / SHOWN), Path(folder) / f"tenant-{size}"))
    page = "".join(parts).rstrip("\n") + "\n"
    sys.stdout.write(page)
    if nights:
        sys.stdout.write("\n" + request_table.section(nights))
    if not given.dry:
        PAGE.write_text(page, "utf-8")
        if nights:
            request_table.write(nights)
        console.print(f"Written: {PAGE.name}" + (f", {request_table.PAGE.name}" if nights else ""))


def _probes() -> str:
    from importlib.metadata import version

    rows = [["#", "promise", "ours", f"dlt {version('dlt')}"]]
    rows += [[str(probe.number), probe.promise, _seen(probe.ours()), _seen(probe.theirs())] for probe in PROBES]
    return PROBES_TEXT.format(version=version("dlt")) + _markdown(rows) + "\n"


def _seen(seen: Seen) -> str:
    said = seen.said.split(" Fix:")[0].replace("|", "/")
    said = said if len(said) <= 130 else said[:130] + "…"
    return f"{'holds' if seen.holds else '**does not hold**'}: {seen.rows} rows kept; {said} ({seen.requests})"


def _speed(opportunities: int, rounds: int, folder: Path) -> str:
    with serving(opportunities) as url:
        taken = {peer: [once(peer, url, folder / f"{peer}-{number}") for number in range(rounds)] for peer in PEERS}
    ours = _median(taken["handoff"])
    rows = [["way", "seconds", "against ours", "CPU seconds", "peak MB"]]
    for peer, runs in taken.items():
        cpu, peak = statistics.median(run.cpu_seconds for run in runs), max(run.peak_mb for run in runs)
        rows.append([peer, f"{_median(runs):.2f}", f"{_median(runs) / ours:.1f} ×", f"{cpu:.2f}", f"{peak:.0f}"])
    total = sum(opportunities * share // 10 for share in SHARES.values())
    return SPEED.format(rows=total, opportunities=opportunities, rounds=rounds) + _markdown(rows, right=True) + "\n"


def _memory(sizes: Iterable[int], folder: Path) -> str:
    rows, base = [["opportunities", "records", "pull alone, peak MB", "pull and land, peak MB", "seconds"]], 0.0
    for size in [0, *sizes]:
        with serving(size) as url:
            pulled = once(PULL, url, folder / f"pull-{size}")
            taken = once("handoff", url, folder / f"memory-{size}")
        if size:
            rows.append([f"{size:,}", f"{taken.rows:,}", f"{pulled.peak_mb:.0f}", f"{taken.peak_mb:.0f}", f"{taken.seconds:.1f}"])
        else:
            base = taken.peak_mb
    return MEMORY.format(base=base) + _markdown(rows, right=True) + "\n"


def _median(runs: list[Taken]) -> float:
    return statistics.median(run.seconds for run in runs)


def _markdown(rows: list[list[str]], *, right: bool = False) -> str:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    rule = f"|{'|'.join(['---', *(['---:' if right else '---'] * (len(rows[0]) - 1))])}|"
    return "\n".join([head, rule, *body]) + "\n"


if __name__ == "__main__":
    main()
