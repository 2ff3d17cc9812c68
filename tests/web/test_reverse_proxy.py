"""Forwarded headers are trusted as documented in docs/operations.md."""

import logging
import re
from dataclasses import replace

import pytest

PUBLIC = "https://helix.example.org"
FROM_THE_PROXY = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}


@pytest.fixture
def browser(clean_app, mia):
    """At an installation with one proxy in front of it."""
    from helix.app import create_app

    app = create_app(replace(clean_app.config["HELIX"], public_url=PUBLIC, trusted_proxies=1))
    app.testing = True
    return app.test_client()


def sign_in(browser, *, host, referer):
    form = browser.get("/sign-in", base_url=f"http://{host}", headers=FROM_THE_PROXY)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)[1]
    headers = FROM_THE_PROXY | ({"Referer": referer} if referer else {})
    # The cookie is kept by the host that the browser knows.
    cookie = form.headers["Set-Cookie"].partition(";")[0]
    sent = {"csrf_token": token, "email": "nobody@example.org", "password": "wrong password"}
    return browser.post("/sign-in", base_url=f"http://{host}", headers=headers | {"Cookie": cookie}, data=sent)


def test_a_proxy_that_passes_the_host_lets_forms_through(browser):
    answer = sign_in(browser, host="helix.example.org", referer=f"{PUBLIC}/sign-in")

    assert answer.status_code != 400, answer.text


def test_a_proxy_that_rewrites_the_host_is_named_to_the_person_and_in_the_log(browser, caplog):
    with caplog.at_level(logging.WARNING, "helix.error_pages"):
        answer = sign_in(browser, host="127.0.0.1:8000", referer=f"{PUBLIC}/sign-in")

    assert answer.status_code == 400
    assert "sent from helix.example.org, and reached the server as a request for 127.0.0.1:8000" in answer.text
    assert "must pass the Host header" in answer.text
    assert "Reload the page" not in answer.text
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "'helix.example.org'" in line
    assert "proxy_set_header Host $host;" in line


def test_a_missing_referer_is_told_as_what_it_is(browser):
    answer = sign_in(browser, host="helix.example.org", referer=None)

    assert answer.status_code == 400
    assert "did not say which page this form came from (the Referer header)" in answer.text


def test_a_form_without_its_token_is_still_said_to_be_out_of_date(browser):
    answer = browser.post(
        "/sign-in", base_url=PUBLIC, headers=FROM_THE_PROXY | {"Referer": f"{PUBLIC}/sign-in"}, data={"email": "x"}
    )

    assert answer.status_code == 400
    assert "This page has expired" in answer.text


def test_a_host_that_a_client_forwards_is_not_believed(browser):
    answer = browser.get(
        "/boards/1//",
        base_url="http://helix.example.org",
        headers=FROM_THE_PROXY | {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"},
    )

    assert "evil" not in answer.headers.get("Location", "") + answer.text
