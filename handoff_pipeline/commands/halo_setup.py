"""`handoff halo setup`: the custom fields that the policy maps and the tenant lacks; lists them, and makes them where that is confirmed.

Which fields, of which type, is decided in `governance.drafting.setup_plan`. The one thing to know: it changes nothing without --apply and
a confirmation, through the writer's own credential; and that HaloPSA takes a new field by its API at all is a guess of the public sources.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.screen import Json, emit, err, out, plain
from handoff_pipeline.errors import HandoffError, SettingsError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.governance.drafting.setup_plan import NewField

EXAMPLES = """Examples:\n
handoff halo setup --plan\n
handoff halo setup --apply\n
handoff halo setup --apply --yes --json"""

GUESS = (
    "A guess: no public source shows HaloPSA taking a new custom field by its API (POST /FieldInfo), nor which scope it asks for."
    " Each field is read back; where that fails, make it by hand as the plan says."
)
WIDER = (
    "Make it by hand as the plan says. Or, if your HaloPSA wants the scope admin for it: tick it at the writer's application,"
    ' run this once with HANDOFF_HALO_WRITER_SCOPE="edit:tickets admin" and HANDOFF_ALLOW_SCOPE_ALL=true, and take it away again.'
)
FIELD_LIST = "A new field shows on no ticket type yet: add it to the field lists named in the plan, in HaloPSA."


def setup(
    plan: Annotated[bool, typer.Option("--plan", help="Only list what is lacking; the default.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Create the listed fields in HaloPSA, after a confirmation.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Confirm without being asked, for scripts.")] = False,
    as_json: Json = False,
) -> None:
    """List the custom fields that your policy maps and the tenant lacks; create them with --apply.

    Nothing is changed without --apply. Creating needs the writer's credential (HANDOFF_HALO_WRITER_*).
    """
    from handoff_pipeline.governance.drafting.setup_plan import fields_to_make
    from handoff_pipeline.halo.credential import writer
    from handoff_pipeline.halo.visibility import SET_UP_REQUESTS, set_up
    from handoff_pipeline.policy import load_policy

    if plan and apply:
        raise SettingsError("--plan and --apply exclude each other.", "Leave --apply out to see what is lacking.")
    settings = load_settings()
    policy = load_policy(settings.policy_file)
    if apply:
        # Refused before anything is asked: a plan that cannot be carried out is no news to somebody who wants it done.
        writer(settings)
    err().print(plain(f"Asks {settings.tenant_name} {SET_UP_REQUESTS} questions."))
    lacking = fields_to_make(policy, set_up(settings, clock_for(settings.as_of)).rows("field_info"))
    if not as_json:
        _show(lacking)
    if not apply or not lacking:
        if as_json:
            emit({"lacking": [_payload(field) for field in lacking], "created": []})
        return
    _confirm(len(lacking), yes=yes)
    created, failed = asyncio.run(_create(settings, lacking))
    _report(lacking, created, failed, as_json=as_json)
    raise typer.Exit(Exit.FAILED if failed else Exit.DONE)


def _confirm(number: int, *, yes: bool) -> None:
    """Return only when a person, or --yes, agrees.

    Raises:
        SettingsError: nobody can be asked, or the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise SettingsError("Nobody can be asked to confirm, so nothing was created.", "Add --yes if you have read the plan.")
    if not typer.confirm(f"Create these {number} custom fields in HaloPSA?", default=False, err=True):
        raise SettingsError("Not confirmed, so nothing was created.", "Run it again and answer y, or make the fields by hand.")


async def _create(settings: Settings, lacking: Sequence[NewField]) -> tuple[dict[str, str], dict[str, HandoffError]]:
    """Create the fields one after the other; a failure ends it, since the next would fail for the same reason.

    Returns:
        Names of the created fields with their ids, and the one that failed with the reason.
    """
    from handoff_pipeline.channels.kill_switch import kill_switch
    from handoff_pipeline.halo.errors import PermissionMissing
    from handoff_pipeline.halo.writer import writing

    created: dict[str, str] = {}
    is_thrown = kill_switch(settings)
    async with writing(settings, clock_for(settings.as_of)) as halo:
        for field in lacking:
            if is_thrown():
                stopped = HandoffError(
                    "The kill switch is thrown, so nothing is written.", "`handoff kill-switch status` says by whom and why."
                )
                return created, {field.name: stopped}
            try:
                written = await halo.upsert("field_info", field.record)
            except PermissionMissing as error:
                return created, {field.name: HandoffError(error.message, WIDER)}
            except HandoffError as error:
                return created, {field.name: error}
            created[field.name] = str(written.key[0])
    return created, {}


def _show(lacking: Sequence[NewField]) -> None:
    console = out()
    if not lacking:
        console.print(plain("The tenant has every custom field that the policy maps.", "green"))
        return
    console.print(plain(f"The policy maps {len(lacking)} custom field{'s' * (len(lacking) > 1)} that the tenant lacks:", "bold"))
    for field in lacking:
        console.print(plain(f"{field.name}: {field.type_name}, on {', '.join(field.ticket_types)}"), soft_wrap=True)
        console.print(plain(f"    for {field.key}: {field.why}"), soft_wrap=True)
        if field.options:
            console.print(plain(f"    options: {', '.join(field.options)}"), soft_wrap=True)
        if field.looks_like:
            console.print(
                plain(f"    looks like: {', '.join(field.looks_like)}; if that is meant, correct handoff.yaml", "yellow"), soft_wrap=True
            )
        console.print(plain(f"    by hand: {field.by_hand}"), soft_wrap=True)
    console.print(plain("Nothing was changed. `handoff halo setup --apply` creates them."), soft_wrap=True)
    console.print(plain(GUESS), soft_wrap=True)


def _report(lacking: Sequence[NewField], created: dict[str, str], failed: dict[str, HandoffError], *, as_json: bool) -> None:
    if as_json:
        problems = [{"name": name, "message": error.message, "fix": error.fix} for name, error in failed.items()]
        emit({"lacking": [_payload(field) for field in lacking], "created": created, "failed": problems})
        return
    for name, number in created.items():
        out().print(plain(f"Created {name}, id {number}; read back and found as sent.", "green"), soft_wrap=True)
    for name, error in failed.items():
        err().print(plain(f"{name} was not created: {error.message}", "red"), soft_wrap=True)
        err().print(plain(f"Fix: {error.fix or 'Make it by hand as the plan says.'}"), soft_wrap=True)
    if created:
        out().print(plain(FIELD_LIST), soft_wrap=True)


def _payload(field: NewField) -> dict[str, object]:
    return {**vars(field), "type": field.type_name, "by_hand": field.by_hand}
