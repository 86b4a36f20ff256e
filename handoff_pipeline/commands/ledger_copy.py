"""`handoff ledger copy`: the ledger's file in the home, copied into the PostgreSQL database that HANDOFF_LEDGER_URL names.

How rows are copied is the ledger's. The one thing to know: the file stays as it is and knows nothing of the copy, so whatever still runs
without the address would go on in it. Stop the services first; afterwards put the file away.
"""

from __future__ import annotations

import typer

from handoff_pipeline.commands.at_hand import Yes, may_write
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

EXAMPLES = """Examples:\n
handoff ledger copy\n
handoff ledger copy --yes --json"""
RUN = "ledger-copy"


def copy(yes: Yes = False, as_json: Json = False) -> None:
    """Copy the ledger from the SQLite file in the home to PostgreSQL, whole or not at all. The database must be empty; the file stays.

    Exits with 4 while a night runs.
    """
    from handoff_pipeline.ledger import Ledger, copying, is_ledger, shown
    from handoff_pipeline.ledger.audit_verify import verify
    from handoff_pipeline.warehouse.home import Home
    from handoff_pipeline.warehouse.lease import acquire

    home = Home.of(load_settings())
    if home.ledger_url is None:
        raise HandoffError("HANDOFF_LEDGER_URL is not set, so there is nowhere to copy to.", "Set it as docs/operations.md says.")
    if not is_ledger(home.ledger_file):
        raise HandoffError(f"There is no ledger at {home.ledger_file}.", "Nothing is to be copied: start with `handoff run`.")
    with acquire(home, RUN), Ledger.open(home.ledger_file) as source, Ledger.open(home.ledger) as target:
        rows = copying.rows_of(source.engine)
        if not as_json:
            out().print(plain(f"{sum(rows.values())} rows from {home.ledger_file} to {shown(home.ledger)}."), soft_wrap=True)
        if not may_write("Copy them?", yes=yes, as_json=as_json):
            emit({"rows": rows, "from": home.ledger_file, "to": shown(home.ledger), "copied": False})
            return
        copied = copying.copy(source.engine, target.engine)
        before, after = verify(source.engine, source.audit_keys), verify(target.engine, target.audit_keys)
    if as_json:
        emit(
            {
                "rows": copied,
                "from": home.ledger_file,
                "to": shown(home.ledger),
                "copied": True,
                "chain": after.why,
                "same": before == after,
            }
        )
    else:
        words = "holds" if after.why is None else f"does not hold: {after.why}"
        out().print(plain(f"Copied. The audit chain of {after.rows} rows {words}, as before."), soft_wrap=True)
        out().print(plain(f"Put {home.ledger_file} away now: nothing reads it any more while HANDOFF_LEDGER_URL is set."), soft_wrap=True)
    if before != after:
        raise typer.Exit(Exit.FAILED)
