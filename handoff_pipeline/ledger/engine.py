"""Opens the ledger's database: SQLite by default, PostgreSQL by URL, brought to the newest migration.

No table is read or written here.
The one thing to know: SQLite runs in WAL mode with synchronous FULL and takes its write lock at `begin`, so an acknowledged row survives a
power cut and two writers wait for each other and never deadlock.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from handoff_pipeline.errors import WarehouseError

BUSY_TIMEOUT_MS: Final = 5000
MIGRATIONS: Final = Path(__file__).parent / "migrations"


def open_engine(where: Path | str) -> Engine:
    """The database at `where` (a file, or a SQLAlchemy URL) with every migration applied.

    Raises:
        WarehouseError: it cannot be opened, or a newer release of the product has written it.
    """
    url = f"sqlite:///{where}" if isinstance(where, Path) else where
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    try:
        _upgrade(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise WarehouseError(
            f"The ledger {engine.url.render_as_string(hide_password=True)} cannot be opened ({type(error).__name__}).",
            "Check that the folder exists, is writable and that the file is a ledger; restore it from a backup if it is damaged.",
        ) from error
    except WarehouseError:
        engine.dispose()
        raise
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    def on_connect(connection: Any, _record: object) -> None:
        # The driver must not begin transactions on its own: it would leave DDL outside them.
        connection.isolation_level = None
        for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", f"busy_timeout = {BUSY_TIMEOUT_MS}"):
            connection.execute(f"pragma {pragma}")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("begin immediate")

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
