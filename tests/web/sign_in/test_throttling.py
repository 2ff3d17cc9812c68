"""Sign-in throttling does not lock out the account's owner."""

import pytest

from helix.services.accounts import throttle
from tests.support.page_client import Pages
from tests.support.people import PASSWORD

pytestmark = pytest.mark.every_database


@pytest.fixture
def fewer(monkeypatch):
    """Limits that a test reaches soon."""
    monkeypatch.setattr(throttle, "MAX_BY_ACCOUNT", 2)
    monkeypatch.setattr(throttle, "MAX_BY_ACCOUNT_ANYWHERE", 6)
    monkeypatch.setattr(throttle, "MAX_BY_ADDRESS", 20)


def guess(clean_app, email, *, times, address, password="guess"):
    stranger = Pages(clean_app)
    form = {"email": email, "password": password, "csrf_token": stranger.token()}
    return [
        stranger.open("POST", "/sign-in", data=form, environ_base={"REMOTE_ADDR": address}).status_code
        for _ in range(times)
    ]


def test_stranger_locks_out_himself_alone(clean_app, mia, fewer):
    assert guess(clean_app, mia.email, times=3, address="203.0.113.9") == [401, 401, 429]

    assert guess(clean_app, mia.email, times=1, address="198.51.100.1", password=PASSWORD) == [303]
    assert guess(clean_app, mia.email, times=1, address="203.0.113.9", password=PASSWORD) == [429]


def test_stranger_with_many_addresses_meets_a_limit_that_spares_known_browsers(clean_app, pages, mia, fewer):
    browser = pages.as_(mia)
    browser.sign_out()

    tries = [guess(clean_app, mia.email, times=1, address=f"203.0.113.{number}")[0] for number in range(8)]

    assert tries == [401] * 6 + [429] * 2
    assert guess(clean_app, mia.email, times=1, address="198.51.100.1", password=PASSWORD) == [429]
    assert browser.sign_in(mia.email, PASSWORD).status_code == 303


def test_known_browser_has_a_limit_of_its_own(pages, mia, fewer):
    browser = pages.as_(mia)
    browser.sign_out()

    replies = [browser.sign_in(mia.email, "guess").status_code for _ in range(3)]

    assert replies == [401, 401, 429]
    assert browser.sign_in(mia.email, PASSWORD).status_code == 429


def test_browser_is_known_for_those_alone_who_signed_in_with_it(clean_app, pages, mia, noah, fewer):
    browser = pages.as_(mia)
    browser.sign_out()
    for number in range(7):
        guess(clean_app, noah.email, times=1, address=f"203.0.113.{number}")

    assert browser.sign_in(noah.email, PASSWORD).status_code == 429


def test_cookie_that_was_made_up_says_nothing(clean_app, mia, fewer):
    stranger = Pages(clean_app)
    stranger._browser.set_cookie("helix_8000_known", "eyJhIjoiYiJ9.aaaa.bbbb")

    replies = [stranger.sign_in(mia.email, "guess").status_code for _ in range(3)]

    assert replies == [401, 401, 429]


def test_several_people_share_a_browser(clean_app, pages, mia, noah, fewer):
    shared = pages.as_(mia)
    shared.sign_out()
    shared.sign_in(noah.email, PASSWORD)
    shared.sign_out()
    for number in range(7):
        guess(clean_app, mia.email, times=1, address=f"203.0.113.{number}")
        guess(clean_app, noah.email, times=1, address=f"203.0.113.{number}")

    assert shared.sign_in(mia.email, PASSWORD).status_code == 303
    shared.sign_out()
    assert shared.sign_in(noah.email, PASSWORD).status_code == 303
