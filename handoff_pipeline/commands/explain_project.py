"""`handoff explain project ID`: one project's hours, margin by week, bridge and change requests. From published tables only.

What is read is explain_project_rows', the screen explain_project_show's.
"""

from __future__ import annotations

from typing import Annotated

import typer

from handoff_pipeline.commands.screen import Json, emit, out
from handoff_pipeline.settings import load_settings

EXAMPLES = """Examples:\n
handoff explain project 2001\n
handoff explain project 2001 --json"""


def project(
    project_id: Annotated[int, typer.Argument(metavar="ID", help="The project's id in HaloPSA.")],
    as_json: Json = False,
) -> None:
    """Explain a project: hours, margin by week, why it is not complete, the bridge by cause, change requests, and where it counts."""
    from handoff_pipeline.commands.explain_project_rows import explained
    from handoff_pipeline.commands.explain_project_show import show
    from handoff_pipeline.commands.published import Published

    explanation = explained(Published.of(load_settings()), project_id)
    if as_json:
        emit(explanation)
    else:
        show(explanation, out())
