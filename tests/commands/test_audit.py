"""`handoff audit` says what it proves and against whom, and fails where something was tampered with."""

from __future__ import annotations

import pytest

from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.ledger import AuditKeys, Ledger
from tests.ledger.acting import AT, KEY, an_approval, an_intent


@pytest.fixture
def where(tmp_path):
    where = tmp_path / "home" / "ledger" / "ledger.sqlite"
    where.parent.mkdir(parents=True)
    return where


@pytest.fixture
def ledger(where, monkeypatch):
    monkeypatch.setenv("HANDOFF_AUDIT_KEY", KEY.current.get_secret_value())
    with Ledger.open(where) as opened:
        opened.intents.propose([an_intent("a"), an_intent("b")])
        yield opened


@pytest.fixture
def unkeyed(where):
    with Ledger.open(where, AuditKeys()) as opened:
        opened.intents.propose([an_intent("a")])
        yield opened


def cut(ledger):
    """The last row, and what it is about, taken out by somebody who puts the triggers back."""
    guards = ("audit_keeps_delete", "outbox_keeps_delete", "intent_event_keeps_delete")
    with ledger.engine.begin() as connection:
        made = [connection.exec_driver_sql("select sql from sqlite_master where name = ?", (name,)).scalar_one() for name in guards]
        for name in guards:
            connection.exec_driver_sql(f"drop trigger {name}")
        connection.exec_driver_sql("delete from audit where seq = 2")
        connection.exec_driver_sql("delete from intent_event where event_no = 2")
        connection.exec_driver_sql("delete from outbox where dedupe_key = 'b'")
        for statement in made:
            connection.exec_driver_sql(statement)


def test_a_sound_chain_says_against_whom_and_what_it_leaves_open(handoff, ledger):
    said = handoff("audit", "verify")
    assert said.code == Exit.DONE
    assert "Proved: rows 1 to 2 were written with the key" in said.out
    assert "nobody without the key" in said.out
    assert "Not proved: that no row was cut off the end" in said.out
    assert "Not proved: anything against somebody who has the key" in said.out


def test_a_head_that_was_kept_proves_all_up_to_it_against_anybody(handoff, ledger):
    kept = handoff("audit", "head").out.strip()
    said = handoff("audit", "verify", "--head", kept)
    assert said.code == Exit.DONE
    assert "rows 1 to 2 are the ones whose head you kept: nobody has edited" in said.out
    ledger.intents.approve_automatic(AT)
    assert "rows after 2, the newest head you gave, could have been" in handoff("audit", "verify", "--head", kept).out


def test_a_cut_tail_fails_with_the_head_and_passes_without(handoff, ledger):
    kept = handoff("audit", "head").out.strip()
    cut(ledger)
    assert handoff("audit", "verify").code == Exit.DONE
    said = handoff("audit", "verify", "--head", kept)
    assert said.code == Exit.FAILED
    assert "The chain is broken at row 2: it is missing" in said.out
    assert "Not proved: anything of row 2 and what follows it" in said.out


def test_an_edited_row_is_named(handoff, ledger):
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("drop trigger audit_keeps_update")
        connection.exec_driver_sql("update audit set actor = 5 where seq = 1")
    said = handoff("audit", "verify", "--json")
    assert said.code == Exit.FAILED
    assert (said.json["holds"], said.json["bad_seq"]) == (False, 1)


def test_an_edited_record_is_named(handoff, ledger):
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("update outbox set state = 'refused' where dedupe_key = 'a'")
    said = handoff("audit", "verify")
    assert (said.code, "The records do not agree with the chain: intent " in said.out) == (Exit.FAILED, True)


def test_a_chain_without_a_key_says_that_it_proves_nothing(handoff, unkeyed):
    said = handoff("audit", "verify")
    assert said.code == Exit.STALE
    assert "rows 1 to 1 have no key: against somebody who can write to the ledger they prove nothing. Set HANDOFF_AUDIT_KEY." in said.out
    assert "Proved: rows" not in said.out


def test_a_head_kept_elsewhere_proves_rows_without_a_key_too(handoff, unkeyed):
    kept = handoff("audit", "head").out.strip()
    assert handoff("audit", "verify", "--head", kept).code == Exit.DONE


def test_rows_older_than_the_key_are_right_once_a_person_says_where_it_began(handoff, unkeyed, where, monkeypatch):
    monkeypatch.setenv("HANDOFF_AUDIT_KEY", "k" * 32)
    assert "--keyed-from" not in handoff("audit", "verify").out
    with Ledger.open(where, KEY) as keyed:
        keyed.intents.propose([an_intent("later")])
    said = handoff("audit", "verify")
    assert (said.code, "--keyed-from 2" in said.out) == (Exit.STALE, True)
    assert handoff("audit", "verify", "--keyed-from", "2").code == Exit.DONE
    assert handoff("audit", "verify", "--keyed-from", "1").code == Exit.FAILED


def test_rows_with_a_key_that_were_all_cut_off_are_missed_where_one_is_known(handoff, unkeyed, monkeypatch):
    monkeypatch.setenv("HANDOFF_AUDIT_KEY", "k" * 32)
    said = handoff("audit", "verify", "--keyed-from", "2")
    assert (said.code, "up to 2, which is known to have a key" in said.out) == (Exit.FAILED, True)


def test_what_no_row_holds_is_not_said_to_be_proved(handoff, ledger):
    ledger.approvals.ask(an_approval())
    ledger.approvals.decide("a1", "accepted", AT, identity="agent:21")
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("update approval set identity = 'agent:99'")
    said = handoff("audit", "verify")
    assert (said.code, "but for the words that identified an approver" in said.out) == (Exit.DONE, True)


def test_a_head_that_went_elsewhere_is_remembered(handoff, ledger):
    said = handoff("audit", "head", "--kept-at", "auditor", "--json")
    assert said.json["seq"] == 2
    assert [(head.seq, head.kept_where) for head in ledger.audit.heads()] == [(2, "auditor")]


@pytest.mark.parametrize("head", ["2", "2:abc", f"0:{'a' * 64}", "x"])
def test_a_head_that_is_none_is_refused_with_its_form(handoff, ledger, head):
    said = handoff("audit", "verify", "--head", head)
    assert (said.code, "is no head" in said.err) == (Exit.FAILED, True)


def test_an_empty_chain_has_no_head(handoff, where):
    Ledger.open(where).close()
    said = handoff("audit", "head")
    assert (said.code, "is empty" in said.err) == (Exit.FAILED, True)
    assert "that the chain was always empty" in handoff("audit", "verify").out


def test_the_newest_rows_are_listed(handoff, ledger):
    rows = handoff("audit", "list", "--last", "1", "--json").json["rows"]
    assert [(row["seq"], row["kind"]) for row in rows] == [(2, "intent.proposed")]
    assert "intent.proposed" in handoff("audit", "list").out


def test_before_the_first_run_it_says_how_to_start_one(handoff):
    assert "handoff run" in handoff("audit", "verify").err


def test_a_short_key_is_refused_without_being_shown(handoff, monkeypatch):
    monkeypatch.setenv("HANDOFF_AUDIT_KEY", "hunter2")
    said = handoff("audit", "verify")
    assert (said.code, "HANDOFF_AUDIT_KEY" in said.err, "hunter2" in said.err) == (Exit.FAILED, True, False)


def test_a_missing_trigger_is_told_without_a_word_more_than_is_known(handoff, ledger):
    assert "its triggers stand now, and may have been taken away and put back" in handoff("audit", "verify").out
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("drop trigger outbox_keeps_delete")
    said = handoff("audit", "verify")
    assert (said.code, "The chain is broken" in said.out) == (Exit.STALE, False)
    assert "outbox_keeps_delete is missing. Who did that, and when, is not known" in said.out
    assert handoff("audit", "verify", "--json").json["unguarded"] == ["outbox_keeps_delete is missing"]
