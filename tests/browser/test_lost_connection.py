"""The web server stops and restarts while a page is open."""

from playwright.sync_api import expect


def test_an_open_page_says_that_it_is_alone_and_heals_by_itself(open_page, installation):
    page = open_page("/boards/14")
    card = page.locator(".card").first
    task = card.get_attribute("data-id")

    installation.stop("web")
    expect(page.locator("#lost")).to_be_visible(timeout=30_000)
    installation.start("web")
    with installation.client() as api:
        assert api.patch(f"/tasks/{task}", json={"title": "Written while the page was alone"}).status_code == 200

    expect(page.locator(f"#task-{task}")).to_contain_text("Written while the page was alone", timeout=60_000)
    expect(page.locator("#lost")).to_be_hidden()
