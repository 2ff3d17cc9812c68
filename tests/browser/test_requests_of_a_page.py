"""A page that a browser opens for the first time asks for few files: each costs a round trip on a phone."""

import pytest

from tests.support.installation import EMAIL
from tests.support.page_scripts import wait_for_scripts
from tests.support.screens import AGENT, BOARD, PANEL, SKILL, TASK

MOST_REQUESTS = 15
PAGES = ["/", BOARD, PANEL, TASK, "/inbox", "/agents", AGENT, SKILL, "/models", "/team", "/settings", "/costs"]


@pytest.mark.parametrize("path", PAGES)
def test_page_opened_with_an_empty_cache_takes_few_requests(chromium, installation, signed_in, path):
    context = chromium.new_context(base_url=installation.address, storage_state=signed_in(EMAIL))
    page, requests = context.new_page(), []
    page.on("request", lambda request: None if request.url.startswith("data:") else requests.append(request.url))

    page.goto(path)
    wait_for_scripts(page)
    page.wait_for_timeout(300)  # what follows the scripts: fonts, the event stream
    context.close()

    assert len(requests) <= MOST_REQUESTS, requests
