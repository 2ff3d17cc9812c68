"""The benchmark organization: its people and data, identical for every run.

30 boards, 20 people, 50 agents, 500 skills, 10,000 notifications for the admin; for each task three comments and
five activity entries. Only the number of tasks and their related rows varies.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fractional_indexing import generate_key_between

from helix.crypto.passwords import hash_password
from helix.models.vocabulary import BoardLevel

BOARDS, PEOPLE, AGENTS, SKILLS, NOTIFICATIONS = 30, 20, 50, 500, 10_000
PASSWORD = "a password for the bench"
ADMIN, MEMBER = "person1@bench.example", "person2@bench.example"
# The member sees ten boards of thirty, and works on eight of them.
GRANTS = {
    board: level for level, boards in ((1, (2, 5)), (2, (8, 11, 14, 17, 20, 23)), (3, (26, 29))) for board in boards
}
COMMON, RARE, NEVER = "report", "zanzibar", "xylophone"

DAYS = 730
NOW = datetime.now(UTC).replace(microsecond=0)

WORDS = [
    "audit",
    "banner",
    "campaign",
    "checklist",
    "copy",
    "customer",
    "draft",
    "email",
    "figures",
    "form",
    "headline",
    "invoice",
    "keyword",
    "landing",
    "layout",
    "letter",
    "list",
    "mockup",
    "offer",
    "outline",
    "page",
    "photo",
    "plan",
    "price",
    "product",
    "question",
    "refund",
    "reply",
    "review",
    "schedule",
    "segment",
    "shipping",
    "survey",
    "table",
    "template",
    "ticket",
    "translation",
    "update",
    "warehouse",
    "website",
]
VERBS = ["Write", "Check", "Prepare", "Compare", "Collect", "Improve", "Answer", "Translate", "Plan", "Review"]
PLACES = ["Lisbon", "Vienna", "Oslo", "Turin", "Porto", "Ghent", "Malmo", "Graz", "Leeds", "Nantes", "Bergen", "Split"]

Row = tuple[Any, ...]
Table = tuple[str, list[str], Iterator[Row]]


def statuses(number: int, tasks: int) -> str:
    """Of the newest tenth most are open; of the older ones one in seven is."""
    dice = (number * 2654435761 >> 7) % 100
    recent = number > tasks * 0.9
    if dice < (80 if recent else 14):
        return ("todo", "todo", "in_progress", "review", "rejected", "todo")[dice % 6]
    return ("done", "done", "done", "done", "done", "approved", "cancelled")[dice % 7]


def title(number: int) -> str:
    words = f"{VERBS[number % 10]} the {WORDS[number * 7 % len(WORDS)]} {WORDS[number * 13 % len(WORDS)]}"
    if number % 4 == 0:
        words += f" {COMMON}"
    return f"{words} for {PLACES[number % 12]} {number}"


def description(number: int, tasks: int) -> str:
    """Some 400 characters. Twenty tasks hold the rare word, at any size."""
    parts = [WORDS[(number * step + step) % len(WORDS)] for step in range(3, 48)]
    if number % 5 == 0:
        parts[7] = COMMON
    if number % (tasks // 20) == 11:
        parts[20] = RARE
    return f"The {' '.join(parts[:22])}.\n\n- {' '.join(parts[22:34])}\n- {' '.join(parts[34:])}\n"


def created(number: int, tasks: int) -> datetime:
    """Spread evenly over two years, in the order of the numbers."""
    return NOW - timedelta(days=DAYS) * ((tasks - number + 1) / tasks)


def agent_of(number: int) -> int | None:
    return None if number % 4 == 3 else number * 7 % AGENTS + 1


def board_of(number: int) -> int:
    return number % BOARDS + 1


def person_of(number: int) -> int:
    return number * 11 // 3 % PEOPLE + 1


def has_run(number: int) -> bool:
    return number % 3 == 0


def office() -> Iterator[Table]:
    """All that does not grow."""
    hashed = hash_password(PASSWORD)
    yield "organization", [
        "id", "name", "timezone", "default_board_level", "monthly_budget_usd", "unknown_price_per_million_usd",
        "telegram_enabled", "telegram_update_offset", "telegram_webhook", "run_timeout_seconds", "max_run_attempts",
        "setup_finished_at", "created_at",
    ], iter([(1, "Bench", "Europe/Berlin", int(BoardLevel.NONE), 50 * 10**9, 30 * 10**9, False, 0, False, 900, 3, NOW, NOW)])  # fmt: skip
    yield (
        "departments",
        ["id", "name", "name_key", "emoji", "sort_order"],
        ((number, f"Department {number}", f"department {number}", "📦", number) for number in range(1, 7)),
    )
    yield (
        "boards",
        ["id", "name", "description", "department_id", "sort_order", "wip_limits"],
        (
            (number, f"Board {number}", "What is done here", number % 6 + 1, number, {"review": 5000})
            for number in range(1, BOARDS + 1)
        ),
    )
    yield "users", [
        "id", "name", "email", "email_key", "password_hash", "role", "is_active", "telegram_notifications", "theme",
        "token_version", "created_at", "updated_at",
    ], (
        (number, f"Person {number}", f"person{number}@bench.example", f"person{number}@bench.example", hashed,
         "admin" if number == 1 else "member", True, False, "system", 1, NOW, NOW)
        for number in range(1, PEOPLE + 1)
    )  # fmt: skip
    yield (
        "board_grants",
        ["board_id", "user_id", "level"],
        (
            ((board + user - 2) % BOARDS + 1, user, level)
            for user in range(2, PEOPLE + 1)
            for board, level in GRANTS.items()
        ),
    )
    yield (
        "ai_models",
        ["id", "provider", "model_name", "display_name", "is_default", "is_active", "created_at"],
        iter([(1, "demo", "demo", "Demo", True, True, NOW)]),
    )
    yield "agents", [
        "id", "name", "role_title", "department_id", "primary_board_id", "system_prompt", "execution_mode", "enabled",
        "budget_paused", "max_parallel_runs", "max_output_tokens", "last_run_failed", "leaving", "created_at", "updated_at",
    ], (
        (number, f"Agent {number}", WORDS[number % len(WORDS)].title(), number % 6 + 1, number % BOARDS + 1,
         "You work with care. " * 20, "manual", True, False, 1, 4096, number % 10 == 0, False, NOW, NOW)
        for number in range(1, AGENTS + 1)
    )  # fmt: skip
    yield (
        "names",
        ["key", "user_id", "agent_id"],
        iter(
            [(f"person {number}", number, None) for number in range(1, PEOPLE + 1)]
            + [(f"agent {number}", None, number) for number in range(1, AGENTS + 1)]
        ),
    )
    yield from skills()
    yield "notifications", [
        "id", "user_id", "event_key", "type", "title", "message", "target_type", "target_id", "url", "read",
        "telegram_sent", "created_at", "board_id", "admin_only",
    ], (
        (number, 1, f"bench:{number}", ("task_completed", "task_review", "task_assigned", "mention")[number % 4],
         title(number), "Something happened with it.", "task", number, f"/tasks/{number}", number % 2 == 0, False,
         NOW - timedelta(minutes=NOTIFICATIONS - number), board_of(number), False)
        for number in range(1, NOTIFICATIONS + 1)
    )  # fmt: skip
    yield "budget_months", ["scope", "month", "spent_usd", "reserved_usd", "warned_at", "lifted"], iter(
        [(scope, f"{NOW:%Y-%m}", int(Decimal("0.31") * 10**9), 0, 0, False)
         for scope in ("organization", *(f"agent:{number}" for number in range(1, AGENTS + 1)))]
    )  # fmt: skip


def skills() -> Iterator[Table]:
    yield "skills", [
        "id", "name", "name_key", "slug", "description", "category", "tags", "content", "version", "activation_mode",
        "activation_tags", "applies_to_all_agents", "is_active", "extra", "created_by_user_id", "created_at", "updated_at",
    ], (
        (number, name := f"{WORDS[number % len(WORDS)].title()} guide {number}", name.lower(), name.lower().replace(" ", "-"),
         f"How we write a {WORDS[number * 3 % len(WORDS)]}", f"Category {number % 12}", [WORDS[number % 9]],
         f"# {name}\n\n" + description(number, 10_000) * 4, "1.0.0", "always", [], False, True, {}, 1, NOW, NOW)
        for number in range(1, SKILLS + 1)
    )  # fmt: skip
    yield "skill_tags", ["skill_id", "tag"], ((number, WORDS[number % 9]) for number in range(1, SKILLS + 1))
    yield (
        "skill_agents",
        ["skill_id", "agent_id"],
        ((number, (number + more) % AGENTS + 1) for number in range(1, SKILLS + 1) for more in range(3)),
    )


def work(tasks: int) -> Iterator[Table]:
    """All that grows with the number of tasks."""
    yield "tasks", [
        "id", "version", "title", "description", "status", "priority_rank", "board_id", "position", "assigned_agent_id",
        "created_by_user_id", "due_at", "tags", "requires_approval", "result", "approved_by_user_id", "approved_at",
        "archived", "comment_count", "attachment_count", "last_run_id", "created_at", "updated_at", "completed_at",
        "deleted_at",
    ], _tasks(tasks)  # fmt: skip
    yield "task_tags", ["task_id", "tag"], ((number, WORDS[number % 30]) for number in range(1, tasks + 1, 2))
    yield "runs", [
        "id", "task_id", "agent_id", "trigger", "attempt", "losses", "status", "came_from", "fence", "model",
        "input_tokens", "output_tokens", "cost_usd", "counted_usd", "reserved_usd", "budget_month", "queued_at",
        "started_at", "finished_at",
    ], _runs(tasks)  # fmt: skip
    yield (
        "comments",
        ["id", "task_id", "user_id", "agent_id", "content", "mentions", "kind", "created_at"],
        _comments(tasks),
    )
    yield "activity", [
        "id", "actor_type", "actor_id", "actor_name", "action", "entity_type", "entity_id", "entity_title", "agent_id",
        "board_id", "admin_only", "details", "created_at",
    ], _activity(tasks)  # fmt: skip


def _tasks(tasks: int) -> Iterator[Row]:
    last: dict[tuple[int, str], str] = {}
    for number in range(1, tasks + 1):
        status, board, at = statuses(number, tasks), board_of(number), created(number, tasks)
        column = (board, "todo" if status == "rejected" else status)
        position = last[column] = generate_key_between(last.get(column), None)
        done = status in ("done", "approved")
        finished = min(at + timedelta(hours=5 + number % 90), NOW) if done else None
        due = at + timedelta(days=14) if number % 3 == 1 else None
        yield (
            number, 1, title(number), description(number, tasks), status, number % 4, board, position, agent_of(number),
            person_of(number), due, [WORDS[number % 30]] if number % 2 else [], True,
            "Here is what I found. " * 10 if done and has_run(number) else None,
            1 if done else None, finished, number % 10 == 9, 3, 0, number // 3 if has_run(number) and agent_of(number) else None,
            at, finished or at, finished, NOW if number % 500 == 499 else None,
        )  # fmt: skip


def _runs(tasks: int) -> Iterator[Row]:
    for number in range(3, tasks + 1, 3):
        if agent := agent_of(number):
            at = created(number, tasks) + timedelta(seconds=5)
            yield (
                number // 3, number, agent, "manual", 1, 0, "succeeded", "todo", 1, "demo/demo", 900, 300, 1_500_000,
                1_500_000, 0, f"{at:%Y-%m}", at, at, at + timedelta(seconds=20),
            )  # fmt: skip


def _comments(tasks: int) -> Iterator[Row]:
    nobody = {"users": [], "agents": []}
    texts = [
        f"I looked at the {WORDS[word]} and **think** that `{WORDS[-word]}` is next. " * 3 for word in range(1, 30)
    ]
    for number in range(1, tasks + 1):
        at = created(number, tasks)
        for part in range(3):
            agent = agent_of(number) if part == 1 else None
            yield (
                number * 3 + part - 2, number, None if agent else person_of(number + part), agent,
                texts[(number + part) % 29], nobody, "", min(at + timedelta(hours=part + 1), NOW),
            )  # fmt: skip


ACTIONS = ("task.created", "task.assigned", "comment.added", "task.moved", "task.updated")


def _activity(tasks: int) -> Iterator[Row]:
    details = ({}, {"agent": "Agent 1"}, {}, {"from_status": "todo", "to_status": "in_progress"}, {"fields": ["title"]})
    for number in range(1, tasks + 1):
        at, person, agent, board, name = (
            created(number, tasks), person_of(number), agent_of(number), board_of(number), title(number),
        )  # fmt: skip
        for part, action in enumerate(ACTIONS):
            yield (
                number * 5 + part - 4, "user", person, f"Person {person}", action, "task", number, name, agent, board,
                False, details[part], at,
            )  # fmt: skip
