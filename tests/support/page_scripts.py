"""Waits until a page's scripts have run, by polling from outside: the CSP refuses polling code inside the page."""

from playwright.sync_api import Page, expect


def wait_for_scripts(page: Page) -> None:
    """Every script of the page is there: keys and drags before that would go nowhere."""
    expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
