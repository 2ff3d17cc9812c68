"""The move table: which status follows which. Pages, API and workers all ask here."""

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

# Where Execute may be pressed; an in_progress under a live run is refused for the run's sake.
EXECUTABLE = (S.TODO, S.REJECTED, S.IN_PROGRESS)

# Nothing more is due from these: never overdue, not counted as open.
SETTLED = (S.APPROVED, S.DONE, S.CANCELLED)
OPEN = tuple(status for status in S if status not in SETTLED)


def may_move(before: S, after: S) -> bool:
    return before == after or after in MOVES[before]


def moves_from(status: S) -> tuple[S, ...]:
    return MOVES[status]


def join_with_or(statuses: tuple[S, ...]) -> str:
    """As words in a sentence: "in_progress, done or cancelled"."""
    words = [str(status) for status in statuses]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
