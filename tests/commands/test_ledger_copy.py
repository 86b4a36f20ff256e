"""`handoff ledger copy`: from the file in the home to PostgreSQL, whole or not at all, and only when told to."""

from __future__ import annotations

import json

import pytest

from handoff_pipeline.commands.main import execute
from handoff_pipeline.ledger import Ledger, Run
from handoff_pipeline.warehouse import Home, acquire
from tests.ledger.acting import AT, an_intent


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a ledger in its file."""
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path))
    made = Home(tmp_path)
    made.prepare()
    with Ledger.open(made.ledger_file) as ledger:
        ledger.start_run(Run("r1", AT, AT, "1", "hash", "duckdb", "shadow"))
        ledger.intents.propose([an_intent("a"), an_intent("b")])
    return made


@pytest.mark.must_run
def test_a_copy_is_shown_first_made_when_told_to_and_made_once(home, monkeypatch, postgresql_empty, capsys):
    monkeypatch.setenv("HANDOFF_LEDGER_URL", postgresql_empty.get_secret_value())
    assert execute(["ledger", "copy", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["copied"], shown["rows"]["outbox"], shown["to"][:27]) == (False, 2, "postgresql+psycopg://handof")
    with Ledger.open(postgresql_empty) as ledger:
        assert ledger.runs() == []

    assert execute(["ledger", "copy", "--yes"]) == 0
    told = capsys.readouterr().out
    assert "The audit chain of 2 rows holds, as before." in " ".join(told.split())
    with Ledger.open(postgresql_empty) as ledger:
        assert ([run.run_id for run in ledger.runs()], len(ledger.intents.all())) == (["r1"], 2)

    assert execute(["ledger", "copy", "--yes"]) == 1
    assert "never merged" in " ".join(capsys.readouterr().err.split())


@pytest.mark.must_run
def test_nothing_is_copied_while_a_night_runs(home, monkeypatch, postgresql_empty):
    monkeypatch.setenv("HANDOFF_LEDGER_URL", postgresql_empty.get_secret_value())
    with acquire(home, "a-night"):
        assert execute(["ledger", "copy", "--yes"]) == 4


def test_without_an_address_there_is_nowhere_to_copy_to(home, capsys):
    assert execute(["ledger", "copy", "--yes"]) == 1
    assert "HANDOFF_LEDGER_URL is not set" in " ".join(capsys.readouterr().err.split())


def test_without_a_file_there_is_nothing_to_copy(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "new"))
    monkeypatch.setenv("HANDOFF_LEDGER_URL", "postgresql://handoff@127.0.0.1:1/ledger")
    assert execute(["ledger", "copy", "--yes"]) == 1
    assert "There is no ledger at" in " ".join(capsys.readouterr().err.split())
