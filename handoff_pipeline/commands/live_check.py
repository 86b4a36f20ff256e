"""`handoff policy check --live`: does the tenant have what handoff.yaml names, of the right type, and does any record use it? Pure checks.

Reading the tenant is `halo.discovery`'s, people are in `live_people`. The one thing to know: a failure is what makes figures wrong (a name
that is not there, a date field that holds no date); what merely never occurs in the sample is a warning, since a sample proves no absence.
"""

from __future__ import annotations

from collections.abc import Iterator

from handoff_pipeline.commands.findings import Finding
from handoff_pipeline.commands.live_names import looked_up, names_of
from handoff_pipeline.commands.live_people import people_findings
from handoff_pipeline.governance.drafting.evidence import counted, custom_names, folded, folded_field, number_of, text_of
from handoff_pipeline.governance.drafting.meanings import DATE, TYPE_NAMES, Meaning, mapped
from handoff_pipeline.governance.drafting.sales import labour_items, lines_of
from handoff_pipeline.governance.drafting.written import written
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import Discovery
from handoff_pipeline.policy import Policy

UNUSED_FIX = "Look whether another one is meant; a larger --sample sees further back."


def live_findings(policy: Policy, found: Discovery) -> list[Finding]:
    """Everything that deserves a look, in the order of the policy; one finding "tenant" where all is well."""
    findings = [
        *_ticket_types(policy, found),
        *_statuses(policy, found),
        *_fields(policy, found),
        *_options(policy, found),
        *_delivery(policy, found),
        *_quotations(policy, found),
        *people_findings(policy, found),
    ]
    findings += [
        Finding(f"read.{name}", "warning", f"Not read, so not checked: {why}", "Give the API application the scope, or check by hand.")
        for name, why in sorted(found.refused.items())
        if name != "instance"
    ]
    return findings or [Finding("tenant", "ok", "Everything that the policy names is on the tenant, and records use it.")]


def _ticket_types(policy: Policy, found: Discovery) -> Iterator[Finding]:
    known = names_of(found.rows("ticket_type"))
    for key in ("opportunity", "project", "task", "change_request"):
        yield from looked_up(f"ticket_types.{key}", "ticket type", getattr(policy.ticket_types, key), known)


def _statuses(policy: Policy, found: Discovery) -> Iterator[Finding]:
    """Whether each status exists, and whether any record of its kind ever had it."""
    known = names_of(found.rows("status"))
    change = policy.change_request
    for key, names, kind in (
        ("won.statuses", policy.won.statuses, "opportunity"),
        ("lost.statuses", policy.lost.statuses, "opportunity"),
        ("project.cancelled_statuses", policy.project.cancelled_statuses, "project"),
        ("project.client_hold_statuses", policy.project.client_hold_statuses, "project"),
        ("change_request.approved_statuses", change.approved_statuses, "change_request"),
        ("change_request.rejected_statuses", change.rejected_statuses, "change_request"),
        ("change_request.withdrawn_statuses", change.withdrawn_statuses, "change_request"),
    ):
        yield from looked_up(key, "status", names, known)
        seen = counted(found.rows(kind), "status_id")
        ids = {folded(text_of(row, "name")): number_of(row, "id") for row in found.rows("status")}
        for name in names:
            number = ids.get(folded(name))
            if number is not None and seen and not seen[number]:
                what = f'None of {seen.total()} sampled records of {kind} has the status "{name}".'
                yield Finding(key, "warning", what, UNUSED_FIX)


def _fields(policy: Policy, found: Discovery) -> Iterator[Finding]:
    """Whether each mapped field exists, can hold its meaning, and shows on the records it is read from."""
    rows = {folded(text_of(row, "name")): row for row in found.rows("field_info") if text_of(row, "name")}
    known = [text_of(row, "name") for row in rows.values()]
    present = {kind: custom_names(found.rows(kind)) for kind in ("opportunity", "project", "change_request")}
    for meaning, name in (*mapped(policy), *written(policy)):
        yield from looked_up(meaning.key, "custom field", [name], known)
        row = rows.get(folded(name))
        if row is not None:
            yield from _typed(meaning, name, row)
            if present[meaning.kind] and folded_field(name) not in present[meaning.kind]:
                what = f'The custom field "{name}" is on none of the sampled records of {meaning.kind}.'
                yield Finding(
                    meaning.key, "warning", what, f"Add it to the field list of the ticket type, or name one that is there: {meaning.why}."
                )


def _typed(meaning: Meaning, name: str, row: Row) -> Iterator[Finding]:
    """A date that is kept as text cannot be compared; another type may still hold the words."""
    number = number_of(row, "type")
    if number is None or number not in TYPE_NAMES or number in meaning.types:
        return
    what = f'The custom field "{name}" is of type {TYPE_NAMES[number]}; {meaning.name} needs {meaning.wants}.'
    is_grave = DATE in meaning.types or number == DATE
    yield Finding(
        meaning.key, "failure" if is_grave else "warning", what, f"Map a {meaning.wants} field, or make one: `handoff halo setup --plan`."
    )


def _options(policy: Policy, found: Discovery) -> Iterator[Finding]:
    """Labels that the policy spells and the single select does not offer."""
    fields = {folded(text_of(row, "name")): row for row in found.rows("field_info")}
    deal_type = policy.fields.opportunity.get("deal_type")
    for key, name, labels in (
        ("change_request.origins", policy.change_request.origin_field, policy.change_request.origins),
        ("margin_floors.by_deal_type", deal_type, policy.margin_floors.by_deal_type),
        ("rollout.pilot.deal_types", deal_type, policy.rollout.pilot.deal_types),
    ):
        offered = _offered(fields.get(folded(name or "")))
        yield from (looked_up(key, f"option of {name}", labels, offered, missing="warning") if offered else ())


def _offered(row: Row | None) -> list[str]:
    values = row.get("values") if row else None
    return [name for value in (values if isinstance(values, list) else []) if isinstance(value, dict) and (name := text_of(value, "name"))]


def _delivery(policy: Policy, found: Discovery) -> Iterator[Finding]:
    """Kickoff appointments, sign-off steps and results, teams and agents."""
    kinds = sorted({name for row in found.rows("appointment") if (name := text_of(row, "appointment_type_name"))})
    steps = sorted({name for row in found.rows("approval") if (name := text_of(row, "step_name"))})
    teams = sorted({*names_of(found.rows("team")), *(team for row in found.rows("agent") if (team := text_of(row, "team")))})
    if kinds:
        yield from looked_up(
            "kickoff.appointment_types", "type of a sampled appointment", policy.kickoff.appointment_types, kinds, "warning"
        )
    milestones = names_of(found.rows("milestone"))
    if milestones:
        yield from looked_up("kickoff.milestones", "sampled milestone", policy.kickoff.milestones, milestones, "warning")
    if steps:
        yield from looked_up("signoff.steps", "step of a sampled approval", policy.signoff.steps, steps, missing="warning")
        numbers = {
            number
            for row in found.rows("approval")
            if text_of(row, "step_name") in policy.signoff.steps and (number := number_of(row, "result")) is not None
        }
        strange = sorted(numbers - set(policy.signoff.results.model_dump().values()))
        if strange:
            what = f"Sampled sign-offs have results that the policy does not name: {', '.join(map(str, strange))}."
            yield Finding("signoff.results", "warning", what, "See in HaloPSA what these sign-offs say, and put the numbers in.")
    if teams:
        yield from looked_up("signoff.delivery_teams", "team", policy.signoff.delivery_teams, teams)
    agents = names_of(found.rows("agent"))
    if agents:
        yield from looked_up("signoff.delivery_agents", "agent", policy.signoff.delivery_agents, agents)


def _quotations(policy: Policy, found: Discovery) -> Iterator[Finding]:
    """Status numbers against lookup 39 and the sample, labour items against the sample's lines."""
    quotes = found.rows("quotation")
    named = {number: text_of(row, "name") for row in found.rows("quotation_status") if (number := number_of(row, "id")) is not None}
    seen = counted(quotes, "status")
    for number in policy.quotation.accepted_statuses:
        listed = ", ".join(f"{one} {name}" for one, name in sorted(named.items()))
        if named and number not in named:
            what = f"Quotation status {number} is not on this tenant."
            yield Finding("quotation.accepted_statuses", "failure", what, f"Use one of these: {listed}.")
        elif quotes and not seen[number]:
            what = f"None of {len(quotes)} sampled quotations has status {number}{f' ({named[number]})' if number in named else ''}."
            yield Finding("quotation.accepted_statuses", "warning", what, UNUSED_FIX)
    items = counted(lines_of(quotes), "item_id")
    alike = ", ".join(f"{option.value} ({option.why})" for option in labour_items(found).chosen)
    for item in policy.quotation.labour_items:
        if items and not items[item]:
            what = f"Item {item} is on none of the sampled quotations' lines."
            yield Finding("quotation.labour_items", "warning", what, f"Items that look like labour: {alike or 'none'}.")
