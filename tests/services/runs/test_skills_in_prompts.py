"""Skills with their files in the prompt of a run."""

from io import BytesIO

import pytest

from helix.extensions import db
from helix.models import SkillAttachment
from helix.services import runs, skills
from tests.support.people import as_actor

RULES = b"Never use exclamation marks."


@pytest.fixture
def sierra(make):
    make.model(provider="demo", model_name="demo", context_window=8_000, max_output_tokens=1_000)
    return make.agent("Sierra", max_output_tokens=1_000)


def given(ada, agent, name, **fields):
    return skills.create(as_actor(ada), name=name, agent_ids=[agent.id], **fields)


def test_the_files_of_a_skill_reach_the_agent(ada, make, sierra):
    voice = given(ada, sierra, "Voice", content="See references/rules.md", description="For all texts")
    actor = as_actor(ada)
    skills.attach(actor, voice.id, BytesIO(RULES), name="rules.md", path="references/rules.md")
    skills.attach(actor, voice.id, BytesIO(bytes(range(256))), name="data.bin", path="assets/data.bin")

    preview = runs.compose_preview(make.task(agent=sierra).id)

    system = preview["messages"][0]["content"]
    assert RULES.decode() in system
    assert "- references/rules.md (text/plain, 28 bytes): below" in system
    assert "- assets/data.bin (application/octet-stream, 256 bytes): Files of this kind have no text" in system
    assert "- Voice: For all texts" in system
    assert (preview["skills"], preview["cut"]) == (["Voice"], [])


def test_skills_that_are_left_out_are_listed(ada, make, sierra):
    voice = given(ada, sierra, "Voice")
    skills.attach(as_actor(ada), voice.id, BytesIO(b"word " * 15_000), name="long.md")

    preview = runs.compose_preview(make.task(agent=sierra).id)

    assert preview["cut"] == ["Files of the skill “Voice” that were left out: long.md."]
    assert "long.md (text/plain, 73.2 kB): left out for length" in preview["messages"][0]["content"]


def test_a_file_from_before_words_were_kept_is_listed_until_a_worker_has_read_it(ada, make, sierra):
    voice = given(ada, sierra, "Voice")
    kept = skills.attach(as_actor(ada), voice.id, BytesIO(RULES), name="rules.md").id
    db.session.query(SkillAttachment).update({"path": "", "extracted_text": None, "extract_note": ""})
    db.session.commit()
    task = make.task(agent=sierra).id

    before = runs.compose_preview(task)["messages"][0]["content"]
    skills.extract(kept)
    after = runs.compose_preview(task)["messages"][0]["content"]

    assert "- rules.md (text/plain, 28 bytes): not read yet" in before
    assert RULES.decode() in after


def test_the_skill_that_matches_the_task_is_included_completely(ada, make, sierra):
    for n in range(30):
        given(ada, sierra, f"Filler {n:02}", content="word " * 1_500, description="Use it for other things")
    given(ada, sierra, "Zebra care", content="Feed them. " * 100, description="Use it for zebras")

    preview = runs.compose_preview(make.task(title="Write about zebras", agent=sierra).id)

    assert "Zebra care" in preview["skills"]
    assert "- Filler 29: Use it for other things" in preview["messages"][0]["content"]
    assert any("only name and description were sent" in cut for cut in preview["cut"])


def test_the_size_of_all_skills_is_known_before_any_run(ada, sierra):
    fits = given(ada, sierra, "Alpha", content="word " * 100)
    small = runs.weigh_skills(sierra.id)
    for n in range(9):
        given(ada, sierra, f"Large {n}", content="word " * 3_000)
    given(ada, sierra, "By tag", content="word " * 9_000, activation_mode="tag", activation_tags=["x"])

    large = runs.weigh_skills(sierra.id)

    assert (small["skills"], small["left_out"], small["room"]) == (1, [], 7_000)
    assert 50 < small["tokens"] < 400
    assert large["skills"] == 10
    assert large["tokens"] > large["room"]
    assert fits.name not in large["left_out"]
    assert 5 < len(large["left_out"]) < 10


def test_a_skill_of_boards_is_used_on_those_boards_only(ada, make, sierra):
    here, there, third = make.board("Here"), make.board("There"), make.board("Third")
    given(ada, sierra, "A", activation_mode="board", activation_board_ids=[here.id])
    given(ada, sierra, "B", activation_mode="board", activation_board_ids=[there.id, third.id])
    tasks = [make.task(agent=sierra, board=board).id for board in (here, there)]

    used = [runs.compose_preview(task)["skills"] for task in tasks]

    assert used == [["A"], ["B"]]
