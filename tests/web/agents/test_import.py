from io import BytesIO

from helix.extensions import db
from helix.models import Agent
from tests.support.skill_files import packed
from tests.support.statements import statements

DEFINITION = "---\nname: {}\ndescription: Reviews changes.\ntools: Read\n---\nYou review.\n"
ARCHIVE = packed(
    {"repo/engineering/seo-pro.md": DEFINITION.format("seo-pro"), "repo/design/ui.md": DEFINITION.format("ui")}
    | {"repo/design/empty.md": "---\nname: empty\n---\n"}
)


def a_file(content=ARCHIVE, name="agents.zip"):
    return BytesIO(content), name


def names():
    return sorted(agent.name for agent in db.session.query(Agent))


def test_agents_are_looked_at_first_and_those_that_are_ticked_come_in(pages, ada):
    browser = pages.as_(ada)
    choices = {"create_departments": "1", "readable_names": "1"}

    looked = browser.send("/agents/import/preview", {"file": a_file(), **choices})
    before = names()
    ticked = {"looked": "1", "only": ["agents.zip/repo/engineering/seo-pro.md"]}
    done = browser.send("/agents/import", {"file": a_file(), **choices, **ticked})

    assert "Seo Pro" in looked.text
    assert "Engineering · Default model" in looked.text
    assert "no text below its front matter" in looked.text
    assert (before, names()) == ([], ["Seo Pro"])
    assert "1 of 1 agents were imported" in done.text


def test_without_a_script_all_come_in_with_a_report(pages, ada):
    done = pages.as_(ada).post("/agents/import", {"file": a_file()})

    assert "2 of 3 agents were imported" in done.text
    assert names() == ["seo-pro", "ui"]


def test_a_file_that_cannot_be_used_is_said_in_words(pages, ada, mia):
    browser = pages.as_(ada)

    nothing = browser.send("/agents/import", {})
    damaged = browser.send("/agents/import/preview", {"file": a_file(b"PK\x03\x04 damaged")})

    assert (nothing.status_code, "Choose markdown files" in nothing.text) == (422, True)
    assert "damaged or no .zip file" in damaged.text
    assert browser.get("/agents/import").status_code == 200
    assert pages.as_(mia).get("/agents/import").status_code == 403


def test_notes_are_shown_and_edited(pages, ada):
    browser = pages.as_(ada)
    browser.send("/agents/import", {"file": a_file(DEFINITION.format("reviewer").encode(), "a.md")})
    agent = db.session.query(Agent).one()

    shown = browser.get(f"/agents/{agent.id}?tab=prompt")
    form = browser.get(f"/agents/{agent.id}/edit")

    assert "tools: Read" in shown.text
    assert "tools: Read</textarea>" in form.text


def test_pages_with_many_agents_do_not_read_their_prompts(pages, ada, make):
    make.agent("Sierra", system_prompt="secret words")
    board = make.board()
    browser = pages.as_(ada)

    with statements() as sent:
        answers = [browser.get(path) for path in ("/agents", f"/tasks/new?board={board.id}", "/skills/new")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [statement for statement in sent if "agents.system_prompt" in statement] == []
