"""What the commands may know of figures: the published tables of one home, by SQL.

Never the work file, so that no command blocks a night.
The one thing to know: engines are imported with the first query, so that `--help` waits for none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff_pipeline.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from handoff_pipeline.warehouse.home import Home


@dataclass(frozen=True)
class Published:
    """The published tables of one home."""

    home: Home

    @classmethod
    def of(cls, settings: Settings) -> Published:
        """The published tables under HANDOFF_HOME."""
        from handoff_pipeline.warehouse.home import Home

        return cls(Home.of(settings))

    def frame(self, sql: str, **parameters: object) -> pl.DataFrame:
        """The rows of a query over the published tables; `parameters` are bound by name ($name).

        Raises:
            WarehouseError: nothing is published yet.
        """
        from handoff_pipeline.warehouse import read

        return read.query(self.home, sql, parameters or None)

    def rows(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """The same as dictionaries."""
        return self.frame(sql, **parameters).to_dicts()
