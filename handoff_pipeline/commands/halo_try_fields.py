"""`handoff halo try-fields`: writes one of our custom fields to one test record and says whether HaloPSA left its other fields alone.

What is compared is `channels.field_trial`'s. The one thing to know: it writes, so it asks first and names the record; take one that nobody
needs, since HaloPSA may empty its other fields before they are put back.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import Yes, may_write
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.errors import HandoffError, SettingsError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.channels.field_trial import Trial
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff halo try-fields --ticket 1042\n
handoff halo try-fields --ticket 1042 --yes --json"""


def try_fields(
    ticket: Annotated[int, typer.Option("--ticket", min=1, help="An opportunity made for trials, with some custom fields filled.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write one field of write_back.fields to a test record; say whether its other fields stay as they were (exits with 1 if not).

    Run it before the pilot. What was lost is put back at once. Needs the writer's credential (HANDOFF_HALO_WRITER_*).
    """
    from handoff_pipeline.channels.kill_switch import kill_switch
    from handoff_pipeline.halo.credential import writer
    from handoff_pipeline.policy import load_policy

    settings = load_settings()
    policy = load_policy(settings.policy_file)
    name = next(iter(policy.write_back.fields.named.values()), None)
    if name is None:
        raise HandoffError("The policy writes no custom field.", "Name one in write_back.fields; without it none is ever written.")
    writer(settings)
    if kill_switch(settings)():
        raise HandoffError("The kill switch is thrown, so nothing is written.", "`handoff kill-switch status` says by whom and why.")
    if not may_write(
        f"Write {name} of opportunity {ticket} at {settings.tenant_name}, a record that nobody needs?", yes=yes, as_json=as_json
    ):
        raise SettingsError("Nothing was written: with --json nobody is asked.", "Add --yes.")
    trial = asyncio.run(_try(settings, policy, ticket, name))
    if as_json:
        emit({"ticket": ticket, "field": name, "sent": policy.write_back.custom_fields, "is_safe": trial.is_safe, **asdict(trial)})
    else:
        _say(trial, ticket, name, policy.write_back.custom_fields)
    raise typer.Exit(Exit.DONE if trial.is_safe else Exit.FAILED)


async def _try(settings: Settings, policy: Policy, ticket: int, name: str) -> Trial:
    from handoff_pipeline.channels.field_trial import try_field
    from handoff_pipeline.channels.halo_writes import HaloForms
    from handoff_pipeline.halo.writer import writing

    async with writing(settings, clock_for(settings.as_of)) as halo:
        return await try_field(halo, HaloForms.of(policy), ticket, name)


def _say(trial: Trial, ticket: int, name: str, sent: str) -> None:
    console = out()
    if trial.lost:
        console.print(
            plain(f"Writing {name} to {ticket} changed {len(trial.lost)} others: {', '.join(trial.lost)}.", "bold red"), soft_wrap=True
        )
        left = f"Not put back: {', '.join(trial.not_restored)}." if trial.not_restored else "All were put back."
        console.print(plain(left), soft_wrap=True)
        advice = (
            "Leave write_back.fields empty." if sent == "all" or trial.not_restored else "Set write_back.custom_fields: all and try again."
        )
        console.print(plain(f"Fix: {advice}"), soft_wrap=True)
    elif not trial.is_taken:
        console.print(plain(f"HaloPSA said yes and {name} of {ticket} does not hold what was sent.", "red"), soft_wrap=True)
        console.print(plain("Fix: give the writer's user the right to the field, and add it to the type's field list."), soft_wrap=True)
    else:
        console.print(plain(f"{name} was written, and {trial.witnesses} other fields hold what they held.", "green"), soft_wrap=True)
