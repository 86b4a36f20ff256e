"""`handoff init`: a commented handoff.yaml, drafted from what the tenant shows. Reads only; nothing is changed in HaloPSA.

What is read stands in `halo.discovery`, what is made of it in `governance.drafting`. The one thing to know: a file that is there is left
alone without --force, and the example that the demo runs on is never overwritten.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.demo import POLICY
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.progress import shown
from handoff_pipeline.commands.screen import Json, emit, err, out, plain, table
from handoff_pipeline.errors import SettingsError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from handoff_pipeline.governance.drafting import Draft

EXAMPLES = """Examples:\n
handoff init --out acme.yaml\n
handoff init --out acme.yaml --sample 1000 --force\n
handoff init --json"""

MODE = 0o644
SAMPLE_ROWS = 300
SINGLES = 10


def init(
    to: Annotated[Path, typer.Option("--out", help="The file to write.")] = Path("handoff.yaml"),
    sample: Annotated[
        int, typer.Option("--sample", min=1, max=10_000, help="Newest records to read of each list; 100 cost a request.")
    ] = SAMPLE_ROWS,
    singles: Annotated[
        int, typer.Option("--singles", min=0, max=100, help="Change requests to read one by one, at a request each.")
    ] = SINGLES,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
    as_json: Json = False,
) -> None:
    """Draft a commented handoff.yaml from your tenant: guesses are marked, each with its evidence.

    Only reads. Exits with 3 when something is left for you to fill in.
    """
    from handoff_pipeline.governance.drafting import draft_policy
    from handoff_pipeline.halo.discovery import discover
    from handoff_pipeline.halo.sample import Sample
    from handoff_pipeline.policy import load_policy

    refuse_to_overwrite(to, force=force)
    settings = load_settings()
    clock = clock_for(settings.as_of)
    bounds = Sample(sample, singles)
    err().print(
        plain(f"Reads {settings.tenant_name} with at most {bounds.requests_at_most} requests, of 300 in five minutes; changes nothing."),
        soft_wrap=True,
    )
    with shown() as progress:
        found = discover(settings, clock, bounds, progress)
    draft = draft_policy(found, load_policy(POLICY), clock.now().date())
    write_whole(to, draft.text, force=force)
    if as_json:
        gaps = [vars(gap) for gap in draft.gaps]
        emit({"file": to, "requests": found.requests, "guesses": draft.guesses, "fill_in": gaps, "not_read": dict(found.refused)})
    else:
        _show(to, draft, found.requests, found.refused.keys())
    raise typer.Exit(Exit.STALE if draft.gaps else Exit.DONE)


def refuse_to_overwrite(to: Path, *, force: bool) -> None:
    """Refuse before anything is asked.

    Raises:
        SettingsError: the file is there, is the demo's example, or its folder is not.
    """
    if to.resolve() == POLICY.resolve():
        raise SettingsError(
            f"{to} is the example that the demo runs on and that drafts take their checklist from.",
            "Name a file of your own, such as --out acme.yaml, and set HANDOFF_POLICY_FILE to it.",
        )
    if to.is_dir() or not to.absolute().parent.is_dir():
        raise SettingsError(
            f"{to} cannot be a file: {'it is a folder' if to.is_dir() else 'its folder does not exist'}.", "Name another --out."
        )
    if to.exists() and not force:
        raise SettingsError(
            f"{to} is there already, and may hold your work.", "Name another file with --out, or overwrite it with --force."
        )


def write_whole(to: Path, text: str, *, force: bool) -> None:
    """Put the text in place in one step, so that nobody ever reads half a policy.

    Raises:
        SettingsError: the file has come into being in the meantime, or cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.absolute().parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(MODE)
            if force:
                Path(name).replace(to)
            else:
                # A link, unlike a rename, fails where a file has appeared.
                os.link(name, to)
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()
    except OSError as error:
        raise SettingsError(f"{to} cannot be written: {error.strerror}.", "Name another file with --out, or use --force.") from None


def _show(to: Path, draft: Draft, requests: int, not_read: Iterable[str]) -> None:
    """What was written, what a person must fill, and what comes next."""
    console = out()
    console.print(
        plain(f"Wrote {to}: {draft.guesses} guesses to look at, {len(draft.gaps)} keys to fill in ({requests} requests)."), soft_wrap=True
    )
    lacking = sorted(name for name in not_read if name != "instance")
    if lacking:
        console.print(plain(f"Not read, so nothing is known of it: {', '.join(lacking)}. The file says why."), soft_wrap=True)
    if draft.gaps:
        console.print(table("Fill in", ("key", "why it could not be guessed"), [(gap.key, gap.why) for gap in draft.gaps]))
    console.print(plain(f"Next: read it through, set HANDOFF_POLICY_FILE={to}, then `handoff policy check --live`."), soft_wrap=True)
