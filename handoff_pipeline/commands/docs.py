"""`handoff docs`: write the generated pages of the manual. What they say is the registry's (`handoff_pipeline.tables`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.errors import HandoffError

EXAMPLES = """Examples:\n
handoff docs\n
handoff docs --check"""

PAGE = Path("docs/data-dictionary.md")


class StalePage(HandoffError):
    """A generated page is not what the registry says."""


def docs(
    file: Annotated[Path, typer.Option("--file", help="Where to write the data dictionary.")] = PAGE,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when the page is not what the registry says.")] = False,
    as_json: Json = False,
) -> None:
    """Write docs/data-dictionary.md from the registry of published tables."""
    from handoff_pipeline.tables import to_markdown

    page = to_markdown()
    is_current = file.is_file() and file.read_text("utf-8") == page
    if check and not is_current:
        raise StalePage(f"{file} is not what the registry says.", "Run `handoff docs` and commit the page.")
    if not is_current:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    if as_json:
        emit({"file": file, "changed": not is_current})
    else:
        out().print(plain(f"{file} {'is up to date' if is_current else 'written'}."), soft_wrap=True)
