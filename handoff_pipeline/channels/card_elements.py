"""The few elements of Adaptive Cards 1.5 that the cards are made of, each as a plain dict.

What stands in them is the cards' business. H: this set is what Teams shows in every client; Submit and Execute need a bot and are not used.
The one thing to know: a text given here must have passed `card_text`, and an address goes through `https_only`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from handoff_pipeline.channels.card_text import plain

Element = dict[str, Any]

SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION: Final = "1.5"
MOST_ADDRESS: Final = 1000
MOST_TITLE: Final = 60
MOST_ACTIONS: Final = 4
"""Teams shows six buttons; more than a few are never read."""
_IN_ADDRESS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#@!$&+,=%")


def https_only(address: str) -> str:
    """The address if a card may link to it: https, a host, no user and no sign that could end a link early; else empty."""
    if len(address) > MOST_ADDRESS or not address or set(address) - _IN_ADDRESS:
        return ""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    return address if parts.scheme == "https" and host and "@" not in parts.netloc else ""


def text(words: str, **looks: Any) -> Element:
    """A text that wraps; `words` may hold markdown."""
    return {"type": "TextBlock", "text": words, "wrap": True, **looks}


def container(items: Sequence[Element], **looks: Any) -> Element:
    """Elements that belong together."""
    return {"type": "Container", "items": list(items), **looks}


def side_by_side(wide: Sequence[Element], narrow: Sequence[Element]) -> Element:
    """Two columns; the second one is as wide as what stands in it."""
    return {
        "type": "ColumnSet",
        "spacing": "None",
        "columns": [
            {"type": "Column", "width": "stretch", "items": list(wide)},
            {"type": "Column", "width": "auto", "items": list(narrow)},
        ],
    }


def fact_set(facts: Iterable[tuple[str, str]]) -> Element:
    """Names with their values."""
    return {"type": "FactSet", "facts": [{"title": name, "value": value} for name, value in facts]}


def linked(words: str, address: str) -> str:
    """The words as a link where the address may be one."""
    safe = https_only(address)
    return f"[{words}]({safe})" if safe else words


def buttons(links: Iterable[tuple[str, str]]) -> list[Element]:
    """A button for every link that may be one, the first few; a button's title reads no markdown."""
    allowed = [(plain(title, MOST_TITLE) or "Open", safe) for title, address in links if (safe := https_only(address))]
    return [{"type": "Action.OpenUrl", "title": title, "url": address} for title, address in allowed[:MOST_ACTIONS]]


def card(body: Sequence[Element], actions: Sequence[Element], entities: Sequence[Element], fallback: str) -> Element:
    """The whole card. `msteams` is Teams' own addition: full width, and who is mentioned."""
    whole: Element = {
        "type": "AdaptiveCard",
        "$schema": SCHEMA,
        "version": VERSION,
        "fallbackText": fallback,
        "body": list(body),
    }
    if actions:
        whole["actions"] = list(actions)
    whole["msteams"] = {"width": "Full", **({"entities": list(entities)} if entities else {})}
    return whole
