"""Cards as one page for a browser: the few elements that our cards are made of, in plain HTML that loads nothing from anywhere.

Which cards are shown is the command's. The one thing to know: it is a likeness; Teams draws the card itself. Every text is escaped before
anything in it is read as markdown, and of markdown only bold and https links are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from handoff_pipeline.channels.card_elements import Element, https_only

STYLE: Final = """
body{font:14px/1.4 'Segoe UI',system-ui,sans-serif;background:#f0f0f0;color:#242424;margin:24px}
section{max-width:640px;margin:0 0 24px}h2{font-size:13px;font-weight:600;color:#616161;margin:0 0 6px}
article{background:#fff;border:1px solid #d1d1d1;border-radius:6px;padding:12px;overflow-wrap:anywhere}
.bleed{margin:-12px -12px 8px;padding:10px 12px;border-radius:6px 6px 0 0}
.warning{background:#fff4ce}.accent{background:#e8ebfa}.attention{background:#fde7e9}.good{background:#dff6dd}.emphasis{background:#f3f2f1}
.Small{font-size:12px}.Medium{font-size:15px}.Large{font-size:18px}.Bolder{font-weight:600}.subtle{color:#616161}
.Attention{color:#a4262c}.Warning{color:#8a5100}.Good{color:#107c10}.Accent{color:#4f52b2}.Monospace{font-family:ui-monospace,monospace}
.line{border-top:1px solid #e0e0e0;padding-top:6px}.gap{margin-top:6px}.columns{display:flex;gap:8px}.stretch{flex:1}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:6px 0}dt{font-weight:600}dd{margin:0}
a.button{display:inline-block;border:1px solid #8a8886;border-radius:4px;padding:4px 12px;margin:10px 8px 0 0;color:inherit}
""".strip()
_BOLD: Final = re.compile(r"\*\*(.+?)\*\*")
_LINK: Final = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\((https://[^()\s]+)\)")
_MENTION: Final = re.compile(r"&lt;at&gt;(.*?)&lt;/at&gt;")
_ESCAPE: Final = re.compile(r"\\(&amp;|&lt;|&gt;|&quot;|&#x27;|_|[^\w\s])")
_WORD: Final = re.compile(r"[A-Za-z]{1,20}")


def page(cards: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """The page of some cards, each under its name."""
    shown = "\n".join(
        f"<section><h2>{html.escape(name)}</h2><article>{_all(card.get('body', []))}{_all(card.get('actions', []))}</article></section>"
        for name, card in cards
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>Cards</title><style>{STYLE}</style></head>\n'
        f"<body><p>Drawn by Handoff Pipeline as a likeness; Teams draws cards itself. Nothing was sent.</p>\n{shown}\n</body></html>\n"
    )


def _all(elements: Iterable[Element]) -> str:
    return "".join(_DRAWN[element["type"]](element) if element.get("type") in _DRAWN else "" for element in elements)


def _text(element: Element) -> str:
    names = [element.get(key) for key in ("size", "weight", "color", "fontType")]
    return f'<div class="{_classes(element, *names, "subtle" if element.get("isSubtle") else None)}">{markdown(element["text"])}</div>'


def _container(element: Element) -> str:
    classes = _classes(element, element.get("style"), "bleed" if element.get("bleed") else None)
    return f'<div class="{classes}">{_all(element["items"])}</div>'


def _columns(element: Element) -> str:
    drawn = "".join(f'<div class="{_classes({}, column.get("width"))}">{_all(column["items"])}</div>' for column in element["columns"])
    return f'<div class="columns">{drawn}</div>'


def _facts(element: Element) -> str:
    rows = "".join(f"<dt>{markdown(fact['title'])}</dt><dd>{markdown(fact['value'])}</dd>" for fact in element["facts"])
    return f"<dl>{rows}</dl>"


def _button(element: Element) -> str:
    address = https_only(element["url"])
    return f'<a class="button" rel="noreferrer" href="{html.escape(address)}">{html.escape(element["title"])}</a>' if address else ""


_DRAWN: Final[Mapping[str, Callable[[Element], str]]] = {
    "TextBlock": _text,
    "Container": _container,
    "ColumnSet": _columns,
    "FactSet": _facts,
    "Action.OpenUrl": _button,
}


def _classes(element: Element, *names: object) -> str:
    """Looks as class names: plain words only, so that nothing else can come in by them."""
    kept = [name for name in names if isinstance(name, str) and _WORD.fullmatch(name)]
    kept += ["line"] if element.get("separator") else []
    kept += ["gap"] if element.get("spacing") in {"Medium", "Large"} else []
    return " ".join(kept)


def markdown(text: str) -> str:
    """A card's text as HTML: escaped, then bold, https links, mentions and escaped signs."""
    safe = html.escape(text)
    safe = _LINK.sub(_anchor, safe)
    safe = _MENTION.sub(r"<strong>@\1</strong>", _BOLD.sub(r"<strong>\1</strong>", safe))
    return _ESCAPE.sub(r"\1", safe)


def _anchor(found: re.Match[str]) -> str:
    address = https_only(html.unescape(found.group(2)))
    return f'<a rel="noreferrer" href="{html.escape(address)}">{found.group(1)}</a>' if address else found.group(1)
