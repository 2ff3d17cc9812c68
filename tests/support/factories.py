"""Factories for test data. They call services where one exists, and write rows otherwise."""

from collections.abc import Sequence
from typing import Any

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, AiModel, Board, BoardGrant, Department, Task, User
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import names, tasks
from helix.services.work import moves
from tests.support.people import People, as_actor


class Factory:
    def __init__(self, people: People) -> None:
        self._people = people
        self._count = 0

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _saved(self, thing: Any) -> Any:
        with transaction():
            db.session.add(thing)
        return thing

    def department(self, name: str | None = None) -> Department:
        name = name or f"Department {self._number()}"
        return self._saved(Department(name=name, name_key=name.casefold(), emoji="📣", sort_order=self._count))

    def board(self, name: str | None = None, department: Department | None = None, **fields: Any) -> Board:
        department = department or self.department()
        return self._saved(Board(name=name or f"Board {self._number()}", department_id=department.id, **fields))

    def grant(self, user: User, board: Board, level: BoardLevel) -> None:
        self._saved(BoardGrant(user_id=user.id, board_id=board.id, level=level))

    def model(self, **fields: Any) -> AiModel:
        wanted = {"provider": "demo", "model_name": "demo", "display_name": "Demo", "is_default": True} | fields
        return self._saved(AiModel(created_at=clock.now(), **wanted))

    def agent(self, name: str | None = None, **fields: Any) -> Agent:
        name = name or f"Agent {self._number()}"
        with transaction():
            agent = Agent(name=name, created_at=clock.now(), updated_at=clock.now(), **fields)
            db.session.add(agent)
            db.session.flush()
            names.claim(name, agent_id=agent.id)
        return agent

    def task(
        self,
        title: str = "Write a post",
        *,
        by: User | None = None,
        board: Board | None = None,
        agent: Agent | None = None,
        status: TaskStatus = TaskStatus.TODO,
        tags: Sequence[str] = (),
        **fields: Any,
    ) -> Task:
        """A task by a person (Ada unless named), put straight into `status`."""
        by = by or self._people.ada
        board = board or self.board()
        task = tasks.create(
            as_actor(by),
            title=title,
            board_id=board.id,
            assigned_agent_id=agent.id if agent else None,
            tags=tags,
            **fields,
        )
        if status != TaskStatus.TODO:
            with transaction():
                moves.put(db.session.get_one(Task, task.id), status)
        return tasks.get(as_actor(by), task.id)
