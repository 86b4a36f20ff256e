"""The audit chain shows what was done to it: each edit, deletion, swap and rewriting, and says nothing of what it cannot know."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import datetime

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError

from handoff_pipeline.errors import HandoffError
from handoff_pipeline.ledger import AuditEntry, AuditHead, AuditKeys, Ledger
from handoff_pipeline.ledger.audit_hash import row_hash
from handoff_pipeline.ledger.audit_verify import KnownHead, judge, verify
from tests.ledger.acting import AT, KEY, ON_SQLITE, an_approval, an_intent, an_override

OTHER = AuditKeys(SecretStr("o" * 32))
ROWS = 6


@pytest.fixture
def ledger(acting):
    """Six rows: two intents, one of them claimed, an approval, an override."""
    acting.intents.propose([an_intent("a"), an_intent("b")])
    acting.intents.approve_automatic(AT)
    acting.approvals.ask(an_approval())
    acting.people.request_override(an_override())
    return acting


TRIGGERS = {
    "sqlite": "select 'drop trigger ' || name from sqlite_master where type = 'trigger'",
    "postgresql": "select 'drop trigger ' || tgname || ' on ' || tgrelid::regclass from pg_trigger where not tgisinternal",
}


def as_owner(ledger, *statements):
    """What somebody can do who may write to the database: triggers are his to drop."""
    with ledger.engine.begin() as connection:
        for (drop,) in connection.exec_driver_sql(TRIGGERS[connection.dialect.name]).all():
            connection.exec_driver_sql(drop)
        for statement in statements:
            connection.exec_driver_sql(statement)


def moved(old, new):
    return f"update audit set seq = {new} where seq = {old}"  # noqa: S608 - numbers


def rows_of(ledger):
    return ledger.audit.last_rows(1000)


def rewritten(rows, key):
    """The rows chained anew under `key` from the first on."""
    made, before = [], "0" * 64
    for row in rows:
        fresh = replace(row, previous_hash=before)
        made.append(replace(fresh, row_hash=row_hash(fresh, key)))
        before = made[-1].row_hash
    return made


def test_a_chain_that_nobody_touched_holds(ledger):
    verdict = verify(ledger.engine, KEY)
    assert (verdict.why, verdict.rows, verdict.unkeyed) == (None, ROWS, 0)
    head = ledger.audit.head()
    assert (verdict.last_seq, verdict.last_hash) == (head.seq, head.row_hash)


def test_a_row_is_hashed_as_the_manual_says(ledger):
    rows = rows_of(ledger)
    for row in rows:
        columns = {name: getattr(row, name) for name in ("seq", "at", "kind", "subject", "actor", "content")}
        text = f"{row.previous_hash}\n{json.dumps(columns, sort_keys=True, separators=(',', ':'))}"
        assert row.row_hash == hmac.new(b"k" * 32, text.encode(), hashlib.sha256).hexdigest()
    assert rows[0].previous_hash == "0" * 64
    assert rows[0].at == "2026-09-01T09:00:00.000000Z"


@ON_SQLITE
@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-09-01T09:00:01.000000Z'",
        "kind = 'intent.refused'",
        "subject = 'x'",
        "actor = 99",
        "content = '{}'",
        "content = content || ' '",
        "content = x'00ff'",
        "actor = 'jo'",
        f"previous_hash = '{'1' * 64}'",
        f"row_hash = '{'1' * 64}'",
        "row_hash = upper(row_hash)",
    ],
)
@pytest.mark.parametrize("seq", [1, 3, ROWS])
def test_an_edit_of_any_column_of_any_row_is_found_at_that_row(ledger, change, seq):
    as_owner(ledger, f"update audit set {change} where seq = {seq}")  # noqa: S608 - the words stand above
    verdict = verify(ledger.engine, KEY)
    assert (verdict.bad_seq, verdict.rows) == (seq, seq - 1)


@pytest.mark.parametrize("seq", [1, 3])
def test_a_deleted_row_is_missed_at_the_next(ledger, seq):
    as_owner(ledger, f"delete from audit where seq = {seq}")  # noqa: S608 - a number
    verdict = verify(ledger.engine, KEY)
    assert verdict.bad_seq == seq + 1
    assert f"row {seq} is missing" in str(verdict.why)


def test_a_deleted_row_is_missed_after_renumbering_too(ledger):
    as_owner(ledger, "delete from audit where seq = 3", *(moved(seq, seq - 1) for seq in range(4, ROWS + 1)))
    assert verify(ledger.engine, KEY).bad_seq == 3


def test_two_swapped_rows_are_found_at_the_first(ledger):
    as_owner(ledger, moved(2, 99), moved(3, 2), moved(99, 3))
    assert verify(ledger.engine, KEY).bad_seq == 2


def test_a_row_added_without_the_key_is_found(ledger):
    last = rows_of(ledger)[-1]
    forged = replace(last, seq=last.seq + 1, previous_hash=last.row_hash)
    verdict = judge([*rows_of(ledger), replace(forged, row_hash=row_hash(forged, None))], KEY)
    assert verdict.bad_seq == ROWS + 1
    assert "without the present key" in str(verdict.why)


def test_a_tail_that_was_cut_off_is_shown_by_a_head_kept_elsewhere(ledger):
    head = ledger.audit.head()
    as_owner(ledger, "delete from audit where seq > 4")
    verdict = verify(ledger.engine, KEY, [KnownHead(head.seq, head.row_hash, "on paper")])
    assert verdict.bad_seq == 5
    assert "up to 6, whose head is on paper" in str(verdict.why)


def test_a_tail_that_was_cut_off_with_its_records_is_not_shown_without_a_head(ledger):
    as_owner(ledger, "delete from audit where seq > 5", "delete from override")
    assert verify(ledger.engine, KEY).why is None


def test_a_head_that_the_ledger_remembers_is_held_against_the_chain(ledger):
    head = ledger.audit.head()
    ledger.audit.keep_head(AuditHead(head.seq, head.row_hash, AT, "teams", "digest 2026-W36"))
    as_owner(ledger, "delete from audit where seq > 5", "delete from override")
    assert "kept at teams" in str(verify(ledger.engine, KEY).why)


def test_a_chain_written_anew_with_the_key_is_shown_by_a_head_kept_elsewhere(ledger):
    head = rows_of(ledger)[2]
    rows = rewritten([replace(row, actor=5) for row in rows_of(ledger)], KEY.current)
    assert judge(rows, KEY).why is None
    verdict = judge(rows, KEY, [KnownHead(head.seq, head.row_hash, "on paper")])
    assert (verdict.bad_seq, "written anew" in str(verdict.why)) == (3, True)


@pytest.mark.parametrize("key", [OTHER.current, SecretStr("")])
def test_a_chain_written_anew_with_another_key_fails_at_its_first_row(ledger, key):
    assert judge(rewritten(rows_of(ledger), key), KEY).bad_seq == 1


def test_a_chain_written_anew_without_a_key_counts_as_unkeyed_and_fails_where_the_key_is_known_to_begin(ledger):
    rows = rewritten([replace(row, actor=5) for row in rows_of(ledger)], None)
    assert judge(rows, KEY).unkeyed == ROWS
    verdict = judge(rows, KEY, keyed_from=1)
    assert (verdict.bad_seq, "without the key" in str(verdict.why)) == (1, True)


def test_a_row_of_another_chain_under_the_same_key_does_not_follow(ledger, tmp_path):
    with Ledger.open(tmp_path / "copy.sqlite", KEY) as copy:
        copy.intents.propose([an_intent("x"), an_intent("y"), an_intent("z")])
        spliced = [*rows_of(ledger)[:2], rows_of(copy)[2]]
    verdict = judge(spliced, KEY)
    assert (verdict.bad_seq, "does not follow" in str(verdict.why)) == (3, True)


def test_the_middle_written_anew_without_the_key_fails_where_the_key_is_missing(ledger):
    rows = rows_of(ledger)
    forged = replace(rows[3], actor=5)
    rows[3] = replace(forged, row_hash=row_hash(forged, None))
    assert judge(rows, KEY).bad_seq == 4


def test_the_wrong_key_fails_at_the_first_row_and_says_that_it_may_be_the_key(ledger):
    verdict = verify(ledger.engine, OTHER)
    assert (verdict.bad_seq, "HANDOFF_AUDIT_KEY is another one" in str(verdict.why)) == (1, True)
    assert "HANDOFF_AUDIT_KEY is not set" in str(verify(ledger.engine, AuditKeys()).why)


def test_a_key_that_was_changed_on_purpose_leaves_the_chain_sound(ledger, place):
    both = AuditKeys(OTHER.current, KEY.current)
    with Ledger.open(place, both) as later:
        later.intents.propose([an_intent("c")])
        assert verify(later.engine, both).why is None
        assert verify(later.engine, OTHER).bad_seq == 1


def test_a_row_under_the_former_key_after_the_present_one_is_found(ledger):
    both = AuditKeys(OTHER.current, KEY.current)
    rows = rewritten(rows_of(ledger), OTHER.current)
    rows[4] = replace(rows[4], row_hash=row_hash(rows[4], KEY.current))
    assert judge(rows, both).bad_seq == 5


def test_a_chain_without_a_key_holds_and_counts_its_rows_as_unkeyed(tmp_path):
    with Ledger.open(tmp_path / "plain.sqlite", AuditKeys()) as plain:
        plain.intents.propose([an_intent("a")])
        assert verify(plain.engine, AuditKeys()).unkeyed == 1
    with Ledger.open(tmp_path / "plain.sqlite", KEY) as keyed:
        keyed.intents.propose([an_intent("b")])
        verdict = verify(keyed.engine, KEY, keyed_from=2)
    assert (verdict.rows, verdict.unkeyed, verdict.why) == (2, 1, None)


@pytest.mark.parametrize(("keys", "why"), [(AuditKeys(), "HANDOFF_AUDIT_KEY is not set"), (OTHER, "does not hold under HANDOFF_AUDIT_KEY")])
def test_the_product_breaks_no_chain_by_writing_under_no_key_or_another(ledger, place, keys, why):
    with Ledger.open(place, keys) as other, pytest.raises(HandoffError, match=why):
        other.intents.propose([an_intent("c")])
    assert len(ledger.intents.all()) == 2
    assert verify(ledger.engine, KEY).rows == ROWS


def test_the_key_of_the_settings_is_used_where_none_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDOFF_AUDIT_KEY", "e" * 32)
    with Ledger.open(tmp_path / "l.sqlite") as opened:
        opened.intents.propose([an_intent()])
        assert verify(opened.engine, AuditKeys(SecretStr("e" * 32)), keyed_from=1).why is None
        assert "eeee" not in repr(opened)


@ON_SQLITE
@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("update outbox set state = 'refused' where dedupe_key = 'a'", "intent .* was changed past the chain"),
        ("update outbox set content = '{}' where dedupe_key = 'a'", "was changed past the chain"),
        ("delete from outbox where dedupe_key = 'a'", "is in the chain and gone"),
        ("insert into role_held values (99, 'finance', '2026-01-01 00:00:00.000000', null, 'x')", "role 99.* is in its table and not in"),
        ("update approval set result = 'accepted', decided_at = requested_at", "approval a1 was changed"),
        ("update approval set approver_id = 5", "approval a1 was changed"),
        ("update override set reason = 'none'", "override o1 was changed"),
        ("update override set expires_at = 'soon'", "a record of override holds"),
        ("delete from intent_event where event_no = 1", "move 1, of intent"),
        ("update intent_event set to_state = 'refused' where event_no = 2", "move 2, of intent"),
        ("update intent_event set detail = 'by os:jo' where event_no = 2", "move 2, of intent"),
        ("update intent_event set run_id = 'r9' where event_no = 1", "move 1, of intent"),
        ("update intent_event set far_ref = '1/2' where event_no = 1", "move 1, of intent"),
        ("update intent_event set at = 'soon' where event_no = 2", "a row of intent_event"),
    ],
)
def test_a_record_changed_past_a_sound_chain_is_named(ledger, statement, why):
    as_owner(ledger, statement)
    verdict = verify(ledger.engine, KEY)
    assert (verdict.rows, verdict.bad_seq) == (ROWS, None)
    assert verdict.why is not None
    assert re.search(why, verdict.why)


@ON_SQLITE
@pytest.mark.parametrize(
    "statement",
    [
        "update audit set actor = 5",
        "delete from audit",
        "insert or replace into audit select * from audit",
        "insert into audit select 99, at, kind, subject, actor, content, previous_hash, row_hash from audit limit 1",
        "update audit_head set row_hash = ''",
        "delete from audit_head",
        "insert or replace into audit_head select * from audit_head",
    ],
)
def test_the_database_refuses_to_change_drop_or_skip_a_row(ledger, statement):
    head = ledger.audit.head()
    ledger.audit.keep_head(AuditHead(head.seq, head.row_hash, AT, "teams"))
    with pytest.raises(IntegrityError, match="append-only"), ledger.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert ledger.audit.head() == head
    assert ledger.audit.heads() == [AuditHead(head.seq, head.row_hash, AT, "teams")]


def test_a_head_that_is_not_in_the_chain_is_not_kept(ledger):
    with pytest.raises(HandoffError, match="has no row 3"):
        ledger.audit.keep_head(AuditHead(3, "0" * 64, AT, "teams"))


def test_a_moment_without_a_zone_enters_no_chain(ledger):
    with pytest.raises(ValueError, match="aware"), ledger.audit.writing() as connection:
        ledger.audit.append(connection, [AuditEntry(datetime(2026, 9, 1), "x.y", "z", 0, {})])
    assert ledger.audit.head().seq == ROWS


def test_verifying_lets_others_write(ledger):
    from handoff_pipeline.ledger.engine import snapshot

    with snapshot(ledger.engine) as reading:
        before = reading.exec_driver_sql("select count(*) from audit").scalar_one()
        ledger.intents.propose([an_intent("c")])
        assert reading.exec_driver_sql("select count(*) from audit").scalar_one() == before
