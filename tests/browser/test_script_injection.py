"""Five hundred script injection strings in every field that people, models and others fill, on every page.

The policy of the pages is switched off here, so that nothing stands between a mistake of ours and a script that runs.
"""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from helix.demo import load
from helix.settings.oidc import OidcSettings
from tests.support import backing_services, injected_database
from tests.support.injections import injections
from tests.support.installation import EMAIL, PASSWORD
from tests.support.page_audit import SCRIPT
from tests.support.screens import AGENT, BOARD, PANEL, SCREENS, SKILL, TASK, Screen, click, dialog, menu, palette

# What opens over the pages and is made of names: the rest of the menus holds words of ours.
OVER = (
    Screen("/", palette("onerror")),
    Screen(BOARD, menu("[popovertarget=board-filter]")),
    Screen(PANEL, click("[popovertarget=menu-agent]", "#menu-team .menu-item")),
    Screen(AGENT, dialog("Edit")),
)
FURTHER = (f"{TASK}?tab=runs", "/inbox?show=notifications&unread=1", "/search?q=onerror")


@pytest.fixture(scope="module")
def address(app) -> Iterator[str]:
    """The demo organization with hostile words everywhere, served by this very process."""
    sign_in = OidcSettings(issuer="https://id.example.com", client_id="x", name=injections()[0])
    with app.app_context(), pytest.MonkeyPatch.context() as patched:
        patched.setitem(app.config, "HELIX", replace(app.config["HELIX"], oidc=sign_in))
        backing_services.create_organization()
        load.seed(demo=True, admin_email=EMAIL, admin_password=PASSWORD)
        injected_database.fill()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
        thread.join()
        backing_services.clear(app)


@pytest.fixture
def page(chromium, address) -> Iterator[Page]:
    """Signed in, without the policy of the pages. What runs is counted, and no dialog of a browser may have come."""
    context = chromium.new_context(
        base_url=address, bypass_csp=True, reduced_motion="reduce", user_agent=f'x">{injections()[0]}'
    )
    context.add_init_script("window.ran = 0; window.helix_injected = () => { window.ran += 1; };")
    page, dialogs = context.new_page(), []
    page.on("dialog", lambda found: (dialogs.append(found.message), found.dismiss()))
    _sign_in(page)
    yield page
    context.close()
    assert dialogs == []


def test_nothing_that_is_typed_runs_on_any_page(page):
    shown = [place for place in SCREENS if not place.then and place.signed_in and place.status == 200]

    found = {str(place): _found(page, place) for place in (*shown, *map(Screen, FURTHER), *OVER)}

    assert {place: problems for place, problems in found.items() if problems} == {}


def test_nothing_runs_in_what_comes_while_a_page_is_open(page):
    kinds = ("task", "run", "text", "comment", "agent", "notification", "viewers", "toast")
    events = [
        f"event: {kind}\ndata: {json.dumps({'id': 22, 'task_id': 22, 'run_id': 1, 'text': words, 'name': words})}\n\n"
        for kind in kinds
        for words in injections()[::8]
    ]
    page.route(
        re.compile("/events([?]|$)"),
        lambda route: route.fulfill(content_type="text/event-stream", body="".join(events)),
    )

    page.goto(PANEL)
    page.locator("html[data-ready]").wait_for()
    shown = page.evaluate(
        """(all) => {
          const said = (text) => ({ bubbles: true, detail: { text, undo: { url: "/", label: text } } });
          all.forEach((text) => document.body.dispatchEvent(new CustomEvent("toast", said(text))));
          return document.querySelectorAll("#toasts .toast").length;
        }""",
        injections(),
    )

    assert shown == len(injections())
    assert _trouble(page) == []


def test_nothing_runs_in_who_is_suggested(page):
    page.goto(TASK)
    page.get_by_label("Comment").press_sequentially("@x")
    expect(page.locator(".suggest .menu-item").first).to_contain_text("helix_injected")

    assert _trouble(page) == []


def test_nothing_runs_in_what_a_deed_says(page):
    page.goto(SKILL)
    page.get_by_role("button", name="Deactivate").click()
    expect(page.locator("#toasts .toast").first).to_contain_text("is inactive")
    name = next(words for words in injections() if "/" not in words and "onerror" in words)
    page.goto(f"{SKILL}/edit")
    page.locator('form[data-upload] input[type="file"]').set_input_files(
        [{"name": f"{name}.txt", "mimeType": "text/plain", "buffer": b"x"}]
    )
    page.locator("#skill-files form button").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete")

    assert _trouble(page) == []


def test_a_string_that_comes_through_is_noticed(chromium):
    page = chromium.new_page()
    page.add_init_script("window.ran = 0; window.helix_injected = () => { window.ran += 1; };")
    page.goto("about:blank")

    page.set_content(f"{injections()[0]}<img src=x onerror=helix_injected(1)><a href='java&Tab;script:1'>x</a>")

    assert len(_trouble(page)) >= 3
    page.close()


def test_every_column_of_text_is_tried_or_said_not_to_be_typed():
    assert injected_database.unnamed_columns() == set()


def _sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def _found(page: Page, place: Screen) -> list[str]:
    try:
        place.open(page)
    except AssertionError as error:
        return [str(error)]
    shown = page.content().count("helix_injected")
    return [*_trouble(page), *([f"only {shown} strings are on it"] if shown < len(injections()) else [])]


def _trouble(page: Page) -> list[str]:
    ran = page.evaluate("window.ran")
    return [*page.evaluate(SCRIPT + "; foreign()"), *([f"{ran} scripts ran"] if ran else [])]
