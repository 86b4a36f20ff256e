"""Which statuses mean won, lost, cancelled, held and decided: by where converted and closed records end, and by name.

The one thing to know: HaloPSA has no won or lost flag (reference 4.2). A closed deal with a converted date counts as won here, one without
as lost; merged deals are neither. All of it is a GUESS with its counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from handoff_pipeline.governance.drafting.evidence import Choice, Option, counted, has_date, has_word, number_of, share, text_of
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import Discovery

WON_WORDS = ("won", "accepted", "converted", "signed", "closed - sold", "sale made")
LOST_WORDS = ("lost", "declin", "reject", "no decision", "no sale", "dead", "unsuccessful")
CANCEL_WORDS = ("cancel", "abandon", "terminated")
HOLD_WORDS = ("hold", "waiting", "awaiting", "paused", "with client", "with customer", "pending client", "pending customer")
CLIENT_WORDS = ("client", "customer", "user")
APPROVED_WORDS = ("approved", "accepted", "authorised", "authorized")
REJECTED_WORDS = ("reject", "declin", "refused", "not approved")
WITHDRAWN_WORDS = ("withdraw", "cancel", "retract")
CHANGE_WORDS = ("change",)
MOST = 0.5
"""A status belongs to the side on which more than this share of its closed deals is."""


@dataclass(frozen=True)
class Deals:
    """The sampled deals that are decided: won (closed and converted) and lost (closed and not)."""

    won: tuple[Row, ...]
    lost: tuple[Row, ...]


def decided(opportunities: Sequence[Row]) -> Deals:
    """Sort the closed deals by their converted date; merged ones are left out."""
    closed = [row for row in opportunities if has_date(row.get("dateclosed")) and (number_of(row, "merged_into_id") or 0) <= 0]
    won = tuple(row for row in closed if has_date(row.get("oppconverteddate")))
    return Deals(won, tuple(row for row in closed if not has_date(row.get("oppconverteddate"))))


def deal_statuses(found: Discovery) -> tuple[Choice, Choice]:
    """The statuses that mean won, and those that mean lost."""
    deals = decided(found.rows("opportunity"))
    won, lost = counted(deals.won, "status_id"), counted(deals.lost, "status_id")
    names = _names(found)
    # A lost deal that was won once keeps its converted date, so the majority decides, and a plain name overrules a tie.
    of_won = [number for number, count in won.most_common() if _is_won(names.get(number, ""), count, lost[number])]
    of_lost = [number for number, _ in lost.most_common() if number not in of_won]
    of_lost = [
        number
        for number in of_lost
        if share(lost[number], lost[number] + won[number]) > MOST or has_word(names.get(number, ""), LOST_WORDS)
    ]
    return (
        _side(of_won, won, lost, names, ("converted", "closed deals without a conversion"), WON_WORDS, {*of_won, *of_lost}),
        _side(
            of_lost,
            lost,
            won,
            names,
            ("lost (closed and never converted)", "closed deals with a conversion"),
            LOST_WORDS,
            {*of_won, *of_lost},
        ),
    )


def _is_won(name: str, won: int, lost: int) -> bool:
    return not has_word(name, LOST_WORDS) and (share(won, won + lost) > MOST or (has_word(name, WON_WORDS) and won >= lost))


def _side(
    chosen: list[int],
    here: Counter[int],
    there: Counter[int],
    names: dict[int, str],
    words: tuple[str, str],
    alike: tuple[str, ...],
    taken: Collection[int],
) -> Choice:
    """One side with the evidence of each status: how many of its deals end here, and how many of the other side's do."""
    total = here.total()
    options = tuple(
        Option(
            names[number],
            f'status {number} "{names[number]}": {here[number]} of {total} {words[0]} deals end here, and {there[number]} {words[1]}',
        )
        for number in chosen
        if names.get(number)
    )
    others = tuple(
        Option(
            name,
            f"status {number}: no decided deal of the sample ends here, the name looks alike"
            if not here[number]
            else f"status {number}: {here[number]} of {total} {words[0]} deals end here, and {there[number]} {words[1]}",
        )
        for number, name in names.items()
        if number not in taken and (here[number] or (has_word(name, alike) and not has_word(name, CHANGE_WORDS)))
    )
    if options:
        return Choice(options, is_known=False, how="by where the sampled deals end", others=others)
    return Choice((), is_known=False, how=f"no {words[0]} deal was in the sample", others=others)


def project_statuses(found: Discovery, projects: Sequence[Row]) -> tuple[Choice, Choice]:
    """The statuses that mean cancelled, and those that mean that the client holds the work; by name, with counts."""
    seen, names = counted(projects, "status_id"), _names(found)
    cancelled = [number for number, name in names.items() if has_word(name, CANCEL_WORDS)]
    held = [number for number, name in names.items() if has_word(name, HOLD_WORDS) and number not in cancelled]
    by_client = [number for number in held if has_word(names[number], CLIENT_WORDS)]
    return (
        _by_name(_preferring_seen(cancelled, seen), cancelled, seen, names, "projects"),
        _by_name(by_client, held, seen, names, "projects"),
    )


def change_statuses(found: Discovery) -> dict[str, Choice]:
    """Approved, rejected and withdrawn: by name, those first that sampled change requests have."""
    seen, names = counted(found.rows("change_request"), "status_id"), _names(found)
    rejected = [number for number, name in names.items() if has_word(name, REJECTED_WORDS)]
    withdrawn = [number for number, name in names.items() if has_word(name, WITHDRAWN_WORDS) and number not in rejected]
    approved = [number for number, name in names.items() if has_word(name, APPROVED_WORDS) and number not in rejected]
    kinds = {"approved": approved, "rejected": rejected, "withdrawn": withdrawn}
    return {
        kind: _by_name(_preferring_seen(found_by_name, seen, names), found_by_name, seen, names, "change requests")
        for kind, found_by_name in kinds.items()
    }


def _preferring_seen(numbers: list[int], seen: Counter[int], names: dict[int, str] | None = None) -> list[int]:
    """Those that records have; where none has one, those named after changes, else all for want of better."""
    used = [number for number in numbers if seen[number]]
    named = [number for number in numbers if names is not None and has_word(names[number], CHANGE_WORDS)]
    return used or named or numbers


def _by_name(chosen: list[int], alike: list[int], seen: Counter[int], names: dict[int, str], what: str) -> Choice:
    total = seen.total()
    options = {
        number: Option(names[number], f'status {number} "{names[number]}": {seen[number]} of {total} sampled {what} have it now')
        for number in alike
    }
    how = "by name" if chosen else "no status is named so"
    return Choice(
        tuple(options[number] for number in chosen),
        is_known=False,
        how=how,
        others=tuple(option for number, option in options.items() if number not in chosen),
    )


def _names(found: Discovery) -> dict[int, str]:
    """Status id -> name."""
    return {number: name for row in found.rows("status") if (number := number_of(row, "id")) is not None and (name := text_of(row, "name"))}
