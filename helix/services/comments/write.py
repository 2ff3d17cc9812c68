"""Adding, editing and deleting comments, and what a mention in one starts."""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select

from helix import clock, live
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, Comment, Task
from helix.models.vocabulary import ActorType
from helix.policies import comments as policy
from helix.policies import tasks as task_policy
from helix.policies.actor import Actor
from helix.services import activity, names, notifications
from helix.services.comments.read import with_its_author
from helix.services.work import lookup, mention_limit, queueing
from helix.services.work.outcome import Outcome
from helix.text import cleaning, mentions

LONGEST = 20_000
# The most agents that one comment can start.
MOST_AGENTS_WOKEN = 5


@dataclass(frozen=True)
class Added:
    """`not_woken`: a sentence for each agent that was mentioned and will not answer, with the reason."""

    comment: Comment
    not_woken: tuple[str, ...]


def add(actor: Actor, task_id: int, content: str) -> Comment:
    """As `add_and_wake`, without the list of agents that do not answer."""
    return add_and_wake(actor, task_id, content).comment


def add_and_wake(actor: Actor, task_id: int, content: str) -> Added:
    """Add a comment. Mentioned people are notified, mentioned agents answer.

    The comment stays when the person's limit of runs by mention lets no agent be woken.
    """
    check(content)
    with transaction():
        task = lookup.get_for_update(actor, task_id, to=task_policy.may_comment)
        comment = _write(actor, task, content)
        not_woken = _wake_mentioned_agents(actor, task, comment)
    return Added(with_its_author(comment.id), not_woken)


def check(content: str) -> None:
    """Raises Invalid for a comment that is blank or longer than 20,000 characters."""
    if not content.strip():
        raise Invalid.field("content", "Write something first.")
    if len(content) > LONGEST:
        raise Invalid.field("content", f"A comment has at most {LONGEST:,} characters. Attach a file instead.")


@dataclass(frozen=True)
class Mentioned:
    users: list[int]
    agents: list[int]


def mentioned(content: str) -> Mentioned:
    """The people and agents that a text mentions with @, in order, without duplicates."""
    if "@" not in content:
        return Mentioned([], [])
    ids = mentions.find(content, names.all_names())
    return Mentioned(
        users=[id for kind, id in ids if kind == "user"], agents=[id for kind, id in ids if kind == "agent"]
    )


def add_feedback(actor: Actor, task: Task, feedback: str) -> Comment:
    """Add the feedback with which a result was sent back. It starts no agent: the agent reads it in its next run."""
    return _write(actor, task, feedback, kind="feedback")


def withdraw_feedback(task: Task, comment: Comment) -> None:
    """After the rejection was undone: the comment stays in the thread, and no agent reads it. In a transaction."""
    with transaction() as after_commit:
        comment.kind = "withdrawn"
        after_commit(live.publish, "comment", comment.id, board_id=task.board_id, task_id=task.id)


def answer_mention(actor: Actor, task: Task, outcome: Outcome, refusal: str | None = None) -> Comment:
    """Add an agent's answer. It notifies mentioned people and starts no agents.

    `refusal`: why the result in it was not accepted. The comment is the whole answer then, after a note that says why.
    """
    if refusal is None:
        return _write(actor, task, outcome.comment[:LONGEST] or "Done.", kind="answer")
    # The note comes first, as the answer may end inside a Markdown block that is never closed.
    note = f"> **The result in this answer was not taken:** {refusal} The task's result is as it was.\n\n"
    return _write(actor, task, (note + outcome.text)[:LONGEST], kind="answer")


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
        notifications.mentioned(actor, task, comment, named.users)
        after_commit(live.publish, "comment", comment.id, board_id=task.board_id, task_id=task.id)
    return comment


def _wake_mentioned_agents(actor: Actor, task: Task, comment: Comment) -> tuple[str, ...]:
    """Start the mentioned agents, for comments of people only. Returns which were not started, and why."""
    if actor.type != ActorType.USER or not comment.mentions["agents"]:
        return ()
    if len(comment.mentions["agents"]) > MOST_AGENTS_WOKEN:
        raise Invalid.field(
            "content", f"One comment can ask at most {MOST_AGENTS_WOKEN} agents. Ask the rest in another."
        )
    # A disabled agent gets a run too: it waits, shows why, and starts when the agent is enabled.
    query = select(Agent).where(Agent.id.in_(comment.mentions["agents"]), Agent.deleted_at.is_(None))
    # In the order of the mentions: the first ones start when not all may.
    order = comment.mentions["agents"].index
    wanted = sorted(db.session.scalars(query), key=lambda agent: order(agent.id))
    allowed = mention_limit.allowance(actor)
    for agent in wanted[: allowed.left]:
        with suppress(Conflict):  # this comment already asks this agent
            queueing.start_mention(actor, task, agent, comment)
    why = mention_limit.why_not(allowed)
    return tuple(f"{agent.name} was not woken: {why}" for agent in wanted[allowed.left :])


def edit(actor: Actor, comment_id: int, content: str) -> Comment:
    """Edit a comment. Newly mentioned people are notified; agents do not start again."""
    check(content)
    with transaction() as after_commit:
        comment, task = _get_for_update(actor, comment_id)
        # Browsers send CRLF line ends: an unchanged comment must not count as edited.
        if cleaning.plain_line_ends(content) == cleaning.plain_line_ends(comment.content):
            return with_its_author(comment_id)
        before = set(comment.mentions.get("users", []))
        named = mentioned(content)
        comment.content = content
        comment.mentions = {"users": named.users, "agents": named.agents}
        comment.edited_at = clock.now()
        _record(actor, "comment.edited", comment, task)
        notifications.mentioned(actor, task, comment, [user for user in named.users if user not in before])
        after_commit(live.publish, "comment", comment.id, board_id=task.board_id, task_id=task.id)
    return with_its_author(comment_id)


def delete(actor: Actor, comment_id: int) -> None:
    with transaction() as after_commit:
        comment, task = _get_for_update(actor, comment_id)
        db.session.delete(comment)
        task.comment_count = max(0, task.comment_count - 1)
        _record(actor, "comment.deleted", comment, task)
        after_commit(live.publish, "comment", comment.id, board_id=task.board_id, task_id=task.id)


def _get_for_update(actor: Actor, comment_id: int) -> tuple[Comment, Task]:
    """The current comment, under the lock of its task, so that of two concurrent deletions one fails."""
    task_id = db.session.scalar(select(Comment.task_id).where(Comment.id == comment_id))
    task = task_id and lock(Task, task_id)
    query = select(Comment).where(Comment.id == comment_id).execution_options(populate_existing=True)
    comment = db.session.scalar(query)
    if comment is None or not task or task.deleted_at or not task_policy.may_see(actor, task):
        raise NotFound("There is no such comment.")
    if not policy.may_change(actor, comment, task):
        raise Forbidden("Only its author, or who manages the board, may change a comment.")
    return comment, task


def _record(actor: Actor, action: str, comment: Comment, task: Task) -> None:
    activity.record(actor, action, "comment", comment.id, task.title, board_id=task.board_id, task_id=task.id)
