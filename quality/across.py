"""What must hold across tables: one SQL file a rule in `quality/rules`, each giving the keys of the rows that break it.

A single table's contract is contracts', the sense of the KPIs is expectations'. The one thing to know: a rule gives keys and never
values, so that what a customer wrote cannot reach a log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RULES: Final = Path(__file__).with_name("rules")
_HEADER: Final = re.compile(r"\A(?P<words>(?:--[^\n]*\n)+?)-- reads: (?P<reads>[^\n]+)\n(?P<sql>[^-].*)\Z", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """A rule across tables: its name, what it says, the tables (`layer.table`) that it reads, and the query for what breaks it."""

    name: str
    says: str
    reads: tuple[str, ...]
    sql: str


def rules(folder: Path = RULES) -> Mapping[str, Rule]:
    """Every rule by name.

    Raises:
        ValueError: a file does not open with what it says and `-- reads: layer.table, ...`.
    """
    return {path.stem: _read(path) for path in sorted(folder.glob("*.sql"))}


def _read(path: Path) -> Rule:
    found = _HEADER.match(path.read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f"{path} must open with what it says and `-- reads: layer.table, ...`.")
    says = " ".join(line.removeprefix("--").strip() for line in found["words"].splitlines())
    return Rule(path.stem, says, tuple(part.strip() for part in found["reads"].split(",")), found["sql"].strip())
