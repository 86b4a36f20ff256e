"""What `handoff doctor` finds of the tenant: credential, scopes, costs, hidden rows, names; each with its fix. Pure checks.

The machine's checks are in `machine`, those of the last nights in `standing`; asking is the command's.
The one thing to know: names are compared without regard to case and outer spaces.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from handoff_pipeline.settings import Settings

if TYPE_CHECKING:
    from handoff_pipeline.halo.entities import Entity
    from handoff_pipeline.halo.envelope import Row
    from handoff_pipeline.halo.sample import Discovery
    from handoff_pipeline.halo.visibility import Hidden
    from handoff_pipeline.policy import Policy

NEAR_MISSES = 3
UNASSIGNED = 1
"""HaloPSA's agent for what nobody holds."""

Level = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `fix` is empty only when all is well."""

    check: str
    level: Level
    message: str
    fix: str = ""


@dataclass(frozen=True)
class TenantNames:
    """The names that a tenant has, as HaloPSA shows them."""

    ticket_types: frozenset[str]
    statuses: frozenset[str]
    custom_fields: frozenset[str]

    @classmethod
    def of(cls, found: Discovery) -> Self:
        """The names among the set-up lists."""
        kinds = ("ticket_type", "status", "field_info")
        types, statuses, fields = (frozenset(str(row["name"]) for row in found.rows(kind) if row.get("name")) for kind in kinds)
        return cls(types, statuses, fields)


def credentials_present(settings: Settings) -> Iterator[Finding]:
    """Whether the address and both halves of the credential are set; their values are never shown."""
    for name, value in (
        ("HANDOFF_HALO_URL", settings.halo_url),
        ("HANDOFF_HALO_CLIENT_ID", settings.halo_client_id),
        ("HANDOFF_HALO_CLIENT_SECRET", settings.halo_client_secret),
    ):
        if value:
            yield Finding(name, "ok", "Set.")
        else:
            yield Finding(
                name,
                "failure",
                "Not set.",
                "Copy .env.example to .env and fill it in; docs/connect-a-tenant.md says where to find the value.",
            )


def scopes(granted: frozenset[str] | None, asked: str, entities: Iterable[Entity], *, reporting: bool) -> Iterator[Finding]:
    """Whether the credential covers every entity: a required one that it does not is a failure, an optional one a warning with its effect.

    Args:
        granted: what HaloPSA says the credential has; None where it does not say, then what is asked for counts.
        asked: the scopes asked for.
        entities: what the pull reads.
        reporting: whether budgets, audit and dated costs are read by SQL.
    """
    held = frozenset(asked.split()) if granted is None else granted
    whose = "asked for" if granted is None else "granted"
    wanted = [entity for entity in entities if reporting or entity.reading != "report"]
    lacking = [entity for entity in wanted if not any(_covers(held, scope) for scope in entity.scopes)]
    for entity in lacking:
        scope = " or ".join(entity.scopes)
        what = f"The scope {scope} is not {whose}, so {entity.title} cannot be read: "
        effect = "no night can be made." if entity.is_required else f"{entity.effect}."
        level: Level = "failure" if entity.is_required else "warning"
        yield Finding(
            f"scope.{entity.name}",
            level,
            what + effect,
            f"Tick {scope} at the API application, and name it in HANDOFF_HALO_SCOPE if you set that.",
        )
    if not lacking:
        yield Finding("scopes", "ok", f"The scopes {whose} cover all {len(wanted)} lists that a night reads.")


def _covers(held: frozenset[str], scope: str) -> bool:
    """Broad scopes cover everything, and edit covers read."""
    return bool(held & {scope, scope.replace("read:", "edit:"), "all", "all:standard"})


def costs(agents: Sequence[Row]) -> Iterator[Finding]:
    """Whether agents come with their cost; without it margins of delivered work cannot be told (H: TopLeft)."""
    from handoff_pipeline.halo.envelope import whole_number

    people = [row for row in agents if whole_number(row.get("id")) != UNASSIGNED]
    with_cost = sum("costprice" in row for row in people)
    if not people:
        return
    if with_cost:
        yield Finding("costs", "ok", f"{with_cost} of {len(people)} agents come with a cost price; the rest have none in HaloPSA.")
        return
    yield Finding(
        "costs",
        "warning",
        f"None of {len(people)} agents comes with a cost price, so margins of delivered work say `uncosted`.",
        "Give the role of the application's agent the right to see costs, or enter costs at the agents.",
    )


def hidden(seen: Hidden | None) -> Iterator[Finding]:
    """Whether deals are hidden that quotations name. HaloPSA leaves them out of every list without an error."""
    if seen is None:
        yield Finding(
            "hidden", "warning", "Quotations or tickets cannot be read, so hidden records cannot be looked for.", "See the scopes above."
        )
    elif seen.unseen:
        yield Finding(
            "hidden",
            "warning",
            f"{seen.unseen} of the {seen.named} deals that the newest quotations name cannot be seen: hidden from this agent, or deleted.",
            "Let the application's agent see all clients, all teams and all ticket types; look one of the deals up in HaloPSA.",
        )
    else:
        yield Finding("hidden", "ok", f"All {seen.named} deals that the newest quotations name can be seen.")


def halo_version(instance: Sequence[Row]) -> Finding:
    """HaloPSA's own version, where it tells."""
    told = next((str(value) for row in instance for name in ("app_version", "version") if (value := row.get(name))), "")
    return Finding(
        "halopsa", "ok", f"HaloPSA {told}." if told else "HaloPSA does not tell its version to this credential; nothing needs it."
    )


def names(policy: Policy, tenant: TenantNames) -> Iterator[Finding]:
    """Whether every name that the policy uses is on the tenant; for one that is not, the names that look alike."""
    types, change = policy.ticket_types, policy.change_request
    wanted: tuple[tuple[str, str, frozenset[str], Iterable[str]], ...] = (
        ("ticket type", "ticket_types.opportunity", tenant.ticket_types, types.opportunity),
        ("ticket type", "ticket_types.project", tenant.ticket_types, types.project),
        ("ticket type", "ticket_types.task", tenant.ticket_types, types.task),
        ("ticket type", "ticket_types.change_request", tenant.ticket_types, types.change_request),
        ("status", "won.statuses", tenant.statuses, policy.won.statuses),
        ("status", "lost.statuses", tenant.statuses, policy.lost.statuses),
        ("status", "project.cancelled_statuses", tenant.statuses, policy.project.cancelled_statuses),
        ("status", "project.client_hold_statuses", tenant.statuses, policy.project.client_hold_statuses),
        ("status", "change_request.approved_statuses", tenant.statuses, change.approved_statuses),
        ("status", "change_request.rejected_statuses", tenant.statuses, change.rejected_statuses),
        ("status", "change_request.withdrawn_statuses", tenant.statuses, change.withdrawn_statuses),
        *(("custom field", f"fields.opportunity.{key}", tenant.custom_fields, [name]) for key, name in policy.fields.opportunity.items()),
        *(("custom field", f"fields.project.{key}", tenant.custom_fields, [name]) for key, name in policy.fields.project.items()),
        *(
            ("custom field", f"change_request.{key}", tenant.custom_fields, [name])
            for key, name in ((f"{part}_field", name) for part, name in change.custom_fields.items())
            if name
        ),
        ("ticket type", "billing.time_and_material_types", tenant.ticket_types, policy.billing.time_and_material_types),
        ("custom field", "billing.type_field", tenant.custom_fields, [policy.billing.type_field] if policy.billing.type_field else []),
    )
    missing = 0
    for kind, key, known, used in wanted:
        for name in used:
            if _folded(name) not in {_folded(one) for one in known}:
                missing += 1
                yield Finding(key, "failure", f'The {kind} "{name}" is not on this tenant.', near_misses(name, known, kind))
    if not missing:
        yield Finding("names", "ok", f"All {sum(len(list(used)) for *_, used in wanted)} names of the policy are on the tenant.")


def near_misses(name: str, known: frozenset[str], kind: str) -> str:
    """What to do about a name that is not there: the names that look alike, if any."""
    by_fold = {_folded(one): one for one in sorted(known)}
    wanted = _folded(name)
    within = [one for one in by_fold if one and wanted and (wanted in one or one in wanted)]
    close = difflib.get_close_matches(wanted, by_fold, n=NEAR_MISSES, cutoff=0.5)
    near = [by_fold[one] for one in dict.fromkeys([*close, *within])][:NEAR_MISSES]
    if near:
        return f"Write it as HaloPSA shows it in handoff.yaml; names that look alike: {', '.join(near)}."
    return f"Add the {kind} in HaloPSA, or name another one in handoff.yaml."


def _folded(name: str) -> str:
    return name.strip().casefold()
