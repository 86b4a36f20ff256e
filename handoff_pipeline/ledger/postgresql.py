"""The ledger's database on PostgreSQL: how it is connected to, how its writers wait for each other, and what is said when it is not there.

No table is read or written here.
The one thing to know: every transaction takes one advisory lock at its beginning, as SQLite's `begin immediate` does, so two writers wait
for each other, see what the other has committed, and never deadlock or fail to serialise; a transaction that only reads does not take it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.redaction import forms_of, longest_first, mask
from handoff_pipeline.settings import address_shown

WAIT_SECONDS: Final = 30
"""So long a writer waits for another."""
IDLE_SECONDS: Final = 60
"""After so long the server ends a transaction of a process that does nothing: one that was stopped would keep all others out."""
LOCK: Final = 0x68616E646F6666
"""Key of the advisory lock: "handoff" in ASCII. Such a lock counts within one database."""
ONLY_READS: Final[Mapping[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# Prepared statements get lost behind a pooler of connections.
_CONNECT: Final = {"connect_timeout": 10, "application_name": "handoff", "prepare_threshold": None}
_ASK: Final = """
    select
        set_config('timezone', 'UTC', false),
        set_config('lock_timeout', %s, false),
        set_config('idle_in_transaction_session_timeout', %s, false),
        -- An acknowledged row must survive a power cut, whatever the database's default is.
        case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', false) end
"""


def postgresql_engine(address: SecretStr) -> Engine:
    """An engine on the database; its errors name the server and never the password."""
    url = make_url(address.get_secret_value())
    engine = create_engine(
        url,
        connect_args={name: value for name, value in _CONNECT.items() if name not in url.query},
        hide_parameters=True,
        # Whatever the database's default is: what is read after the lock must be what was committed before it.
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
    )
    # Before SQLAlchemy's own first look, which fails without words where the encoding is none.
    event.listen(engine, "connect", _on_connect, insert=True)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", _on_error)
    return engine


def said(engine: Engine, error: BaseException) -> str:
    """The driver's words in one line, without anything that is secret."""
    whole = engine.url.render_as_string(hide_password=False)
    forms = {*forms_of(whole), *forms_of(str(engine.url.password or ""))}
    return mask(" ".join(str(error).split()), longest_first(forms)).rstrip(".")


def _on_connect(connection: Any, _record: object) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise WarehouseError(
            f"The ledger's database is encoded in {encoding}, which does not take every name.",
            "Create the database anew: createdb --encoding UTF8 --template template0 ...",
        )
    # Outside a transaction: a roll back would take the settings with it.
    connection.autocommit = True
    connection.execute(_ASK, (f"{WAIT_SECONDS}s", f"{IDLE_SECONDS}s"))
    connection.autocommit = False


def _on_begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("only_reads"):
        connection.exec_driver_sql("select pg_advisory_xact_lock(%s)", (LOCK,))


def _on_error(context: ExceptionContext) -> None:
    import psycopg

    engine, error = context.engine, context.original_exception
    if engine is None or context.is_pre_ping or not isinstance(error, psycopg.OperationalError):
        return
    name = address_shown(engine.url.render_as_string(hide_password=False))
    if isinstance(error, psycopg.errors.LockNotAvailable):
        raise WarehouseError(
            f"Another process has held the ledger {name} for {WAIT_SECONDS} seconds.",
            "Try again. If it stays so, `select * from pg_locks where locktype = 'advisory'` on the server names the process.",
        ) from error
    raise WarehouseError(
        f"The ledger {name} cannot be reached: {said(engine, error)}.",
        "Check that the server runs and takes this user from this machine, and HANDOFF_LEDGER_URL; what was committed is kept.",
    ) from error
