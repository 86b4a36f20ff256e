"""The inbox of one entity: answers are written as they come, each under a temporary name and then put in place.

What an answer means is not known here. The one thing to know: a file that has its final name is whole, and the bytes are the server's own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from handoff_pipeline.halo.report import InboxFile

Checkpoint = Callable[[str], None]
PRESENT = "present.json"
"""The ids of a complete sweep: no page, so it is not among the files."""
RESUME = "resume.json"
"""How far a reading came whose run had spent its budget of requests (see `resume`)."""


def no_checkpoint(_name: str) -> None:
    """Where nobody wants to stop a pull at a named point."""


class EntityInbox:
    """`<inbox>/<entity>/`. What an earlier run left is emptied out at the start, unless it left a note to go on from."""

    def __init__(self, inbox: Path, entity: str, checkpoint: Checkpoint = no_checkpoint) -> None:
        self._folder = inbox / entity
        self._checkpoint = checkpoint
        self._shapes: dict[str, str] = {}
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self._folder / RESUME).exists():
            self.discard()

    @property
    def files(self) -> tuple[InboxFile, ...]:
        """What was written and kept, by name."""
        return tuple(InboxFile(self._folder / name, shape) for name, shape in sorted(self._shapes.items()))

    def write(self, name: str, body: bytes, shape: str) -> None:
        """Puts `body` in place as `<name>.json`; a reader sees the whole file or none."""
        self._put(f"{name}.json", body)
        self._shapes[f"{name}.json"] = shape
        self._checkpoint("pull.page")

    def write_aside(self, name: str, body: bytes) -> Path:
        """Puts a file in place that is no page: `PRESENT` or `RESUME`."""
        return self._put(name, body)

    def read_aside(self, name: str) -> bytes | None:
        """Such a file's content; None where there is none."""
        path = self._folder / name
        return path.read_bytes() if path.exists() else None

    def keep_only(self, shapes: dict[str, str]) -> bool:
        """Takes over these files of an earlier run (name -> shape) and drops every other; False where one of them is missing."""
        if not all((self._folder / name).is_file() for name in shapes):
            return False
        for leftover in self._leftovers():
            if leftover.name not in shapes and leftover.name != RESUME:
                leftover.unlink(missing_ok=True)
        self._shapes = dict(shapes)
        return True

    def drop(self, name: str) -> None:
        """Takes `<name>.json` back."""
        self._shapes.pop(f"{name}.json", None)
        (self._folder / f"{name}.json").unlink(missing_ok=True)

    def drop_named(self, prefix: str) -> None:
        """Takes every page back whose name begins so."""
        for name in [name for name in self._shapes if name.startswith(prefix)]:
            self.drop(name.removesuffix(".json"))

    def forget(self) -> None:
        """Takes the note of an earlier run away: its reading is finished."""
        (self._folder / RESUME).unlink(missing_ok=True)

    def discard(self) -> None:
        """Takes everything back."""
        self._shapes.clear()
        for leftover in self._leftovers():
            leftover.unlink(missing_ok=True)

    def _leftovers(self) -> list[Path]:
        return [path for pattern in ("*.json", "*.tmp") for path in self._folder.glob(pattern)]

    def _put(self, name: str, body: bytes) -> Path:
        final = self._folder / name
        temporary = final.with_suffix(".tmp")
        # Not synced to the disk: after a power cut the inbox is emptied, and pages to go on from are read before they are believed.
        temporary.write_bytes(body)
        temporary.replace(final)
        return final
