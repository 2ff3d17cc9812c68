import re
import zipfile
from io import BytesIO

from helix.extensions import db
from helix.models import Skill, SkillAttachment
from helix.services import skills
from tests.support.people import as_actor
from tests.support.skill_files import packed

TEXT = "# SEO checklist\n\n- **Title** first"
FORM = {
    "name": "SEO checklist",
    "description": "What a page must pass.",
    "category": "Marketing",
    "tags": "seo, #Blog",
    "content": TEXT,
    "version": "",
    "activation_mode": "tag",
    "activation_tags": "seo",
    "agent_ids": [],
}


def written(by, **fields) -> Skill:
    return skills.create(as_actor(by), **({"name": "SEO checklist", "content": TEXT} | fields))


def a_file(text: str, name: str = "tone.md") -> tuple[BytesIO, str]:
    return BytesIO(text.encode()), name


def test_skills_are_found_by_words_category_and_tag(pages, ada, mia, statements):
    for number in range(6):
        written(ada, name=f"Skill {number}")
    written(ada, category="Marketing", tags=["seo"], description="What a page must pass.", is_active=False)
    browser = pages.as_(mia)

    with statements() as found:
        everything = browser.get("/skills").text
    for query in ("q=must+pass", "category=marketing", "tag=SEO"):
        page = browser.part(f"/skills?{query}").text
        assert "SEO checklist" in page, query
        assert "Skill 1" not in page, query

    assert "Inactive" in everything
    assert "New skill" not in everything
    assert len(found) <= 12, found
    assert "Nothing found" in browser.get("/skills?q=zebra").text


def test_members_read_a_skill_and_write_none(pages, ada, mia, make):
    agent = make.agent("Sierra")
    skill = written(ada, agent_ids=[agent.id])
    browser = pages.as_(mia)

    page = browser.get(f"/skills/{skill.id}").text

    assert "<strong>Title</strong>" in page
    assert "Sierra" in page
    assert "<textarea" not in page
    assert browser.get("/skills/new").status_code == browser.get("/skills/import").status_code == 403
    assert browser.send("/skills", FORM).status_code == browser.send(f"/skills/{skill.id}", FORM).status_code == 403
    assert browser.send(f"/skills/{skill.id}/delete").status_code == 403
    assert browser.send(f"/skills/{skill.id}/active", {"is_active": "0"}).status_code == 403
    assert browser.send("/skills/preview", {"content": "x"}).status_code == 403


def test_an_admin_writes_a_skill(pages, ada):
    reply = pages.as_(ada).send("/skills", FORM)

    skill = db.session.query(Skill).one()
    assert reply.headers["HX-Redirect"] == f"/skills/{skill.id}"
    assert (skill.content, skill.tags, skill.activation_tags, skill.version) == (
        TEXT,
        ["seo", "blog"],
        ["seo"],
        "1.0.0",
    )


def test_saving_raises_the_version_and_shows_it(pages, ada, make):
    skill = written(ada)
    agent = make.agent("Sierra")
    browser = pages.as_(ada)

    reply = browser.send(f"/skills/{skill.id}", FORM | {"content": TEXT + "\r\n- More", "agent_ids": [str(agent.id)]})

    assert reply.status_code == 200
    assert "Saved as 1.0.1." in reply.text
    assert 'id="skill-form"' in reply.text
    now = skills.serialize(as_actor(ada), skills.get(skill.id))
    assert now["content"] == TEXT + "\n- More"
    assert now["agent_ids"] == [agent.id]


def test_what_was_typed_is_kept_beside_what_is_wrong(pages, ada):
    written(ada)
    other = written(ada, name="Tone")
    browser = pages.as_(ada)

    wrong = browser.send(f"/skills/{other.id}", FORM | {"name": " ", "version": "two", "content": "Mine"})
    taken = browser.send(f"/skills/{other.id}", FORM | {"name": "seo CHECKLIST", "content": "Mine"})
    plain = browser.post("/skills", FORM)

    assert wrong.status_code == taken.status_code == plain.status_code == 422
    assert "Enter a name of 1 to 120 characters." in wrong.text
    assert "Enter a version such as 1.2.0." in wrong.text
    assert "Mine</textarea>" in wrong.text
    assert "There is already a skill named" in taken.text
    assert "<!doctype html>" in plain.text


def test_the_preview_is_rendered_and_cleaned(pages, ada):
    reply = pages.as_(ada).send("/skills/preview", {"content": "**Bold** <script>alert(1)</script>"})

    assert "<strong>Bold</strong>" in reply.text
    assert "<script" not in reply.text


def test_an_import_is_looked_at_first_and_comes_in_inactive(pages, ada):
    browser = pages.as_(ada)
    text = "---\nname: Tone\ndescription: How we sound\n---\nWrite plainly."

    looked = browser.send("/skills/import/preview", {"file": a_file(text)})
    before = db.session.query(Skill).count()
    done = browser.send("/skills/import", {"file": a_file(text)})

    skill = db.session.query(Skill).one()
    page = browser.get(f"/skills/{skill.id}").text
    assert before == 0
    assert "How we sound" in looked.text
    assert "Write plainly." in looked.text
    assert done.headers["HX-Redirect"] == f"/skills/{skill.id}"
    assert not skill.is_active
    assert "Review it, then activate it." in page


def test_an_import_says_what_is_wrong_and_what_to_do_about_a_name_that_exists(pages, ada):
    browser = pages.as_(ada)
    written(ada)
    text = "---\nname: SEO checklist\n---\nNew text."

    broken = browser.send("/skills/import/preview", {"file": a_file("---\n- a\n- b\n---\n")})
    nothing = browser.send("/skills/import", {})
    clash = browser.send("/skills/import/preview", {"file": a_file(text)})
    refused = browser.send("/skills/import", {"file": a_file(text)})
    browser.send("/skills/import", {"file": a_file(text), "on_conflict": "rename"})

    assert "notice-danger" in broken.text
    assert nothing.status_code == refused.status_code == 422
    assert "Choose a .md file" in nothing.text
    assert 'value="new_version"' in clash.text
    assert db.session.query(Skill).count() == 2


def test_activating_takes_the_banner_away(pages, ada):
    skill = written(ada, is_active=False)

    reply = pages.as_(ada).send(f"/skills/{skill.id}/active", {"is_active": "1"})

    assert "Look it over" not in reply.text
    assert "is active" in reply.text
    assert db.session.get_one(Skill, skill.id).is_active


def test_versions_show_what_changed_and_one_is_brought_back(pages, ada, mia):
    skill = written(ada)
    skills.edit(as_actor(ada), skill.id, {"content": TEXT.replace("Title", "Heading")})
    browser = pages.as_(ada)

    page = browser.get(f"/skills/{skill.id}/versions").text
    first = browser.part(f"/skills/{skill.id}/versions?number=1").text
    reply = browser.send(f"/skills/{skill.id}/versions/1/restore")

    assert "diff-add" in page
    assert "**Heading** first" in page
    assert "Restore" in first
    assert "First version" in first
    assert "diff-add" not in first
    assert "Restore" not in pages.as_(mia).part(f"/skills/{skill.id}/versions?number=1").text
    assert reply.headers["HX-Redirect"] == f"/skills/{skill.id}"
    assert skills.get(skill.id).content == TEXT


def test_files_are_attached_read_and_taken_off(pages, ada, mia):
    skill = written(ada)
    browser = pages.as_(ada)

    added = browser.send(f"/skills/{skill.id}/attachments", {"file": a_file("a,b\n1,2", "words.csv")})
    file = db.session.query(SkillAttachment).one()
    got = pages.as_(mia).get(f"/skill-attachments/{file.id}")
    empty = browser.send(f"/skills/{skill.id}/attachments", {})
    removed = browser.send(f"/skills/{skill.id}/attachments/{file.id}/delete")

    assert "words.csv" in added.text
    assert got.data == b"a,b\n1,2"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert empty.status_code == 422
    assert "words.csv" not in removed.text
    assert db.session.query(SkillAttachment).count() == 0


def test_a_skill_leaves_as_a_file_and_is_deleted(pages, ada):
    skill = written(ada)
    browser = pages.as_(ada)

    exported = browser.get(f"/skills/{skill.id}/export")
    asked = browser.part(f"/skills/{skill.id}/delete").text
    gone = browser.send(f"/skills/{skill.id}/delete")

    assert "name: SEO checklist" in exported.text
    assert "No agent has it." in asked
    assert gone.headers["HX-Redirect"] == "/skills"
    assert browser.get(f"/skills/{skill.id}").status_code == 404


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found, "the form carries no mark"
    return found[1]


def test_a_save_over_somebody_elses_shows_both_versions_and_loses_nothing(pages, ada, make):
    agent = make.agent("Sierra")
    skill = written(ada, agent_ids=[agent.id])
    browser = pages.as_(ada)
    seen = seen_in(browser.get(f"/skills/{skill.id}/edit").text)
    skills.edit(as_actor(ada), skill.id, {"content": TEXT + "\n- Theirs", "agent_ids": []})
    mine = FORM | {"content": TEXT + "\n- Mine", "agent_ids": [str(agent.id)], "seen": seen}

    refused = browser.send(f"/skills/{skill.id}", mine)
    plain = browser.post(f"/skills/{skill.id}", mine)

    assert refused.status_code == plain.status_code == 422
    assert "Someone else changed this skill in the meantime" in refused.text
    assert "Someone else changed this skill in the meantime" in plain.text
    assert all(
        words in refused.text
        for words in ("- Theirs", "- Mine", "Agents, saved version", "Agents, your version", "Sierra")
    )
    assert skills.get(skill.id).content == TEXT + "\n- Theirs"
    again = browser.send(f"/skills/{skill.id}", mine | {"seen": seen_in(refused.text)})
    assert again.status_code == 200
    assert skills.get(skill.id).content == TEXT + "\n- Mine"


def test_what_the_form_does_not_hold_makes_no_save_stale(pages, ada):
    skill = written(ada)
    browser = pages.as_(ada)
    seen = seen_in(browser.get(f"/skills/{skill.id}/edit").text)

    browser.send(f"/skills/{skill.id}/active", {"is_active": "0"})
    browser.send(f"/skills/{skill.id}/attachments", {"file": a_file("x")})
    wrong = browser.send(f"/skills/{skill.id}", FORM | {"name": "", "seen": seen})
    saved = browser.send(f"/skills/{skill.id}", FORM | {"seen": seen_in(wrong.text)})

    assert wrong.status_code == 422
    assert "in the meantime" not in wrong.text
    assert saved.status_code == 200


def _repository():
    text = "---\nname: {}\ndescription: About it\n---\nText.\n"
    folders = {f"repo/skills/{name}/SKILL.md": text.format(name) for name in ("pdf", "docx")}
    return packed(folders | {"repo/bad/SKILL.md": "---\nname: [a]\n---\n"})


def test_of_several_skills_those_that_are_ticked_come_in_with_a_report(pages, ada):
    browser = pages.as_(ada)

    looked = browser.send("/skills/import/preview", {"file": (BytesIO(_repository()), "repo.zip")})
    sent = {"file": (BytesIO(_repository()), "repo.zip"), "several": "1", "only": ["repo.zip/repo/skills/pdf"]}
    done = browser.send("/skills/import", sent)

    assert 'value="repo.zip/repo/skills/docx" checked' in " ".join(looked.text.split())
    assert "name in the front matter must be a single text" in looked.text
    assert "1 of 1 skills were imported" in " ".join(done.text.split())
    assert [skill.name for skill in db.session.query(Skill)] == ["pdf"]


def test_without_a_script_all_of_several_skills_come_in(pages, ada):
    done = pages.as_(ada).post("/skills/import", {"file": (BytesIO(_repository()), "repo.zip")})

    assert "2 of 3 skills were imported" in " ".join(done.text.split())


def test_a_file_is_put_into_a_folder_and_the_zip_brings_it_back(pages, ada):
    skill = skills.create(as_actor(ada), name="Voice")
    browser = pages.as_(ada)

    browser.send(f"/skills/{skill.id}/attachments", {"file": (BytesIO(b"# A"), "a.md"), "folder": "references"})
    archive = browser.get(f"/skills/{skill.id}/export?format=zip")

    with zipfile.ZipFile(BytesIO(archive.data)) as opened:
        assert opened.read("voice/references/a.md") == b"# A"
    assert "references/a.md" in browser.get(f"/skills/{skill.id}").text


def test_a_skill_is_read_first_and_edited_on_a_page_of_its_own(pages, ada, mia):
    skill = written(ada)
    skills.create(as_actor(ada), name="Other", content="x", category="Writing")
    admin, member = pages.as_(ada), pages.as_(mia)

    page = admin.get(f"/skills/{skill.id}").text

    assert "<textarea" not in page
    assert f'href="/skills/{skill.id}/edit"' in page
    assert f"/skills/{skill.id}/edit" not in member.get(f"/skills/{skill.id}").text
    assert member.get(f"/skills/{skill.id}/edit").status_code == 403
    editor = admin.get(f"/skills/{skill.id}/edit").text
    assert "<textarea" in editor
    assert 'class="form-foot save-bar"' in editor
    assert '<option value="Writing">' in editor


def test_a_version_shows_its_changes_or_its_text_as_it_reads(pages, ada):
    skill = written(ada)
    browser = pages.as_(ada)
    browser.send(f"/skills/{skill.id}", FORM | {"content": "# New heading\n\nNew text"})

    changes = browser.part(f"/skills/{skill.id}/versions?number=2").text
    text = browser.part(f"/skills/{skill.id}/versions?number=2&show=text").text

    assert "diff-add" in changes
    assert "<h1>New heading</h1>" not in changes
    assert "<h1>New heading</h1>" in text
    assert "diff-add" not in text
