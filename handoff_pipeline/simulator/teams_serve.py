"""The simulated Workflows endpoint on a port of this machine, with the faults that only a connection has: hanging, resetting, slow.

What is answered is teams'. Bound to 127.0.0.1 only; leaving the context stops it and lets go of every request that hangs. The one thing
to know: it is a plain threaded server, because a connection must be broken on purpose at a chosen moment.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from handoff_pipeline.simulator.teams import PATH, QUERY, SimulatedTeams
from handoff_pipeline.simulator.teams_faults import Answer, TeamsFault

HOST: Final = "127.0.0.1"
SLOW_SECONDS: Final = 0.3
HUGE_BYTES: Final = 4 * 1024 * 1024
LARGEST_READ: Final = 16 * 1024 * 1024
STOP_SECONDS: Final = 10.0


class _Server(ThreadingHTTPServer):
    """Knows the channel, and when it is over."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, teams: SimulatedTeams, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.teams = teams
        self.over = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no trouble of ours."""


class _Handler(BaseHTTPRequestHandler):
    """One request on one connection."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Take a message, or do what the switched-on fault does."""
        self._handle("POST")

    def do_GET(self) -> None:
        """Nothing here is read."""
        self._handle("GET")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""

    def _handle(self, method: str) -> None:
        self.close_connection = True
        teams, body = self.server.teams, self.rfile.read(min(int(self.headers.get("content-length", "0")), LARGEST_READ))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = teams.switches.take()
        if fault in ("hang_before_taking", "reset_before_taking"):
            teams.lost(headers, body, fault)
            self._break_off(fault)
            return
        parts = urlsplit(self.path)
        answer = teams.answer(method, parts.path, parts.query, headers, body, fault)
        if fault in ("hang_after_taking", "reset_after_taking"):
            self._break_off(fault)
        elif fault in ("broken_off_200", "broken_off_202"):
            self._send(Answer(int(fault[-3:]), b"Webhook message deli"), announced=200)
        elif fault == "huge_answer":
            self._send(Answer(202, b"x" * HUGE_BYTES))
        else:
            if fault == "slow":
                self.server.over.wait(SLOW_SECONDS)
            self._send(answer)

    def _break_off(self, fault: TeamsFault) -> None:
        """Say nothing until the client gives up, or cut the connection with a reset."""
        if fault.startswith("hang"):
            self.server.over.wait()
            return
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _send(self, answer: Answer, announced: int | None = None) -> None:
        self.send_response(answer.status)
        self.send_header("content-length", str(len(answer.body) if announced is None else announced))
        self.send_header("connection", "close")
        if answer.body:
            self.send_header("content-type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)


@contextmanager
def running_teams(teams: SimulatedTeams, port: int = 0) -> Iterator[str]:
    """Serve the channel in a thread and give its webhook's address, signature and all; port 0 takes a free one."""
    if teams.limit is not None and teams.seconds is None:
        teams.seconds = time.monotonic
    server = _Server(teams, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="simulated-teams", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}{PATH}?{QUERY}"
    finally:
        server.over.set()
        server.shutdown()
        thread.join(STOP_SECONDS)
        server.server_close()
