"""Starts the server of pages and one peer at a time, each a process that is waited for within a bound and stopped by its id."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson

START_SECONDS = 120.0
WORK_SECONDS = 900.0


@dataclass(frozen=True)
class Taken:
    """What one way took. `rows` is what it stored."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    rows: int


@contextmanager
def serving(opportunities: int) -> Iterator[str]:
    """The server of pages; gives its base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.benchmarks.pages_server", "--opportunities", str(opportunities), "--port", str(port)]
    server = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(server, url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/api/authinfo", timeout=1, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"the server of pages did not answer on {url} within {START_SECONDS:g} s")


def once(peer: str, url: str, folder: Path) -> Taken:
    """One way, done once in a process of its own."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.benchmarks.peers", peer, url, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WORK_SECONDS)
    if done.returncode:
        raise RuntimeError(f"{peer} failed: {done.stderr[-2000:]}")
    return Taken(**orjson.loads(done.stdout.strip().splitlines()[-1]))
