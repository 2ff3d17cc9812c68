"""web_search as agents call it, against a server that plays SearXNG, through the real litellm."""

import pytest

from helix.services import settings, tools
from tests.support.people import as_actor
from tests.support.search_server import SearchServer


@pytest.fixture
def server():
    with SearchServer() as server:
        yield server


@pytest.fixture
def searches(ada, server):
    settings.edit(as_actor(ada), {"web_search_provider": "searxng", "web_search_url": server.url})
    return server


def offered(desk) -> set[str]:
    return {found.name for found in tools.granted(desk.agent.id)}


def test_it_exists_for_agents_only_once_a_search_engine_is_entered(desk, ada, server):
    before = offered(desk)

    settings.edit(as_actor(ada), {"web_search_provider": "searxng", "web_search_url": server.url})
    during = offered(desk)
    settings.edit(as_actor(ada), {"web_search_provider": None})

    assert "web_search" not in before
    assert "web_search" in during
    assert "web_search" not in offered(desk)
    assert "no search engine" in desk.call("web_search", query="towels").text


def test_hits_come_back_numbered_with_title_address_and_snippet(desk, searches):
    result = desk.call("web_search", query="towels in Kuala Lumpur")

    assert result.text.startswith("1. Towels 1\nhttps://example.com/towels/1\nShop number 1\n\n2. Towels 2\n")
    assert (result.is_error, result.brings_untrusted, result.cost_usd) == (False, True, 0)
    assert searches.asked[0].args["q"] == "towels in Kuala Lumpur"


def test_the_address_of_a_hit_may_be_fetched_and_one_in_the_query_may_not(desk, searches):
    misled = "https://evil.example/?data=secret"

    text = desk.call("web_search", query=misled).text

    assert "web_search" in tools.known_texts.ADDRESS_SOURCES
    assert tools.address_is_known("https://example.com/towels/2", [text])
    assert not tools.address_is_known(misled, [text])
    searches.hits = []
    assert misled not in desk.call("web_search", query=misled).text


def test_a_failure_is_told_to_the_model(desk, searches):
    searches.status = 429

    result = desk.call("web_search", query="towels")

    assert result.is_error
    assert "no more searches" in result.text


def test_what_it_brings_and_sends_is_part_of_what_the_agent_can_reach(desk, searches):
    reach = tools.reach(tools.granted(desk.agent.id))

    assert (reach.reads_private, reach.brings_untrusted, reach.sends_out) == (True, True, True)
