"""`make screens`: screenshots of every page of a fresh demo installation, the tour, and the page size report.

Starts an installation, signs in, and takes each named screen of tests/support/screens.py at 1440 and 390 px, light and
dark, into docs/screens/. Arguments limit it: `python -m scripts.screens board agents` takes only these, `tour` only the
tour, `tour-agents` its second part, `report` only the table in docs/tour.md. Needs chromium on PATH.
"""

import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser

from scripts import page_report, tour
from scripts.screenshots import FOLDER, PHONE, WIDE, chromium, new_page, screenshot_both_themes, sign_in
from tests.support.components import COMPONENTS, served
from tests.support.installation import Installation, wait_for
from tests.support.screens import (
    Screen,
    add_schedule,
    add_tool_source,
    add_webhook,
    photographed,
    start_workflow,
)

EMPTY = {"SEED_DEMO": "0", "ADMIN_EMAIL": "", "ADMIN_PASSWORD": ""}


def main(wanted: set[str]) -> int:
    screens = [screen for screen in photographed() if not wanted or screen.name in wanted]
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        if not wanted or "setup" in wanted:
            _setup(browser, Path(folder) / "empty")
        if not wanted or "components" in wanted:
            _components(browser)
        (Path(folder) / "demo").mkdir()
        with Installation(Path(folder) / "demo", HELIX_DEMO_DELAY_SECONDS="15") as installation:
            installation.start("web", "worker", "scheduler")
            with installation.client() as api:
                add_webhook(api)
                add_tool_source(api)
                add_schedule(api)
                start_workflow(api)
                _pages(browser, installation.address, screens, api)
            if not wanted or "report" in wanted:
                page_report.write(browser, installation.address)
            if not wanted or "tour" in wanted:
                tour.walk(browser, installation.address)
            if not wanted or wanted & {"tour", "tour-agents"}:
                tour.walk_agents(browser, installation.address)
    size = sum(path.stat().st_size for path in FOLDER.rglob("*.webp"))
    print(f"{len(list(FOLDER.rglob('*.webp')))} screenshots, {size / 1e6:.1f} MB")
    return 0


def _pages(browser: Browser, address: str, screens: list[Screen], api: httpx.Client) -> None:
    visitor = new_page(browser, address)
    sign_in(visitor)
    cookies = visitor.context.storage_state()
    for viewport in (WIDE, PHONE):
        inside, outside = new_page(browser, address, viewport, cookies), new_page(browser, address, viewport)
        for screen in screens:
            page = inside if screen.signed_in else outside
            if screen.name == "board":
                _set_to_work(api)
            screen.open(page)
            screenshot_both_themes(page, screen.name, viewport["width"])


def _set_to_work(api: httpx.Client) -> None:
    """Starts a run on the board, so that the README's screenshot shows an agent at work."""
    waiting = api.get("/tasks/", params={"board_id": 4}).json()
    task = next(one for one in waiting if one["status"] in ("todo", "rejected") and one["assigned_agent"])
    assert api.post(f"/tasks/{task['id']}/execute").status_code == 202
    wait_for(lambda: api.get(f"/tasks/{task['id']}").json()["status"] == "in_progress", what="an agent at work")


def _components(browser: Browser) -> None:
    """Every component in all its states, in one tall screenshot each."""
    with served() as address:
        for viewport in (WIDE, PHONE):
            page = new_page(browser, address, viewport)
            for screen in COMPONENTS:
                if screen.name:
                    screen.open(page)
                    # The page scrolls inside its frame: the viewport must be as high as the content to show all of it.
                    high = page.evaluate("document.getElementById('main').scrollHeight") + 100
                    page.set_viewport_size({"width": viewport["width"], "height": high})
                    screenshot_both_themes(page, screen.name, viewport["width"])


def _setup(browser: Browser, folder: Path) -> None:
    """The setup page of an installation without accounts."""
    folder.mkdir()
    with Installation(folder, first=("migrate",), **EMPTY) as installation:
        installation.start("web")
        for viewport in (WIDE, PHONE):
            page = new_page(browser, installation.address, viewport)
            page.goto("/setup")
            screenshot_both_themes(page, "setup-first", viewport["width"])


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
