"""Real pages in a real browser, against real processes. Needs chromium on PATH: skipped without it, but never in CI."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.real_house import EMAIL, PASSWORD, RealHouse

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MIA = {"name": "Mia Moss", "email": "mia.moss@example.com", "password": PASSWORD}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason="no chromium on PATH: install the distribution's package"))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHouse]:
    """The demo organization with web, workers and scheduler, for all of these tests."""
    folder = tmp_path_factory.mktemp("browser")
    with RealHouse(folder, HELIX_DEMO_DELAY_SECONDS="1.5", RUN_WORKERS="2") as house:
        house.start("web", "worker", "scheduler")
        with house.client() as api:
            made = api.post("/users/", json={**MIA, "role": "member"})
            assert made.status_code == 201, made.text
        yield house


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "CI must run these: install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(house: RealHouse, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page("/boards")`: a browser of its own, signed in as the admin; `who=MIA`, `width=390`.

    After the test, no page may have complained: an error of a script, or something the policy refused.
    """
    contexts, complaints = [], []

    def _open(path: str, who: dict[str, str] | None = None, width: int = 1440, **more: object) -> Page:
        context = chromium.new_context(
            base_url=house.address, viewport={"width": width, "height": 900}, reduced_motion="reduce", **more
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(path)
        page.get_by_label("E-mail").fill((who or {"email": EMAIL})["email"])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{path}")
        return page

    yield _open
    for context in contexts:
        context.close()
    assert not complaints, complaints
