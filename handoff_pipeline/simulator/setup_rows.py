"""More of how the simulated tenant is set up: kinds of budget, project templates, outcomes, priorities, the instance itself.

Plain data in HaloPSA's shapes, beside `configuration`, which holds what tickets need. The one thing to know: a template's
milestones are listed with everybody else's, under the template's number made negative (H: section 2.4, TopLeft).
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.simulator import configuration as cfg
from handoff_pipeline.simulator.configuration import Row
from handoff_pipeline.simulator.shaping import EMPTY_OTHER_DATE

# Kinds of budget by name; the first is what quotation lines name.
BUDGET_TYPE_IDS: Final = {"Labour": 1, "Project engineering": 2, "Project management": 3}
DEFAULT_RATES: Final = {"Labour": 95.0, "Project engineering": 95.0, "Project management": 110.0}
BUDGET_TYPES: Final[tuple[Row, ...]] = tuple(
    {"id": number, "name": name, "defaultrate": DEFAULT_RATES[name], "chargerate": 1} for name, number in BUDGET_TYPE_IDS.items()
)

STATE_OPEN, STATE_DONE = 1, 2
FIRST_TEMPLATE_MILESTONE: Final = 101
_TEMPLATES: Final = (
    (1, "Cloud migration", 40.0, ("Kickoff", "Pilot group moved", "Handover")),
    (2, "Infrastructure renewal", 24.0, ("Kickoff", "Handover")),
)


def _template_milestones() -> list[Row]:
    stones: list[Row] = []
    for template_id, _, _, names in _TEMPLATES:
        stones.extend(
            {
                "id": FIRST_TEMPLATE_MILESTONE + len(stones) + at,
                "ticket_id": -template_id,
                "name": name,
                "sequence": at + 1,
                "state": STATE_OPEN,
                "start_date": EMPTY_OTHER_DATE,
                "target_date": EMPTY_OTHER_DATE,
                "start_days": 14 * at,
                "target_days": 14 * at + 7,
                "milestone_dependencies": [],
                "dependencies": [],
                "tickets": [],
                "_complete": False,
            }
            for at, name in enumerate(names)
        )
    return stones


TEMPLATE_MILESTONES: Final[tuple[Row, ...]] = tuple(_template_milestones())


def _template(template_id: int, name: str, hours: float) -> Row:
    return {
        "id": template_id,
        "guid": f"00000000-0000-4000-9000-{template_id:012d}",
        "name": name,
        "summary": f"{name} project",
        "domain": "prjs",
        "tickettype_id": cfg.PROJECT,
        "disabled": False,
        "rule_count": 0,
        "create_locked": False,
        "itil_request_type": cfg.ITIL[cfg.PROJECT],
        # H: nobody is -99 here (section 5; the default of the database).
        "user_id": -99,
        "budgets": [
            {
                "id": template_id,
                "template_id": template_id,
                "hours": hours,
                "days": hours / 8,
                "rate": DEFAULT_RATES["Project engineering"],
                "budgettype_id": BUDGET_TYPE_IDS["Project engineering"],
                "budgettype_name": "Project engineering",
            }
        ],
        "milestones": [row for row in TEMPLATE_MILESTONES if row["ticket_id"] == -template_id],
        "customfields": [],
    }


TEMPLATES: Final[tuple[Row, ...]] = tuple(_template(template_id, name, hours) for template_id, name, hours, _ in _TEMPLATES)
# What a list leaves out of a template (H: StdRequest_List beside StdRequest).
TEMPLATE_ALONE: Final = ("itil_request_type", "user_id", "budgets", "milestones", "customfields")

OUTCOMES: Final[tuple[Row, ...]] = tuple(
    {"id": number, "outcome": name, "buttonname": button, "sequence": at, "hidden": is_hidden}
    for at, (number, name, button, is_hidden) in enumerate(
        (
            (-1, "First User Email", "First User Email", True),
            (2, "Email User", "Email User", False),
            (7, "Private Note", "Add Note", False),
            (12, "Time entry", "Log Time", False),
            (15, "Change Status", "Change Status", False),
        ),
        start=1,
    )
)

# H: `id` is a GUID-like text; the number that tickets use is `priorityid` (section 2.4, TopLeft).
PRIORITIES: Final[tuple[Row, ...]] = tuple(
    {
        "id": f"00000000-0000-4000-a000-{number:012d}",
        "priorityid": number,
        "slaid": 1,
        "name": name,
        "fixtime": hours,
        "fixunits": "H",
        "responsetime": hours / 4,
        "responseunits": "H",
        "ishidden": False,
        "colour": "#d94a4a",
    }
    for number, name, hours in ((1, "Critical", 4.0), (2, "High", 8.0), (3, "Medium", 24.0), (4, "Low", 72.0))
)


def instance(tenant: str, agents: int) -> Row:
    """Give what /InstanceInfo tells of a tenant with so many agents (H: section 2.4; the specification has no schema of it)."""
    home = f"https://{tenant}.halopsa.example"
    return {
        "app_name": "HaloPSA",
        "app_version": "2.198.1",
        "database_version": "2.198",
        "agent_count": agents,
        "agent_url": home,
        "portal_url": f"{home}/portal",
        "auth_url": f"{home}/auth",
    }
