import ipaddress
import socket
import threading
import time

import httpx
import pytest

from helix.outgoing import AddressRefused, GuardError, Limits, TimeIsUp, TooMuch, guarded_client, network
from helix.outgoing.addresses import refusal
from tests.support.model_server import ModelServer


@pytest.fixture
def server():
    with ModelServer() as running:
        yield running


def post(url: str, model: str = "ok", limits: Limits = Limits(), *, allow_private: bool = True) -> httpx.Response:
    with guarded_client(limits, allow_private=allow_private) as client:
        return client.post(url, json={"model": model})


def names_resolve_to(monkeypatch, *answers: list[str]) -> list[str]:
    """Each look-up gives the next answer, the last one for ever. Returns the list of names looked up."""
    asked: list[str] = []

    def resolve(host: str, port: int):
        answer = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [ipaddress.ip_address(address) for address in answer]

    monkeypatch.setattr(network, "resolve", resolve)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.0.1", "fe80::1", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200",
        "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255",
        "240.0.0.1", "0.1.2.3", "::169.254.169.254", "64:ff9b:1::a9fe:a9fe", "64:ff9b:1::6464:64c8",
    ],
)  # fmt: skip
def test_some_addresses_are_refused_always(address):
    assert refusal(ipaddress.ip_address(address), allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "::1", "fc00::1",
        "fd12:3456::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1",
        "fec0::1", "feff::1", "192.88.99.1", "3fff::1", "3fff:fff::1", "2001:db8::1", "64:ff9b:1::808:808", "100::1",
        "2001:2::1", "2001:20::1", "2620:4f:8000::1", "192.0.0.9", "192.0.2.1",
        "192.31.196.1", "192.52.193.1", "192.175.48.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_unless_allowed(address):
    assert refusal(ipaddress.ip_address(address), allow_private=False)
    assert refusal(ipaddress.ip_address(address), allow_private=True) is None


@pytest.mark.parametrize("address", ["100:0:0:1::1", "5f00::1", "4000::1", "8000::1"])
def test_what_is_not_given_out_to_the_internet_is_refused_with_private_addresses(address):
    assert refusal(ipaddress.ip_address(address), allow_private=False)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2a00:1450::1"],
)
def test_public_addresses_are_allowed(address):
    assert refusal(ipaddress.ip_address(address), allow_private=False) is None


def test_an_allowed_exchange_works(server):
    assert post(f"{server.url}/v1/chat/completions").status_code == 200


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "017700000001"],
)
def test_no_way_of_writing_a_private_address_gets_past(host, server):
    with pytest.raises((AddressRefused, httpx.ConnectError)):
        post(f"http://{host}:{server.port}/", allow_private=False)

    assert server.requests == []


def test_a_name_that_leads_to_a_private_address_is_refused(server, monkeypatch):
    names_resolve_to(monkeypatch, ["127.0.0.1"])

    with pytest.raises(AddressRefused):
        post(f"http://innocent.example:{server.port}/", allow_private=False)

    assert server.requests == []


def test_a_name_that_mixes_public_and_private_addresses_is_refused(server, monkeypatch):
    names_resolve_to(monkeypatch, ["1.1.1.1", "127.0.0.1"])

    with pytest.raises(AddressRefused):
        post(f"http://mixed.example:{server.port}/", allow_private=False)


def test_a_name_that_changes_its_answer_is_looked_up_once(server, monkeypatch):
    asked = names_resolve_to(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])

    answer = post(f"http://rebinding.example:{server.port}/")

    assert answer.status_code == 200
    assert asked == ["rebinding.example"]


def test_the_address_that_is_really_connected_to_is_judged_too(server, monkeypatch):
    class Elsewhere(network.httpcore.SyncBackend):
        def connect_tcp(self, host, port, *rest, **options):
            return super().connect_tcp("127.0.0.1", server.port, *rest, **options)

    monkeypatch.setattr(network.httpcore, "SyncBackend", Elsewhere)

    with pytest.raises(AddressRefused):
        post("http://1.1.1.1/", allow_private=False)

    assert server.requests == []


def test_the_next_address_is_tried_when_the_first_does_not_answer(server, monkeypatch):
    names_resolve_to(monkeypatch, ["::1", "127.0.0.1"])

    assert post(f"http://two.example:{server.port}/").status_code == 200


def test_a_redirect_is_refused(server):
    with ModelServer() as inner:
        with pytest.raises(GuardError, match="redirect"):
            post(server.url, f"redirect:{inner.port}")

        assert inner.requests == []


@pytest.mark.parametrize("behaviour", ["silence", "drip", "slow:30"])
def test_the_time_limit_is_for_the_whole_exchange(behaviour, server):
    started = time.monotonic()

    with pytest.raises(TimeIsUp):
        post(server.url, behaviour, Limits(seconds=0.5))

    assert time.monotonic() - started < 1.5


def test_the_time_limit_holds_for_looking_up_a_name(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(network, "resolve", lambda host, port: release.wait(20) and [])
    started = time.monotonic()

    with pytest.raises(TimeIsUp):
        post("http://slow.example/", limits=Limits(seconds=0.3))

    release.set()
    assert time.monotonic() - started < 1.5


def test_an_answer_that_is_too_large_is_stopped(server):
    with pytest.raises(TooMuch):
        post(server.url, "huge", Limits(bytes=50_000))


def test_a_compressed_answer_is_refused(server):
    server.behave("bomb", lambda reply: reply.send(200, b"\x1f\x8b", Content_Encoding="gzip"))

    with pytest.raises(GuardError, match="compress"):
        post(server.url, "bomb")


def test_a_proxy_in_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert post(server.url).status_code == 200


def test_a_closed_port_is_an_ordinary_connection_error():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(httpx.ConnectError):
        post(f"http://127.0.0.1:{port}/")
