"""`handoff explain handoff ID`: one won deal from its score down to the fields in HaloPSA. From published tables only.

What is read is explain_handoff_rows', the screen explain_handoff_show's.
"""

from __future__ import annotations

from typing import Annotated

import typer

from handoff_pipeline.commands.screen import Json, emit, out
from handoff_pipeline.settings import load_settings

EXAMPLES = """Examples:\n
handoff explain handoff 1042\n
handoff explain handoff 1042 --json"""


def handoff(
    handoff_id: Annotated[int, typer.Argument(metavar="ID", help="The opportunity's id in HaloPSA.")],
    as_json: Json = False,
) -> None:
    """Explain a handoff: its score at each stage with every checked item, its gaps, kickoff, margin, links, and where it counts."""
    from handoff_pipeline.commands.explain_handoff_rows import explained
    from handoff_pipeline.commands.explain_handoff_show import show
    from handoff_pipeline.commands.published import Published

    explanation = explained(Published.of(load_settings()), handoff_id)
    if as_json:
        emit(explanation)
    else:
        show(explanation, out())
