"""Pages without an account: setup, one-time links, single sign-on, component samples."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from helix.policies.actor import SYSTEM
from helix.services import accounts
from helix.settings.oidc import OidcSettings
from tests.support import backing_services
from tests.support.components import COMPONENTS, served
from tests.support.page_audit import audit
from tests.support.screens import Screen, click

FIRST = (
    Screen("/setup", signed_in=False),
    Screen("/setup", click("button[type=submit]", "[aria-invalid=true]"), signed_in=False),
)


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.fixture
def address(app) -> Iterator[str]:
    """An installation in which nobody is, served by this very process."""
    with app.app_context():
        backing_services.create_organization()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
        thread.join()
        backing_services.clear(app)


def problems(page: Page, address: str, places: tuple[Screen, ...]) -> dict[str, list[str]]:
    found = {str(place): audit(page, replace(place, path=address + place.path)).problems for place in places}
    return {place: said for place, said in found.items() if said}


def test_the_first_set_up_is_for_everybody(window, address):
    assert problems(window, address, FIRST) == {}


def test_links_that_serve_and_another_way_in_are_for_everybody(window, address, app, monkeypatch):
    sign_in = OidcSettings(issuer="https://id.example.com", client_id="helix", name="Larkmoor ID")
    monkeypatch.setitem(app.config, "HELIX", replace(app.config["HELIX"], oidc=sign_in))
    lena = accounts.create(SYSTEM, name="Lena", email="lena@example.com", password=None)
    mia = accounts.create(SYSTEM, name="Mia", email="mia@example.com", password="correct horse battery")
    links = [accounts.invite(SYSTEM, lena.id), accounts.reset_link(SYSTEM, mia.id)]
    places = [Screen(urlsplit(link.url).path) for link in links]

    window.goto(f"{address}/sign-in")
    offered = window.get_by_role("link", name="Continue with Larkmoor ID")

    assert offered.is_visible()
    assert problems(window, address, (Screen("/sign-in?next=/boards"), *places)) == {}


def test_every_component_is_for_everybody(window):
    with served() as address:
        assert problems(window, address, COMPONENTS) == {}
