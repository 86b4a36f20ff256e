"""What one reading takes from the others of the same run: ids by their names, and the rows that tonight's lists brought.

Nothing is asked of HaloPSA here. The one thing to know: rows are read back file by file from the inbox, so that no list is ever held whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson

from handoff_pipeline.halo.envelope import Row, whole_number
from handoff_pipeline.halo.errors import IncompletePull
from handoff_pipeline.halo.report import EntityReport, InboxFile

Reports = Mapping[str, EntityReport]


def rows_in(files: Iterable[InboxFile]) -> Iterator[Row]:
    """The rows of files of the inbox."""
    for file in files:
        document = orjson.loads(file.path.read_bytes())
        yield from document if file.shape == "array" else [document] if file.shape == "object" else document[file.shape]


def configured(reports: Reports, entity: str) -> list[Row]:
    """The configuration rows that this run has read.

    Raises:
        IncompletePull: they are not whole.
    """
    report = reports[entity]
    if report.state != "complete":
        raise IncompletePull(f"it depends on {entity}, which is {report.state}: {report.detail}", f"Clear up {entity} first.")
    return list(rows_in(report.files))


def named_ids(rows: Iterable[Row], names: frozenset[str]) -> tuple[list[int], list[str]]:
    """Ids of the rows with these names (all rows for no names), and the names that no row has."""
    found: dict[int, str] = {}
    for row in rows:
        number = whole_number(row.get("id"))
        if number is not None:
            found[number] = _plain(str(row.get("name", "")))
    if not names:
        return sorted(found), []
    wanted = {_plain(name): name for name in names}
    missing = sorted(name for plain, name in wanted.items() if plain not in found.values())
    return sorted(number for number, name in found.items() if name in wanted), missing


def csv(numbers: Iterable[int]) -> str:
    """Numbers as HaloPSA takes several in one parameter."""
    return ",".join(map(str, numbers))


def batches(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The numbers in portions of `size` at most."""
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def listed(names: Iterable[str]) -> str:
    """Names for people."""
    return ", ".join(repr(name) for name in names)


def _plain(name: str) -> str:
    """A name without case and without the CF of custom fields, which HaloPSA shows with and without."""
    return name.strip().casefold().removeprefix("cf")
