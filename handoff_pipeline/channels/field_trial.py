"""One custom field written to one test record, and what that did to the record's other fields: what no public source says of HaloPSA.

Who runs it, and on which record, is a person's to say. The one thing to know: what was lost is put back at once, all fields in one post, so
the record should still be one that nobody needs.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from handoff_pipeline.channels.halo_writes import HaloForms, Write
from handoff_pipeline.channels.held_fields import CUSTOM_FIELDS, addressed, changed_others, held_others
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.errors import WriteIgnored
from handoff_pipeline.halo.writer import HaloWriter

KIND: Final = "opportunity"
FEWEST: Final = 3
VALUES: Final = ("1", "2")
"""What is written; the second where the field holds the first already."""


@dataclass(frozen=True)
class Trial:
    """What came of it.

    Attributes:
        is_taken: The field holds what was sent.
        witnesses: How many other fields held something.
        lost: Names of those that held something else afterwards.
        not_restored: Names of those among them that putting back did not mend.
    """

    is_taken: bool
    witnesses: int
    lost: tuple[str, ...]
    not_restored: tuple[str, ...]

    @property
    def is_safe(self) -> bool:
        """Whether fields may be written so."""
        return self.is_taken and not self.lost


async def try_field(writer: HaloWriter, forms: HaloForms, ticket_id: int, name: str) -> Trial:
    """Write the field `name` as the product would, compare all others, and put back what was lost.

    Raises:
        HandoffError: there is no such opportunity, too few of its other fields hold something for the trial to prove anything, or
            HaloPSA cannot be asked or refuses.
    """
    before = await _seen(writer, ticket_id)
    value = VALUES[0] if changed_others({name: VALUES[0]}, before) else VALUES[1]
    write = _write(ticket_id, name, value)
    held = held_others(write, before)
    if len(held) < FEWEST:
        raise HandoffError(
            f"Only {len(held)} other custom fields of ticket {ticket_id} hold something, so losing them would hardly be seen.",
            f"Fill {FEWEST} at least there, of different types: a text, a choice, a date.",
        )
    ids = await writer.custom_field_ids()
    await _post(writer, addressed(write, before, ids, sends_all=forms.sends_all_fields))
    after = await _seen(writer, ticket_id)
    is_taken, lost = not changed_others({name: value}, after), changed_others(held, after)
    not_restored = lost
    if lost:
        # What was lost is told, whatever becomes of putting it back.
        with suppress(HandoffError):
            await _post(writer, addressed(write, before, ids, sends_all=True))
            not_restored = changed_others(held, await _seen(writer, ticket_id))
    return Trial(is_taken, len(held), lost, not_restored)


async def _post(writer: HaloWriter, write: Write) -> None:
    """What was not taken shows in the reading that follows."""
    with suppress(WriteIgnored):
        await writer.upsert(write.kind, write.fields)


async def _seen(writer: HaloWriter, ticket_id: int) -> Row:
    row = await writer.look(KIND, (ticket_id,))
    if row is None:
        raise HandoffError(f"There is no opportunity {ticket_id}, or the writer may not see it.", "Name one made for trials.")
    return row


def _write(ticket_id: int, name: str, value: str) -> Write:
    fields = {"id": ticket_id, CUSTOM_FIELDS: [{"name": name, "value": value}]}
    return Write(KIND, fields, KIND, ticket_id, None, {name: value})
