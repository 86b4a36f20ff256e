"""docs/operations.md says what to do on everything that the product can say: each alert has its heading, each command exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
import typer

from handoff_pipeline.channels.card_content import Alert
from handoff_pipeline.channels.card_kinds import ALERT_LABELS, LOOKS
from handoff_pipeline.commands.main import app
from handoff_pipeline.governance import digest, digest_rows

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "operations.md").read_text("utf-8")
HEADINGS = set(re.findall(r"(?m)^### (.+)$", PAGE))
NORMAL = {"Owners", "Newly past the deadline", "New", "Closed"}
"""Headings of a digest under which stands what is as it should be, or what a seller's own card says as well."""


def strings_of(module, keyword: str) -> set[str]:
    """Every plain text that is given as this keyword in a module."""
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    return {
        str(given.value.value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for given in call.keywords
        if given.arg == keyword and isinstance(given.value, ast.Constant)
    }


def states_of_alerts() -> set[str]:
    """What `state` a line of alerts.jsonl can have: the default, and every state that is given to one."""
    found = set(get_args(Alert)) & {"check", "tick"}
    for path in (CHECKOUT / "assets").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name == "Alert":
                found |= {
                    each.value.value for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.value, ast.Constant)
                }
            elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Alert":
                found |= {given.value.value for given in node.keywords if given.arg == "state" and isinstance(given.value, ast.Constant)}
    return found


def commands(group: typer.Typer = app, before: str = "handoff") -> set[str]:
    """Every command, as it is typed."""
    found = {f"{before} {one.name}" for one in group.registered_commands}
    for each in group.registered_groups:
        found |= {f"{before} {each.name}"} | commands(each.typer_instance or typer.Typer(), f"{before} {each.name}")
    return found


@pytest.mark.parametrize("kind", get_args(Alert))
def test_every_kind_of_alert_has_its_heading(kind):
    assert ALERT_LABELS[kind] in HEADINGS


@pytest.mark.parametrize("card", ["dead_man_card", "escalation_card"])
def test_every_card_that_alarms_somebody_has_its_heading(card):
    assert LOOKS[card].label in HEADINGS


def test_no_kind_of_card_is_left_out_of_the_manual():
    calm = {"owner_card", "daily_card", "closure_card", "digest", "heartbeat"}
    assert set(LOOKS) == calm | {"alert_card", "dead_man_card", "escalation_card"}


def test_every_state_of_a_line_of_alerts_is_named():
    states = states_of_alerts()
    assert {"failed", "stale"} <= states
    assert [state for state in states if f"`state` is `{state}`" not in PAGE] == []


def test_every_group_of_a_digest_that_asks_for_something_has_its_heading():
    groups = (strings_of(digest, "group") | strings_of(digest_rows, "group")) - NORMAL
    assert groups
    assert groups - HEADINGS == set()


def test_every_word_on_a_lost_delivery_has_its_row():
    said = digest._SAID_OF_LOST.values()
    assert [words for words in said if f"| {words} |" not in PAGE] == []


def test_every_command_that_the_manual_shows_exists():
    typed = re.findall(r"(?:`|^|daemon |bin/)(handoff(?: [a-z][a-z-]+)+)", PAGE, re.MULTILINE)
    known = commands()
    unknown = [words for words in typed if not any(words == one or words.startswith(f"{one} ") for one in known)]
    assert (len(typed) > 20, unknown) == (True, [])
