"""Search ignores case and accents identically on both databases, for queries of every length."""

import pytest
from sqlalchemy import insert, select, update

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Skill, Task
from helix.services import mentions as people
from helix.services import search, skills, tasks
from tests.support.people import as_actor

# text, what is typed, whether it is found
FOUND = [
    ("Crème brûlée menu", "creme", True),
    ("Crème brûlée menu", "cr", True),
    ("Crème brûlée menu", "BRÛLÉE", True),
    ("Crème brûlée menu", "brulee m", True),
    ("Creme brulee", "crème", True),
    ("naïve Ångström", "naive angstrom", True),
    ("İstanbul launch", "istanbul", True),
    ("İstanbul launch", "is", True),
    ("İstanbul launch", "İSTANBUL", True),
    ("Straße", "strasse", True),
    ("Strasse", "straße", True),
    ("IŞIK", "ışık", True),
    ("ışık", "ISIK", True),
    ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width", True),
    ("Full width", "ｆｕｌｌ", True),
    ("cafe\u0301 NFD", "café", True),
    ("café NFC", "cafe\u0301", True),
    ("Łódź", "lodz", True),
    ("Łódź", "ło", True),
    ("Ørsted", "orsted", True),
    ("Ærø ferry", "aero", True),
    ("Ærø ferry", "æ", True),
    ("東京の計画", "京の", True),
    ("東京の計画", "東京の計", True),
    ("ガソリン", "カソリ", False),
    ("ＣＯＦＦＥＥ ガ", "coffee か", False),
    ("שָׁלוֹם עולם", "שלום", True),
    ("مُحَمَّد", "محمد", True),
    ("\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 version", "한국어", True),
    ("한국어", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165", True),
    ("Ελλάδα ΟΔΟΣ", "ελλαδα οδος", True),
    ("ЗАКАЗ ёлки", "елки", True),
    ("100 % é", "100 % e", True),
    ("100 x é", "100 % e", False),
    ("é_b here", "e_b", True),
    ("éxb here", "e_b", False),
    ("Anything é", "\u0301", False),
    ("x\u200by", "xy", True),
    ("Crème", "cremes", False),
]
IDS = [f"{typed} in {text}" for text, typed, _ in FOUND]


@pytest.mark.parametrize(("text", "typed", "found"), FOUND, ids=IDS)
def test_titles_and_descriptions_are_searched_folded(ada, make, text, typed, found):
    board = make.board()
    make.task("Nothing of the kind", board=board)
    in_title = make.task(text, board=board)
    in_description = make.task("Other", board=board, description=f"So: {text}")

    ids = search.tasks(as_actor(ada), typed)
    listed, total = tasks.listed(as_actor(ada), tasks.TaskFilter(q=typed), limit=10)

    assert ids == ([in_title.id, in_description.id] if found else [])
    assert {task["id"] if isinstance(task, dict) else task.id for task in listed} == set(ids)
    assert total == len(ids)


@pytest.mark.parametrize(("text", "typed", "found"), FOUND, ids=IDS)
def test_skills_are_searched_folded(clean_app, ada, text, typed, found):
    skill = skills.create(as_actor(ada), name="Voice", content=f"So: {text}")

    rows, total = skills.list_skills(skills.SkillFilter(search=typed), limit=10)

    # One and two letters are looked for in any place here.
    assert [row.id for row in rows] == ([skill.id] if found else [])
    assert total == len(rows)


@pytest.mark.parametrize("typed", ["jose", "JOSÉ", "jose\u0301", "jo", "nunez", "José Nú"])
def test_names_of_agents_are_found_by_search_mention_palette_and_list(pages, api, ada, make, typed):
    agent = make.agent("José Núñez")
    task = make.task("By its agent", agent=agent)
    client = pages.as_(ada)

    palette = client.get("/palette", query_string={"q": typed}).json

    assert search.tasks(as_actor(ada), typed) == [task.id]
    assert [one["name"] for one in people.search(typed)] == ["José Núñez"]
    assert [one["label"] for one in palette] == ["José Núñez", "By its agent"]
    assert "José Núñez" in client.part("/agents", query_string={"q": typed}).text
    assert [one["id"] for one in api.as_(ada).get("/api/tasks", query_string={"q": typed}).json] == [task.id]


def test_mention_search_puts_beginnings_before_other_places(clean_app, make):
    for name in ("Rosé", "Ómar Roe", "Zoë"):
        make.agent(name)

    assert [one["name"] for one in people.search("ro")] == ["Rosé", "Ómar Roe"]
    assert [one["name"] for one in people.search("o")] == ["Ómar Roe", "Rosé", "Zoë"]


def test_every_way_to_write_a_task_keeps_what_is_searched(clean_app, ada, make):
    board = make.board()
    task = make.task("Plain", board=board)
    by_ada = as_actor(ada)

    tasks.edit(by_ada, task.id, {"title": "Crème", "description": "Łódź"})
    changed = [search.tasks(by_ada, word) for word in ("creme", "lodz", "plain")]
    tasks.edit(by_ada, task.id, {"title": "Plain again"})
    back = [search.tasks(by_ada, word) for word in ("creme", "lodz", "plain")]
    now = clock.now()
    with transaction():
        rows = [
            {"title": f"Ørsted {number}", "board_id": board.id, "position": f"z{number}", "created_at": now}
            | {"updated_at": now, "status": "todo"}
            for number in range(3)
        ]
        db.session.execute(insert(Task), rows[:2])
        db.session.execute(Task.__table__.insert(), rows[2:])
    in_bulk = search.tasks(by_ada, "orsted")
    tasks.delete(by_ada, task.id)

    assert changed == [[task.id], [task.id], []]
    assert back == [[], [task.id], [task.id]]
    assert len(in_bulk) == 3
    assert search.tasks(by_ada, "lodz") == []


def test_folded_forms_are_kept_only_where_a_text_is_not_ascii(clean_app, ada, make):
    plain, accented = make.task("Plain", description="words"), make.task("Crème", description="words")
    skill = skills.create(as_actor(ada), name="Größe", content="plain")

    columns = Task.title_folded, Task.description_folded
    of_tasks = {
        task.id: db.session.execute(select(*columns).where(Task.id == task.id)).one() for task in (plain, accented)
    }
    of_skill = db.session.execute(select(Skill.name_folded, Skill.content_folded).where(Skill.id == skill.id)).one()

    assert tuple(of_tasks[plain.id]) == (None, None)
    assert tuple(of_tasks[accented.id]) == ("creme", None)
    assert tuple(of_skill) == ("grosse", None)


def test_tag_is_one_however_its_accent_is_written(api, ada, make):
    task = make.task("Tagged", tags=["cafe\u0301", "café", "CAFÉ"])
    mine = api.as_(ada)

    patched = mine.patch(f"/api/tasks/{task.id}", json={"tags": ["Cafe\u0301", "café", "tea"]}).json["tags"]
    bulk = mine.post("/api/tasks/bulk", json={"ids": [task.id], "add_tags": ["cafe\u0301"]}).json["items"][0]["tags"]
    found = mine.get("/api/tasks", query_string={"tag": "cafe\u0301"}).json

    assert task.tags == ["café"]
    assert patched == bulk == ["café", "tea"]
    assert [one["id"] for one in found] == [task.id]


def test_index_stays_right_through_changes_and_deletions(clean_app, ada, make):
    task = make.task("Crème brûlée", description="Łódź")
    with transaction():
        db.session.execute(update(Task).where(Task.id == task.id).values(archived=True))
        db.session.execute(update(Task).where(Task.id == task.id).values(archived=False))
    tasks.edit(as_actor(ada), task.id, {"title": "Thé"})

    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            for index in ("task_search", "task_words"):
                connection.exec_driver_sql(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
    with transaction():
        db.session.delete(db.session.get_one(Task, task.id))

    assert search.tasks(as_actor(ada), "the") == []
    assert search.tasks(as_actor(ada), "lodz") == []
