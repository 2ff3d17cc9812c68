"""Bounded, the least recently used entries go first, entries hold for one version."""

import threading
import time

import pytest

from helix.live.cache import OVERHEAD, ById, Cache


@pytest.fixture
def cache():
    """Room for three entries of 100 bytes."""
    return Cache(most_bytes=3 * (OVERHEAD + 100))


def test_entry_is_given_while_its_version_holds(cache):
    cache.put("board", "page", version=1, size=100)

    assert cache.get("board", 1) == "page"
    assert cache.get("board", 2) is None


def test_void_entry_gives_its_room_back(cache):
    cache.put("board", "page", version=1, size=100)

    cache.get("board", 2)

    assert (len(cache), cache.bytes) == (0, 0)


def test_least_recently_used_entry_goes_first(cache):
    for name in ("first", "second", "third"):
        cache.put(name, name, size=100)
    cache.get("first")

    cache.put("fourth", "fourth", size=100)

    assert [cache.get(name) for name in ("first", "second", "third", "fourth")] == ["first", None, "third", "fourth"]


def test_many_small_entries_are_bounded_as_well(cache):
    for number in range(100):
        cache.put(number, "x")

    assert len(cache) == 3


def test_replaced_entry_is_counted_once(cache):
    cache.put("board", "old", size=50)
    cache.put("board", "new", size=60)

    assert cache.get("board") == "new"
    assert cache.bytes == OVERHEAD + 60


def test_one_huge_value_does_not_push_out_all_others(cache):
    cache.put("small", "x", size=100)

    cache.put("huge", "x" * 5_000, size=5_000)

    assert cache.get("small") == "x"
    assert cache.get("huge") is None


def test_entry_ends_after_its_seconds():
    cache = Cache(most_bytes=100_000, seconds=0.0)
    cache.put("board", "page")

    assert cache.get("board") is None


def test_equal_objects_are_different_owners(cache):
    ada, twin = {"name": "Ada"}, {"name": "Ada"}
    cache.put((ById(ada), "/boards"), "page")

    assert cache.get((ById(ada), "/boards")) == "page"
    assert cache.get((ById(twin), "/boards")) is None


def test_of_many_threads_that_want_the_same_one_computes_it(cache):
    computed = []

    def load():
        with cache.turn("board"):
            if cache.get("board") is None:
                computed.append(1)
                time.sleep(0.02)
                cache.put("board", "page")

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(computed) == 1
