"""The entry point `handoff`: the commands, and the one place where an error becomes a message, a fix and an exit code.

A traceback is shown only with HANDOFF_DEBUG=1: an unforeseen error may carry a secret in its text, so without it
just its kind and place are named.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from handoff_pipeline import __version__
from handoff_pipeline.commands import (
    appeals,
    approve,
    audit,
    baseline,
    demo,
    docs,
    doctor,
    explain_gap,
    explain_handoff,
    explain_kpi,
    explain_project,
    gap_answers,
    halo_setup,
    halo_try_fields,
    init,
    kill_switch,
    ledger_copy,
    outbox,
    outbox_settle,
    override,
    policy,
    policy_history,
    policy_show,
    quarantine,
    rebuild,
    rollback,
    run_night,
    simulator,
    status,
    teams,
    teams_heartbeat,
)
from handoff_pipeline.commands.exits import CODES, Exit, exit_for
from handoff_pipeline.commands.screen import show_error
from handoff_pipeline.errors import HandoffError

app = typer.Typer(
    name="handoff",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From HaloPSA's won opportunities to scored handoffs and KPI tables, every night.",
    epilog=CODES,
)
appeals_group = typer.Typer(no_args_is_help=True, help="What sellers said is no gap, and what came of it.", epilog=appeals.EXAMPLES)
audit_group = typer.Typer(no_args_is_help=True, help="Verify who did what: the audit chain.", epilog=audit.EXAMPLES)
baseline_group = typer.Typer(no_args_is_help=True, help="Freeze what later figures are compared with.", epilog=baseline.EXAMPLES)
explain_group = typer.Typer(no_args_is_help=True, help="Explain one published thing down to HaloPSA's records.")
halo_group = typer.Typer(no_args_is_help=True, help="Prepare HaloPSA itself for the handoff's facts.")
ledger_group = typer.Typer(no_args_is_help=True, help="Where the ledger lies.", epilog=ledger_copy.EXAMPLES)
outbox_group = typer.Typer(no_args_is_help=True, help="What is to be done at far systems, and how far it is.", epilog=outbox.EXAMPLES)
override_group = typer.Typer(no_args_is_help=True, help="Exceptions from a control, with an end.", epilog=override.EXAMPLES)
policy_group = typer.Typer(no_args_is_help=True, help="Work with the policy file (handoff.yaml).")
quarantine_group = typer.Typer(invoke_without_command=True, help="Show what is set aside, or accept it.", epilog=quarantine.EXAMPLES)
teams_group = typer.Typer(no_args_is_help=True, help="Check, preview and prove the cards in Teams.", epilog=teams.EXAMPLES)


def _print_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"handoff-pipeline {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """From HaloPSA's won opportunities to scored handoffs and KPI tables, every night."""


app.command("demo", epilog=demo.EXAMPLES)(demo.demo)
app.command("run", epilog=run_night.EXAMPLES)(run_night.run_night)
app.command("rebuild", epilog=rebuild.EXAMPLES)(rebuild.rebuild)
app.command("status", epilog=status.EXAMPLES)(status.status)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.command("init", epilog=init.EXAMPLES)(init.init)
app.command("simulator", epilog=simulator.EXAMPLES)(simulator.simulator)
app.command("docs", epilog=docs.EXAMPLES)(docs.docs)
app.command("approve", epilog=approve.EXAMPLES)(approve.approve)
app.command("rollback", epilog=rollback.EXAMPLES)(rollback.rollback)
app.command("snooze", epilog=gap_answers.SNOOZE_EXAMPLES)(gap_answers.snooze)
app.command("appeal", epilog=gap_answers.APPEAL_EXAMPLES)(gap_answers.appeal)
app.command("kill-switch", epilog=kill_switch.EXAMPLES)(kill_switch.switch)
explain_group.command("kpi", epilog=explain_kpi.EXAMPLES)(explain_kpi.kpi)
explain_group.command("handoff", epilog=explain_handoff.EXAMPLES)(explain_handoff.handoff)
explain_group.command("gap", epilog=explain_gap.EXAMPLES)(explain_gap.gap)
explain_group.command("project", epilog=explain_project.EXAMPLES)(explain_project.project)
halo_group.command("setup", epilog=halo_setup.EXAMPLES)(halo_setup.setup)
halo_group.command("try-fields", epilog=halo_try_fields.EXAMPLES)(halo_try_fields.try_fields)
policy_group.command("check", epilog=policy.EXAMPLES)(policy.check)
policy_group.command("show", epilog=policy_show.EXAMPLES)(policy_show.show)
policy_group.command("history", epilog=policy_history.EXAMPLES)(policy_history.history)
policy_group.command("schema", epilog=policy_show.SCHEMA_EXAMPLES)(policy_show.schema)
baseline_group.command("capture", epilog=baseline.CAPTURE_EXAMPLES)(baseline.capture)
baseline_group.command("freeze", epilog=baseline.FREEZE_EXAMPLES)(baseline.freeze)
baseline_group.command("rebaseline", epilog=baseline.REBASELINE_EXAMPLES)(baseline.rebaseline)
baseline_group.command("list", epilog=baseline.LIST_EXAMPLES)(baseline.show_all)
appeals_group.command("list", epilog=appeals.LIST_EXAMPLES)(appeals.show_all)
appeals_group.command("settle", epilog=appeals.SETTLE_EXAMPLES)(appeals.settle)
audit_group.command("verify", epilog=audit.VERIFY_EXAMPLES)(audit.verify)
audit_group.command("head", epilog=audit.HEAD_EXAMPLES)(audit.head)
audit_group.command("list", epilog=audit.LIST_EXAMPLES)(audit.show_all)
ledger_group.command("copy", epilog=ledger_copy.EXAMPLES)(ledger_copy.copy)
outbox_group.command("list", epilog=outbox.LIST_EXAMPLES)(outbox.show_all)
outbox_group.command("show", epilog=outbox.SHOW_EXAMPLES)(outbox.show)
outbox_group.command("plan", epilog=outbox.PLAN_EXAMPLES)(outbox.plan)
outbox_group.command("refuse", epilog=outbox.REFUSE_EXAMPLES)(outbox.refuse)
outbox_group.command("settle", epilog=outbox_settle.EXAMPLES)(outbox_settle.settle)
override_group.command("request", epilog=override.REQUEST_EXAMPLES)(override.request)
override_group.command("list", epilog=override.LIST_EXAMPLES)(override.show_all)
override_group.command("close", epilog=override.CLOSE_EXAMPLES)(override.close)
teams_group.command("check", epilog=teams.CHECK_EXAMPLES)(teams.check)
teams_group.command("preview", epilog=teams.PREVIEW_EXAMPLES)(teams.preview)
teams_group.command("heartbeat", epilog=teams_heartbeat.EXAMPLES)(teams_heartbeat.heartbeat)
app.add_typer(appeals_group, name="appeals")
app.add_typer(audit_group, name="audit")
app.add_typer(baseline_group, name="baseline")
app.add_typer(explain_group, name="explain")
app.add_typer(halo_group, name="halo")
quarantine_group.callback()(quarantine.show)
quarantine_group.command("accept", epilog=quarantine.ACCEPT_EXAMPLES)(quarantine.accept)
app.add_typer(ledger_group, name="ledger")
app.add_typer(outbox_group, name="outbox")
app.add_typer(override_group, name="override")
app.add_typer(policy_group, name="policy")
app.add_typer(quarantine_group, name="quarantine")
app.add_typer(teams_group, name="teams")


@explain_group.callback()
def _explain() -> None:
    """Explain one published thing down to HaloPSA's records."""


@halo_group.callback()
def _halo() -> None:
    """Prepare HaloPSA itself for the handoff's facts."""


@ledger_group.callback()
def _ledger() -> None:
    """Where the ledger lies."""


@policy_group.callback()
def _policy() -> None:
    """Work with the policy file (handoff.yaml)."""


def execute(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are shown here and nowhere else."""
    as_json = "--json" in arguments
    debug = os.environ.get("HANDOFF_DEBUG") == "1"
    try:
        code = app(args=list(arguments), prog_name="handoff", standalone_mode=False)
    except HandoffError as error:
        if debug:
            traceback.print_exc()
        show_error(error.message, error.fix, as_json=as_json)
        return exit_for(error)
    except typer.TyperException as error:
        show_error(error.format_message(), "`handoff COMMAND --help` shows the usage with examples.", as_json=as_json)
        return Exit.USAGE
    except (typer.Abort, KeyboardInterrupt):
        show_error("Interrupted.", "Run the command again: what was finished is kept.", as_json=as_json)
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outermost boundary: whatever it is, the reader gets a message and an exit code
        if debug:
            traceback.print_exc()
        show_error(f"Unforeseen {type(error).__name__} {_place(error)}.", "HANDOFF_DEBUG=1 shows all of it.", as_json=as_json)
        return Exit.FAILED
    return code if isinstance(code, int) else Exit.DONE


def _place(error: BaseException) -> str:
    """Where the error was raised, as module and line."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"in {os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else "at an unknown place"  # noqa: PTH119


def run() -> None:
    """The console script `handoff`."""
    sys.exit(execute(sys.argv[1:]))
