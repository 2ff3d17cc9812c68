"""A page is told to reload when it falls behind, and after a gap in the subscription."""

import time

import pytest

from helix import live
from helix.live.listen import MOST_WAITING, RELOAD, Subscription
from helix.queue.connection import redis
from tests.support.waiting import wait_for


def event(number):
    return {"kind": "task", "id": number}


def waiting_in(page):
    """All that a page still gets, without waiting for more."""
    found = []
    while (given := page.next(0.01)) is not None:
        found.append(given)
    return found


def test_a_page_that_keeps_up_gets_every_event_in_its_order():
    page = Subscription()

    for number in range(MOST_WAITING):
        page.give(event(number))

    assert waiting_in(page) == [event(number) for number in range(MOST_WAITING)]


def test_a_page_that_falls_behind_is_told_once_to_reload_in_place_of_what_waited():
    page = Subscription()

    for number in range(MOST_WAITING + 5):
        page.give(event(number))

    assert waiting_in(page) == [RELOAD]


def test_a_page_that_fell_behind_gets_what_happens_after_its_reload():
    page = Subscription()
    for number in range(MOST_WAITING + 1):
        page.give(event(number))
    page.next(0.01)

    page.give(event(999))

    assert waiting_in(page) == [event(999)]


@pytest.fixture
def listener(clean_app, monkeypatch):
    """The listener of this process, once it is subscribed."""
    monkeypatch.setattr(live.writes, "_following", True)
    wait_for(lambda: live.writes.state() is not None)
    return live.listener()


def test_a_page_older_than_what_is_remembered_is_told_to_reload(listener):
    with listener.subscribed(since=time.time() - 3600) as page:
        first = page.next(0.01)

    assert first == RELOAD


def test_a_page_is_told_to_reload_after_a_gap_in_the_subscription(listener):
    with listener.subscribed() as page:
        break_connection()
        live.publish("task", 1)  # nobody hears it

        first = next_event(page)

    assert first == RELOAD


def next_event(page):
    """The next event; a wake-up without one only says that rights changed."""
    found = []
    wait_for(lambda: found.append(page.next(1)) or found[-1])
    return found[-1]


def break_connection():
    """End this installation's subscription from the side of Redis, and no other on the same server."""
    database = redis().connection_pool.connection_kwargs.get("db", 0)
    subscribed = [client for client in redis().client_list() if client["sub"] != "0" and int(client["db"]) == database]
    assert subscribed
    for client in subscribed:
        redis().client_kill_filter(_id=client["id"])


def test_streamed_text_does_not_void_answers(listener):
    with listener.subscribed(runs=frozenset([7])) as page:
        before = live.writes.state()

        live.run_text(7, 1, 1, "Tea", offset=0)

        assert next_event(page)["kind"] == "text"
    assert live.writes.state() == before


def test_presence_ping_does_not_void_answers(listener):
    with listener.subscribed() as page:
        before = live.writes.state()

        live.publish("viewing", board_id=1, task_id=1)

        assert next_event(page)["kind"] == "viewing"
    assert live.writes.state() == before


def test_change_event_voids_answers(listener):
    with listener.subscribed() as page:
        before = live.writes.state()

        live.publish("task", 1)

        assert next_event(page)["kind"] == "task"
    assert live.writes.state() != before
