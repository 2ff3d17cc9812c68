"""The picture of an agent: uploaded, shown wherever its face is, copied and removed."""

import io

import pytest
from PIL import Image

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Agent, Comment
from helix.services import stored_files

pytestmark = pytest.mark.every_database


def a_picture(colour="teal"):
    content = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(content, "PNG")
    return io.BytesIO(content.getvalue()), "face.png"


def key_of(agent):
    return db.session.get(Agent, agent.id, populate_existing=True).avatar_key


@pytest.fixture
def agent(make):
    return make.agent("Sierra")


@pytest.fixture
def pictured(pages, ada, agent):
    pages.as_(ada).post(f"/agents/{agent.id}/picture", {"file": a_picture()})
    return agent


def test_an_admin_uploads_a_picture_and_removes_it(pages, ada, agent):
    browser = pages.as_(ada)
    before = browser.get(f"/agents/{agent.id}").text

    uploaded = browser.post(f"/agents/{agent.id}/picture", {"file": a_picture()})
    key = key_of(agent)
    shown = browser.get(f"/agents/{agent.id}").text
    served = browser.get(f"/avatars/{key}")
    browser.send(f"/agents/{agent.id}/picture/remove")

    assert "/avatars/" not in before
    assert uploaded.headers["Location"] == f"/agents/{agent.id}"
    assert f'src="/avatars/{key}"' in shown
    assert (served.status_code, served.content_type) == (200, "image/webp")
    assert key_of(agent) is None
    assert browser.get(f"/avatars/{key}").status_code == 404
    assert f"/avatars/{key}" not in browser.get(f"/agents/{agent.id}").text
    assert db.session.query(Activity).filter_by(action="agent.updated").count() == 2


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [({}, "Choose a picture first."), ({"file": (io.BytesIO(b"<svg/>"), "x.png")}, "not a picture")],
)
def test_what_is_no_picture_is_refused_beside_the_field(pages, ada, agent, sent, sentence):
    refused = pages.as_(ada).send(f"/agents/{agent.id}/picture", sent)

    assert refused.status_code == 422
    assert sentence in refused.text
    assert 'id="picture-error"' in refused.text
    assert key_of(agent) is None


def test_it_is_shown_wherever_the_agent_is(pages, mia, make, pictured):
    board = make.board("Blog")
    task = make.task("Write", board=board, agent=pictured)
    with transaction():
        db.session.add(Comment(task_id=task.id, agent_id=pictured.id, content="Hello", created_at=task.created_at))
    picture = f"/avatars/{key_of(pictured)}"
    browser = pages.as_(mia)

    for address in ("/agents", f"/boards/{board.id}", f"/tasks/{task.id}", "/search?q=Write"):
        assert picture in browser.get(address).text, address
    assert [one["avatar_url"] for one in browser.get("/mentions?q=Sie").json] == [picture]


def test_a_new_picture_replaces_it_on_a_board_that_was_seen_before(pages, ada, make, pictured):
    board = make.board("Blog")
    make.task("Write", board=board, agent=pictured)
    browser = pages.as_(ada)
    earlier = key_of(pictured)
    assert f"/avatars/{earlier}" in browser.get(f"/boards/{board.id}").text

    browser.post(f"/agents/{pictured.id}/picture", {"file": a_picture("red")})

    page = browser.get(f"/boards/{board.id}").text
    assert f"/avatars/{key_of(pictured)}" in page
    assert f"/avatars/{earlier}" not in page


def test_a_copy_of_the_agent_has_a_picture_of_its_own(pages, ada, pictured):
    browser = pages.as_(ada)

    browser.send(f"/agents/{pictured.id}/duplicate")
    copy = db.session.query(Agent).filter_by(name="Sierra copy").one()
    original, own = key_of(pictured), key_of(copy)
    browser.send(f"/agents/{pictured.id}/picture/remove")

    assert own not in (None, original)
    assert browser.get(f"/avatars/{own}").status_code == 200


def test_the_api_sets_and_removes_it(api, ada, agent):
    client = api.as_(ada)

    uploaded = client.post(f"/api/agents/{agent.id}/avatar", data={"file": a_picture()})
    wrong_type = client.post(f"/api/agents/{agent.id}/avatar", json={})
    no_picture = client.post(f"/api/agents/{agent.id}/avatar", data={"file": (io.BytesIO(b"x"), "x.png")})
    listed = client.get("/api/agents/").json
    removed = client.delete(f"/api/agents/{agent.id}/avatar")

    assert uploaded.status_code == 200
    assert uploaded.json["avatar_url"].startswith("/avatars/")
    assert (wrong_type.status_code, no_picture.status_code) == (415, 422)
    assert [one["avatar_url"] for one in listed] == [uploaded.json["avatar_url"]]
    assert removed.json["avatar_url"] is None


def test_maintenance_and_export_know_its_file(clean_app):
    assert Agent.avatar_key in stored_files.FILE_KEY_COLUMNS
