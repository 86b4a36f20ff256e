"""Every card in a real browser, drawn by Microsoft's own renderer: it parses without a word, says what it should, and nothing more.

CARD_PICTURES names a folder to which the pictures go; four of them are kept in docs/pictures.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assets.test_browser import CHROMIUM, FLAGS
from tests.channels.card_examples import CARDS, drawn

RENDERING = Path(__file__).parent / "rendering"
SCRIPTS = ("node_modules/adaptivecards/dist/adaptivecards.js", "node_modules/markdown-it/dist/markdown-it.js", "page.js")
STYLE = (
    "body{margin:16px;width:600px;font-family:'Segoe UI','Liberation Sans',sans-serif;border:1px solid #d1d1d1;border-radius:6px}"
    "p{margin:0}a{color:#4f52b2}.mention{color:#4f52b2;font-weight:600}"
    "button{padding:5px 20px;border:1px solid #d1d1d1;border-radius:4px;background:#fff;font:600 14px 'Segoe UI','Liberation Sans'}"
)

pytestmark = [pytest.mark.must_run, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict]]:
    """What the browser makes of every example, by its name."""
    if not shutil.which(CHROMIUM):
        pytest.skip(f"there is no {CHROMIUM} on this machine (Debian: apt-get install chromium)")
    if missing := [script for script in SCRIPTS if not (RENDERING / script).is_file()]:
        pytest.skip(f"{missing[0]} is not there (npm ci --prefix tests/channels/rendering)")
    from playwright.sync_api import sync_playwright

    pictures = Path(os.environ.get("CARD_PICTURES") or tmp_path_factory.mktemp("cards"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 634, "height": 200}, device_scale_factor=1.5)
            page.route("**/*", lambda route: route.abort())
            page.set_content(f"<!DOCTYPE html><style>{STYLE}</style><body></body>")
            for script in SCRIPTS:
                page.add_script_tag(content=(RENDERING / script).read_text("utf-8"))
            found = {}
            for name in CARDS:
                found[name] = page.evaluate("card => window.show(card)", drawn(name))
                page.screenshot(path=pictures / f"card-{name}.png", full_page=True)
                found[name]["picture_bytes"] = (pictures / f"card-{name}.png").stat().st_size
            yield found
        finally:
            browser.close()


@pytest.mark.parametrize("name", CARDS)
def test_the_renderer_finds_nothing_wrong_with_the_card(shown, name):
    assert shown[name]["events"] == []
    assert shown[name]["picture_bytes"] > 5_000


@pytest.mark.parametrize("name", CARDS)
def test_no_text_is_wider_than_the_card(shown, name):
    assert shown[name]["tallest"] <= 0


def test_the_person_meant_is_mentioned(shown):
    assert shown["owner"]["mentions"] == ["Ann Bell"]
    assert "Ann Bell, this one is yours." in shown["owner"]["text"]


def test_titles_of_rows_lead_to_halopsa(shown):
    assert shown["daily"]["links"] == [f"https://acme.halopsa.com/opportunity?id={number}" for number in (4711, 4711, 4720)]


def test_hostile_text_is_shown_as_it_is_and_does_nothing(shown):
    hostile = shown["hostile"]
    assert hostile["links"] == []
    assert hostile["mentions"] == ["Ann Bell"]
    assert hostile["emphasised"] == []
    for words in (
        "‹at›Everyone‹/at›",
        "[free](https:/ /evil.example)",
        "**bold** _it_",
        "{ {DATE(",
        "R&D_plan (v2) *final*",
        "1. first &lt;b&gt;",
        "- dash",
    ):
        assert words in hostile["text"]


def test_a_card_that_was_cut_says_how_much_is_missing(shown):
    assert "more rows not shown here" in shown["crowded"]["text"]
