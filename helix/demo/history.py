"""What happened in the demo before today: tasks with their runs, threads and activity, at times in the past."""

from datetime import datetime, timedelta

from fractional_indexing import generate_key_between

from helix import clock
from helix.demo import shapes
from helix.demo.organization import Office
from helix.extensions import db
from helix.models import Activity, Comment, Run, RunStep, Task
from helix.models.vocabulary import ActorType, RunStatus, StepKind, TaskStatus, Trigger
from helix.services import settings
from helix.services.comments.mentioned import mentioned
from helix.services.tasks.create import set_tags
from helix.text import times

WRITING = timedelta(seconds=40)
MODEL = "demo/demo"
SETTLED = (TaskStatus.DONE, TaskStatus.APPROVED)


class Past:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._now = clock.now()
        self._zone = settings.organization().timezone
        self._last_position: str | None = None

    def write(self, tasks: tuple[shapes.Task, ...]) -> None:
        written = [(self._task(task), task) for task in tasks]
        db.session.flush()
        entries = [entry for row, task in written for entry in self._history(row, task)]
        db.session.add_all(sorted(entries, key=lambda entry: entry.created_at))
        db.session.flush()

    def _ago(self, days: float) -> datetime:
        return self._now - timedelta(days=days)

    def _say(self, text: str) -> str:
        return shapes.addressed_to(self._office.admin.name, text)

    def _task(self, task: shapes.Task) -> Task:
        self._last_position = generate_key_between(self._last_position, None)
        agent = self._office.agents[task.agent] if task.agent else None
        done = task.completed_days_ago if task.completed_days_ago is not None else task.approved_days_ago
        latest = [part.days_ago for part in (*task.results, *task.comments)] + [task.created_days_ago]
        row = Task(
            title=task.title,
            description=self._say(task.description),
            status=task.status,
            priority_rank=task.priority.rank,
            board_id=self._office.boards[task.board].id,
            position=self._last_position,
            assigned_agent_id=agent.id if agent else None,
            created_by_user_id=self._office.people[task.creator].id,
            due_at=self._due(task.due_in_days),
            requires_approval=task.requires_approval,
            result=self._say(task.results[-1].content) if task.results else None,
            comment_count=len(task.comments),
            created_at=self._ago(task.created_days_ago),
            updated_at=self._ago(min(latest if done is None else [*latest, done])),
            completed_at=self._ago(done) if done is not None and task.status in SETTLED else None,
        )
        if task.approved_by and task.approved_days_ago is not None:
            row.approved_by_user_id = self._office.people[task.approved_by].id
            row.approved_at = self._ago(task.approved_days_ago)
        db.session.add(row)
        db.session.flush()
        set_tags(row, task.tags)
        for result in task.results:
            self._run(row, result)
        db.session.add_all(self._comment(row, comment) for comment in task.comments)
        return row

    def _due(self, days: int | None) -> datetime | None:
        return (
            None
            if days is None
            else times.end_of_day(times.today(self._now, self._zone) + timedelta(days=days), self._zone)
        )

    def _run(self, task: Task, result: shapes.Result) -> None:
        finished, text = self._ago(result.days_ago), self._say(result.content)
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
            queued_at=finished - WRITING,
            started_at=finished - WRITING,
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
                started_at=finished - WRITING,
                finished_at=finished,
            )
        )

    def _comment(self, task: Task, comment: shapes.Comment) -> Comment:
        content = self._say(comment.content)
        named = mentioned(content)
        agent = self._office.agents.get(comment.author)
        return Comment(
            task_id=task.id,
            user_id=None if agent else self._office.people[comment.author].id,
            agent_id=agent.id if agent else None,
            content=content,
            mentions={"users": named.users, "agents": named.agents},
            kind="feedback" if comment.feedback else "",
            created_at=self._ago(comment.days_ago),
        )

    def _history(self, row: Task, task: shapes.Task) -> list[Activity]:
        creator = self._office.people[task.creator]
        agent = self._office.agents[task.agent] if task.agent else None
        entries = [self._entry(row, "task.created", task.created_days_ago, ActorType.USER, creator.id, creator.name)]
        for result in task.results if agent else ():
            entries.append(self._entry(row, "task.completed", result.days_ago, ActorType.AGENT, agent.id, agent.name))
        for comment in task.comments:
            who = self._office.agents.get(comment.author) or self._office.people[comment.author]
            kind = ActorType.AGENT if comment.author in self._office.agents else ActorType.USER
            action = "task.rejected" if comment.feedback else "comment.added"
            entries.append(self._entry(row, action, comment.days_ago, kind, who.id, who.name))
        if row.approved_at and task.approved_by:
            who = self._office.people[task.approved_by]
            entries.append(
                self._entry(row, "task.approved", task.approved_days_ago or 0, ActorType.USER, who.id, who.name)
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
