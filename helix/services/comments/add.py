from sqlalchemy import select

from helix import clock, live
from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Agent, Comment, Run, Task
from helix.models.vocabulary import ActorType
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import activity, news, runs, tasks
from helix.services.comments.mentioned import mentioned
from helix.services.comments.read import with_its_author
from helix.services.runs.outcome import Outcome
from helix.transaction import transaction

LONGEST = 20_000
# One comment cannot set a whole department to work.
MOST_AGENTS_WOKEN = 5


def add(actor: Actor, task_id: int, content: str) -> Comment:
    """Say something in the thread. People who are mentioned are told, agents who are mentioned answer."""
    check(content)
    with transaction():
        task = tasks.lookup.get_to_change(actor, task_id, to=policy.may_comment)
        comment = _write(actor, task, content)
        _wake_mentioned_agents(actor, task, comment)
    return with_its_author(comment.id)


def check(content: str) -> None:
    """Raises Invalid for a comment that is blank or longer than 20,000 characters."""
    if not content.strip():
        raise Invalid.field("content", "Write something first.")
    if len(content) > LONGEST:
        raise Invalid.field("content", f"A comment has at most {LONGEST:,} characters. Attach a file instead.")


def add_feedback(actor: Actor, task: Task, feedback: str) -> Comment:
    """The words with which a result was sent back. They wake nobody: the agent reads them when it runs again."""
    return _write(actor, task, feedback, kind="feedback")


def answer_mention(actor: Actor, task: Task, run: Run, outcome: Outcome) -> Comment:
    """An agent's answer in the thread. It tells the people it names and wakes no agents."""
    return _write(actor, task, outcome.comment[:LONGEST] or "Done.", kind="answer")


def _write(actor: Actor, task: Task, content: str, kind: str = "") -> Comment:
    with transaction() as after_commit:
        named = mentioned(content)
        comment = Comment(
            task_id=task.id,
            user_id=actor.id if actor.type == ActorType.USER else None,
            agent_id=actor.id if actor.type == ActorType.AGENT else None,
            content=content,
            mentions={"users": named.users, "agents": named.agents},
            kind=kind,
            created_at=clock.now(),
        )
        db.session.add(comment)
        task.comment_count += 1
        db.session.flush()
        activity.record(
            actor,
            "comment.added",
            "comment",
            comment.id,
            task.title,
            board_id=task.board_id,
            task_id=task.id,
        )
        news.mentioned(actor, task, comment, named.users)
        after_commit(live.publish, "comment", comment.id, board_id=task.board_id, task_id=task.id)
    return comment


def _wake_mentioned_agents(actor: Actor, task: Task, comment: Comment) -> None:
    """Only a person's words do this: agents never wake agents."""
    if actor.type != ActorType.USER or not comment.mentions["agents"]:
        return
    if len(comment.mentions["agents"]) > MOST_AGENTS_WOKEN:
        raise Invalid.field(
            "content", f"One comment can ask at most {MOST_AGENTS_WOKEN} agents. Ask the rest in another."
        )
    # A disabled agent is asked, too: its run waits, says why, and starts when it is enabled.
    wanted = select(Agent).where(Agent.id.in_(comment.mentions["agents"]), Agent.deleted_at.is_(None))
    for agent in db.session.scalars(wanted):
        try:
            runs.start_mention(actor, task, agent, comment)
        except Conflict:
            continue  # this comment already asks this agent
