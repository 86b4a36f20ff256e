"""Progress of a long command, on standard error: bars on a terminal, plain lines elsewhere.

What is reported is `(step, done, total or None)`, as the pull and the nightly job call it; from several threads at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from handoff_pipeline.commands.screen import clean, err


class Report(Protocol):
    """How a job says how far it is."""

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """`done` of `total` of `step`; `total` is None while nobody knows it."""


class Bars:
    """One bar a step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._lock = Lock()

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Move the bar of `step`."""
        with self._lock:
            if step not in self._tasks:
                self._tasks[step] = self._progress.add_task(clean(step), total=total)
            self._progress.update(self._tasks[step], completed=done, total=total)


class Lines:
    """One line when a step is first heard of, one when it is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, tuple[int, int | None]] = {}
        self._lock = Lock()

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Print a line where there is something new to say."""
        with self._lock:
            before = self._last.get(step)
            self._last[step] = (done, total)
            is_done = total is not None and done >= total
            if before is None and not is_done:
                self._say(f"{step} ...")
            elif is_done and before != (done, total):
                self._say(f"{step}: {done} of {total}" if total else f"{step}: nothing to do")

    def close(self) -> None:
        """Print how far the steps came whose end nobody could know."""
        with self._lock:
            for step, (done, total) in self._last.items():
                if total is None and done:
                    self._say(f"{step}: {done}")

    def _say(self, line: str) -> None:
        self._console.print(clean(line), markup=False, soft_wrap=True)


@contextmanager
def shown() -> Iterator[Report]:
    """Show progress while the block runs; yields what the job calls."""
    console = err()
    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            yield Bars(progress)
        return
    lines = Lines(console)
    yield lines
    lines.close()
