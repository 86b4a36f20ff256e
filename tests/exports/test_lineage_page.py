"""The lineage page: safe, whole, and walkable from a figure to HaloPSA's fields."""

from __future__ import annotations

import re
import shutil
from collections import deque
from itertools import pairwise
from pathlib import Path

import pytest

from exports.lineage import anchor, page
from exports.lineage.markdown import asset_markdown
from handoff_pipeline.lineage import Lineage, Ref, lineage
from handoff_pipeline.lineage.columns import PAYLOAD
from handoff_pipeline.lineage.graph import custom_fields
from handoff_pipeline.policy import load_policy
from handoff_pipeline.policy.frames import policy_frames
from handoff_pipeline.warehouse import models
from tests.assets.test_browser import CHROMIUM, FLAGS

START = Ref("kpi.kpi_weekly", "value")


@pytest.fixture(scope="module")
def found() -> Lineage:
    policy = load_policy(Path(__file__).resolve().parents[2] / "handoff.yaml")
    rows = policy_frames(policy, "demo", "https://demo.example")["custom_field"]
    return lineage(models.discover(), custom_fields(rows.select("entity", "meaning", "name").iter_rows()))


@pytest.fixture(scope="module")
def html(found: Lineage) -> str:
    return page(found, models.discover(), "Lineage of demo")


def walk(found: Lineage, start: Ref) -> list[Ref]:
    """The shortest way from a column to a field of HaloPSA's record."""
    waiting, seen = deque([[start]]), {start}
    while waiting:
        way = waiting.popleft()
        for ref in found.made_of(way[-1].table, way[-1].column):
            if ref.table.startswith("raw.") and ref.column == PAYLOAD and ref.detail:
                return [*way, ref]
            if ref not in seen:
                seen.add(ref)
                waiting.append([*way, ref])
    raise AssertionError(f"no way from {start} to HaloPSA")


def test_no_link_of_the_page_leads_nowhere(html: str):
    anchors = set(re.findall(r'id="([^"]+)"', html))
    links = set(re.findall(r'href="#([^"]+)"', html))

    assert len(links) > 1_000
    assert not links - anchors


def test_the_page_loads_nothing_and_runs_nothing(html: str):
    assert "<script" not in html
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', html)
    assert "default-src 'none'" in html


def test_a_custom_field_with_a_hostile_name_stays_text():
    hostile = '"><script>alert(1)</script>'
    bad = lineage(models.discover(), custom_fields([("opportunity", "deal_type", hostile)]))

    assert hostile not in page(bad, models.discover())
    assert "&lt;script&gt;" in page(bad, models.discover())


def test_markdown_names_every_column_and_escapes_what_markdown_reads(found: Lineage):
    said = asset_markdown(found, "kpi.kpi_weekly", {"kpi.weekly_points": "/assets/kpi/weekly_points"})

    assert len(said.splitlines()) == len(found.tables["kpi.kpi_weekly"]) + 2
    assert "](/assets/kpi/weekly_points)" in said
    assert "metric\\_key" in said


@pytest.mark.must_run
@pytest.mark.timeout(120)
def test_a_lead_walks_from_a_kpi_to_halopsas_field_by_clicking(html: str, found: Lineage, tmp_path: Path):
    if not shutil.which(CHROMIUM):
        pytest.skip(f"there is no {CHROMIUM} on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    file = tmp_path / "index.html"
    file.write_text(html, encoding="utf-8")
    way = [anchor(ref) for ref in walk(found, START)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            tab = browser.new_page(viewport={"width": 1500, "height": 900})
            tab.goto(f"{file.as_uri()}#{way[0]}")
            for here, following in pairwise(way):
                tab.click(f'tr[id="{here}"] a[href="#{following}"]')
                assert tab.url.endswith(f"#{following}")
                assert tab.locator(f'tr[id="{following}"]').is_visible()
            assert "HaloPSA GET /" in tab.locator(f'tr[id="{way[-1]}"]').inner_text()
        finally:
            browser.close()
    assert len(way) >= 5
