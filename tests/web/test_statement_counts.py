"""A page needs at most twelve SQL statements, whatever it contains."""

from io import BytesIO

import pytest

from helix.models.vocabulary import TaskStatus
from helix.services import attachments, comments, runs, skills, tasks
from tests.support.people import as_actor

MOST = 12
PAGES = [
    "/",
    "/inbox",
    "/inbox?show=notifications",
    "/boards",
    "/boards/{board}",
    "/boards/{board}?task={task}",
    "/tasks/{task}/panel",
    "/tasks/{task}",
    "/tasks/{task}?tab=runs",
    "/tasks/{task}?tab=activity",
    "/tasks/{full}",
    "/tasks/{full}/panel",
    "/tasks/{full}?tab=runs",
    "/tasks/{full}?tab=activity",
    "/tasks/{full}/panel?tab=runs",
    "/boards/new",
    "/boards/{board}/edit",
    "/tasks/{task}/results",
    "/tasks/new",
    "/agents",
    "/agents/{agent}",
    "/agents/{agent}?tab=tasks",
    "/agents/{agent}?tab=runs",
    "/agents/{agent}?tab=skills",
    "/agents/{agent}?tab=prompt",
    "/agents/{agent}/edit",
    "/skills",
    "/skills/{skill}",
    "/skills/{skill}/versions",
    "/skills/{skill}/edit",
    "/skills/new",
    "/activity",
    "/team",
    "/team/levels",
    "/agents/new",
    "/models/new",
    "/models",
    "/costs",
    "/profile",
    "/settings",
    "/settings/tokens",
    "/settings/budgets",
    "/settings/telegram",
    "/settings/data",
    "/settings/webhooks",
    "/search?q=write",
]


@pytest.fixture
def names(make, ada, mia):
    """A board with ten tasks, each with an agent that waits, a comment of it and news of that."""
    make.model()
    board = make.board()
    found = {"board": board.id}
    for _ in range(10):
        agent = make.agent(name=f"Sierra {make._number()}", primary_board_id=board.id)
        task = make.task("Write it", description="For @Mia", by=ada, board=board, agent=agent, tags=["blog"])
        comments.add(as_actor(mia), task.id, f"@Ada, @{agent.name}: look")
        runs.start(as_actor(ada), task.id)
        skill = skills.create(as_actor(ada), name=f"Style {agent.id}", content="Plain words.", agent_ids=[agent.id])
        found |= {"task": task.id, "agent": agent.id, "skill": skill.id}
    return found | {"full": _full(make, ada, mia, board, agent).id}


def _full(make, ada, mia, board, agent):
    """A task with a bit of everything: sent back, files, a mention, a run that waits."""
    task = make.task(
        "Write all", description="For @Mia", by=ada, board=board, agent=agent, status=TaskStatus.REVIEW, tags=["blog"]
    )
    for name in ("notes.txt", "more.txt"):
        attachments.add(as_actor(ada), task.id, name=name, stream=BytesIO(b"words"))
    tasks.reject(as_actor(ada), task.id, "Ask @Mia first.")
    comments.add(as_actor(mia), task.id, f"@Ada, @{agent.name}: look")
    runs.start(as_actor(ada), task.id)
    return task


@pytest.mark.parametrize("who", ["ada", "mia"])
def test_a_page_takes_at_most_twelve_statements(pages, people, names, statements, who):
    browser = pages.as_(getattr(people, who))
    browser.get("/")  # what is learnt once is learnt

    cost = {}
    for path in PAGES:
        with statements() as sent:
            reply = browser.get(path.format(**names))
        if reply.status_code == 200:
            cost[path] = sent

    assert len(cost) >= len(PAGES) // 2
    too_dear = {path: [len(sent), *sent] for path, sent in cost.items() if len(sent) > MOST}
    assert not too_dear, "\n".join(f"{path}: {sent[0]}" for path, sent in too_dear.items())
