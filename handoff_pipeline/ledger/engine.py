"""Opens the ledger's database, SQLite in a file or PostgreSQL by its address, brought to the newest migration.

No table is read or written here; what is PostgreSQL's own stands in postgresql.
The one thing to know: SQLite runs in WAL mode with synchronous FULL and takes its write lock at `begin`, so an acknowledged row survives a
power cut and two writers wait for each other and never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import SQLAlchemyError

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.ledger.postgresql import ONLY_READS, postgresql_engine, said
from handoff_pipeline.settings import address_shown

Where = Path | SecretStr
"""A file of SQLite, or the address of a database of PostgreSQL, which may hold a password."""
BUSY_TIMEOUT_MS: Final = 5000
MIGRATIONS: Final = Path(__file__).parent / "migrations"
VERSION_TABLE: Final = "alembic_version"


def open_engine(where: Where) -> Engine:
    """The database at `where` with every migration applied.

    Raises:
        WarehouseError: it cannot be opened, or a newer release of the product has written it.
    """
    engine = _engine(where)
    try:
        _upgrade(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise _unopened(where, engine, error) from error
    except WarehouseError:
        engine.dispose()
        raise
    return engine


def is_ledger(where: Where) -> bool:
    """Whether a ledger was ever opened at `where`; looking makes none.

    Raises:
        WarehouseError: the database cannot be reached.
    """
    if isinstance(where, Path):
        return where.is_file()
    engine = _engine(where)
    try:
        with snapshot(engine) as connection:
            return inspect(connection).has_table(VERSION_TABLE)
    finally:
        engine.dispose()


def shown(where: Where) -> str:
    """The place of a ledger as people may see it: without a password."""
    return str(where) if isinstance(where, Path) else address_shown(where.get_secret_value())


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one state of the whole ledger for as long as it takes, and no writer waits for it."""
    options = ONLY_READS if engine.dialect.name == "postgresql" else {}
    with engine.execution_options(only_reads=True, **options).begin() as connection:
        yield connection


def _engine(where: Where) -> Engine:
    if isinstance(where, SecretStr):
        return postgresql_engine(where)
    engine = create_engine(f"sqlite:///{where}", hide_parameters=True)
    _prepare_sqlite(engine)
    return engine


def _unopened(where: Where, engine: Engine, error: SQLAlchemyError) -> WarehouseError:
    if isinstance(where, Path):
        return WarehouseError(
            f"The ledger {where} cannot be opened ({type(error).__name__}).",
            "Check that the folder exists, is writable and that the file is a ledger; restore it from a backup if it is damaged.",
        )
    words = said(engine, getattr(error, "orig", None) or error)
    return WarehouseError(
        f"The ledger {shown(where)} cannot be opened: {words}.",
        "Give it a database of its own that its user owns (docs/operations.md); restore it from a backup if it is damaged.",
    )


def _prepare_sqlite(engine: Engine) -> None:
    def on_connect(connection: Any, _record: object) -> None:
        # The driver must not begin transactions on its own: it would leave DDL outside them.
        connection.isolation_level = None
        for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", f"busy_timeout = {BUSY_TIMEOUT_MS}"):
            connection.execute(f"pragma {pragma}")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("begin" if connection.get_execution_options().get("only_reads") else "begin immediate")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _upgrade(engine: Engine) -> None:
    # Alembic takes a quarter of a second to import; most commands find the ledger up to date after one look.
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in scripts.walk_revisions()}
        if present is not None and present not in known:
            raise WarehouseError(
                f"The ledger is at migration {present}, which this release does not know.",
                "Update Handoff Pipeline to the release that wrote the ledger, or restore the ledger from before the update.",
            )
        if present != scripts.get_current_head():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
