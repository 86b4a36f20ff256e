"""The Data Docs: Great Expectations' own pages about every published table, made fit to be opened anywhere.

Which expectations a table has is said in suites. The one thing to know: as they come, the pages load scripts and styles from strangers'
hosts and show a newsletter; here they load nothing, show no value of any row, and have an index that works without scripts.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from handoff_pipeline.tables import TABLES
from quality.suites import expectations_of

if TYPE_CHECKING:
    import polars as pl

SITE: Final = "published"
COUNTS_ONLY: Final = {"result_format": "BASIC", "exclude_unexpected_values": True}
_SCRIPT: Final = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
_LOADED: Final = re.compile(r"<(?:link|img|iframe)\b[^>]*\b(?:href|src)=[\"']?https?:[^>]*>", re.IGNORECASE)
_FOOTER: Final = re.compile(r"<footer\b.*?</footer>", re.DOTALL | re.IGNORECASE)
_HEAD: Final = re.compile(r"<head[^>]*>", re.IGNORECASE)
_POLICY: Final = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'\">"
)
_TEMPLATES: Final = Environment(
    loader=PackageLoader("quality", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One table's suite: rows, expectations tried and failed, and its page below the folder."""

    table: str
    rows: int
    tried: int
    failed: tuple[str, ...]
    page: str


@dataclass(frozen=True, slots=True)
class Docs:
    """The pages (relative path to bytes; `index.html` is the first to open) and what they tell of each table."""

    files: Mapping[str, bytes]
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Tables of which some expectation does not hold."""
        return tuple(each for each in self.outcomes if each.failed)


def build(frames: Mapping[str, pl.DataFrame], run_id: str, as_of: datetime) -> Docs:
    """Validate the published tables (name to frame) and write their Data Docs, as of the aware moment `as_of`.

    Works in memory and a temporary folder; analytics are switched off before the import.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.base import ProgressBarsConfig

    with tempfile.TemporaryDirectory(prefix="handoff-quality-") as folder:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        context.add_data_docs_site(
            site_name=SITE,
            site_config={
                "class_name": "SiteBuilder",
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": folder},
            },
        )
        source = context.data_sources.add_pandas(SITE)
        identifier = RunIdentifier(run_name=run_id, run_time=as_of)
        tried = {}
        for name, frame in frames.items():
            batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
            suite = context.suites.add(gx.ExpectationSuite(name, expectations=expectations_of(TABLES[name], gx.expectations)))
            validation = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
            checkpoint = context.checkpoints.add(
                gx.Checkpoint(name=name, validation_definitions=[validation], result_format=COUNTS_ONLY, actions=[])
            )
            done = checkpoint.run(batch_parameters={"dataframe": frame.to_pandas()}, run_id=identifier)
            tried[name] = [each for validated in done.run_results.values() for each in validated.results]
        context.build_data_docs(site_names=[SITE])
        files = _cleaned(Path(folder))
    outcomes = tuple(_outcome(name, frames[name].height, results, files) for name, results in sorted(tried.items()))
    index = _TEMPLATES.get_template("data_docs.html.j2").render(outcomes=outcomes, run_id=run_id, as_of=f"{as_of:%Y-%m-%d %H:%M} UTC")
    return Docs({**files, "index.html": index.encode()}, outcomes)


def _outcome(name: str, rows: int, results: list[Any], files: Mapping[str, bytes]) -> Outcome:
    failed = tuple(sorted({_words(each) for each in results if not each.success}))
    page = next(path for path in files if path.startswith(f"validations/{name}/"))
    return Outcome(name, rows, len(results), failed, page)


def _words(result: Any) -> str:
    column = result.expectation_config.kwargs.get("column")
    return f"{result.expectation_config.type}{f' ({column})' if column else ''}"


def _cleaned(folder: Path) -> dict[str, bytes]:
    """The pages without what is loaded from elsewhere, with our style; pictures and fonts of the tutorial are left out."""
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*.html")):
        html = path.read_text(encoding="utf-8")
        for unwanted in (_SCRIPT, _LOADED, _FOOTER):
            html = unwanted.sub("", html)
        relative = path.relative_to(folder)
        style = f'{_POLICY}<link rel="stylesheet" href="{"../" * (len(relative.parts) - 1)}quality.css">'
        head = _HEAD.search(html)
        end = head.end() if head else 0
        files[relative.as_posix()] = f"{html[:end]}{style}{html[end:]}".encode()
    files["quality.css"] = Path(__file__).with_name("data_docs.css").read_bytes()
    return files
