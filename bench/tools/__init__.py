"""Agents with tools: time per call, answer to next model call, waiting runs, memory, and where secrets end up.

`python -m bench.tools [--only NAME ...] [--databases sqlite postgresql] [--json FILE]`: real processes, and a model
provider on this machine. Each part takes less than two minutes on each database.
"""

from collections.abc import Callable

from bench.execution.rows import Row


def parts() -> dict[str, Callable[[], list[Row]]]:
    """The parts by name: each measures on SQLite, or on the server of TEST_DATABASE_URL, and gives rows of the table."""
    from bench.tools import answers, calls, memory, secrets, waiting

    return {
        "calls": calls.time_per_call,
        "answers": answers.answer_to_model,
        "waiting": waiting.waiting_runs,
        "memory": memory.of_workers,
        "secrets": secrets.scanned,
    }
