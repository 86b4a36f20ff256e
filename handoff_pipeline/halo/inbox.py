"""The inbox of one entity: answers are written as they come, each under a temporary name and then put in place.

What an answer means is not known here. The one thing to know: a file that has its final name is whole, and the bytes are the server's own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from handoff_pipeline.halo.report import InboxFile

Checkpoint = Callable[[str], None]


def no_checkpoint(_name: str) -> None:
    """Where nobody wants to stop a pull at a named point."""


class EntityInbox:
    """`<inbox>/<entity>/`, emptied at the start: what an earlier run left there was never landed."""

    def __init__(self, inbox: Path, entity: str, checkpoint: Checkpoint = no_checkpoint) -> None:
        self._folder = inbox / entity
        self._checkpoint = checkpoint
        self._shapes: dict[str, str] = {}
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.discard()

    @property
    def files(self) -> tuple[InboxFile, ...]:
        """What was written and kept, by name."""
        return tuple(InboxFile(self._folder / name, shape) for name, shape in sorted(self._shapes.items()))

    def write(self, name: str, body: bytes, shape: str) -> None:
        """Puts `body` in place as `<name>.json`; a reader sees the whole file or none."""
        final = self._folder / f"{name}.json"
        temporary = final.with_suffix(".tmp")
        # Not synced to the disk: after a power cut the run starts with an empty inbox anyway.
        temporary.write_bytes(body)
        temporary.replace(final)
        self._shapes[final.name] = shape
        self._checkpoint("pull.page")

    def drop(self, name: str) -> None:
        """Takes `<name>.json` back."""
        self._shapes.pop(f"{name}.json", None)
        (self._folder / f"{name}.json").unlink(missing_ok=True)

    def discard(self) -> None:
        """Takes everything back."""
        self._shapes.clear()
        for pattern in ("*.json", "*.tmp"):
            for leftover in self._folder.glob(pattern):
                leftover.unlink(missing_ok=True)
