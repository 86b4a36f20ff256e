"""Deals up to the win: who sells what to whom, and how well the handoff fields are filled.

Quotations and orders are in `pricing`, what delivery does with the deal is in `delivering`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from handoff_pipeline.simulator import names
from handoff_pipeline.simulator.deck import SATURDAY, after, office_moment, working
from handoff_pipeline.simulator.draft import DealDraft, Draft
from handoff_pipeline.simulator.truth import Client

SUMMER = range(4, 11)
GONE_CLIENT_EVERY = 15
TEXT_FIELDS = ("signed_scope_link", "delivery_assumptions", "dependencies", "acceptance_criteria")
# By the card of the deck "fields": what stays empty, what is filled days after the win, and what says nothing.
BLANK_FIELDS = {"scope_missing": ("signed_scope_link",), "dependencies_missing": ("dependencies",), "all_blank": TEXT_FIELDS}
LATE_FIELDS = {"scope_filled_late": ("signed_scope_link",), "all_filled_late": TEXT_FIELDS}
WEAK_TEXTS = {
    "assumptions_tbc": {"delivery_assumptions": "TBC"},
    "assumptions_short": {"delivery_assumptions": "Users are ready"},
    "criteria_placeholder": {"acceptance_criteria": "To be confirmed."},
}


def open_deal(draft: Draft, position: int, total: int) -> DealDraft:
    """Start the deal at `position` of `total`, with its status timeline; decisions are spread evenly over the year."""
    rng = draft.rng
    span = (draft.until - draft.start).days - 24
    decided_day = draft.start + timedelta(days=10 + int((position + rng.random()) / total * span))
    created_at = office_moment(rng, decided_day - timedelta(days=rng.randint(14, 60)))
    seller = draft.sellers[position % len(draft.sellers)] if rng.random() < 0.5 else rng.choice(draft.sellers)
    if not seller.is_active and decided_day.month > SUMMER.start:
        seller = draft.sellers[-2]
    client = _client(draft, position, decided_day)
    deal_type = draft.draw("deal_type") or None
    template = rng.choice(names.DEAL_TYPES[deal_type]) if deal_type and rng.random() < 0.9 else None
    noun = rng.choice(names.DEAL_NOUNS[deal_type] if deal_type else names.OTHER_NOUNS)
    deal = DealDraft(
        next(draft.ticket_ids), f"{client.name}: {noun}", client.client_id, seller, created_at, deal_type, template, [(created_at, "open")]
    )
    outcome = draft.draw("outcome")
    if outcome == "won":
        deal.status.append((_win_moment(draft, decided_day), "won"))
    elif outcome == "lost":
        deal.status.append((office_moment(rng, decided_day), "lost"))
    if outcome != "won" and rng.random() < 0.5:
        deal.texts["delivery_assumptions"] = [(after(rng, created_at, 1, 9), _some(draft, names.ASSUMPTIONS, 1))]
    draft.deals.append(deal)
    return deal


def _client(draft: Draft, position: int, decided_day: date) -> Client:
    """Choose the client; the one that was given up bought in winter only."""
    if decided_day.month < SUMMER.start and position % GONE_CLIENT_EVERY == 1:
        return draft.gone
    return draft.rng.choice(draft.staying)


def _win_moment(draft: Draft, day: date) -> datetime:
    """Give the win; a "sunday_night" win is on Monday, and in the next ISO week, by London's summer time."""
    if day.month in SUMMER and draft.draw("win_hour") == "sunday_night":
        sunday = day + timedelta(days=SATURDAY + 1 - day.weekday())
        return datetime.combine(sunday, time(23, 15, 20), tzinfo=UTC)
    return office_moment(draft.rng, day)


def live_on(draft: Draft, deal: DealDraft) -> None:
    """Let what comes after a win happen: reopened, won again, lost after all, or merged into the deal that was won before it."""
    card, rng = draft.draw("afterlife"), draft.rng
    if card == "plain":
        return
    turned = after(rng, deal.first_won_at, 9, 20)
    if card == "merged":
        target = next((other for other in reversed(draft.deals[:-1]) if len(other.status) > 1 and other.status[1][1] == "won"), None)
        if target is not None:
            deal.merged_into, deal.merged_at = target.deal_id, turned
        return
    deal.status.append((turned, "lost" if card == "lost_after_won" else "open"))
    if card == "won_again":
        deal.status.append((after(rng, turned, 4, 9), "won"))


def fill_fields(draft: Draft, deal: DealDraft) -> None:
    """Fill the handoff fields of a won deal as its card says; the gaps are the planted ones."""
    card, rng, win = draft.draw("fields"), draft.rng, deal.first_won_at
    before = max(deal.created_at + timedelta(minutes=10), win - timedelta(days=rng.randint(0, 5), minutes=rng.randint(10, 200)))
    late = after(rng, win, 3, 12)
    texts = {
        "signed_scope_link": f"https://acme.sharepoint.example/sites/scopes/{deal.deal_id}.pdf",
        "delivery_assumptions": _some(draft, names.ASSUMPTIONS, rng.randint(2, 4)),
        "dependencies": _some(draft, names.DEPENDENCIES, rng.randint(1, 2)),
        "acceptance_criteria": _some(draft, names.CRITERIA, rng.randint(1, 2)),
    }
    texts |= WEAK_TEXTS.get(card, {})
    if card == "copied":
        _copy_earlier(draft, deal, texts)
    for name in TEXT_FIELDS:
        if name not in BLANK_FIELDS.get(card, ()):
            deal.texts[name] = [(late if name in LATE_FIELDS.get(card, ()) else before, texts[name])]
    if "signed_scope_link" in deal.texts and card != "link_without_date":
        since = deal.texts["signed_scope_link"][0][0]
        deal.dates["signed_scope_date"] = [(since, (win - timedelta(days=1)).date())]


def _copy_earlier(draft: Draft, deal: DealDraft, texts: dict[str, str]) -> None:
    for other in draft.deals:
        if other is not deal and "acceptance_criteria" in other.texts and "delivery_assumptions" in other.texts:
            texts["delivery_assumptions"] = other.texts["delivery_assumptions"][0][1]
            # Case, spaces and punctuation differ: the words are the same.
            texts["acceptance_criteria"] = other.texts["acceptance_criteria"][0][1].upper().replace(" ", "  ") + "!"
            return


def commit_kickoff(draft: Draft, deal: DealDraft) -> date:
    """Fill the committed kickoff date as its card says, and give the date that delivery plans for."""
    card, rng, win = draft.draw("commit"), draft.rng, deal.first_won_at
    day = working(win.date() + timedelta(days=rng.randint(9, 20)))
    before = max(deal.created_at + timedelta(minutes=20), win - timedelta(hours=rng.randint(1, 60)))
    if card == "missing":
        return day
    if card == "filled_late":
        deal.dates["kickoff_committed"] = [(after(rng, win, 2, 4), day)]
    else:
        deal.dates["kickoff_committed"] = [(before, day)]
    moved = working(day + timedelta(days=7))
    if card == "moved_before_signoff":
        deal.dates["kickoff_committed"].append((win + timedelta(hours=3), moved))
        return moved
    if card == "moved_after_signoff":
        deal.dates["kickoff_committed"].append((after(rng, win, 8, 9), moved))
    return day


def _some(draft: Draft, pool: tuple[str, ...], wanted: int) -> str:
    return "\n".join(draft.rng.sample(pool, wanted))
