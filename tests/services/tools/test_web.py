"""web_fetch against a real server on this machine, which is a private address and refused by default."""

import ipaddress
import threading
from http.server import BaseHTTPRequestHandler
from http.server import HTTPServer as HTTPServerOfPython

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from helix.outgoing import Limits
from helix.services import comments, tools
from helix.services.tools import known_texts, web
from tests.support.people import as_actor

PAGE = "<title>Towels</title><script>x()</script><h1>Prices</h1><p>See <a href='/list?a=1&amp;b=2'>the list</a>.</p>"
METADATA = "http://169.254.169.254/latest/meta-data/"


@pytest.fixture
def server():
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def allowed(server, monkeypatch):
    """As if the server were on the public web."""
    monkeypatch.setattr(web, "ALLOW_PRIVATE", True)
    monkeypatch.setattr(web, "PORTS", frozenset({server.port}))
    return server


def fetch(desk, server, path="/page", **context):
    return desk.call("web_fetch", url=server.url_for(path), context=desk.context(**context))


def test_a_page_is_read_as_text_with_the_addresses_of_its_links(desk, allowed):
    allowed.expect_request("/page").respond_with_data(PAGE, content_type="text/html; charset=utf-8")

    result = fetch(desk, allowed)

    link = allowed.url_for("/list?a=1&b=2")
    assert result.text == f"{allowed.url_for('/page')}\n\nTowels\n\n# Prices\n\nSee the list ({link})."
    assert (result.is_error, result.brings_untrusted) == (False, True)
    assert tools.address_is_known(link, [result.text])


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("application/json", b'{"price": 4}', '{"price": 4}'),
        ("text/markdown", "# Größe".encode(), "# Größe"),
        ("text/plain; charset=iso-8859-1", "Größe".encode("latin-1"), "Größe"),
        ("text/plain; charset=utf-8", "Größe der Handtücher".encode("latin-1"), "Größe der Handtücher"),
        ("text/html", b"<p>\xff\xfe\x00", "no text in an encoding"),
        ("text/html", b"<script>only()</script>", "(The page has no text.)"),
    ],
)
def test_texts_are_read_in_their_encoding(desk, allowed, kind, content, shown):
    allowed.expect_request("/page").respond_with_data(content, content_type=kind)

    assert shown in fetch(desk, allowed).text


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/octet-stream", ""])
def test_other_types_are_refused(desk, allowed, kind):
    allowed.expect_request("/page").respond_with_data(b"%PDF-1.4", headers={"Content-Type": kind})

    result = fetch(desk, allowed)

    assert result.is_error
    assert "only pages and texts" in result.text


def test_a_huge_body_is_refused(desk, allowed):
    allowed.expect_request("/page").respond_with_data(b"x" * 1_000_001, content_type="text/plain")

    result = fetch(desk, allowed)

    assert result.is_error
    assert "larger than 1,000,000 bytes" in result.text


def test_a_long_text_is_cut_with_a_note(desk, allowed):
    allowed.expect_request("/page").respond_with_data("ö" * 100_000, content_type="text/plain; charset=utf-8")

    text = fetch(desk, allowed).text

    assert len(text.encode()) <= tools.MAX_RESULT_BYTES
    assert text.endswith("[The rest was left out: the result is too long.]")


def test_a_slow_server_is_left_after_the_time_limit(desk, allowed, monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(web, "LIMITS", Limits(seconds=0.3, bytes=1000))

    def slow(_request: Request) -> Response:
        ended.wait(10)
        return Response("late")

    allowed.expect_request("/page").respond_with_handler(slow)

    result = fetch(desk, allowed)

    ended.set()
    assert result.is_error
    assert "0.3 seconds" in result.text


def redirect(server, path, to):
    server.expect_request(path).respond_with_response(Response(status=302, headers={"Location": to}))


def test_three_redirects_are_followed_and_a_fourth_is_not(desk, allowed):
    for step in range(4):
        redirect(allowed, f"/{step}", f"/{step + 1}")
    allowed.expect_request("/4").respond_with_data("There", content_type="text/plain")

    near, far = fetch(desk, allowed, "/1"), fetch(desk, allowed, "/0")

    assert near.text == f"{allowed.url_for('/4')}\n\nThere"
    assert far.is_error
    assert "more than 3 times" in far.text


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (METADATA, "link-local"),
        ("http://metadata.google.internal/", "link-local"),
        ("http://127.0.0.1:22/", "only the ports"),
        ("file:///etc/passwd", "beginning with https"),
        ("http://user:word@127.0.0.1/", "must not contain a user name"),
        ("//169.254.169.254/", "link-local"),
    ],
)
def test_a_redirect_is_judged_like_the_first_address(desk, allowed, target, words):
    redirect(allowed, "/page", target)

    result = fetch(desk, allowed)

    assert result.is_error
    assert words in result.text


class _LeadsNowhere(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", "http://[::1/")
        self.end_headers()


def test_a_redirect_to_no_address_is_an_error(desk, monkeypatch):
    # pytest-httpserver does not send such a header.
    with HTTPServerOfPython(("127.0.0.1", 0), _LeadsNowhere) as nowhere:
        threading.Thread(target=nowhere.handle_request, daemon=True).start()
        monkeypatch.setattr(web, "ALLOW_PRIVATE", True)
        monkeypatch.setattr(web, "PORTS", frozenset({nowhere.server_port}))

        result = desk.call("web_fetch", url=f"http://127.0.0.1:{nowhere.server_port}/")

    assert result.is_error
    assert "could not be read" in result.text


def test_a_redirect_to_another_host_than_those_granted_is_refused(desk, allowed):
    redirect(allowed, "/page", f"http://localhost:{allowed.port}/secret")

    result = fetch(desk, allowed, hosts=frozenset({allowed.host}))

    assert result.is_error
    assert "may not read pages of localhost" in result.text


def test_a_redirect_carries_no_cookies(desk, allowed):
    headers = {"Location": "/there", "Set-Cookie": "seen=1; Path=/"}
    allowed.expect_request("/page").respond_with_response(Response(status=302, headers=headers))
    allowed.expect_request("/there").respond_with_handler(
        lambda request: Response(f"cookies: {len(request.cookies)}", content_type="text/plain")
    )

    assert fetch(desk, allowed).text.endswith("cookies: 0")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", METADATA]
)
def test_private_addresses_are_refused_whatever_models_and_webhooks_may(desk, clean_app, url):
    assert clean_app.config["HELIX"].allow_private_webhook_addresses

    result = desk.call("web_fetch", url=url)

    assert result.is_error
    assert "refused" in result.text


def test_a_name_that_leads_to_a_private_address_is_refused_when_connecting(desk, monkeypatch):
    monkeypatch.setattr("helix.outgoing.network.resolve", lambda host, port: [ipaddress.ip_address("192.168.1.4")])

    result = desk.call("web_fetch", url="http://innocent.example/")

    assert result.is_error
    assert "private addresses are not allowed" in result.text


def test_another_port_is_refused(desk):
    assert "only the ports 80 and 443" in desk.call("web_fetch", url="https://example.com:6379/").text


def test_an_error_of_the_server_is_told(desk, allowed):
    allowed.expect_request("/page").respond_with_data("secret trace", status=500)

    result = fetch(desk, allowed)

    assert (result.is_error, "answered 500" in result.text, "secret" in result.text) == (True, True, False)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("See https://example.com/a?x=1.", True),
        ("([the list](https://example.com/a?x=1))", True),
        ("<https://EXAMPLE.com/a?x=1#part>", True),
        ("https://example.com/a", False),
        ("https://example.com/a?x=12", False),
        ("http://example.com/a?x=1", False),
        ("https://example.com.evil.example/a?x=1", False),
        ("example.com/a?x=1", False),
    ],
)
def test_only_the_very_address_counts_as_known(text, known):
    assert tools.address_is_known("https://example.com/a?x=1", [text]) is known


def test_the_root_of_a_host_is_known_with_and_without_a_slash():
    assert tools.address_is_known("https://example.com", ["https://example.com/"])


def test_addresses_that_the_agent_wrote_itself_are_not_known(desk, mia):
    comments.add(as_actor(mia), desk.task.id, "Look at https://example.com/of-mia")
    own = "https://evil.example/?secret=1"
    desk.call("add_comment", text=own)
    desk.call("save_file", name="a.txt", text=own)

    texts = known_texts.of_task(desk.task.id)

    assert tools.address_is_known("https://example.com/of-mia", texts)
    assert not tools.address_is_known(own, texts)
