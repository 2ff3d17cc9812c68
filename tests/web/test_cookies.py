"""Cookie attributes, with and without TLS."""

from dataclasses import replace

import pytest

from tests.support.page_client import Pages
from tests.support.people import PASSWORD


def cookies_of(reply):
    """{"helix_8000": {"HttpOnly", "SameSite=Lax", ...}}"""
    found = {}
    for header in reply.headers.getlist("Set-Cookie"):
        first, *attributes = (part.strip() for part in header.split(";"))
        found[first.partition("=")[0]] = set(attributes)
    return found


@pytest.fixture
def behind_tls(clean_app, monkeypatch):
    """The same application as it is under https://."""
    from helix.app import create_app

    settings = replace(clean_app.config["HELIX"], public_url="https://helix.example.org")
    app = create_app(settings)
    app.testing = True
    return app


def test_the_session_is_out_of_reach_of_scripts_and_other_sites(pages, mia):
    cookies = cookies_of(pages.sign_in(mia.email, PASSWORD))

    assert set(cookies) == {"helix_8000", "helix_8000_known"}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= cookies["helix_8000_known"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= cookies["helix_8000"]
    assert not any(attribute.startswith("Domain") for attribute in cookies["helix_8000"])


def test_behind_tls_cookies_keep_to_it_and_browsers_are_told_to(behind_tls, mia):
    with behind_tls.app_context():
        browser = behind_tls.test_client()
        form = browser.get("/sign-in", base_url="https://helix.example.org")
        cookies = cookies_of(form)

    assert set(cookies) == {"__Host-helix"}
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= cookies["__Host-helix"]
    assert form.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_without_tls_nothing_is_said_about_it(pages, ada):
    assert "Strict-Transport-Security" not in pages.get("/sign-in").headers


def test_a_session_that_was_there_before_signing_in_is_not_the_one_after(pages, mia, clean_app):
    """Whoever plants a cookie in somebody's browser does not share what that person signs in to."""
    pages.token()
    planted = pages.cookie()

    pages.sign_in(mia.email, PASSWORD)
    thief = Pages(clean_app)

    assert pages.cookie() != planted
    assert thief.open("GET", "/boards", headers={"Cookie": planted}).status_code == 302


def test_a_planted_session_of_ones_own_ends_when_somebody_else_signs_in(pages, mia, noah):
    browser = pages.as_(noah)
    planted = browser.cookie()

    browser.sign_in(mia.email, PASSWORD)

    assert browser.cookie() != planted
    assert "Mia" in browser.get("/profile").text
