"""Nights of one swept entity, as a pull reports them, and what raw holds afterwards."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from handoff_pipeline.ledger import Ledger
from handoff_pipeline.warehouse import Home, Landed, Lease, land, open_land
from handoff_pipeline.warehouse.rules import Rules
from handoff_pipeline.warehouse.versions import AGE
from tests.warehouse.conftest import NIGHT, Entity, Report, page


class Nights:
    """Lands nights one after the other. An entity's rows are {id: other fields}; `shows` are the ids that HaloPSA shows."""

    def __init__(self, home: Home, ledger: Ledger, lease: Lease, rules: Rules | None = None) -> None:
        self.home, self.ledger, self.lease = home, ledger, lease
        self.rules = rules or Rules()

    def land(self, **entities: Entity) -> dict[str, Landed]:
        """A night of these entities."""
        return dict(land(self.home, self.ledger, self.lease, "r1", NIGHT, Report(entities), self.rules).entities)

    def rows(self, entity: str, rows: Mapping[int, Mapping[str, object]], **changes) -> Entity:
        """A complete reading of all of an entity's rows."""
        content = [{"id": key, **fields} for key, fields in rows.items()]
        return Entity((page(self.home, entity, content),), len(content), **changes)

    def sweep(self, entity: str, shows: Collection[int], changed: Mapping[int, Mapping[str, object]] | None = None, **changes) -> Entity:
        """A night that read changes only, and swept the ids."""
        present = self.home.inbox / entity / "present.json"
        present.parent.mkdir(exist_ok=True, parents=True)
        present.write_text(json.dumps(sorted(shows)), "utf-8")
        return self.rows(entity, changed or {}, is_full=False, present=present, **changes)

    def newest(self, entity: str) -> dict[str, tuple[bool, dict]]:
        """Key to (is deleted, fields) of the newest version."""
        query = f"select r.row_key, max_by(r.is_deleted, {AGE}), max_by(r.payload, {AGE}) from raw.{entity} as r group by r.row_key"  # noqa: S608
        return {key: (gone, json.loads(payload)) for key, gone, payload in self.select(query)}

    def living(self, entity: str) -> set[int]:
        """Ids that raw holds to exist."""
        return {int(key) for key, (gone, _) in self.newest(entity).items() if not gone}

    def select(self, query: str) -> list[tuple]:
        """Rows of the work file."""
        with open_land(self.home, self.lease) as conn:
            return conn.execute(query).fetchall()

    def accept(self, entity: str) -> None:
        """A person accepts what is set aside of the entity."""
        for each in self.ledger.quarantine.standing(entity):
            self.ledger.quarantine.accept(each.finding, "they were test deals", "jo", NIGHT)


def deals(*ids: int, **fields: object) -> dict[int, dict[str, object]]:
    """Rows with these ids."""
    return {number: {"summary": f"deal {number}", **fields} for number in ids}
