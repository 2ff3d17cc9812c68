"""The data of the page layout: the user, visible boards and counters. Two queries, without ORM objects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from helix.db.read import rows
from helix.errors import NotSignedIn
from helix.extensions import db
from helix.models import Board, Department, Organization, Task, TaskTally, User
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import BoardLevel, Role, TaskStatus
from helix.policies.actor import Actor
from helix.policies.moves import OPEN
from helix.services import attention, requests
from helix.services.access import BoardScope, board_scope
from helix.services.notifications import counters
from helix.services.notifications.counters import USER_ID

# Counting stops here: the page does not show larger numbers.
MAX_COUNTED = 100


class Viewer(NamedTuple):
    id: int
    name: str
    email: str
    role: Role
    avatar_url: str | None
    theme: str
    timezone: str | None
    preferences: dict[str, Any]


class OrganizationSummary(NamedTuple):
    """The columns of the organization that pages show."""

    name: str
    monthly_budget_usd: Decimal
    setup_finished_at: datetime | None


class DepartmentRef(NamedTuple):
    """The department of a board."""

    id: int
    name: str
    emoji: str


class VisibleBoard(NamedTuple):
    """A board that the user sees."""

    id: int
    name: str
    description: str
    wip_limits: dict[str, Any]
    is_private: bool
    department: DepartmentRef


class SidebarBoard(NamedTuple):
    """A board in the sidebar."""

    id: int
    name: str
    open_count: int


class SidebarDepartment(NamedTuple):
    """A department in the sidebar."""

    id: int
    name: str
    emoji: str
    boards: tuple[SidebarBoard, ...]


@dataclass(frozen=True)
class PageContext:
    """`counts` has the number of live tasks of each visible board by status. `unread` counts all unread notifications,
    `inbox` requests of agents, results to review and notifications that require action.
    """

    user: Viewer
    organization: OrganizationSummary
    boards: list[VisibleBoard]
    counts: dict[int, dict[str, int]]
    unread: int
    inbox: int

    def board(self, board_id: int) -> VisibleBoard | None:
        return next((board for board in self.boards if board.id == board_id), None)

    def departments(self) -> list[dict[str, Any]]:
        """Departments with their visible boards, in sidebar order."""
        return [
            {
                **home._asdict(),
                "boards": [
                    {
                        "id": board.id,
                        "name": board.name,
                        "description": board.description,
                        "open_count": self._open(board),
                        "counts": self.counts[board.id],
                    }
                    for board in boards
                ],
            }
            for home, boards in self._by_department()
        ]

    def sidebar(self) -> tuple[SidebarDepartment, ...]:
        """As `departments`, with only what the sidebar shows of the boards."""
        return tuple(
            SidebarDepartment(*home, tuple(SidebarBoard(board.id, board.name, self._open(board)) for board in boards))
            for home, boards in self._by_department()
        )

    def _by_department(self) -> Iterable[tuple[DepartmentRef, Iterable[VisibleBoard]]]:
        return groupby(self.boards, lambda board: board.department)

    def _open(self, board: VisibleBoard) -> int:
        counts = self.counts[board.id]
        return sum(counts[status] for status in OPEN)


def page_context(actor: Actor) -> PageContext:
    """The context for a user's pages. Raises NotSignedIn when the account does not exist any more."""
    scopes = (board_scope(actor, level) for level in (BoardLevel.VIEW, BoardLevel.CREATE, BoardLevel.MANAGE))
    people = rows(_person(*scopes), user_id=actor.user_id)
    if not people:
        raise NotSignedIn
    who = people[0]
    boards, counts = _boards(rows(_places(board_scope(actor))))
    reviews = sum(
        by_status[TaskStatus.REVIEW] for id_, by_status in counts.items() if actor.level_on(id_) >= BoardLevel.MANAGE
    )
    return PageContext(
        Viewer(
            who.id,
            who.name,
            who.email,
            who.role,
            User.avatar_at(who.avatar_key),
            who.theme,
            who.timezone,
            who.preferences,
        ),
        OrganizationSummary(who.organization_name, who.monthly_budget_usd, who.setup_finished_at),
        boards,
        counts,
        unread=int(who.unread),
        inbox=reviews + who.own_reviews + who.asking + who.requests,
    )


@lru_cache(100)
def _person(visible: BoardScope, writable: BoardScope, managed: BoardScope) -> Any:
    """One row, for the user in the parameter `user_id`. The scopes are the user's."""
    return (
        select(
            User.id,
            User.name,
            User.email,
            User.role,
            User.avatar_key,
            User.theme,
            User.timezone,
            User.preferences,
            Organization.name.label("organization_name"),
            Organization.monthly_budget_usd,
            Organization.setup_finished_at,
            counters.number(visible, read=False).label("unread"),
            _own_reviews(writable, managed).label("own_reviews"),
            _counted(attention.actionable_ids(visible)).label("asking"),
            _counted(requests.answerable_ids(writable, managed, USER_ID)).label("requests"),
        )
        .join(Organization, Organization.id == 1)
        .where(User.id == USER_ID)
    )


@lru_cache(100)
def _places(scope: BoardScope) -> Any:
    """One row per visible board, with the sum of its tallies for each status."""
    sums = [
        func.sum(TaskTally.amount).filter(TaskTally.status == str(status)).label(str(status)) for status in TaskStatus
    ]
    held = select(TaskTally.board_id, *sums).group_by(TaskTally.board_id).subquery()
    return (
        select(
            Board.id,
            Board.name,
            Board.description,
            Board.wip_limits,
            Board.default_level,
            Department.id.label("department_id"),
            Department.name.label("department_name"),
            Department.emoji,
            *(held.c[str(status)] for status in TaskStatus),
        )
        .join(Department, Department.id == Board.department_id)
        .outerjoin(held, held.c.board_id == Board.id)
        .where(scope.includes(Board.id))
        .order_by(Department.sort_order, Department.id, Board.sort_order, Board.id)
    )


def _boards(board_rows: Sequence[Any]) -> tuple[list[VisibleBoard], dict[int, dict[str, int]]]:
    homes: dict[int, DepartmentRef] = {}
    boards, counts = [], {}
    for id_, name, description, limits, default_level, home_id, home, emoji, *sums in board_rows:
        department = homes.setdefault(home_id, DepartmentRef(home_id, home, emoji))
        boards.append(VisibleBoard(id_, name, description, limits, default_level == BoardLevel.NONE, department))
        counts[id_] = {str(status): int(amount or 0) for status, amount in zip(TaskStatus, sums, strict=True)}
    return boards, counts


def organization_name() -> str | None:
    """The organization's name, for pages without sign-in. None before the set-up."""
    return db.session.scalar(select(Organization.name).where(Organization.id == 1))


def _own_reviews(writable: BoardScope, managed: BoardScope) -> Any:
    """The user's own tasks in review on boards that the user does not manage; managed boards count by tallies."""
    return _counted(
        select(Task.id).where(
            LIVE_TASK,
            Task.created_by_user_id == USER_ID,
            Task.status == TaskStatus.REVIEW,
            writable.includes(Task.board_id),
            ~managed.includes(Task.board_id),
        )
    )


def _counted(ids: Select[Any]) -> Any:
    return select(func.count()).select_from(ids.limit(MAX_COUNTED).subquery()).scalar_subquery()
