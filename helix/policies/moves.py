"""Which task status may follow which, for pages, API and workers."""

from helix.models.vocabulary import TaskStatus as S

MOVES: dict[S, tuple[S, ...]] = {
    S.TODO: (S.IN_PROGRESS, S.DONE, S.CANCELLED),
    S.IN_PROGRESS: (S.REVIEW, S.DONE, S.TODO, S.CANCELLED),
    S.REVIEW: (S.APPROVED, S.DONE, S.REJECTED, S.IN_PROGRESS),
    S.APPROVED: (S.DONE, S.REJECTED),
    S.REJECTED: (S.TODO, S.IN_PROGRESS, S.DONE, S.CANCELLED),
    S.DONE: (S.TODO,),
    S.CANCELLED: (S.TODO,),
}

# Statuses in which a task can be executed; in_progress with a live run is refused elsewhere.
EXECUTABLE = (S.TODO, S.REJECTED, S.IN_PROGRESS)

# Statuses that are never overdue and do not count as open.
SETTLED = (S.APPROVED, S.DONE, S.CANCELLED)
OPEN = tuple(status for status in S if status not in SETTLED)


def may_move(before: S, after: S) -> bool:
    return before == after or after in MOVES[before]


def moves_from(status: S) -> tuple[S, ...]:
    return MOVES[status]


def join_with_or(statuses: tuple[S, ...]) -> str:
    """Join statuses for a sentence: "in_progress, done or cancelled"."""
    words = [str(status) for status in statuses]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
