"""Test data for the permission tables: objects for each actor, created on first use."""

import io
import itertools
from collections.abc import Callable
from typing import Any

from PIL import Image

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import (
    AiModel,
    Board,
    BrowserSession,
    Comment,
    HumanRequest,
    Identity,
    Notification,
    Task,
    Tool,
    ToolSource,
    User,
    WebhookDelivery,
)
from helix.models.vocabulary import BoardLevel, NotificationType, TaskStatus, ToolEffect, ToolSourceKind
from helix.services import accounts, agents, attachments, boards, runs, schedules, skills, tasks, webhooks, workflows
from helix.services.tasks import needs
from helix.services.tools.definitions import definition_hash
from helix.services.work import moves
from tests.support.factories import Factory
from tests.support.people import PASSWORD, as_actor
from tests.support.requests import an_approval

LEVELS = {
    "stranger": BoardLevel.NONE,
    "view": BoardLevel.VIEW,
    "other": BoardLevel.CREATE,
    "own": BoardLevel.CREATE,
    "member-token": BoardLevel.CREATE,
    "manage": BoardLevel.MANAGE,
}


# What reading does not change may be read by the next route as well.
Shared = dict[tuple[str, ...], int]
# Words in a route that ask for a thing of another kind.
SPECIAL_SEGMENTS = (
    "execute",
    "run",
    "prompt",
    "result",
    "task-attachments",
    "skill-attachments",
    "session",
    "notification",
    "calls",
)


class RequestData:
    """`things.id("task_id")` for what stands in a path. The maker is the actor itself for `own`, else a boss.

    With `kept`, routes that only read share their things, and all but those on boards the actor's board.
    """

    def __init__(
        self, make: Factory, route: str, actor: str, user: User, boss: User, kept: Shared | None = None
    ) -> None:
        self.actor = actor
        self._make, self._route, self._member, self._boss = make, route, user, boss
        self._maker = user if actor == "own" else boss
        self._kept: Shared = {} if kept is None else kept
        own_board = "/boards/{" in route
        self._boards: Shared = {} if kept is None or own_board else kept
        self._asked: HumanRequest | None = None
        self._last_agent = 0
        self._last_task = 0

    def id(self, place: str) -> Any:
        made = getattr(self, f"_{place.removesuffix('_id')}")
        if not self._route.startswith("GET "):
            return made()
        key = (self.actor, place, *(word for word in SPECIAL_SEGMENTS if word in self._route))
        if key not in self._kept:
            self._kept[key] = made()
        return self._kept[key]

    def _board(self) -> int:
        key = (self.actor, "board")
        if key not in self._boards:
            level = LEVELS.get(self.actor)
            # Who has no level, or the least, meets a private board; the others one that is open to everybody.
            is_private = level is not None and level <= BoardLevel.VIEW
            board = self._make.board(default_level=int(BoardLevel.NONE) if is_private else None)
            if level:
                self._make.grant(self._member, board, level)
            self._boards[key] = board.id
        return self._boards[key]

    def _department(self) -> int:
        return self._make.department().id

    def _view(self) -> int:
        name, shared = f"Mine {next(NUMBERS)}", self._maker is self._boss
        return boards.add_view(as_actor(self._maker), self._board(), name=name, query="due=week", shared=shared).id

    def _schedule(self) -> int:
        fields = {"name": "Report", "cron": "0 9 * * 1", "template": {"title": "Report"}}
        return schedules.create(as_actor(self._boss), board_id=self._board(), **fields).id

    def _template(self) -> int:
        name, content = f"Report {next(NUMBERS)}", {"title": "Report"}
        return schedules.add_template(as_actor(self._boss), name=name, board_id=self._board(), content=content).id

    def _agent(self) -> int:
        if "/try" in self._route and db.session.query(AiModel).first() is None:
            self._make.model()
        self._last_agent = self._make.agent(monthly_budget_usd=5).id
        if self._route.endswith("/restore"):
            agents.delete(as_actor(self._boss), self._last_agent)
        return self._last_agent

    def _trial(self) -> str:
        agent_id = self._last_agent or self.id("agent_id")
        return runs.trial.begin(as_actor(self._maker), agent_id, "Hello").id

    def _model(self) -> int:
        return self._make.model(is_default=False).id

    def _user(self) -> int:
        name = f"Target {next(NUMBERS)}"
        email = f"{name.replace(' ', '.').lower()}@example.com"
        password = None if "invitation" in self._route else PASSWORD
        return accounts.create(as_actor(self._boss), name=name, email=email, password=password).id

    def _task(self) -> int:
        status = STATES.get(self._route, TaskStatus.TODO)
        agent = self._make.agent() if any(word in self._route for word in ("execute", "run", "prompt")) else None
        board = db.session.get_one(Board, self._board())
        task = self._make.task(by=self._maker, board=board, agent=agent, status=status)
        if "cancel-run" in self._route:
            runs.start(as_actor(self._maker), task.id)
        if self._route.endswith(("restore", "/undo")):
            tasks.delete(as_actor(self._maker), task.id)
        if "result" in self._route:
            with transaction():
                db.session.get_one(Task, task.id).result = "# Done"
        self._last_task = task.id
        return task.id

    def _needs_task(self) -> int:
        needed = self._make.task(by=self._maker, board=db.session.get_one(Board, self._board())).id
        needs.need(as_actor(self._maker), self._last_task, needed)
        return needed

    def _reference(self) -> str:
        return f"ANY-{self._task()}"

    def _run(self) -> int:
        if "/calls/" in self._route or "/requests/" in self._route:
            return self._approval().run_id
        return runs.start(as_actor(self._maker), self._task())[1]

    def _request(self) -> int:
        return self._approval().id

    def _call(self) -> int:
        call_id = self._approval().tool_call_id
        assert call_id is not None
        return call_id

    def _approval(self) -> HumanRequest:
        """The request of a waiting run: one for each route, since its path may name the run as well."""
        if self._asked is None:
            self._asked = an_approval(db.session.get_one(Task, self._task()), self._make.agent())
        return self._asked

    def _comment(self) -> int:
        wanted = Comment(task_id=self._task(), user_id=self._maker.id, content="Hello", created_at=clock.now())
        return self._saved(wanted)

    def _notification(self) -> int:
        wanted = Notification(
            user_id=self._maker.id,
            event_key=f"told {self.actor} {next(NUMBERS)}",
            type=NotificationType.MENTION,
            title="Told",
            target_type="task",
            target_id=1,
            url="/",
            created_at=clock.now(),
        )
        return self._saved(wanted)

    def _session(self) -> int:
        wanted = BrowserSession(
            secret_hash=f"{self.actor} {next(NUMBERS)}",
            user_id=self._maker.id,
            created_at=clock.now(),
            seen_at=clock.now(),
        )
        return self._saved(wanted)

    def _identity(self) -> int:
        now, subject = clock.now(), f"{self.actor} {next(NUMBERS)}"
        return self._saved(
            Identity(user_id=self._maker.id, issuer="https://x.example", subject=subject, created_at=now, used_at=now)
        )

    def _token(self) -> int:
        return accounts.create_api_token(as_actor(self._maker), name="Theirs")[0].id

    def _skill(self) -> int:
        return skills.create(as_actor(self._boss), name=f"Skill {next(NUMBERS)}", content="Be kind.").id

    def _workflow(self) -> int:
        """A published one on the actor's board, with one step for a person."""
        definition = {"steps": [{"key": "look", "kind": "person", "title": "Look"}]}
        boss, name = as_actor(self._boss), f"Workflow {next(NUMBERS)}"
        made = workflows.create(boss, name=name, board_id=self._board(), definition=definition)
        workflows.publish(boss, made.id)
        return workflows.set_enabled(boss, made.id, enabled=True).id

    def _workflow_run(self) -> int:
        run = workflows.start(as_actor(self._maker), self._workflow(), {})
        if self._route.endswith("/retry"):
            with transaction():
                task = db.session.scalars(db.select(Task).where(Task.workflow_run_id == run.id)).one()
                moves.put(task, TaskStatus.CANCELLED)
        return run.id

    def _step_key(self) -> str:
        return "look"

    def _source(self) -> int:
        return self._saved(
            ToolSource(
                kind=ToolSourceKind.MCP_HTTP,
                slug=f"s{next(NUMBERS)}",
                title="CRM",
                url="https://mcp.example/",
                created_at=clock.now(),
            )
        )

    def _tool(self) -> int:
        told = ("find", "Finds a customer.", {"type": "object"})
        name, description, schema = told
        return self._saved(
            Tool(
                source_id=self._source(),
                name=name,
                description=description,
                input_schema=schema,
                definition_hash=definition_hash(*told),
                effect=ToolEffect.READ,
            )
        )

    def _webhook(self) -> int:
        # Nobody listens at port 9.
        wanted = {"name": "CRM", "url": "http://127.0.0.1:9/", "events": ["webhook.deleted"]}
        return webhooks.create(as_actor(self._boss), **wanted)[0].id

    def _delivery(self) -> int:
        now = clock.now()
        return self._saved(
            WebhookDelivery(webhook_id=self._webhook(), event="task.created", next_at=now, created_at=now)
        )

    def _number(self) -> int:
        return 1

    def _attachment(self) -> int:
        if "task-attachments" in self._route or self._route.split(" ")[-1].startswith("/attachments/"):
            task_id, file = self._task(), io.BytesIO(b"words")
            return attachments.add(as_actor(self._boss), task_id, name="words.txt", stream=file).id
        made = skills.attach(as_actor(self._boss), self._skill(), io.BytesIO(b"words"), name="words.txt")
        return made.id

    @staticmethod
    def _saved(thing: Any) -> int:
        with transaction():
            db.session.add(thing)
        return thing.id


STATES = {
    "POST /api/tasks/{task_id}/approve": TaskStatus.REVIEW,
    "POST /api/tasks/{task_id}/reject": TaskStatus.REVIEW,
    "PATCH /api/tasks/{task_id}/result": TaskStatus.REVIEW,
    "POST /tasks/{task_id}/approve": TaskStatus.REVIEW,
    "POST /tasks/{task_id}/reject": TaskStatus.REVIEW,
    "POST /tasks/{task_id}/result": TaskStatus.REVIEW,
}


def _picture() -> io.BytesIO:
    found = io.BytesIO()
    Image.new("RGB", (8, 8)).save(found, "PNG")
    found.seek(0)
    return found


def _markdown(name: str) -> io.BytesIO:
    return io.BytesIO(f"---\nname: Imported by {name}\ndescription: Words\n---\nBe kind.\n".encode())


NUMBERS = itertools.count(1)
Bodies = dict[str, Callable[[RequestData], dict[str, Any]]]
BODIES: Bodies = {
    "GET /api/tasks/search": lambda _: {"query_string": {"q": "post"}},
    "PATCH /api/auth/me/": lambda _: {"json": {"telegram_notifications": False}},
    "POST /api/auth/me/avatar/": lambda _: {"data": {"file": (_picture(), "me.png")}},
    "POST /api/agents/{agent_id}/avatar": lambda _: {"data": {"file": (_picture(), "agent.png")}},
    "POST /api/auth/me/change-password": lambda _: {
        "json": {"current_password": PASSWORD, "new_password": "another battery"}
    },
    "POST /api/tokens/": lambda _: {"json": {"name": "Mine"}},
    "POST /api/users/": lambda things: {
        "json": {"name": f"Jo {things.actor}", "email": f"jo.{things.actor}@example.com"}
    },
    "PATCH /api/users/{user_id}": lambda _: {"json": {"is_active": False}},
    "POST /api/departments/": lambda things: {"json": {"name": f"Sales {things.actor}"}},
    "PATCH /api/departments/{department_id}": lambda _: {"json": {"emoji": "🧵"}},
    "POST /api/boards/": lambda things: {"json": {"name": "Plans", "department_id": things.id("department_id")}},
    "PATCH /api/boards/{board_id}": lambda _: {"json": {"description": "New"}},
    "PUT /api/boards/{board_id}/permissions/": lambda _: {"json": []},
    "POST /api/schedules/": lambda things: {
        "json": {
            "name": "Report",
            "board_id": things.id("board_id"),
            "cron": "0 9 * * 1",
            "template": {"title": "Report"},
        }
    },
    "POST /api/schedules/preview": lambda _: {"json": {"cron": "0 9 * * 1"}},
    "PATCH /api/schedules/{schedule_id}": lambda _: {"json": {"name": "Weekly report"}},
    "POST /api/task-templates/": lambda things: {
        "json": {"name": "Report", "board_id": things.id("board_id"), "content": {"title": "Report"}}
    },
    "PATCH /api/task-templates/{template_id}": lambda _: {"json": {"name": "Weekly report"}},
    "POST /api/boards/{board_id}/views": lambda _: {"json": {"name": "Late", "query": "due=overdue"}},
    "PATCH /api/board-views/{view_id}": lambda _: {"json": {"name": "Soon"}},
    "POST /api/agents/": lambda things: {"json": {"name": f"Atlas {things.actor}"}},
    "PATCH /api/agents/{agent_id}": lambda _: {"json": {"role_title": "Analyst"}},
    "PUT /api/agents/{agent_id}/skills": lambda _: {"json": {"skill_ids": []}},
    "POST /api/agents/{agent_id}/try": lambda _: {"json": {"message": "Hello"}},
    "PUT /api/agents/{agent_id}/watch": lambda _: {"json": {"watching": True}},
    "POST /api/tasks/": lambda things: {"json": {"title": "Write", "board_id": things.id("board_id")}},
    "POST /api/tasks/bulk": lambda things: {"json": {"ids": [things.id("task_id")], "priority": "high"}},
    "POST /api/tasks/tags/rename": lambda _: {"json": {"tags": ["blogs"], "to": "blog"}},
    "PATCH /api/tasks/{task_id}": lambda _: {"json": {"title": "Read"}},
    "POST /api/tasks/{task_id}/links": lambda things: {"json": {"needs_task_id": things.id("task_id")}},
    "POST /api/tasks/{task_id}/reject": lambda _: {"json": {"feedback": "Shorter, please."}},
    "PATCH /api/tasks/{task_id}/result": lambda _: {"json": {"result": "Shorter."}},
    "POST /api/tasks/{task_id}/undo-review": lambda _: {"json": {}},
    "PUT /api/tasks/{task_id}/watch": lambda _: {"json": {"watching": True}},
    "POST /api/tasks/{task_id}/comments/": lambda _: {"json": {"content": "Hello"}},
    "POST /api/requests/{request_id}/answer": lambda _: {"json": {"decision": "allow"}},
    "POST /api/requests/answer": lambda things: {
        "json": {"answers": [{"id": things.id("request_id"), "decision": "allow"}]}
    },
    "PATCH /api/comments/{comment_id}": lambda _: {"json": {"content": "Goodbye"}},
    "POST /api/skills/": lambda things: {"json": {"name": f"Voice of {things.actor}"}},
    "POST /api/agents/import": lambda _: {"data": {"file": (io.BytesIO(b"---\nname: x\n---\nBe kind."), "x.md")}},
    "POST /api/skills/import": lambda things: {"data": {"file": (_markdown(things.actor), "skill.md")}},
    "PATCH /api/skills/{skill_id}": lambda _: {"json": {"content": "Be brief."}},
    "PUT /api/skills/{skill_id}/agents": lambda _: {"json": {"agent_ids": []}},
    "POST /api/skills/{skill_id}/attachments": lambda _: {"data": {"file": (io.BytesIO(b"words"), "words.txt")}},
    "POST /api/tasks/{task_id}/attachments/": lambda _: {"data": {"file": (io.BytesIO(b"words"), "words.txt")}},
    "POST /api/models/": lambda _: {"json": {"provider": "demo", "model_name": "demo"}},
    "PATCH /api/models/{model_id}": lambda _: {"json": {"display_name": "Demo 2"}},
    "PATCH /api/org/settings/": lambda _: {"json": {"name": "Larkmoor"}},
    "PUT /api/agents/{agent_id}/tools": lambda _: {"json": {"grants": [{"tool": "save_file", "policy": "off"}]}},
    "POST /api/tools/{tool_id}/accept": lambda _: {
        "json": {"definition": definition_hash("find", "Finds a customer.", {"type": "object"})}
    },
    "POST /api/tools/accept": lambda things: {
        "json": {
            "tools": [
                {
                    "id": things.id("tool_id"),
                    "definition": definition_hash("find", "Finds a customer.", {"type": "object"}),
                }
            ]
        }
    },
    "POST /api/tools/sources/": lambda things: {
        "json": {"slug": f"crm-{things.actor.replace(' ', '-')}", "title": "CRM", "url": "https://mcp.example/"}
    },
    "PATCH /api/tools/sources/{source_id}": lambda _: {"json": {"enabled": False}},
    "POST /api/workflows/": lambda things: {"json": {"name": f"Report of {things.actor}"}},
    "POST /api/workflows/import": lambda things: {"json": {"yaml": f"name: Import of {things.actor}\nsteps: []\n"}},
    "PATCH /api/workflows/{workflow_id}": lambda _: {"json": {"description": "New"}},
    "POST /api/workflows/{workflow_id}/start": lambda _: {"json": {}},
    "POST /api/workflow-runs/{workflow_run_id}/steps/{step_key}/skip": lambda _: {"json": {}},
    "POST /api/webhooks/": lambda _: {
        "json": {"name": "CRM", "url": "http://127.0.0.1:9/", "events": ["webhook.deleted"]}
    },
    "PATCH /api/webhooks/{webhook_id}": lambda _: {"json": {"name": "CRM 2"}},
    "POST /api/webhooks/{webhook_id}/replay-failed": lambda _: {"json": {"since": "2026-03-20"}},
    "PUT /api/org/telegram/webhook": lambda _: {"json": {"enabled": True}},
}
