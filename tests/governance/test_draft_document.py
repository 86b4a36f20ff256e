"""The draft as a document: sound YAML whatever the tenant's names are, a sound policy unless it says what is to be filled in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.errors import PolicyError
from handoff_pipeline.governance.drafting import draft_policy
from handoff_pipeline.governance.drafting.evidence import Choice, Option
from handoff_pipeline.governance.drafting.page import Section
from handoff_pipeline.governance.drafting.yaml_text import comment, scalar
from handoff_pipeline.policy import load_policy, parse_policy
from tests.governance.tenant_rows import deal, tenant, ticket_type

EXAMPLE = load_policy(Path(__file__).resolve().parents[2] / "handoff.yaml")
TODAY = date(2026, 9, 28)
HOSTILE = (
    "a: b",
    "- x",
    "# no",
    "null",
    "yes",
    "1e3",
    "=",
    "<<",
    "{a: b}",
    "[a, b]",
    'say "hi"',
    "it's",
    "back\\slash",
    "two\nlines: true",
    "next\x85line",
    "para\u2029graph",
    "\ufeffmark",
    "\u202egnp.exe",
    "tab\there",
    "nul\x00byte",
    "caf\u00e9 \U0001f680",
    "&anchor",
    "*alias",
    "!tag",
    "%dir",
    "@at",
    "`tick`",
    "12:30",
    "2026-01-01",
    " spaces ",
    "---",
    "...",
)
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=30))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_comes_back_as_it_was(name):
    assert yaml.safe_load(f"key: {scalar(name)}\nlist:\n  - {scalar(name)}\n") == {"key": name, "list": [name]}


@settings(deadline=None, max_examples=150)
@given(NAMES, NAMES)
def test_any_name_in_any_place_of_a_section_comes_back_and_adds_nothing(name, why):
    choice = Choice((Option(name, why),), is_known=False, how=why, others=(Option(why, name),))
    section = Section("part", why)
    section.many("listed", choice, required=True)
    section.one("single", choice)
    section.many("empty", Choice((), is_known=False, how=why, others=(Option(name, why),)))
    section.note(name)
    text = "\n".join(section.text())
    assert yaml.safe_load(text) == {"part": {"listed": [name], "single": name, "empty": []}}


@settings(deadline=None, max_examples=60)
@given(NAMES)
def test_a_comment_never_leaves_its_lines(name):
    assert yaml.safe_load("\n".join(comment(name))) is None


@settings(deadline=None, max_examples=25)
@given(st.lists(NAMES.map(str.strip).filter(bool), min_size=8, max_size=8, unique_by=str.casefold))
def test_a_tenant_of_hostile_names_gives_sound_yaml_with_these_names(names):
    found = tenant(
        ticket_type=[
            ticket_type(30, names[0], "opps"),
            ticket_type(31, names[1], "projects", 1),
            ticket_type(32, names[2], "projects", 0),
            ticket_type(24, names[3], "tickets", itil=2),
        ],
        status=[{"id": 22, "name": f"{names[4]} won"}, {"id": 23, "name": f"{names[5]} lost"}],
        opportunity=[deal(1, 22, converted=True), deal(2, 23, converted=False)],
        field_info=[{"id": 1, "name": f"Dependencies\n{names[6]}", "type": 1, "label": "Dependencies"}],
        approval=[{"step_name": f"Sign-off {names[7]}"}],
    )
    data = yaml.safe_load(draft_policy(found, EXAMPLE, TODAY).text)
    types = data["ticket_types"]
    assert [types[key] for key in ("opportunity", "project", "task", "change_request")] == [[name] for name in names[:4]]
    assert data["won"]["statuses"] == [f"{names[4]} won".strip()]
    assert data["signoff"]["steps"] == [f"Sign-off {names[7]}".strip()]
    assert data["fields"]["opportunity"]["dependencies"] == f"Dependencies\n{names[6]}".strip()


def test_an_empty_tenant_leaves_blocks_to_fill_and_the_check_names_exactly_these():
    draft = draft_policy(tenant(ticket_type=[], status=[]), EXAMPLE, TODAY)
    with pytest.raises(PolicyError) as refused:
        parse_policy(draft.text)
    gaps = {gap.key for gap in draft.gaps}
    assert gaps == {
        "tenant.base_currency",
        "ticket_types.opportunity",
        "ticket_types.project",
        "ticket_types.change_request",
        "won.statuses",
        "lost.statuses",
        "project.cancelled_statuses",
        "change_request.approved_statuses",
        "signoff.steps",
        "signoff.delivery_teams",
    }
    problems = {part.split(" = ")[0].split(": ")[0] for part in refused.value.message.removeprefix("handoff.yaml: ").split("; ")}
    sections = {gap.split(".")[0] for gap in gaps}
    assert {problem.split(".")[0] for problem in problems} == sections
    assert all(f"FILL IN {gap}:" in draft.text for gap in gaps)


def filled(text: str) -> str:
    """The draft as a person fills it in: the candidates' and the empty keys' comment marks taken away."""
    by_hand = {
        "# tenant:": "tenant:",
        "#   base_currency:": '  base_currency: "GBP"',
        "# won:": "won:",
        "# lost:": "lost:",
    }
    lines = []
    for line in text.splitlines():
        is_candidate = line.startswith("#   ") and "# a candidate: " in line
        opens = line.startswith("#   ") and line.rstrip().endswith(":") and line.split()[1] == "statuses:"
        lines.append(by_hand.get(line, line[2:] if is_candidate or opens else line))
    return "\n".join(lines) + "\n"


def test_a_commented_block_is_at_its_place_once_its_marks_are_taken_away():
    found = tenant(approval=[{"step_name": "Delivery sign-off"}], agent=[], project=[{"id": 1, "tickettype_id": 31, "team": "Delivery"}])
    draft = draft_policy(found, EXAMPLE, TODAY)
    assert {gap.key for gap in draft.gaps} == {"tenant.base_currency", "won.statuses", "lost.statuses"}
    policy = parse_policy(filled(draft.text))
    assert (policy.won.statuses, policy.lost.statuses) == (["Deal won"], ["Lost"])


def test_an_item_whose_field_was_not_found_waits_in_a_comment():
    draft = draft_policy(tenant(), EXAMPLE, TODAY)
    data = yaml.safe_load(draft.text)
    assert [item["id"] for item in data["checklist"]["items"]] == ["margin_floor"]
    assert "#     - id: signed_scope" in draft.text
    assert "dependencies: waits for fields.opportunity.dependencies" in draft.text


def test_every_proposed_value_says_how_it_is_known():
    text = draft_policy(tenant(opportunity=[deal(1, 22, converted=True)]), EXAMPLE, TODAY).text
    body = text.split("# The closed-won checklist")[0]
    values = [line for line in body.splitlines() if ": " in line and not line.lstrip().startswith("#") and not line.startswith("version")]
    items = [line for line in body.splitlines() if line.lstrip().startswith("- ")]
    assert [line for line in values + items if "# GUESS: " not in line and "# KNOWN: " not in line and "further agents" not in line] == []


def test_no_text_of_a_customer_or_name_of_an_agent_gets_into_the_draft():
    private = "Jane Q. Private"
    found = tenant(
        opportunity=[
            deal(1, 22, converted=True, CFDependencies=private) | {"summary": private, "client_name": private, "agent_name": private}
        ],
        field_info=[{"id": 1, "name": "CFDependencies", "type": 1}],
        agent=[{"id": 3, "name": private, "team": "Projects", "email": private}],
        quotation=[
            {"id": 1, "title": private, "ticket_id": 1, "status": 1, "lines": [{"item_id": 5, "name": private, "budgets": [{"hours": 1}]}]}
        ],
        appointment=[{"subject": private, "appointment_type_name": "Kickoff"}],
        approval=[{"step_name": "Delivery sign-off", "note": private, "agent_name": private}],
        site=[{"name": private, "timezone": "Europe/London"}],
    )
    assert private not in draft_policy(found, EXAMPLE, TODAY).text
