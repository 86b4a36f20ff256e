"""What quotations tell: which status is an acceptance, which items are labour, in which money the MSP sells.

The one thing to know: the name of an item is written into the draft only where several quotations use it, since a line's text may be a
customer's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from handoff_pipeline.governance.drafting.evidence import Choice, Option, counted, has_date, has_word, number_of, share, text_of
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import Discovery

STOCK_ACCEPTED: Final = 1
ACCEPTED_WORDS = ("accept", "approved", "won", "signed", "ordered")
NOT_ACCEPTED_WORDS = ("reject", "declin", "lost", "not ", "cancel", "expired", "awaiting", "pending")
LABOUR_WORDS = (
    "labour",
    "labor",
    "engineer",
    "consult",
    "project manag",
    "professional service",
    "install",
    "hourly",
    "day rate",
    "hours",
    "technician",
)
STOCK_ITEMS: Final = frozenset({0, 1})
"""Item 0 is a line without an item; Halo's own report leaves out item 1 (reference 3.3)."""
MOST: Final = 0.5
CATALOGUE: Final = 2
SYMBOLS: Final = {"£": "GBP", "€": "EUR", "$": "USD"}
CODE_LENGTH: Final = 3


def accepted_statuses(found: Discovery, won: Sequence[Row]) -> Choice:
    """Quotation statuses that mean accepted: by their name in lookup 39, and by the acceptance time and the deals of the quotations."""
    quotes, deals = found.rows("quotation"), {number_of(row, "id") for row in won}
    seen = counted(quotes, "status")
    accepted = counted((row for row in quotes if has_date(row.get("approvaldatetime"))), "status")
    ofwon = counted((row for row in quotes if number_of(row, "ticket_id") in deals), "status")
    names = {number: text_of(row, "name") for row in found.rows("quotation_status") if (number := number_of(row, "id")) is not None}
    options = {
        number: Option(
            number,
            f'quotation status {number} "{names.get(number, "without a name")}": {seen[number]} sampled quotations have it,'
            f" {accepted[number]} of them with an acceptance time, {ofwon[number]} of won deals",
        )
        for number in sorted({*names, *seen})
    }
    chosen = [number for number in options if _is_accepted(names.get(number, ""), seen[number], accepted[number])]
    others = tuple(option for number, option in options.items() if number not in chosen)
    if chosen:
        return Choice(tuple(options[number] for number in chosen), is_known=False, how="by name and by acceptance times", others=others)
    stock = Option(STOCK_ACCEPTED, "HaloPSA's stock value for an accepted quotation (its own report library)")
    return Choice((stock,), is_known=False, how="no status is named so and none of the sample has an acceptance time", others=others)


def _is_accepted(name: str, seen: int, accepted: int) -> bool:
    if has_word(name, NOT_ACCEPTED_WORDS):
        return False
    return share(accepted, seen) > MOST or (has_word(name, ACCEPTED_WORDS) and accepted >= share(1, 2) * min(seen, 1))


def labour_items(found: Discovery) -> Choice:
    """Items that are labour by the hour: those with budget hours on a line, or whose name says so."""
    lines: dict[int, list[Row]] = defaultdict(list)
    for line in lines_of(found.rows("quotation")):
        item = number_of(line, "item_id")
        if item is not None and item not in STOCK_ITEMS and (number_of(line, "billingperiod") or 0) == 0:
            lines[item].append(line)
    chosen = {item: rows for item, rows in sorted(lines.items()) if _is_labour(rows)}
    options = tuple(Option(item, _labour_why(rows)) for item, rows in chosen.items())
    how = "by budget hours on quotation lines and by name" if options else "no one-off line of the sample has budget hours or is named so"
    return Choice(options, is_known=False, how=how)


def lines_of(quotes: Iterable[Row]) -> Iterator[Row]:
    """Real lines; group headings carry no money of their own (reference 3.3)."""
    for quote in quotes:
        lines: Any = quote.get("lines")
        yield from (line for line in (lines if isinstance(lines, list) else []) if isinstance(line, dict) and not line.get("isgroupdesc"))


def _is_labour(rows: Sequence[Row]) -> bool:
    with_hours = sum(_has_hours(row) for row in rows)
    named = Counter(text_of(row, "name") for row in rows).most_common(1)
    return with_hours > 0 or (bool(named) and has_word(named[0][0], LABOUR_WORDS))


def _has_hours(line: Row) -> bool:
    budgets = line.get("budgets")
    hours = [budget.get("hours") for budget in (budgets if isinstance(budgets, list) else []) if isinstance(budget, dict)]
    return any(isinstance(value, int | float) and value > 0 for value in hours)


def _labour_why(rows: Sequence[Row]) -> str:
    [(name, count)] = Counter(text_of(row, "name") for row in rows).most_common(1)
    shown = f' "{name}"' if name and count >= CATALOGUE else ""
    return f"item{shown}: {len(rows)} lines of the sample, {sum(_has_hours(row) for row in rows)} with budget hours"


def currencies(found: Discovery) -> Choice:
    """The currency that most quotations are in; further ones need a rate."""
    seen = Counter(code for row in found.rows("quotation") if (code := _currency(row)))
    total = seen.total()
    options = tuple(Option(code, f"{count} of {total} sampled quotations are in {code}") for code, count in seen.most_common())
    if not options:
        return Choice((), is_known=False, how="no sampled quotation names a currency")
    return Choice(options[:1], is_known=False, how="the currency of most quotations", others=options[1:])


def _currency(row: Row) -> str:
    code = text_of(row, "currency_code_name").upper()
    if len(code) == CODE_LENGTH and code.isascii() and code.isalpha():
        return code
    return SYMBOLS.get(text_of(row, "currency"), "")
