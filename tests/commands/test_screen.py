"""Customers' text on the screen: shown as it is, never obeyed."""

from __future__ import annotations

import io
import json
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from handoff_pipeline.commands.screen import LONGEST_TEXT, clean, emit, plain, show_error, table


def printed(renderable: object) -> str:
    written = io.StringIO()
    Console(file=written, width=2000, highlight=False, force_terminal=True, color_system=None).print(renderable)
    return written.getvalue()


@pytest.mark.parametrize("text", ["[bold red]Project[/]", "[link=http://evil]x[/link]", "a [/] b", "[", "ends with \\", "\\[x]", ":smile:"])
def test_markup_in_a_title_is_shown_and_not_obeyed(text):
    assert text in printed(plain(text))
    assert text in printed(table(text, ["deal"], [[text]]))


def test_terminal_control_in_a_title_is_taken_out():
    assert clean("a\x1b[2J\x1b]0;owned\x07b\x9bc\r\nd\u202ee\u200bf") == "a[2J]0;ownedbc  def"


@given(st.text())
def test_what_is_shown_is_one_line_without_control_characters(text):
    shown = clean(text)
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} for character in shown)
    assert len(shown) <= LONGEST_TEXT


def test_a_very_long_text_is_cut_with_a_mark():
    assert clean("x" * 1000).endswith("…")


def test_json_keeps_money_and_times_as_text(capsys):
    emit({"price": Decimal("12.3400"), "day": date(2026, 9, 28), "at": datetime(2026, 9, 28, tzinfo=UTC), "title": "[b]ü[/b]"})
    said = capsys.readouterr().out
    assert json.loads(said) == {"price": "12.3400", "day": "2026-09-28", "at": "2026-09-28T00:00:00+00:00", "title": "[b]ü[/b]"}


def test_an_error_from_outside_cannot_colour_the_terminal(capsys):
    show_error("the server said [red]\x1b[31mboo", "mend [it]", as_json=False)
    assert "Error: the server said [red][31mboo" in capsys.readouterr().err
