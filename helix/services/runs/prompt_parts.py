"""Reads the rows of a prompt and converts them to the plain values that helix/prompt composes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select

from helix import clock, prompt
from helix.db.id_list import one_of
from helix.db.read import rows
from helix.extensions import db
from helix.models import (
    Agent,
    Board,
    Comment,
    Run,
    Skill,
    SkillAgent,
    SkillAttachment,
    SkillBoard,
    Task,
    TaskAttachment,
    TaskLink,
)
from helix.models.vocabulary import RunStatus, Trigger
from helix.prompt import material as plain
from helix.prompt.composing import HasWindow
from helix.prompt.token_budget import Count
from helix.services import attachments, settings
from helix.services.comments.read import with_author
from helix.services.runs.context import RunContext
from helix.services.work.outcome import why_result_is_refused
from helix.text import task_keys

# Number of comments of a thread that are read.
MOST_COMMENTS = 200
MOST_EARLIER_RESULTS = 3
# Bytes of skill files that are read: more than their share of the largest context window.
MOST_OF_FILES = 4 * 1024 * 1024
_OF_AGENT = select(SkillAgent.skill_id).where(SkillAgent.agent_id == bindparam("agent"))
_HAS = Skill.is_active & or_(Skill.applies_to_all_agents, Skill.id.in_(_OF_AGENT))
_SKILLS = (
    select(
        Skill.id,
        Skill.name,
        Skill.description,
        Skill.tags,
        Skill.content,
        Skill.activation_mode,
        Skill.activation_tags,
    )
    .where(_HAS)
    .order_by(Skill.name_key)
)
_FILES_OF_SKILLS = (
    select(
        SkillAttachment.id,
        SkillAttachment.skill_id,
        SkillAttachment.path,
        SkillAttachment.name,
        SkillAttachment.content_type,
        SkillAttachment.size,
        SkillAttachment.extract_note,
    )
    .join(Skill)
    .where(_HAS)
    .order_by(SkillAttachment.path, SkillAttachment.id)
)
# Where a need was given up, its task is not among them; one that is in review again shows the result that it has.
_RESULTS_OF_NEEDED = (
    select(Task.id, Board.key, Task.title, Task.result)
    .select_from(TaskLink)
    .join(Task, Task.id == TaskLink.needs_task_id)
    .join(Board, Board.id == Task.board_id)
    .where(TaskLink.task_id == bindparam("task_id"), Task.result.is_not(None), Task.result != "")
    .where(Task.deleted_at.is_(None))
    .order_by(TaskLink.created_at, Task.id)
)
_TEXTS = select(SkillAttachment.id, SkillAttachment.extracted_text).where(one_of(SkillAttachment.skill_id, "skill_ids"))
_BOARDS_OF_SKILLS = select(SkillBoard.skill_id, SkillBoard.board_id).join(Skill).where(_HAS)


@dataclass(frozen=True)
class PromptParts:
    """The arguments of `prompt.compose`, without the model's window."""

    agent: plain.Agent
    organization: plain.Organization
    task: plain.Task
    skills: tuple[plain.Skill, ...]
    thread: tuple[plain.Comment, ...]
    attachments: tuple[plain.Attachment, ...]
    earlier: plain.Earlier | None
    to_answer: plain.Comment | None
    may_hand_in: bool
    needed: tuple[plain.Needed, ...] = ()

    def compose(self, window: HasWindow, count: Count, *, reading: prompt.Reading = prompt.Reading()) -> prompt.Prompt:
        """Raises prompt.ContextTooLong."""
        return prompt.compose(
            self.agent,
            self.organization,
            self.task,
            self.skills,
            self.thread,
            self.attachments,
            self.earlier,
            window,
            count,
            to_answer=self.to_answer,
            may_hand_in=self.may_hand_in,
            reading=reading,
            needed=self.needed,
        )


def parts_of(context: RunContext) -> PromptParts:
    """Read everything that the prompt of this run contains. A preview has no run."""
    task, agent, department, organization, _model, run = context
    zone = ZoneInfo(organization.timezone)
    thread = _thread(task)
    question = next((comment for comment in thread if run and comment.id == run.comment_id), None)
    others = [comment for comment in thread if comment is not question]
    mention = run is not None and run.trigger == Trigger.MENTION
    earlier, before = _earlier(task, others, with_feedback=not mention)
    plain_task = plain.Task(
        title=task.title,
        description=task.description,
        priority=task.priority,
        due=task.due_at.astimezone(zone).date() if task.due_at else None,
        tags=tuple(task.tags),
    )
    return PromptParts(
        agent=plain.Agent(agent.name, agent.system_prompt, department.name if department else "", agent.role_title),
        organization=plain.Organization(organization.name, clock.now().astimezone(zone).date()),
        task=plain_task,
        skills=_skills(agent, task.board_id, task.tags, plain_task),
        thread=tuple(_comment(comment) for comment in before),
        attachments=_attachments(task),
        earlier=earlier,
        to_answer=_comment(question) if question else None,
        may_hand_in=run is not None and mention and why_result_is_refused(run, task) is None,
        needed=_needed(task),
    )


def _needed(task: Task) -> tuple[plain.Needed, ...]:
    return tuple(
        plain.Needed(f"{task_keys.readable(row.key, row.id)}: {row.title}", row.result)
        for row in rows(_RESULTS_OF_NEEDED, task_id=task.id)
    )


def _thread(task: Task) -> list[Comment]:
    if not task.comment_count:
        return []
    said = select(Comment).where(Comment.task_id == task.id, Comment.kind != "withdrawn")
    newest = with_author(said).order_by(Comment.id.desc())
    return list(reversed(db.session.scalars(newest.limit(MOST_COMMENTS)).all()))


def _comment(comment: Comment) -> plain.Comment:
    author = comment.agent or comment.user
    return plain.Comment(
        author=author.shown_name if author else "Somebody",
        content=comment.content,
        written_at=comment.created_at,
        by_agent=comment.agent_id is not None,
    )


def _earlier(
    task: Task, thread: Sequence[Comment], *, with_feedback: bool
) -> tuple[plain.Earlier | None, Sequence[Comment]]:
    """The last results, the feedback on the newest and the comments since then; and the earlier comments."""
    if task.result is None:
        return None, thread
    query = (
        select(Run.id, Run.result, Run.finished_at)
        .where(Run.task_id == task.id, Run.status == RunStatus.SUCCEEDED, Run.trigger != Trigger.MENTION)
        .order_by(Run.id.desc())
        .limit(MOST_EARLIER_RESULTS)
    )
    finished = list(reversed(db.session.execute(query).all()))
    results = [row.result for row in finished if row.result and row.id != task.result_run_id] + [task.result]
    # A separate query: the result may come from an answer to a mention.
    finished_at = db.session.scalar(select(Run.finished_at).where(Run.id == task.result_run_id))
    since = [comment for comment in thread if finished_at and comment.created_at > finished_at]
    feedback = [comment for comment in since if comment.kind == "feedback"] if with_feedback else []
    earlier = plain.Earlier(
        results=tuple(results),
        feedback=feedback[-1].content if feedback else "",
        comments=tuple(_comment(comment) for comment in since if comment not in feedback[-1:]),
    )
    return earlier, [comment for comment in thread if comment not in since]


def _attachments(task: Task) -> tuple[plain.Attachment, ...]:
    if not task.attachment_count:
        return ()
    rows = db.session.execute(
        select(TaskAttachment.name, TaskAttachment.extracted_text)
        .where(TaskAttachment.task_id == task.id, TaskAttachment.extracted_text.is_not(None), attachments.is_newest())
        .order_by(TaskAttachment.id)
    )
    return tuple(plain.Attachment(name, text or "") for name, text in rows)


def always_active(agent: Agent) -> tuple[plain.Skill, ...]:
    """The skills that every run of an agent includes, regardless of the task."""
    return _skills(agent, None, (), plain.Task(title=""))


def alone(agent: Agent, skills: Sequence[plain.Skill], task: plain.Task = plain.Task(title="")) -> PromptParts:
    """A prompt with the agent's skills and a task that is not on a board; without one, to count their tokens."""
    organization = settings.organization()
    return PromptParts(
        agent=plain.Agent(agent.name, agent.system_prompt, "", agent.role_title),
        organization=plain.Organization(organization.name, clock.now().date()),
        task=task,
        skills=tuple(skills),
        thread=(),
        attachments=(),
        earlier=None,
        to_answer=None,
        may_hand_in=False,
    )


def _skills(agent: Agent, board_id: int | None, tags: Sequence[str], plain_task: plain.Task) -> tuple[plain.Skill, ...]:
    """The agent's skills and those for all agents that match the task, with their files."""
    skills = rows(_SKILLS, agent=agent.id)
    if not skills:
        return ()
    boards: dict[int, set[int]] = {skill.id: set() for skill in skills}
    for skill_id, own_board_id in rows(_BOARDS_OF_SKILLS, agent=agent.id):
        boards.setdefault(skill_id, set()).add(own_board_id)
    ids = {skill.name: skill.id for skill in skills}
    active = prompt.active_skills(
        [
            plain.Skill(
                name=skill.name,
                content=skill.content,
                activation_mode=skill.activation_mode,
                board_ids=frozenset(boards[skill.id]),
                tags=frozenset(skill.activation_tags),
                description=skill.description,
                topics=tuple(skill.tags),
            )
            for skill in skills
        ],
        board_id,
        tags,
    )
    files = _files(agent, [ids[skill.name] for skill in prompt.by_relevance(active, plain_task)])
    return tuple(replace(skill, files=files.get(ids[skill.name], ())) for skill in active)


def _files(agent: Agent, skill_ids: Sequence[int]) -> dict[int, tuple[plain.SkillFile, ...]]:
    """The files of these skills, by skill. Texts are read only for the first files, as far as they may fit."""
    by_skill: dict[int, list[Any]] = {skill_id: [] for skill_id in skill_ids}
    for file in rows(_FILES_OF_SKILLS, agent=agent.id):
        if file.skill_id in by_skill:
            by_skill[file.skill_id].append(file)
    sums = accumulate(
        sum(file.size for file in by_skill[skill_id] if not _is_unreadable(file)) for skill_id in skill_ids
    )
    near = [
        skill_id
        for skill_id, total in zip(skill_ids, sums, strict=True)
        if by_skill[skill_id] and total <= MOST_OF_FILES
    ]
    texts = {row.id: row.extracted_text for row in rows(_TEXTS, skill_ids=near)} if near else {}
    return {
        skill_id: tuple(
            plain.SkillFile(
                path=file.path or file.name,
                kind=file.content_type,
                size=file.size,
                text=texts.get(file.id),
                note=file.extract_note if skill_id in near or _is_unreadable(file) else prompt.LEFT_OUT,
            )
            for file in files
        )
        for skill_id, files in by_skill.items()
        if files
    }


def _is_unreadable(file: Any) -> bool:
    """Whether a file is binary, such as an image, so that its size says nothing about its text."""
    return bool(file.extract_note) and not file.content_type.startswith(("text/", "application/json"))
