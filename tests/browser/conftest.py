"""Real pages in a real browser, against real processes. Needs chromium on PATH: skipped without it, but never in CI."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from helix.models import User
from tests.support import people
from tests.support.installation import EMAIL, PASSWORD, Installation
from tests.support.page_scripts import wait_for_scripts
from tests.support.screens import add_schedule, add_tool_source, add_webhook, start_workflow

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ADA = {"email": EMAIL}
MIA = {"name": "Mia Moss", "email": "mia.moss@example.com", "password": PASSWORD}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason="no chromium on PATH: install the distribution's package"))


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The demo organization with web, workers and scheduler, for all of these tests."""
    folder = tmp_path_factory.mktemp("browser")
    with Installation(folder, HELIX_DEMO_DELAY_SECONDS="1.5", RUN_WORKERS="2") as installation:
        installation.start("web", "worker", "scheduler")
        with installation.client() as api:
            made = api.post("/users/", json={**MIA, "role": "member"})
            assert made.status_code == 201, made.text
            add_webhook(api)
            add_tool_source(api)
            add_schedule(api)
            start_workflow(api)
        yield installation


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "CI must run these: install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sign_in(installation: Installation, chromium: Browser) -> Callable[[str], Any]:
    """`sign_in(email)` signs in by the form and returns the cookies."""

    def _sign_in(email: str) -> Any:
        context = chromium.new_context(base_url=installation.address)
        page = context.new_page()
        page.goto("/sign-in?next=/settings/tokens")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/settings/tokens")
        cookies = context.storage_state()
        context.close()
        return cookies

    return _sign_in


@pytest.fixture(scope="session")
def signed_in(sign_in: Callable[[str], Any]) -> Callable[[str], Any]:
    """The same with one session for all tests, since signing in takes a second. Not for tests that sign out."""
    return cache(sign_in)


@pytest.fixture
def open_page(
    installation: Installation,
    chromium: Browser,
    sign_in: Callable[[str], Any],
    signed_in: Callable[[str], Any],
) -> Iterator[Callable[..., Page]]:
    """`open_page("/boards")`: a browser of its own, signed in as the admin; `who=MIA`, `who=None`, `width=390`.

    `own_session=True` is for tests that sign out: the session of the others goes on.

    After the test, no page may have complained: an error of a script, or something the policy refused.
    """
    contexts, complaints = [], []

    def _open(
        path: str, who: dict[str, str] | None = ADA, width: int = 1440, own_session: bool = False, **more: Any
    ) -> Page:
        cookies = sign_in if own_session else signed_in
        context = chromium.new_context(
            base_url=installation.address,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            storage_state=cookies(who["email"]) if who else None,
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(path)
        if more.get("java_script_enabled", True):
            wait_for_scripts(page)
        return page

    yield _open
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def open_as_mia(clean_app: Flask, chromium: Browser, mia: User) -> Iterator[Callable[..., Page]]:
    """`open_as_mia("/inbox", width=390)`: a page of this very process, whose database the test fills.

    After the test, no page may have complained.
    """
    server = make_server("127.0.0.1", 0, clean_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    contexts, complaints, email = [], [], mia.email

    def _open(path: str, width: int = 1440, **more: Any) -> Page:
        context = chromium.new_context(
            base_url=f"http://127.0.0.1:{server.port}",
            viewport={"width": width, "height": 844},
            reduced_motion="reduce",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"/sign-in?next={path}")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(people.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{path}")
        wait_for_scripts(page)
        return page

    yield _open
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    assert not complaints, complaints
