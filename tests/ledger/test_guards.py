"""The triggers that guard the ledger: what is expected is what the migrations make, and each that is missing or altered is named."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.config import Config

from handoff_pipeline.ledger import Ledger
from handoff_pipeline.ledger.audit_verify import verify
from handoff_pipeline.ledger.engine import MIGRATIONS
from handoff_pipeline.ledger.fingerprints import fingerprint
from handoff_pipeline.ledger.guards import EXPECTED, changed, standing
from tests.ledger.acting import AT, KEY, an_intent, an_override

ALTERED = {
    "sqlite": (
        "drop trigger audit_keeps_update",
        "create trigger audit_keeps_update before update on audit begin select 1; end",
        "drop trigger snooze_keeps_delete",
        "create trigger helper after insert on audit begin select 1; end",
    ),
    "postgresql": (
        "alter table audit disable trigger audit_keeps_order",
        "drop trigger snooze_keeps_rows on snooze",
        "create trigger helper after insert on audit for each row execute function audit_keeps()",
    ),
}
SAID = {
    "sqlite": ("snooze_keeps_delete is missing", "audit_keeps_update is not as the product makes it", "helper is none of the product's"),
    "postgresql": ("snooze_keeps_rows is missing", "audit_keeps_order is not as the product makes it", "helper is none of the product's"),
}
HOLLOW = "create or replace function audit_keeps() returns trigger language plpgsql as $$ begin return new; end $$"


def test_the_triggers_that_are_expected_are_those_that_the_migrations_make(acting):
    with acting.engine.begin() as connection:
        assert standing(connection) == dict(EXPECTED[connection.dialect.name])


def test_a_guard_that_is_missing_altered_or_strange_is_named(acting):
    dialect = acting.engine.dialect.name
    with acting.engine.begin() as connection:
        for statement in ALTERED[dialect]:
            connection.exec_driver_sql(statement)
    verdict = verify(acting.engine, KEY)
    assert (verdict.why, verdict.unguarded) == (None, SAID[dialect])


@pytest.mark.must_run
def test_a_guard_whose_function_was_emptied_is_named(postgresql_ledger):
    with Ledger.open(postgresql_ledger, KEY) as ledger:
        with ledger.engine.begin() as connection:
            connection.exec_driver_sql(HOLLOW)
        with ledger.engine.begin() as connection:
            assert changed(connection) == tuple(
                f"{name} is not as the product makes it"
                for name in ("audit_head_keeps_all", "audit_head_keeps_rows", "audit_keeps_all", "audit_keeps_rows")
            )


def test_the_guards_are_judged_beside_a_broken_chain_too(acting):
    acting.intents.propose([an_intent()])
    with acting.engine.begin() as connection:
        for statement in ALTERED[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("update audit set actor = 5")
        else:
            connection.exec_driver_sql("alter table audit disable trigger audit_keeps_rows")
            connection.exec_driver_sql("update audit set actor = 5")
    verdict = verify(acting.engine, KEY)
    assert (verdict.bad_seq, bool(verdict.unguarded)) == (1, True)


def test_the_seller_of_a_proposal_never_changes(acting):
    acting.intents.propose([an_intent(seller_id=17)])
    with pytest.raises(Exception, match="what was proposed never changes"), acting.engine.begin() as connection:
        connection.exec_driver_sql("update outbox set seller_id = 0")
    assert acting.intents.all(AT)[0].seller_id == 17


def test_a_row_without_a_seller_has_the_fingerprint_that_it_had_before_there_were_sellers():
    assert fingerprint(an_intent()) == "2717d4b11c9d0d4804f855055a893a7e0b425d4400130cde4a179636eb4635f3"
    assert fingerprint(an_override()) == "db3b88bd3b13bb24567dfeae9c5afa09fd860f959fdbfa302df14fedf2cb05d1"
    assert fingerprint(an_intent(seller_id=17)) != fingerprint(an_intent(seller_id=18))


@pytest.mark.parametrize("loss", ["", "drop trigger outbox_keeps_content"], ids=["as it was", "with a guard lost"])
def test_a_ledger_of_the_release_before_sellers_is_taken_over_and_its_chain_holds(place, loss):
    with Ledger.open(place, KEY) as ledger:
        ledger.intents.propose([an_intent()])
        ledger.people.request_override(an_override())
        _to(ledger, "0007")
        if loss:
            with ledger.engine.begin() as connection:
                connection.exec_driver_sql(loss + (" on outbox" if connection.dialect.name == "postgresql" else ""))
    with Ledger.open(place, KEY) as ledger:
        verdict = verify(ledger.engine, KEY)
        assert (verdict.rows, verdict.why, verdict.unguarded) == (2, None, ())
        assert ledger.intents.all()[0].seller_id == ledger.people.overrides()[0].seller_id == 0


def _to(ledger, revision):
    """Take the migrations back to one of them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with ledger.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
