"""Which policy is in force on which night: documents as nights ran on them in, stretches of nights out. Pure.

Keeping the documents is the ledger's, judging by them governance's. The one thing to know: a document begins with the first night that ran
on it, or with the local day that it names (`in_force_from`), which may lie in the past; of all that have begun the newest is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from handoff_pipeline.errors import PolicyError
from handoff_pipeline.policy.load import parse_policy
from handoff_pipeline.policy.models import Policy


@dataclass(frozen=True)
class RanOn:
    """A landed night, and the hash of the policy that it ran on; None where that is not known."""

    batch_no: int
    as_of: datetime
    policy_hash: str | None


@dataclass(frozen=True)
class Dated:
    """One document of the history; where this release cannot read it, `note` says so and all but the hash is of the one in its place."""

    policy_hash: str
    version: str
    document: str
    policy: Policy
    first_batch: int
    note: str | None = None


@dataclass(frozen=True)
class Stretch:
    """Nights from batch `from_batch` up to, not including, `to_batch` (None: to the newest), and the document in force on them."""

    from_batch: int
    to_batch: int | None
    dated: Dated


@dataclass(frozen=True)
class History:
    """All documents up to the one in force on the newest night, oldest first, and the stretches of nights on which one was in force."""

    documents: Sequence[Dated]
    stretches: Sequence[Stretch]


def history(nights: Iterable[RanOn], documents: Mapping[str, str], tonight: Policy, text: str) -> History:
    """The policies of all nights.

    Args:
        nights: every landed night.
        documents: hash to text, of every policy that a night is known to have run on.
        tonight: the policy that this run was started with; the newest night is its.
        text: the text of it.
    """
    ordered = sorted(nights, key=lambda night: night.batch_no)
    if not ordered:
        whole = Dated(tonight.hash, tonight.version, text, tonight, 0)
        return History([whole], [Stretch(0, None, whole)])
    ran_on = [*(night.policy_hash for night in ordered[:-1]), tonight.hash]
    known = [one if one in documents or one == tonight.hash else None for one in ran_on]
    begun = _read(_begun(ordered, known), {**documents, tonight.hash: text}, tonight)
    zone = tonight.business_calendar
    numbers = [_in_force(begun, night.batch_no, zone.local_day(night.as_of)) for night in ordered]
    starts = [place for place in range(len(numbers)) if place == 0 or numbers[place] != numbers[place - 1]]
    ends = [*(ordered[place].batch_no for place in starts[1:]), None]
    stretches = [Stretch(ordered[place].batch_no, end, begun[numbers[place]]) for place, end in zip(starts, ends, strict=True)]
    return History(begun[: numbers[-1] + 1], stretches)


def _begun(nights: Sequence[RanOn], hashes: Sequence[str | None]) -> list[tuple[str, int]]:
    """Hash and first batch of every document, each time that nights began to run on it. Nights before the first known one ran on it too."""
    first = next(one for one in hashes if one is not None)
    begun = [(first, nights[0].batch_no)]
    for night, one in zip(nights, hashes, strict=True):
        if one is not None and one != begun[-1][0]:
            begun.append((one, night.batch_no))
    return begun


def _read(begun: Sequence[tuple[str, int]], documents: Mapping[str, str], tonight: Policy) -> list[Dated]:
    """The documents as policies; one that this release cannot read means what the next newer one means that it can."""

    @cache
    def parsed(policy_hash: str) -> Policy | str:
        if policy_hash == tonight.hash:
            return tonight
        try:
            return parse_policy(documents[policy_hash], name=f"the policy document {policy_hash[:12]}")
        except PolicyError as error:
            return error.message

    read: list[Dated] = []
    newer, text = tonight, documents[tonight.hash]
    for policy_hash, first_batch in reversed(begun):
        found = parsed(policy_hash)
        note = None
        if isinstance(found, str):
            note = f"This release cannot read it, so version {newer.version} judges in its place: {found}"
        else:
            newer, text = found, documents[policy_hash]
        read.append(Dated(policy_hash, newer.version, text, newer, first_batch, note))
    return read[::-1]


def _in_force(begun: Sequence[Dated], batch_no: int, day: date) -> int:
    """The place of the newest document that has begun on a night; the first where none has."""
    place = 0
    for number, dated in enumerate(begun):
        since = dated.policy.in_force_from
        if (dated.first_batch <= batch_no) if since is None else (since <= day):
            place = number
    return place
