"""`handoff docs`: write the generated pages of the manual: the data dictionary from the registry, the JSON schema from the policy."""

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
SCHEMA = Path("docs/handoff.schema.json")


class StalePage(HandoffError):
    """A generated page is not what it is made from says."""


def docs(
    file: Annotated[Path, typer.Option("--file", help="Where to write the data dictionary.")] = PAGE,
    schema: Annotated[Path, typer.Option("--schema", help="Where to write the JSON schema of handoff.yaml.")] = SCHEMA,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a page is not what it should be.")] = False,
    as_json: Json = False,
) -> None:
    """Write docs/data-dictionary.md from the registry of published tables, and docs/handoff.schema.json from the policy's models."""
    from handoff_pipeline.policy.schema import schema_text
    from handoff_pipeline.tables import to_markdown

    pages = {file: ("the registry says", to_markdown()), schema: ("the policy's models say", schema_text())}
    stale = {page: text for page, (_, text) in pages.items() if not page.is_file() or page.read_text("utf-8") != text}
    if check and stale:
        page = next(iter(stale))
        raise StalePage(f"{page} is not what {pages[page][0]}.", "Run `handoff docs` and commit the page.")
    for page, text in stale.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    if as_json:
        emit({"files": [{"file": page, "changed": page in stale} for page in pages]})
        return
    for page in pages:
        out().print(plain(f"{page} {'written' if page in stale else 'is up to date'}."), soft_wrap=True)
