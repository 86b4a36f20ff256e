"""The rollout's table cell by cell, and the class of every action."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.governance.rollout import EFFECT_OF, EFFECTS, MODES, TABLE, action_class, allowed
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.policy.actions import ACTIONS, Actions
from handoff_pipeline.policy.checklist import ChecklistItem
from handoff_pipeline.policy.rollout import PHASES

COLUMNS = ["owner_card", "note", "score_field", "status", "escalation", "digest", "provision", "client_visible", "alert"]
LITERAL = """
shadow   shadow   in   . . . . . . . . A
shadow   shadow   out  . . . . . . . . A
shadow   warn     in   . . . . . . . . A
shadow   warn     out  . . . . . . . . A
shadow   enforce  in   . . . . . . . . A
shadow   enforce  out  . . . . . . . . A
freeze   shadow   in   . . . . . . . . A
freeze   shadow   out  . . . . . . . . A
freeze   warn     in   . . . . . . . . A
freeze   warn     out  . . . . . . . . A
freeze   enforce  in   . . . . . . . . A
freeze   enforce  out  . . . . . . . . A
pilot    shadow   in   . . . . . . . . A
pilot    shadow   out  . . . . . . . . A
pilot    warn     in   A A A . A A . . A
pilot    warn     out  . . . . . . . . A
pilot    enforce  in   A A A A A A A A A
pilot    enforce  out  . . . . . . . . A
expand   shadow   in   . . . . . . . . A
expand   shadow   out  . . . . . . . . A
expand   warn     in   A A A . A A . . A
expand   warn     out  A A A . A A . . A
expand   enforce  in   A A A A A A A A A
expand   enforce  out  A A A A A A A A A
operate  shadow   in   . . . . . . . . A
operate  shadow   out  . . . . . . . . A
operate  warn     in   A A A . A A . . A
operate  warn     out  A A A . A A . . A
operate  enforce  in   A A A A A A A A A
operate  enforce  out  A A A A A A A A A
"""
"""Phase, mode of the item, in the pilot or out of it, and a sign for each effect: A acts, . is recorded."""
CELLS = [
    (phase, mode, place == "in", effect, {"A": "act", ".": "record"}[sign])
    for phase, mode, place, *signs in (line.split() for line in LITERAL.strip().splitlines())
    for effect, sign in zip(COLUMNS, signs, strict=True)
]


@pytest.fixture(scope="module")
def policy(checkout: Path) -> Policy:
    """The example policy with a threshold of 10,000."""
    example = load_policy(checkout / "handoff.yaml")
    return example.model_copy(update={"actions": Actions(materiality_amount=Decimal(10_000))})


@pytest.mark.parametrize(("phase", "mode", "is_in", "effect", "wanted"), CELLS)
def test_each_cell_is_as_written_here(phase, mode, is_in, effect, wanted):
    assert allowed(phase, mode, is_in, effect) == wanted


def test_the_table_has_no_cell_that_is_not_written_here():
    assert {cell[:4] for cell in CELLS} == set(TABLE)
    assert len(CELLS) == len(TABLE) == len(PHASES) * len(MODES) * 2 * len(EFFECTS) == 270


def test_modes_are_those_of_the_checklist():
    assert get_args(ChecklistItem.model_fields["mode"].annotation) == MODES


def test_every_action_but_a_request_and_a_payment_has_an_effect():
    assert set(ACTIONS) - set(EFFECT_OF) == {"approval_request", "payment"}
    assert set(EFFECT_OF.values()) == set(EFFECTS)


@pytest.mark.parametrize(
    ("action", "amount", "is_exception", "wanted"),
    [
        ("owner_card", None, False, "automatic"),
        ("owner_card", "1000000", False, "automatic"),
        ("halo_note", None, False, "automatic"),
        ("halo_note", None, True, "two_approvers"),
        ("halo_status", None, False, "two_approvers"),
        ("halo_status", "10000", False, "one_approver"),
        ("halo_status", "10000.0001", False, "two_approvers"),
        ("halo_status", "-10000.01", False, "two_approvers"),
        ("project_create", "0", True, "two_approvers"),
        ("client_visible", "0", False, "one_approver"),
        ("payment", None, False, "never"),
        ("payment", "1", True, "never"),
    ],
)
def test_the_class_of_an_action_follows_its_amount_and_whether_it_is_an_exception(policy, action, amount, is_exception, wanted):
    assert action_class(action, None if amount is None else Decimal(amount), is_exception, policy) == wanted


def test_an_action_that_does_not_exist_is_refused_with_those_that_do(policy):
    with pytest.raises(HandoffError, match="There is no action halo_delete") as refused:
        action_class("halo_delete", None, is_policy_exception=False, policy=policy)
    assert "halo_status" in str(refused.value.fix)
