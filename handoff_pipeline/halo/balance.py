"""What makes a reading of a list doubtful, or absurd: said in words, judged by numbers alone.

Reading is `book`'s, reading again is `paging`'s. The one thing to know: a doubt is worth another read (`Unbalanced`), an absurdity is not.
"""

from __future__ import annotations

from handoff_pipeline.halo.envelope import Rows
from handoff_pipeline.halo.errors import ProtocolError

IN_PLACE = "each may stand in the place of one that is missing"
"""What a row means that came twice."""
FAR_BEYOND = 10
"""A page of so many times the rows that were asked for, and not the whole list, is no page."""


class Unbalanced(Exception):
    """The pages read do not add up to the record count."""


def refuse_far_beyond(path: str, number: int, rows: Rows, size: int) -> None:
    """Nothing where the page is one.

    Raises:
        ProtocolError: it holds far more rows than the `size` that was asked for, and yet not all that are announced.
    """
    if rows.record_count is not None and FAR_BEYOND * size < len(rows.rows) != rows.record_count:
        raise ProtocolError(
            f"{path}: page {number} holds {len(rows.rows)} of {rows.record_count} rows, {size} were asked for.",
            "Report it with HaloPSA's version; the list has stopped to honour its page size.",
        )
