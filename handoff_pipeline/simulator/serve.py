"""The simulated HaloPSA on a port of this machine: in a thread for tests and the demo, in the foreground for the command line.

Bound to 127.0.0.1 only. Start-up waits for an answer and gives up after a bound; leaving the context stops the server.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import uvicorn

from handoff_pipeline.simulator.access import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, WRITER_CLIENT_ID, WRITER_CLIENT_SECRET
from handoff_pipeline.simulator.quirks import Quirks
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.world import build_world

__all__ = ["DEMO_CLIENT_ID", "DEMO_CLIENT_SECRET", "WRITER_CLIENT_ID", "WRITER_CLIENT_SECRET", "running", "serve"]

HOST = "127.0.0.1"
START_SECONDS = 15.0
STOP_SECONDS = 10.0
BACKLOG = 128


def _server(sim: SimulatedHalo) -> uvicorn.Server:
    # The app sends the world's own date, so uvicorn must not add the machine's.
    config = uvicorn.Config(
        sim.app, log_level="warning", access_log=False, date_header=False, server_header=False, lifespan="off", timeout_graceful_shutdown=2
    )
    return uvicorn.Server(config)


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        message = f"port {port} of {HOST} cannot be bound ({error.strerror}): choose another one, or 0 for a free one"
        raise OSError(error.errno, message) from error
    listener.listen(BACKLOG)
    return listener


@contextmanager
def running(sim: SimulatedHalo, port: int = 0) -> Iterator[str]:
    """Serve `sim` in a thread and give its base URL, e.g. "http://127.0.0.1:41327"; port 0 takes a free one.

    Raises OSError when the port cannot be bound and TimeoutError when the server does not come up in time.
    """
    listener = _listening(port)
    server = _server(sim)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="simulated-halo", daemon=True)
    thread.start()
    try:
        _wait(server, thread)
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        listener.close()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            message = f"the simulated HaloPSA did not start within {START_SECONDS:g} s: is another process holding this port?"
            raise TimeoutError(message)
        time.sleep(0.01)


def serve(
    port: int,
    seed: int,
    deals: int,
    now: datetime,
    quirks: Quirks | None = None,
    on_start: Callable[[str], None] | None = None,
) -> None:
    """Serve the seeded world at `now` in the foreground until interrupted; `on_start` learns the base URL before the first request."""
    sim = SimulatedHalo(build_world(seed, deals), now, quirks)
    listener = _listening(port)
    if on_start is not None:
        on_start(f"http://{HOST}:{listener.getsockname()[1]}")
    try:
        _server(sim).run(sockets=[listener])
    finally:
        listener.close()
