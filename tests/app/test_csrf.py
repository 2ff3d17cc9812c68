"""Every write of the pages requires a valid CSRF token."""

import re

import pytest

from tests.support.page_client import HTMX, Pages
from tests.support.page_permissions import FORMS

# Comes from Telegram and not from a browser: it proves itself by a secret in its address and one in a header.
NOT_FROM_A_BROWSER = {"/telegram/webhook/<secret>"}
WRITES = {"POST", "PUT", "PATCH", "DELETE"}

pytestmark = pytest.mark.any_database


def writing_pages(app):
    return [
        (method, re.sub(r"<[^>]+>", "1", rule.rule))
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith(("/api/", "/dev/")) and rule.rule not in NOT_FROM_A_BROWSER
        for method in sorted(rule.methods & WRITES)
    ]


@pytest.mark.parametrize("kind", ["none", "another browser's", "made up"])
def test_no_page_takes_a_form_that_is_not_ours(kind, app, pages, ada, clean_app):
    browser = pages.as_(ada)
    token = {"none": None, "another browser's": Pages(clean_app).token(), "made up": "IjEi.aaaaaa.bbbbbb"}[kind]
    form = {} if token is None else {"csrf_token": token}
    header = {} if token is None else {"X-CSRFToken": token}
    wrong = []

    for method, path in writing_pages(app):
        plain = browser.open(method, path, data={**form, **next(iter(FORMS.values()))})
        part = browser.open(method, path, headers=HTMX | header)
        for reply in (plain, part):
            if reply.status_code != 400 or "Reload the page" not in reply.text:
                wrong.append(f"{method} {path}: {reply.status_code} {reply.text[:80]}")

    assert not wrong, "\n".join(wrong)
    assert len(writing_pages(app)) > 80
    assert browser.get("/boards").status_code == 200  # nobody was signed out by it


def test_reading_an_address_changes_nothing_by_its_method(app):
    """A link or a picture can make a browser GET anything: no address that writes answers to it as well."""
    both = {rule.rule for rule in app.url_map.iter_rules() if rule.methods & WRITES and rule.methods & {"GET", "HEAD"}}

    assert both == set()
