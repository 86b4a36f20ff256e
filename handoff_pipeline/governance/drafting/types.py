"""Which ticket types are opportunities, projects, tasks and change requests: told by HaloPSA's own marks.

The one thing to know: `use`, `project_type` and `itilrequesttype` are set by HaloPSA (H: conduit, TopLeft), so these are known and not
guessed; only which of several change types belong to projects is a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from handoff_pipeline.governance.drafting.evidence import Choice, Option, counted, has_word, number_of, text_of
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import ITIL_CHANGE, Discovery

ITIL_PROJECT, ITIL_TASK = 22, 23


@dataclass(frozen=True)
class TicketTypes:
    """The four kinds of ticket, and how change requests hang on projects, in words."""

    opportunity: Choice
    project: Choice
    task: Choice
    change_request: Choice
    links: str


def ticket_types(found: Discovery) -> TicketTypes:
    """The ticket types by HaloPSA's marks, with how many sampled records each has."""
    rows = found.rows("ticket_type")
    seen = counted([*found.rows("opportunity"), *found.rows("project"), *found.rows("change_request")], "tickettype_id")
    return TicketTypes(
        opportunity=_known((row for row in rows if _use(row) in {"opps", "opportunities"}), seen, 'HaloPSA says use "opps"'),
        project=_known((row for row in rows if _is_project(row)), seen, 'HaloPSA says use "projects" and project type 1'),
        task=_known((row for row in rows if _is_task(row)), seen, 'HaloPSA says use "projects" and project type 0'),
        change_request=_changes(rows, found, seen),
        links=_links(found),
    )


def _use(row: Row) -> str:
    return text_of(row, "use").casefold()


def _is_project(row: Row) -> bool:
    """A type of projects; the ITIL type tells where `project_type` is left out, as empty keys are."""
    kind = number_of(row, "project_type")
    return _use(row) == "projects" and (kind == 1 or (kind is None and number_of(row, "itilrequesttype") == ITIL_PROJECT))


def _is_task(row: Row) -> bool:
    kind = number_of(row, "project_type")
    return _use(row) == "projects" and (kind == 0 or (kind is None and number_of(row, "itilrequesttype") == ITIL_TASK))


def _known(rows: Iterable[Row], seen: Mapping[int, int], how: str) -> Choice:
    """Every type with that mark; where some have records, those without any are left to the person."""
    options = [(seen.get(number_of(row, "id") or 0, 0), _option(row, seen)) for row in rows if text_of(row, "name")]
    used = tuple(option for count, option in options if count) or tuple(option for _, option in options)
    others = tuple(option for _, option in options if option not in used)
    return Choice(
        used, is_known=True, how=how if used else f"no ticket type of which {how.removeprefix('HaloPSA says ')} was found", others=others
    )


def _changes(rows: Iterable[Row], found: Discovery, seen: Mapping[int, int]) -> Choice:
    """ITIL change requests that hang on projects, or are named so; all of them where none is."""
    changes = [row for row in rows if number_of(row, "itilrequesttype") == ITIL_CHANGE and text_of(row, "name")]
    projects = _project_ids(found)
    hung = counted((row for row in found.rows("change_request") if number_of(row, "parent_id") in projects), "tickettype_id")
    ofprojects = [row for row in changes if hung.get(number_of(row, "id") or 0) or has_word(text_of(row, "name"), ("project",))]
    taken = ofprojects or changes
    options = {number_of(row, "id"): _option(row, seen, hung) for row in changes}
    chosen = tuple(options[number_of(row, "id")] for row in taken)
    others = [option for option in options.values() if option not in chosen]
    if not chosen:
        named = [_option(row, seen) for row in rows if has_word(text_of(row, "name"), ("change", "variation"))]
        return Choice((), is_known=False, how="no ticket type has ITIL type 2 (change request)", others=tuple(named))
    if not others:
        return Choice(chosen, is_known=True, how="HaloPSA says ITIL type 2 (change request), and there is no other")
    return Choice(
        chosen, is_known=False, how="of the types with ITIL type 2, those that hang on projects or are named so", others=tuple(others)
    )


def _option(row: Row, seen: Mapping[int, int], hung: Mapping[int, int] | None = None) -> Option:
    number = number_of(row, "id") or 0
    parents = f", {hung.get(number, 0)} of them below a project" if hung is not None else ""
    return Option(text_of(row, "name"), f"ticket type {number}: {seen.get(number, 0)} records in the sample{parents}")


def _project_ids(found: Discovery) -> set[int]:
    return {number for row in found.rows("project") if (number := number_of(row, "id")) is not None}


def _links(found: Discovery) -> str:
    """How the sampled change requests reach their project. Which way is used is the MSP's habit (reference 4.4)."""
    changes, details, projects = found.rows("change_request"), found.rows("detail"), _project_ids(found)
    if not changes:
        return "no change request in the sample, so nothing is known of how they hang on projects"
    below = sum(number_of(row, "parent_id") in projects for row in changes)
    created = sum((number_of(row, "createdfrom_id") or 0) > 0 for row in details)
    related = sum(bool(row.get("related_tickets")) for row in details)
    return (
        f"of {len(changes)} change requests in the sample {below} have one of its projects as parent; of {len(details)} read one by one"
        f" {related} name related tickets and {created} the ticket they were created from"
    )
