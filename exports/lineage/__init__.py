"""The lineage page: a lead walks from a figure, column by column, to the fields of HaloPSA that it is made of.

What is made of what is `handoff_pipeline.lineage`'s; here it becomes one HTML page without scripts, and Markdown for the asset's page.
The one thing to know: every column has an anchor `layer.table.column`, so any figure can be linked to.
"""

from __future__ import annotations

from exports.lineage.markdown import asset_markdown
from exports.lineage.page import anchor, page

__all__ = ["anchor", "asset_markdown", "page"]
