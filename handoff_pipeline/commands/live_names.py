"""Names of the policy against the names of a tenant: what `live_check` and `live_people` share. Pure.

Which names are compared with which is theirs. The one thing to know: case and outer blanks never decide, but a name in other letters is
told, so that a search in HaloPSA finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from handoff_pipeline.commands.findings import Finding, Level, near_misses
from handoff_pipeline.governance.drafting.evidence import folded, text_of

CASE_FIX: Final = "It works; write it as HaloPSA shows it, so that a search finds it."


def looked_up(key: str, kind: str, names: Iterable[str], known: Sequence[str], missing: Level = "failure") -> Iterator[Finding]:
    """One finding for each name that is not there, or is only there in other letters."""
    exact, by_fold = set(known), {folded(one): one for one in known}
    for name in names:
        if name in exact:
            continue
        other = by_fold.get(folded(name))
        if other is not None:
            yield Finding(key, "warning", f'The {kind} "{name}" is written "{other}" on the tenant.', CASE_FIX)
        else:
            where = "is not on this tenant" if missing == "failure" else "was not found"
            yield Finding(key, missing, f'The {kind} "{name}" {where}.', near_misses(name, frozenset(known), kind))


def names_of(rows: Iterable[Mapping[str, object]]) -> list[str]:
    """The names of rows that have one."""
    return [name for row in rows if (name := text_of(dict(row), "name"))]
