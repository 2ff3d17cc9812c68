"""Several users edit the same skills at once."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from helix.errors import Conflict, NotFound, TooLarge
from helix.extensions import db
from helix.models import Skill, SkillAttachment, SkillVersion
from helix.services import skills, stored_files
from helix.services.skills import files
from tests.support.people import as_actor


def at_once(clean_app, *calls):
    """Each in a thread and an application context of its own; refusals count as answers."""
    db.session.remove()

    def one(call):
        with clean_app.app_context():
            try:
                return call()
            except (Conflict, NotFound, TooLarge) as refusal:
                return refusal

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


def test_names_with_the_same_slug_get_different_slugs(clean_app, ada):
    actor = as_actor(ada)

    at_once(clean_app, *(lambda mark=mark: skills.create(actor, name=f"Tone{mark}") for mark in "!?.:,;"))

    assert {skill.slug for skill in db.session.query(Skill)} == {"tone"} | {f"tone-{n}" for n in range(2, 7)}


def test_one_of_several_concurrent_requests_gets_a_name(clean_app, ada):
    actor = as_actor(ada)

    answers = at_once(clean_app, *(lambda: skills.create(actor, name="Tone") for _ in range(6)))

    assert sum(isinstance(answer, Skill) for answer in answers) == 1
    assert db.session.query(Skill).count() == 1


def test_every_edit_gets_a_version_of_its_own(clean_app, ada):
    actor = as_actor(ada)
    skill_id = skills.create(actor, name="Tone").id

    at_once(clean_app, *(lambda n=n: skills.edit(actor, skill_id, {"content": f"Text {n}"}) for n in range(6)))

    numbers = [row.number for row in db.session.query(SkillVersion).order_by(SkillVersion.number)]
    assert numbers == list(range(1, 8))
    assert db.session.get_one(Skill, skill_id).version == "1.0.6"


def test_the_limit_of_a_skill_holds_for_uploads_at_once(clean_app, ada, monkeypatch):
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 25)
    actor = as_actor(ada)
    skill_id = skills.create(actor, name="Tone").id

    at_once(clean_app, *(lambda: skills.attach(actor, skill_id, BytesIO(b"x" * 10), name="a.txt") for _ in range(5)))

    assert db.session.query(SkillAttachment).count() == len(list(stored_files.store().keys())) == 2


def test_an_upload_to_a_skill_that_is_being_deleted_leaves_nothing(clean_app, ada):
    actor = as_actor(ada)
    skill_id = skills.create(actor, name="Tone").id

    at_once(
        clean_app,
        lambda: skills.attach(actor, skill_id, BytesIO(b"x"), name="a.txt"),
        lambda: skills.delete(actor, skill_id),
        lambda: skills.attach(actor, skill_id, BytesIO(b"x"), name="b.txt"),
    )

    assert db.session.query(SkillAttachment).count() == len(list(stored_files.store().keys())) == 0
