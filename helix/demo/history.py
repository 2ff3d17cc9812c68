"""The tasks of the demo with their runs, comments and activity, dated in the past."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fractional_indexing import generate_key_between

from helix import clock
from helix.demo import schema
from helix.demo.organization import DemoOrganization
from helix.extensions import db
from helix.models import Activity, Comment, Run, RunStep, Task
from helix.models.vocabulary import ActorType, RunStatus, StepKind, TaskStatus, Trigger
from helix.services import settings
from helix.services.comments.write import mentioned
from helix.services.tasks.create import set_tags
from helix.text import times

RUN_DURATION = timedelta(seconds=40)
MODEL = "demo/demo"


class HistoryWriter:
    def __init__(self, organization: DemoOrganization) -> None:
        self._organization = organization
        self._now = clock.now()
        self._zone = settings.organization().timezone
        self._last_position: str | None = None

    def write(self, tasks: Sequence[schema.Task]) -> dict[str, int]:
        """Returns the ids of the tasks by their keys."""
        pairs = [(self._task(task), task) for task in tasks]
        # Ids of runs follow their times, as everywhere.
        results = [(row, result) for row, task in pairs for result in task.results]
        for row, result in sorted(results, key=lambda pair: -pair[1].days_ago):
            self._run(row, result)
        db.session.flush()
        entries: list[Activity] = []
        for row, task in pairs:
            entries += self._history(row, task)
        entries.sort(key=lambda entry: entry.created_at)
        db.session.add_all(entries)
        db.session.flush()
        return {task.key: row.id for row, task in pairs}

    def _ago(self, days: float) -> datetime:
        return self._now - timedelta(days=days)

    def _text(self, text: str) -> str:
        return schema.address_to_admin(self._organization.admin.name, text)

    def _task(self, task: schema.Task) -> Task:
        self._last_position = generate_key_between(self._last_position, None)
        agent = self._organization.agents[task.agent] if task.agent else None
        completed = task.completed_days_ago if task.completed_days_ago is not None else task.approved_days_ago
        changes = [one.days_ago for one in (*task.results, *task.comments)] + [task.created_days_ago]
        row = Task(
            title=task.title,
            description=self._text(task.description),
            status=task.status,
            priority_rank=task.priority.rank,
            board_id=self._organization.boards[task.board].id,
            position=self._last_position,
            assigned_agent_id=agent.id if agent else None,
            created_by_user_id=self._organization.people[task.creator].id,
            due_at=self._due(task.due_in_days),
            requires_approval=task.requires_approval,
            result=self._text(task.results[-1].content) if task.results else None,
            comment_count=len(task.comments),
            created_at=self._ago(task.created_days_ago),
            updated_at=self._ago(min(changes if completed is None else [*changes, completed])),
            completed_at=(
                self._ago(completed) if completed is not None and task.status in schema.ACCEPTED_STATUSES else None
            ),
        )
        if task.approved_by and task.approved_days_ago is not None:
            row.approved_by_user_id = self._organization.people[task.approved_by].id
            row.approved_at = self._ago(task.approved_days_ago)
        db.session.add(row)
        db.session.flush()
        set_tags(row, task.tags)
        db.session.add_all(self._comment(row, comment) for comment in task.comments)
        return row

    def _due(self, days: int | None) -> datetime | None:
        if days is None:
            return None
        return times.end_of_day(times.today(self._now, self._zone) + timedelta(days=days), self._zone)

    def _run(self, task: Task, result: schema.Result) -> None:
        finished, text = self._ago(result.days_ago), self._text(result.content)
        run = Run(
            task_id=task.id,
            agent_id=task.assigned_agent_id,
            trigger=Trigger.MANUAL,
            status=RunStatus.SUCCEEDED,
            came_from=TaskStatus.TODO if task.last_run_id is None else TaskStatus.REJECTED,
            fence=1,
            model=MODEL,
            result=text,
            input_tokens=900,
            output_tokens=len(text) // 4,
            cost_usd=0,
            queued_at=finished - RUN_DURATION,
            started_at=finished - RUN_DURATION,
            heartbeat_at=finished,
            finished_at=finished,
        )
        db.session.add(run)
        db.session.flush()
        task.last_run_id = task.result_run_id = run.id
        db.session.add(
            RunStep(
                run_id=run.id,
                number=1,
                kind=StepKind.OUTPUT,
                title="Answer",
                content=text,
                output_tokens=run.output_tokens,
                cost_usd=0,
                started_at=finished - RUN_DURATION,
                finished_at=finished,
            )
        )

    def _comment(self, task: Task, comment: schema.Comment) -> Comment:
        content = self._text(comment.content)
        mentions = mentioned(content)
        agent = self._organization.agents.get(comment.author)
        return Comment(
            task_id=task.id,
            user_id=None if agent else self._organization.people[comment.author].id,
            agent_id=agent.id if agent else None,
            content=content,
            mentions={"users": mentions.users, "agents": mentions.agents},
            kind="feedback" if comment.feedback else "",
            created_at=self._ago(comment.days_ago),
        )

    def _history(self, row: Task, task: schema.Task) -> list[Activity]:
        creator = self._organization.people[task.creator]
        agent = self._organization.agents[task.agent] if task.agent else None
        entries = [self._entry(row, "task.created", task.created_days_ago, ActorType.USER, creator.id, creator.name)]
        if agent is not None:
            for result in task.results:
                entries.append(
                    self._entry(row, "task.completed", result.days_ago, ActorType.AGENT, agent.id, agent.name)
                )
        for comment in task.comments:
            author = self._organization.agents.get(comment.author) or self._organization.people[comment.author]
            kind = ActorType.AGENT if comment.author in self._organization.agents else ActorType.USER
            action = "task.rejected" if comment.feedback else "comment.added"
            entries.append(self._entry(row, action, comment.days_ago, kind, author.id, author.name))
        if row.approved_at and task.approved_by:
            approver = self._organization.people[task.approved_by]
            entries.append(
                self._entry(
                    row, "task.approved", task.approved_days_ago or 0, ActorType.USER, approver.id, approver.name
                )
            )
        return entries

    def _entry(
        self, task: Task, action: str, days_ago: float, actor_type: ActorType, actor_id: int, actor_name: str
    ) -> Activity:
        return Activity(
            actor_type=actor_type,
            actor_id=actor_id,
            actor_name=actor_name,
            action=action,
            entity_type="task",
            entity_id=task.id,
            entity_title=task.title,
            agent_id=task.assigned_agent_id,
            board_id=task.board_id,
            details={},
            created_at=self._ago(days_ago),
        )
