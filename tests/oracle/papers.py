"""Rules that look at papers: files on the deal, signed copies, and what an accepted quotation says of its acceptance.

The one thing to know: documents of historic deals are never read, so there is nothing that could be missing. Other kinds are in
`evidence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from handoff_pipeline.simulator.truth import Deal, Quote
from tests.oracle.found import Found, Rule, half
from tests.oracle.observation import Seen
from tests.oracle.wins import win_of


def attachment(seen: Seen, deal: Deal, rule: Rule) -> Found:
    """Files whose names fit, seen by now."""
    win = win_of(seen, deal)
    if win is None or win.is_historic:
        return Found(None, None)
    places = rule.get("on") or ("deal", "quotation")
    wanted = [name.casefold() for name in rule.get("names") or ("*",)]
    accepted = {quote.quote_id for quote in seen.accepted_quotes(deal)}
    files = [
        file.file_name
        for file in seen.truth.attachments
        if file.added_at <= seen.as_of
        and (
            ("deal" in places and file.deal_id == deal.deal_id)
            or ("quotation" in places and file.is_signed_quotation and file.quote_id in accepted)
        )
    ]
    # Brackets are no pattern here: only * and ? are.
    fitting = sorted(file for file in files if any(fnmatchcase(file.casefold(), name.replace("[", "[[]")) for name in wanted))
    quality = 1.0 if len(fitting) >= rule.get("minimum", 1) else half(rule, "too_few") if fitting else 0.0
    return Found(quality, "\n".join(fitting) or None)


def signed_quote(seen: Seen, deal: Deal, rule: Rule) -> Found:
    """Accepted quotations, and whether one of them shows a sign of acceptance."""
    accepted, signs = sorted(seen.accepted_quotes(deal), key=lambda quote: quote.quote_id), rule.get("signed_by") or ("date",)
    if not accepted:
        return Found(0.0, None)
    days = [seen.days.local_or_none(quote.accepted_at) for quote in accepted]
    evidence = "\n".join(f"{quote.quote_id}|{day}|{quote.accepted_by or ''}" for quote, day in zip(accepted, days, strict=True))
    if any(_is_signed(seen, quote, signs) for quote in accepted):
        return Found(1.0, evidence)
    win = win_of(seen, deal)
    if "document" in signs and (win is None or win.is_historic):
        return Found(None, None)
    return Found(half(rule, "unsigned"), evidence)


def _is_signed(seen: Seen, quote: Quote, signs: Sequence[str]) -> bool:
    has_copy = any(
        file.is_signed_quotation and file.quote_id == quote.quote_id and file.added_at <= seen.as_of for file in seen.truth.attachments
    )
    return "date" in signs or ("name" in signs and bool(quote.accepted_by)) or ("document" in signs and has_copy)
