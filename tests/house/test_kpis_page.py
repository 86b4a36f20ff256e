"""docs/kpis.md has a section for every metric, its worked examples come out, and every table, column and model says what it is.

Whether the SQL counts so is tested in tests/sql; here the page is held to the registry and to arithmetic.
The one thing to know: each equation in `code` on these pages is worked out again, and must be right in every digit that it shows.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from handoff_pipeline.commands.explain_words import EXCLUSIONS
from handoff_pipeline.tables import METRICS, TABLES, Metric
from handoff_pipeline.warehouse import models
from tests.house import worked_examples

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = [CHECKOUT / "docs" / name for name in ("kpis.md", "definitions.md")]
KPIS = PAGES[0].read_text("utf-8")
PARTS = ("Formula", "Cohort", "Example", "Edge cases", "Source", "Chart and interval", "To question it")
CHARTS = {"xmr": "XmR chart", "u": "u-chart", "between_events": "chart between events", "none": "no chart"}
INTERVALS = {
    "wilson": "Wilson interval",
    "student_t": "Student t interval",
    "poisson": "exact Poisson interval",
    "log_log": "log-log interval",
    "none": "no interval",
}
EQUATIONS = [(page.name, *found) for page in PAGES for found in worked_examples.equations(page.read_text("utf-8"))]
BRIDGE = worked_examples.rows_of(PAGES[1].read_text("utf-8"), "## Bridge")
QUERIES = re.findall(r"```sql\n(.*?)```", KPIS, re.DOTALL)
by_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.metric)


@cache
def sections() -> dict[str, str]:
    """Each section of The metrics by its heading."""
    page = KPIS.partition("\n## The metrics\n")[2].partition("\n## ")[0]
    return {text.partition("\n")[0]: text for text in re.split(r"(?m)^### ", page)[1:]}


def part(metric: Metric, name: str) -> str:
    """A part of a metric's section, without its name; empty where it is missing."""
    found = re.search(rf"(?m)^- \*\*{name}\.\*\* (.+)$", sections().get(metric.metric, ""))
    return found[1] if found else ""


def test_the_page_has_the_metrics_of_the_registry_in_its_order() -> None:
    assert list(sections()) == [each.metric for each in METRICS]


@by_metric
def test_a_metric_has_its_question_and_all_its_parts(metric: Metric) -> None:
    lines = sections()[metric.metric].splitlines()

    assert lines[1].startswith(f"**{metric.title}.** ")
    assert [name for name in PARTS if len(part(metric, name)) < 20] == []


@by_metric
def test_a_metrics_chart_interval_and_minimum_are_the_registrys(metric: Metric) -> None:
    said = part(metric, "Chart and interval")
    wanted = (CHARTS[metric.chart], INTERVALS[metric.interval], f"minimum n {metric.minimum_n}", f"better {metric.direction}.")

    assert [words for words in wanted if words not in said] == []


@by_metric
def test_a_metrics_example_is_worked_out(metric: Metric) -> None:
    assert worked_examples.equations(part(metric, "Example")) != []


@by_metric
def test_a_metrics_source_is_the_file_that_counts_it(metric: Metric) -> None:
    paths = re.findall(r"`((?:sql|handoff_pipeline)/[\w/.]+)`", part(metric, "Source"))
    texts = [(CHECKOUT / path).read_text("utf-8") for path in paths]

    assert any(f"'{metric.metric}'" in text for text in texts)


@by_metric
def test_a_metrics_models_and_columns_exist(metric: Metric) -> None:
    said = " ".join(part(metric, name) for name in PARTS)
    columns = re.findall(r"`((?:fact|dim|kpi|meta)_\w+)(?:\.(\w+))?`", said)

    assert [name for name, column in columns if name not in TABLES or (column and column not in TABLES[name].column_names)] == []
    assert set(re.findall(r"`((?:core|kpi|marts|staging)\.\w+)`", said)) - models.discover().keys() == set()


@by_metric
def test_a_metrics_command_explains_that_metric(metric: Metric) -> None:
    assert part(metric, "To question it").startswith(f"`handoff explain kpi {metric.metric}`")


def test_every_reason_to_leave_a_record_out_is_named_and_no_other() -> None:
    left_out = [part(each, "Edge cases").partition("Left out")[2] for each in METRICS]
    said = {word for text in left_out for word in re.findall(r"`(\w+)`", text.partition(". ")[0])}

    assert said - {"complete"} == set(EXCLUSIONS)


@by_metric
def test_a_metric_says_whether_it_leaves_records_out(metric: Metric) -> None:
    said = part(metric, "Edge cases")

    assert "eft out" in said or re.match(r"As `\w+`", said)


@pytest.mark.parametrize(("page", "claim", "shown"), EQUATIONS, ids=lambda text: str(text)[:60])
def test_a_worked_example_comes_out(page: str, claim: str, shown: str) -> None:
    assert worked_examples.disagreement(claim, shown) == "", page


@pytest.mark.parametrize("row", BRIDGE, ids=lambda row: row[0])
def test_a_row_of_the_bridge_comes_out(row: tuple[str, str, str]) -> None:
    assert worked_examples.disagreement(row[1], row[2]) == ""


def test_the_parts_of_the_bridge_sum_to_the_erosion() -> None:
    amounts = {
        name: worked_examples.number(shown)
        for name, _, shown in worked_examples.rows_of(PAGES[1].read_text("utf-8"), "## Bridge", blank=True)
    }
    erosion = amounts.pop("erosion_amount_base")

    assert (len(amounts), sum(amounts.values())) == (7, erosion)


@pytest.mark.parametrize(
    ("claim", "shown"),
    [("2 ÷ 3", "66.6 %"), ("wilson(2 of 8)", "7.15 % to 59.08 %"), ("median(3 5+ 7)", "not reached"), ("xmr(1 2 3)", "2.1, 0 to 4")],
)
def test_an_example_that_is_wrong_is_seen(claim: str, shown: str) -> None:
    assert worked_examples.disagreement(claim, shown) != ""


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_and_column_has_a_sentence_of_its_own(table) -> None:
    told = {table.name: table.description, **{column.name: column.description for column in table.columns}}
    lacking = [
        name for name, text in told.items() if len(text.split()) < 3 or not text.endswith(".") or text.rstrip(".").casefold() == name
    ]

    assert lacking == []
    assert table.grain
    assert table.owner


def test_every_sql_model_says_what_it_is() -> None:
    found = models.discover().values()

    assert [each.name for each in found if len(each.description.split()) < 4 or not each.description.endswith(".")] == []
    assert [each.name for each in found if not (each.grain and each.key and each.owner)] == []


@pytest.mark.parametrize("sql", QUERIES, ids=lambda sql: sql.split("\n")[0].strip()[:60])
def test_a_query_of_the_page_runs_and_answers(demo_home, sql) -> None:
    from handoff_pipeline.warehouse.home import Home
    from handoff_pipeline.warehouse.read import query

    assert query(Home(demo_home), sql).height > 0
