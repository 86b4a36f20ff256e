"""The command line as a whole: help, exit codes, and errors that say what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from handoff_pipeline.commands import main
from handoff_pipeline.commands.exits import Exit, exit_for
from handoff_pipeline.errors import HandoffError, LeaseHeld, PolicyError

COMMANDS = (
    ("demo",),
    ("run",),
    ("status",),
    ("doctor",),
    ("init",),
    ("simulator",),
    ("docs",),
    ("explain", "handoff"),
    ("policy", "check"),
    ("halo", "setup"),
    ("outbox", "list"),
    ("outbox", "show"),
    ("outbox", "plan"),
    ("outbox", "refuse"),
    ("outbox", "settle"),
    ("approve",),
    ("rollback",),
    ("override", "request"),
    ("override", "list"),
    ("snooze",),
    ("appeal",),
    ("appeals", "list"),
    ("appeals", "settle"),
    ("kill-switch",),
    ("teams", "check"),
    ("teams", "preview"),
    ("teams", "heartbeat"),
)


@pytest.fixture
def failing(monkeypatch):
    """Put a command line in place whose one command raises."""

    def install(error: BaseException) -> None:
        app = typer.Typer(pretty_exceptions_enable=False)

        @app.command()
        def fail() -> None:
            raise error

        monkeypatch.setattr(main, "app", app)

    return install


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_examples(handoff, command):
    said = handoff(*command, "--help")
    assert said.code == Exit.DONE
    assert f"handoff {' '.join(command)}" in said.out.split("Examples:")[1]
    assert "--json" in said.out


def test_the_root_lists_the_commands_and_the_exit_codes(handoff):
    said = handoff("--help")
    assert said.code == Exit.DONE
    assert {command[0] for command in COMMANDS} <= set(said.out.split())
    assert "Exit codes: 0 done, 1 failed, 2 wrong usage" in said.out


def test_the_version_is_told(handoff):
    assert handoff("--version").out.startswith("handoff-pipeline 0.")


@pytest.mark.parametrize(
    "arguments", [("bogus",), ("explain", "handoff"), ("explain", "handoff", "x"), ("demo", "--nights", "0"), ("run", "--what")]
)
def test_wrong_usage_ends_with_2_and_names_the_help(handoff, arguments):
    said = handoff(*arguments)
    assert said.code == Exit.USAGE
    assert "Error: " in said.err
    assert "--help" in said.err
    assert "Traceback" not in said.err


def test_an_error_is_a_message_and_a_fix(handoff):
    said = handoff("policy", "check", "--file", "nowhere.yaml")
    assert said.code == Exit.FAILED
    assert said.out == ""
    assert "Error: The policy file nowhere.yaml cannot be read" in said.err
    assert "Fix: Set HANDOFF_POLICY_FILE" in said.err
    assert "Traceback" not in said.err


def test_an_error_for_a_script_is_json_on_standard_output(handoff):
    said = handoff("policy", "check", "--file", "nowhere.yaml", "--json")
    assert said.code == Exit.FAILED
    assert set(said.json["error"]) == {"message", "fix"}


def test_debug_shows_the_traceback(handoff, monkeypatch):
    monkeypatch.setenv("HANDOFF_DEBUG", "1")
    assert "Traceback" in handoff("policy", "check", "--file", "nowhere.yaml").err


def test_an_unforeseen_error_keeps_its_text_to_itself(handoff, failing):
    failing(RuntimeError("token=s3cret"))
    said = handoff()
    assert said.code == Exit.FAILED
    assert "Unforeseen RuntimeError in test_main.py" in said.err
    assert "s3cret" not in said.err + said.out
    assert "Traceback" not in said.err


def test_an_interruption_is_no_failure_of_the_program(handoff, failing):
    failing(KeyboardInterrupt())
    said = handoff()
    assert said.code == Exit.INTERRUPTED
    assert "Traceback" not in said.err


def test_a_held_warehouse_is_busy_and_every_other_error_failed():
    assert exit_for(LeaseHeld("held", "wait")) == Exit.BUSY
    assert exit_for(HandoffError("x")) == exit_for(PolicyError("x")) == Exit.FAILED


def test_help_imports_nothing_heavy():
    code = "import handoff_pipeline.commands.main, sys; print({'dagster', 'duckdb', 'polars', 'httpx', 'uvicorn'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
