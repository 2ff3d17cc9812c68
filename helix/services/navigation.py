"""What stands around every page: who looks, where he may go, and how much waits for him. Three statements."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager

from helix.errors import NotSignedIn
from helix.extensions import db
from helix.models import Board, Department, Notification, Organization, Task, User
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.policies.actor import Actor
from helix.policies.moves import OPEN
from helix.services import attention
from helix.services.access import on_visible_boards
from helix.services.boards.counts import task_counts

# Beyond this a number on a bell says nothing more.
MOST_COUNTED = 100


@dataclass(frozen=True)
class Around:
    """`counts` gives, for each board that is seen, the number of live tasks in every status.

    `inbox` counts results to review and news that asks something; `unread` every unread notification.
    """

    user: User
    organization: Organization
    boards: list[Board]
    counts: dict[int, dict[str, int]]
    unread: int
    inbox: int

    def board(self, board_id: int) -> Board | None:
        return next((board for board in self.boards if board.id == board_id), None)

    def departments(self) -> list[dict[str, Any]]:
        """Departments with the boards that are seen, in the order of the sidebar."""
        found: dict[int, dict[str, Any]] = {}
        for board in self.boards:
            home = board.department
            entry = found.setdefault(home.id, {"id": home.id, "name": home.name, "emoji": home.emoji, "boards": []})
            counts = self.counts[board.id]
            entry["boards"].append(
                {
                    "id": board.id,
                    "name": board.name,
                    "description": board.description,
                    "open_count": sum(counts[status] for status in OPEN),
                    "counts": {str(status): counts[status] for status in TaskStatus},
                }
            )
        return list(found.values())


def around(actor: Actor) -> Around:
    """For a person. Raises NotSignedIn when the account is gone."""
    row = db.session.execute(
        select(User, Organization, _unread(actor), _own_reviews(actor), _counted(attention.asking_ids(actor)))
        .join(Organization, Organization.id == 1)
        .where(User.id == actor.user_id)
    ).first()
    if row is None:
        raise NotSignedIn
    boards = list(
        db.session.scalars(
            select(Board)
            .join(Board.department)
            .options(contains_eager(Board.department))
            .where(on_visible_boards(actor, Board.id))
            .order_by(Department.sort_order, Department.id, Board.sort_order, Board.id)
        )
    )
    counts = task_counts([board.id for board in boards])
    managed = [board.id for board in boards if actor.level_on(board.id) >= BoardLevel.MANAGE]
    reviews = sum(counts[board_id][TaskStatus.REVIEW] for board_id in managed)
    return Around(row[0], row[1], boards, counts, unread=row[2], inbox=reviews + row[3] + row[4])


def unread_count(actor: Actor) -> int:
    """Of notifications, counted up to 100."""
    return db.session.scalar(select(_unread(actor))) or 0


def organization_name() -> str | None:
    """For the pages of those who are signed out. None before the set-up."""
    return db.session.scalar(select(Organization.name).where(Organization.id == 1))


def _unread(actor: Actor) -> Any:
    return _counted(select(Notification.id).where(Notification.user_id == actor.user_id, ~Notification.read))


def _own_reviews(actor: Actor) -> Any:
    """His own tasks in review on boards that he does not manage; the managed ones are in the tallies already."""
    return _counted(
        select(Task.id).where(
            LIVE_TASK,
            Task.created_by_user_id == actor.user_id,
            Task.status == TaskStatus.REVIEW,
            on_visible_boards(actor, Task.board_id, level=BoardLevel.CREATE),
            ~on_visible_boards(actor, Task.board_id, level=BoardLevel.MANAGE),
        )
    )


def _counted(ids: Select[Any]) -> Any:
    return select(func.count()).select_from(ids.limit(MOST_COUNTED).subquery()).scalar_subquery()
