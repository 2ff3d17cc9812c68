"""A Redis server that accepts connections and never answers."""

import socket

import pytest
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from helix.queue.retry import FailFastRetry


@pytest.fixture
def silent():
    """A socket that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield server


def asks(client):
    with pytest.raises(RedisTimeoutError):
        client.ping()


def connections(server):
    found = 0
    while True:
        try:
            server.accept()[0].close()
        except TimeoutError:
            return found
        found += 1


def client_of(server, retry):
    return Redis(port=server.getsockname()[1], socket_timeout=0.1, retry=retry)


def test_one_caller_waits_for_a_silent_server_and_the_next_ones_need_not(silent):
    client = client_of(silent, FailFastRetry())

    for _ in range(5):
        asks(client)

    assert connections(silent) == 1


def test_after_a_while_it_is_asked_again(silent):
    retry = FailFastRetry()
    retry.OPEN_SECONDS = 0
    client = client_of(silent, retry)

    for _ in range(3):
        asks(client)

    assert connections(silent) == 3


def test_what_one_connection_found_out_is_for_all(servers):
    retry = FailFastRetry()
    client = Redis.from_url(servers.environment["REDIS_URL"], retry=retry)
    first, second = client.connection_pool.make_connection(), client.connection_pool.make_connection()

    assert client.ping()
    assert first.retry is second.retry is retry
