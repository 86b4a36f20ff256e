"""A pytest plugin: a PostgreSQL server of the run's own, and a ledger's database on it for each test that asks for one.

The server listens on loopback alone, asks for a password, and is set as awkwardly as a server may be: another time zone, another isolation,
another order of words. It is ended with the run, and by itself after an hour.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

USER = "handoff"
PASSWORD = "p@ss/w:rd?#%40"
IN_ADDRESS = "p%40ss%2Fw%3Ard%3F%23%2540"
NOBODY = 65534
"""PostgreSQL does not run as root."""
OTHER: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
AWKWARD = {
    "timezone": "America/St_Johns",
    "default_transaction_isolation": "repeatable read",
    "synchronous_commit": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "32MB",
}
TEMPLATE = "ledger_template"
BOUND_SECONDS = 3600
START_SECONDS = 60


@dataclass
class Server:
    """A running server. `fastest` is how it copies a database in the least time."""

    port: int
    process: subprocess.Popen[Any]
    fastest: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def address(self, database: str, user: str = USER, password: str = IN_ADDRESS) -> SecretStr:
        """The address of a database as the settings give it to the product."""
        return SecretStr(f"postgresql+psycopg://{user}:{password}@127.0.0.1:{self.port}/{database}")

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of one's own, committing each statement."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True, connect_timeout=10
        )

    def create(self, like: str = "template1", options: str = "") -> str:
        """Make a database; gives its name."""
        name = f"t{next(self.numbers)}"
        with self.connect() as connection:
            connection.execute(f"create database {name} template {like} {options}".encode())
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        with self.connect() as connection:
            connection.execute(f"drop database if exists {name} with (force)".encode())

    def ledger(self) -> str:
        """Make a database with an empty ledger in it; the migrations run once per server."""
        from handoff_pipeline.ledger import Ledger

        with self.connect() as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", (TEMPLATE,)).fetchone()
            if found is None:
                connection.execute(f"create database {TEMPLATE}".encode())
        if found is None:
            Ledger.open(self.address(TEMPLATE)).close()
        return self.create(TEMPLATE, self.fastest)


def binaries() -> Path:
    """The folder of the server's programs; Debian keeps them out of the path. Without a server the test is skipped."""
    found = shutil.which("initdb") or next((str(each) for each in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)
    if found is None:
        pytest.skip("no PostgreSQL server on this machine")
    return Path(found).resolve().parent


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """The server of this run (of each process, where several test at once)."""
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="handoff-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    try:
        version = _version(programs)
        _initialise(programs, folder, version)
        server = _started(programs, folder, version)
        try:
            yield server
        finally:
            _end(server.process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_ledger(postgresql_server: Server) -> Iterator[SecretStr]:
    """The address of a database with an empty ledger."""
    name = postgresql_server.ledger()
    yield postgresql_server.address(name)
    postgresql_server.drop(name)


@pytest.fixture
def postgresql_empty(postgresql_server: Server) -> Iterator[SecretStr]:
    """The address of a database with nothing in it."""
    name = postgresql_server.create()
    yield postgresql_server.address(name)
    postgresql_server.drop(name)


def _version(programs: Path) -> int:
    said = subprocess.run([programs / "initdb", "--version"], check=True, capture_output=True, text=True, timeout=30).stdout
    return int(said.split()[2].split(".")[0])


def _initialise(programs: Path, folder: Path, version: int) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if OTHER:
        os.chown(folder, NOBODY, NOBODY)
        os.chown(secret, NOBODY, NOBODY)
    initdb = programs / "initdb"
    # An order of words as most servers have it: small before capital letters, signs left aside.
    words = ["--locale-provider=icu", "--icu-locale=en-US"] if version >= 15 else []
    command: list[Any] = [initdb, "-D", folder / "data", "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync", "-E", "UTF8"]
    subprocess.run([*command, "--locale", "C", *words], check=True, capture_output=True, cwd=folder, timeout=300, **OTHER)


def _started(programs: Path, folder: Path, version: int) -> Server:
    bound: list[Any] = ["timeout", "-s", "QUIT", str(BOUND_SECONDS)] if shutil.which("timeout") else []
    settings = [f"--{name}={value}" for name, value in AWKWARD.items()]
    for _ in range(3):
        port = _free_port()
        with (folder / "log").open("wb") as log:
            command = [*bound, programs / "postgres", "-D", folder / "data", f"--port={port}", *settings]
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **OTHER)
        server = Server(port, process, "strategy file_copy" if version >= 15 else "")
        until = time.monotonic() + START_SECONDS
        while server.process.poll() is None and time.monotonic() < until:
            try:
                server.connect().close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return server
        _end(server.process)
    raise RuntimeError(f"PostgreSQL does not start: {(folder / 'log').read_text('utf-8', 'replace')[-2000:]}")


def _end(process: subprocess.Popen[Any]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
