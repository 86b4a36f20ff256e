"""What the manual shows works: its links lead somewhere, its commands exist, and its SQL runs on what the demo publishes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted([CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *(CHECKOUT / "docs").rglob("*.md")])
README = (CHECKOUT / "README.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get where Markdown is shown: small letters, blanks as -, no other marks than - and _."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_of_the_manual_leads_somewhere(page):
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")) if not link.startswith("http")]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_into_a_page_names_one_of_its_headings(page):
    links = [
        ((page.parent / target if target else page), anchor)
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text("utf-8"))
    ]
    assert [f"{target.name}#{anchor}" for target, anchor in links if anchor not in anchors(target)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_make_target_of_the_manual_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)) - targets == set()


def test_the_readme_answers_five_questions():
    assert len(QUERIES) == 5


@pytest.mark.parametrize("sql", QUERIES, ids=lambda sql: sql.split("\n")[0][:60])
def test_a_query_of_the_readme_runs_and_answers(demo_home, sql):
    from handoff_pipeline.warehouse.home import Home
    from handoff_pipeline.warehouse.read import query

    assert query(Home(demo_home), sql).height > 0
