"""What happens to one deal: a story for each way in which people treat a gap, an approval or a control.

Which deal gets which story, and when it is won, is `script`'s; the turns are `script_case`'s. The one thing to know: a story plants one
gap at a time, so what is said on the deal can mean that gap alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from handoff_pipeline.simulator.script_acts import Item, emptied, of_item
from handoff_pipeline.simulator.script_case import Case

PUT_OFF_DAYS, SET_ASIDE_DAYS = 6, 20
A_MOMENT = timedelta(minutes=5)
SCOPE: Final[Item] = "signed_scope"
DATE_ALONE: Final = "CFSignedScopeDate"
REASONS: Final = (
    "The client's lawyer is on holiday",
    "Waiting for the supplier's offer",
    "The client confirmed by telephone, paper follows",
)


def clean(case: Case) -> None:
    """Nothing is missing; signed off, then kicked off."""
    case.win()
    case.sign("accept_signoff")
    case.kick_off()


def fix_field(case: Case) -> None:
    """The gap is filled some days later."""
    case.win_lacking()
    case.fill(2, 9)


def fix_attach(case: Case) -> None:
    """The signed scope is missing; the paper is attached, and its link and date entered."""
    case.item = SCOPE
    case.win_lacking()
    case.do("attach", case.wait(2, 3), item=case.item, text=f"signed-scope-{case.deal_id}.pdf", fields=of_item(case.filled, case.item))


def fix_date(case: Case) -> None:
    """Only the date of the signed scope is missing, and set later."""
    case.item = SCOPE
    case.win(DATE_ALONE)
    case.do("fill", case.wait(3, 4), item=case.item, fields=((DATE_ALONE, case.filled[DATE_ALONE]),))


def acknowledge_status(case: Case) -> None:
    """The gap is acknowledged by a status, and filled later."""
    case.win_lacking()
    case.do("acknowledge_status", case.wait(1, 2), item=case.item)
    case.fill(2, 3)


def acknowledge_note(case: Case) -> None:
    """The gap is acknowledged by a note with the word, in whatever letters, and filled later."""
    case.win_lacking()
    word = case.rng.choice((case.words.acknowledge, case.words.acknowledge.lower()))
    case.do("acknowledge_note", case.wait(1, 2), item=case.item, text=f"{word}, I am on it")
    case.fill(3, 4)


def acknowledge_field(case: Case) -> None:
    """The gap is acknowledged by filling the field, and the item later."""
    case.win_lacking()
    case.do("acknowledge_field", case.wait(1, 2), item=case.item, fields=(("CFHandoffAck", "Seen"),))
    case.fill(2, 3)


def snooze(case: Case) -> None:
    """The gap is put off by a note, and filled after the day named."""
    case.win_lacking()
    at, reason = case.wait(1, 2), case.rng.choice(REASONS)
    until = at.date() + timedelta(days=PUT_OFF_DAYS)
    case.do("snooze", at, item=case.item, until=until, reason=reason, text=f"{case.words.snooze} {until.isoformat()} {reason}")
    case.fill(PUT_OFF_DAYS + 2)


def appeal_note(case: Case) -> None:
    """The seller says in a note that the gap is none, and leaves it."""
    case.win_lacking()
    reason = "It is in the quotation, page two"
    case.do("appeal_note", case.wait(1, 2), item=case.item, reason=reason, text=f"{case.words.appeal} {case.item}: {reason}")


def appeal_field(case: Case) -> None:
    """The seller says so in the field, and leaves it."""
    case.win_lacking()
    reason = "The frame contract says it for all moves"
    case.do("appeal_field", case.wait(1, 2), item=case.item, reason=reason, fields=(("CFHandoffAppeal", f"{case.item}: {reason}"),))


def ignore(case: Case) -> None:
    """Nobody does anything about the gap, but talks; the word stands in the middle of the note and means nothing."""
    case.win_lacking()
    case.do("chat", case.wait(2, 3), text=f"Will say {case.words.acknowledge} when the client has called")


def absent_owner(case: Case) -> None:
    """The seller leaves the company after the win, and the gap stays."""
    case.win_lacking()
    case.do("leave", case.wait(1))


def lose(case: Case) -> None:
    """The deal is lost after all, with its gap open."""
    case.win_lacking()
    case.do("lose", case.wait(5, 7), item=case.item)


def empty_again(case: Case) -> None:
    """What was there at the win is emptied and filled again."""
    case.win()
    case.do("empty", case.wait(2, 3), item=case.item, fields=emptied(case.item))
    case.fill(3, 4)


def override(case: Case) -> None:
    """The seller asks in a note to set the control aside, says what stands in for it and until when, and leaves the gap."""
    case.item = SCOPE
    case.win_lacking()
    at, reason, control = case.wait(1, 2), "The client signs at the kickoff", "No work before the signature"
    until = at.date() + timedelta(days=SET_ASIDE_DAYS)
    text = f"{case.words.override} {until.isoformat()} {reason}. Instead: {control}"
    case.do("ask_override", at, item=case.item, until=until, text=text, reason=reason, control=control)


def refused_override(case: Case) -> None:
    """The same; who is asked will not have it."""
    override(case)


def reject_signoff(case: Case) -> None:
    """Delivery rejects at first, and accepts when asked again."""
    case.win()
    case.sign("reject_signoff", "accept_signoff")
    case.kick_off()


def ignore_signoff(case: Case) -> None:
    """Delivery is asked and never answers; nothing is planned."""
    case.win()
    case.sign(None)


def kick_off_unsigned(case: Case) -> None:
    """The kickoff is planned and held without a sign-off."""
    case.win()
    case.begin()
    case.kick_off()


def edit_after_signoff(case: Case) -> None:
    """What was signed off is changed after the kickoff."""
    case.win()
    case.sign("accept_signoff")
    case.kick_off()
    changed = (("CFDeliveryAssumptions", f"Two more sites join move {case.deal_id} and keep their own administrators"),)
    case.do("edit_covered", case.wait(3, 4), item="delivery_assumptions", fields=changed)


def hand_over(case: Case) -> None:
    """The deal is moved on although its checklist is not complete."""
    case.win_lacking()
    case.do("hand_over", case.wait(3, 4), item=case.item)


def switch_off(case: Case) -> None:
    """The enforcement is switched off on the record, and the gap left."""
    case.win_lacking()
    case.do("switch_off", case.wait(3, 4), item=case.item, fields=(("CFHandoffEnforcement", "Off"),))


def claim_complete(case: Case) -> None:
    """The checklist is said to be complete by hand, and the deal moved on at once."""
    case.win_lacking()
    claimed_at = case.wait(3, 4)
    case.do("claim_complete", claimed_at, item=case.item, fields=(("CFHandoffState", "Complete"),))
    case.do("hand_over", claimed_at + A_MOMENT, item=case.item)


def unsold_project(case: Case) -> None:
    """A project is begun that nobody sold."""
    case.lead("open_project", case.won_at, deal_id=0, other=case.client_id, text=f"Favour {case.deal_id}")


STORIES: Final[Mapping[str, Callable[[Case], None]]] = {
    story.__name__: story
    for story in (
        clean, fix_field, fix_attach, fix_date, acknowledge_status, acknowledge_note, acknowledge_field, snooze, appeal_note, appeal_field,
        ignore, absent_owner, lose, empty_again, override, refused_override, reject_signoff, ignore_signoff, kick_off_unsigned,
        edit_after_signoff, hand_over, switch_off, claim_complete, unsold_project,
    )
}  # fmt: skip
