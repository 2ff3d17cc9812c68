"""The settings of the web search by page."""

import pytest

from helix import llm
from helix.services import secrets, settings
from tests.support.quick_worker import quick_worker
from tests.support.search_server import SearchServer

KEY = "canary-key-1234"


@pytest.fixture
def browser(pages, ada):
    return pages.as_(ada)


def save(browser, provider, **fields):
    return browser.post(
        "/settings/web-search", {"web_search_provider": provider} | {f"web_search_{k}": v for k, v in fields.items()}
    )


def test_searxng_needs_an_address_and_others_a_key(browser):
    without_address = save(browser, "searxng")
    without_key = save(browser, "brave", key="")
    saved = save(browser, "brave", key=KEY)

    assert (without_address.status_code, without_key.status_code, saved.status_code) == (422, 422, 303)
    assert "Enter the address of the server" in without_address.text
    assert "Brave Search needs a key." in without_key.text
    assert secrets.decrypt(settings.organization().web_search_key_encrypted) == KEY


def test_the_fields_follow_the_engine_that_is_chosen(browser):
    save(browser, "tavily", key=KEY)

    searxng = browser.send("/settings/web-search/fields", {"web_search_provider": "searxng"}).text
    brave = browser.send("/settings/web-search/fields", {"web_search_provider": "brave"}).text
    none = browser.send("/settings/web-search/fields", {"web_search_provider": ""}).text

    assert 'name="web_search_url"' in searxng
    assert "it ends in" not in searxng + brave
    assert 'name="web_search_url"' not in brave
    assert 'name="web_search_key"' in brave
    assert 'name="web_search_key"' not in none


def test_the_key_is_never_shown_and_an_empty_field_keeps_it(browser):
    save(browser, "brave", key=KEY)

    page = browser.get("/settings/web-search").text
    kept = save(browser, "brave", key="")

    assert KEY not in page
    assert "it ends in 1234" in page
    assert kept.status_code == 303
    assert secrets.decrypt(settings.organization().web_search_key_encrypted) == KEY


def test_none_switches_it_off_and_forgets_the_key(browser):
    save(browser, "brave", key=KEY)

    save(browser, "")

    row = settings.organization()
    assert (row.web_search_provider, row.web_search_key_encrypted, row.web_search_key_hint) == (None, None, None)


def test_the_test_button_asks_the_engine_through_a_worker(browser, clean_app):
    llm.preload()  # as a worker does
    with SearchServer() as server, quick_worker(clean_app):
        save(browser, "searxng", url=server.url)
        worked = browser.send("/settings/web-search/test").text
        server.status = 403
        refused = browser.send("/settings/web-search/test").text

    assert "SearXNG found 3 pages." in worked
    assert "SearXNG refused the search." in refused
    assert server.asked[0].args["q"] == "weather"


def test_the_test_button_without_a_worker_says_so(browser):
    save(browser, "brave", key=KEY)

    assert "No worker" in browser.send("/settings/web-search/test").text


def test_what_somebody_changed_meanwhile_is_not_overwritten_unseen(browser):
    seen = browser.get("/settings/web-search").text.split('name="seen" value="')[1].split('"')[0]
    save(browser, "brave", key=KEY)

    refused = browser.post("/settings/web-search", {"web_search_provider": "", "seen": seen})

    assert refused.status_code == 422
    assert "Someone else changed the web search" in refused.text
    assert settings.organization().web_search_provider == "brave"
