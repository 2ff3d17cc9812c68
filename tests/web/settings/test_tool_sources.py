"""Sources of tools in the settings: forms, refreshing with a worker, connecting in a browser."""

import re

import pytest

from helix import mcp
from helix.db.transaction import end_reading
from helix.extensions import db
from helix.mcp import McpFailed, ServerTool
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolStatus
from helix.services import secrets, tools
from tests.support.authorization_server import AuthorizationServer
from tests.support.people import as_actor
from tests.support.quick_worker import quick_worker
from tests.support.tool_sources import add_source

SECRET = "Bearer canary-of-a-crm-9876"
FORM = {
    "title": "Customer relations",
    "slug": "crm",
    "url": "https://mcp.example.com/mcp",
    "auth": "header",
    "header_name": "Authorization",
    "secret": SECRET,
    "timeout_seconds": "30",
}


@pytest.fixture
def browser(pages, ada):
    return pages.as_(ada)


@pytest.fixture
def says(monkeypatch):
    """Say what every server offers from now on."""

    def says(*offered):
        def list_tools(_server, **_limits):
            if offered and isinstance(offered[0], Exception):
                raise offered[0]
            return list(offered)

        monkeypatch.setattr(mcp, "list_tools", list_tools)

    return says


def said(name="find_customer", description="Finds a customer.", **annotations):
    return ServerTool(name, "", description, {"type": "object"}, annotations)


def only():
    end_reading()
    return db.session.query(ToolSource).filter(ToolSource.slug != "helix").one()


def test_an_empty_list_leads_on(browser):
    page = browser.get("/settings/tools")

    assert "No servers yet" in page.text
    assert 'href="/settings/tools/new"' in page.text


def test_a_server_is_added_with_a_secret_that_no_page_shows(browser):
    browser.send("/settings/tools", FORM)

    source = only()
    assert (source.title, source.slug, source.timeout_seconds) == ("Customer relations", "crm", 30)
    assert secrets.decrypt(source.secret_encrypted) == SECRET
    shown = "".join(browser.get(f"/settings/tools{path}").text for path in ("", f"/{source.id}", f"/{source.id}/edit"))
    assert "canary" not in shown
    assert "9876" in shown


def test_a_short_name_is_made_of_the_name(browser):
    browser.send("/settings/tools", FORM | {"slug": "", "title": "The 3 Käse & Co. CRM of ours"})

    assert only().slug == "the-3-k-se-co-crm-of"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "Enter a name"),
        ({"url": "mcp.example.com"}, "beginning with https://"),
        ({"url": "http://127.0.0.1:9/mcp"}, "This is a private address."),
        ({"url": "http://169.254.169.254/"}, "refused"),
        ({"timeout_seconds": "ages"}, "Enter a whole number of seconds"),
        ({"secret": ""}, "Enter what is sent in the header"),
        ({"header_name": "Host"}, "not a header that can be set"),
        ({"slug": "helix"}, "already a source helix"),
        ({"slug": "", "title": "123"}, "small letters"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(browser, fields, words):
    page = browser.send("/settings/tools", FORM | fields)

    assert page.status_code == 422
    assert words in page.text
    typed = FORM | fields
    assert f'value="{typed["url"]}"' in page.text
    assert "canary" not in page.text
    assert "Enter the secret again" in page.text or not typed["secret"] or "secret" in fields
    assert db.session.query(ToolSource).count() == 1


def test_an_edit_keeps_the_secret_unless_the_address_changes(browser, ada):
    source = add_source(ada, auth="header", secret=SECRET)
    same = FORM | {"title": "Ours", "secret": ""}

    browser.send(f"/settings/tools/{source.id}/edit", same)
    assert (only().title, secrets.decrypt(only().secret_encrypted)) == ("Ours", SECRET)

    refused = browser.send(f"/settings/tools/{source.id}/edit", same | {"url": "https://other.example/mcp"})
    assert refused.status_code == 422
    assert "Enter the secret again" in refused.text
    assert only().url == "https://mcp.example.com/mcp"


def test_an_edit_of_what_somebody_else_has_changed_is_shown(browser, ada):
    source = add_source(ada)
    page = browser.get(f"/settings/tools/{source.id}/edit").text
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    tools.sources.edit(as_actor(ada), source.id, {"title": "Theirs"})

    refused = browser.send(f"/settings/tools/{source.id}/edit", FORM | {"title": "Mine", "seen": seen, "secret": ""})

    assert refused.status_code == 422
    assert "Theirs" in refused.text
    assert only().title == "Theirs"


def test_refreshing_shows_what_was_found(clean_app, browser, ada, says):
    source = add_source(ada)
    says(said(readOnlyHint=True), said("send_mail"))

    with quick_worker(clean_app):
        page = browser.send(f"/settings/tools/{source.id}/refresh", {})

    assert "2 tools: 2 new." in page.text
    assert "crm__find_customer" in page.text
    assert "Cannot be undone" in page.text


def test_a_server_that_fails_is_told_on_its_page_and_in_the_list(clean_app, browser, ada, says):
    source = add_source(ada)
    says(McpFailed("The server answered with 500."))

    with quick_worker(clean_app):
        page = browser.send(f"/settings/tools/{source.id}/refresh", {})

    assert "The server answered with 500." in page.text
    assert "The server answered with 500." in browser.get("/settings/tools").text


def test_without_a_worker_the_page_says_so(browser, ada):
    source = add_source(ada)

    assert "No worker is running" in browser.send(f"/settings/tools/{source.id}/refresh", {}).text


def test_several_new_tools_are_accepted_at_once_and_changed_ones_where_they_are_read(browser, ada, says):
    source = add_source(ada)
    says(said(), said("send_mail"), said("list_orders"))
    tools.refresh_now(source.id)
    found = {tool.name: tool for tool in db.session.query(Tool).filter_by(source_id=source.id)}
    chosen = [found["find_customer"], found["send_mail"]]
    form = {"tool": [str(one.id) for one in chosen]}
    form |= {f"definition-{one.id}": tools.offered_hash(one) for one in chosen}

    page = browser.send(f"/settings/tools/{source.id}/accept", form)

    assert "Accepted 2 tools." in page.text
    end_reading()
    status = {tool.name: tool.status for tool in db.session.query(Tool).filter_by(source_id=source.id)}
    assert status == {"find_customer": "accepted", "send_mail": "accepted", "list_orders": "new"}

    says(said(description="Something else."), said("send_mail"), said("list_orders"))
    tools.refresh_now(source.id)
    after = browser.get(f"/settings/tools/{source.id}").text
    assert f'name="tool" value="{found["find_customer"].id}"' not in after
    assert "What changed" in after


def test_what_was_not_read_is_not_accepted(browser, ada, says):
    source = add_source(ada)
    says(said())
    tools.refresh_now(source.id)
    tool = db.session.query(Tool).filter_by(source_id=source.id).one()
    form = {"tool": str(tool.id), f"definition-{tool.id}": "0" * 64}

    page = browser.send(f"/settings/tools/{source.id}/accept", form)

    assert "has changed since you read it" in page.text
    end_reading()
    assert db.session.get_one(Tool, tool.id).status == ToolStatus.NEW


def test_a_source_is_switched_off_and_deleted(browser, ada):
    source = add_source(ada)

    browser.send(f"/settings/tools/{source.id}/enabled", {"enabled": "0"})
    assert not only().enabled

    browser.send(f"/settings/tools/{source.id}/delete", {})
    assert db.session.query(ToolSource).count() == 1


def test_changed_tools_are_counted_in_the_navigation_for_admins(pages, browser, ada, mia, says):
    source = add_source(ada)
    says(said())
    tools.refresh_now(source.id)
    tool = db.session.query(Tool).filter_by(source_id=source.id).one()
    tools.accept(as_actor(ada), tool.id, definition=tools.offered_hash(tool))
    says(said(description="Something else."))
    tools.refresh_now(source.id)

    assert "1 changed tool to look at" in browser.get("/settings").text
    assert "changed tool" not in pages.as_(mia).get("/settings").text
    assert "Tools of CRM have changed" in browser.get("/inbox").text


class TestConnecting:
    @pytest.fixture
    def server(self):
        with AuthorizationServer() as found:
            yield found

    @pytest.fixture
    def source(self, server, ada):
        return add_source(ada, url=server.url, auth="oauth", allow_private=True)

    @staticmethod
    def begin(browser, source):
        page = browser.send(f"/settings/tools/{source.id}/connect", {}).text
        return re.search(r'href="([^"]+/authorize\?[^"]+)"', page)[1].replace("&amp;", "&"), page

    def test_the_page_says_where_it_leads_and_the_browser_comes_back_connected(self, browser, server, source):
        assert "Connect it" in browser.get(f"/settings/tools/{source.id}").text

        address, page = self.begin(browser, source)
        back = browser.get(server.callback(address), follow_redirects=True)

        assert f"Go to {server.origin.removeprefix('http://')}" in page
        assert "Connected. Its tools are being read." in back.text
        assert "canary" not in back.text
        assert "code=" not in back.request.url

        gone = browser.send(f"/settings/tools/{source.id}/disconnect", {})
        assert "Connect it" in gone.text
        assert only().oauth_encrypted is None

    def test_another_browser_of_the_same_person_cannot_end_it(self, pages, browser, ada, server, source):
        address, _page = self.begin(browser, source)

        back = pages.as_(ada).get(server.callback(address), follow_redirects=True)

        assert "begun in another window" in back.text
        assert server.forms == []

    def test_a_refusal_there_is_told(self, browser, server, source):
        server.refuse = True
        address, _page = self.begin(browser, source)

        assert "did not allow the connection" in browser.get(server.callback(address), follow_redirects=True).text

    def test_a_server_without_oauth_is_told(self, browser, server, source):
        server.has_metadata = server.names_metadata = False

        page = browser.send(f"/settings/tools/{source.id}/connect", {})

        assert "choose a header with a secret instead" in page.text
