"""Dagster's pages in a real browser: the location loads, the asset graph shows its groups and tables."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest

from assets.instance import dagster_home
from assets.naming import GROUPS

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
START_SECONDS = 90
PAGE_MILLISECONDS = 60_000


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=5) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (URLError, TimeoutError, ConnectionError):
        return False


@pytest.fixture
def webserver(checkout: Path, tmp_path: Path) -> Iterator[str]:
    """Dagster's webserver on a free port of this machine; stopped by its process id."""
    home = tmp_path / "home"
    url = f"http://127.0.0.1:{free_port()}"
    environment = os.environ | {"DAGSTER_HOME": str(dagster_home(home)), "HANDOFF_HOME": str(home), "NO_PROXY": "127.0.0.1"}
    command = [
        str(Path(sys.executable).with_name("dagster-webserver")),
        "-w",
        "workspace.yaml",
        "-h",
        "127.0.0.1",
        "-p",
        url.rsplit(":", 1)[1],
    ]
    log = tmp_path / "webserver.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=checkout, env=environment, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not is_up(url):
                assert server.poll() is None, log.read_text("utf-8")
                assert time.monotonic() < deadline, f"not up after {START_SECONDS} s: {log.read_text('utf-8')}"
                time.sleep(0.5)
            yield url
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(timeout=20)


def walk_in_dagster(page, webserver):
    """From the asset of the KPIs to the one that they are made of, by the link in its metadata."""
    page.goto(f"{webserver}/assets/kpi/kpi_weekly?view=overview", timeout=PAGE_MILLISECONDS)
    page.get_by_text("[Show Markdown]").first.click(timeout=PAGE_MILLISECONDS)
    page.locator('.dagster-portal td a[href="/assets/kpi/weekly_points"]').first.click(timeout=PAGE_MILLISECONDS)
    page.wait_for_url("**/assets/kpi/weekly_points*", timeout=PAGE_MILLISECONDS)


@pytest.mark.must_run
@pytest.mark.timeout(300)
def test_the_browser_shows_the_asset_graph_by_its_groups(webserver, tmp_path):
    if not shutil.which(CHROMIUM):
        pytest.skip(f"there is no {CHROMIUM} on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    outside: list[str] = []

    def only_loopback(route):
        if urlsplit(route.request.url).hostname in {"127.0.0.1", None}:
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            page.route("**/*", only_loopback)
            page.goto(f"{webserver}/asset-groups", timeout=PAGE_MILLISECONDS)
            for group in GROUPS:
                page.get_by_text(group, exact=True).first.wait_for(timeout=PAGE_MILLISECONDS)
            shot = tmp_path / "asset-graph.png"
            page.screenshot(path=shot)
            assert shot.stat().st_size > 10_000
            page.goto(f"{webserver}/assets/kpi/kpi_weekly?view=checks", timeout=PAGE_MILLISECONDS)
            page.get_by_text("expectations", exact=True).locator("visible=true").first.wait_for(timeout=PAGE_MILLISECONDS)
            page.screenshot(path=tmp_path / "checks.png")
            walk_in_dagster(page, webserver)
        finally:
            browser.close()
