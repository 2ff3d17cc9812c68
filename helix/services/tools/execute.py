"""Executes a call of a built-in tool.

with tools.stored_content(name, arguments) as stored:    # no transaction is open
    with transaction():                                  # unless the tool is not transactional
        result = tools.run_builtin(context, name, arguments, stored=stored)
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from helix.errors import HelixError
from helix.services.tools import calculation, files, finding, of_task, reading, tasks, web
from helix.services.tools.context import MAX_RESULT_BYTES, ToolContext, ToolFailed, ToolResult
from helix.services.tools.definitions import BY_NAME, HAND_IN, REPORT_NOTHING
from helix.services.tools.files import StoredContent
from helix.text.cleaning import clean

Handler = Callable[..., ToolResult]

# Without ask_person: the loop makes a request of it, and the answer is the result.
HANDLERS: dict[str, Handler] = {
    "list_files": files.list_files,
    "read_file": files.read_file,
    "read_task": tasks.read_task,
    "search_tasks": tasks.search_tasks,
    "read_comments": tasks.read_comments,
    "add_comment": tasks.add_comment,
    "web_fetch": web.web_fetch,
    "web_search": web.web_search,
    "calculate": calculation.calculate,
    "read_result": reading.read_result,
    "read_skill": reading.read_skill,
    "read_skill_file": reading.read_skill_file,
    "find_tools": finding.find_tools,
    HAND_IN: of_task.hand_in,
    REPORT_NOTHING: of_task.report_nothing,
}


def provide(name: str, handler: Handler) -> None:
    """Let a layer above execute a built-in tool. Providing it again has no effect."""
    HANDLERS[name] = handler


def is_transactional(name: str) -> bool:
    """Whether the tool writes only to our database, so that it is executed in the transaction that ends the call."""
    return BY_NAME[name].transactional


@contextmanager
def stored_content(name: str, arguments: dict[str, Any]) -> Iterator[StoredContent | None]:
    """Store what a call of save_file saves, before the transaction that refers to it; None for other tools.

    The stored content is deleted again when the block raises or nothing was saved. A process that is killed in the
    block leaves a file that nothing refers to, which maintenance removes. A content that cannot be stored is told by
    `run_builtin`.
    """
    if name != "save_file":
        yield None
        return
    with files.stored(arguments["text"]) as found:
        yield found


def run_builtin(
    context: ToolContext, name: str, arguments: dict[str, Any], *, stored: StoredContent | None = None
) -> ToolResult:
    """Execute one call, whose arguments fit the schema. Failures that a model can react to are results.

    A transactional tool runs inside the transaction of the caller. What it refuses is refused before it writes.
    """
    try:
        if name == "save_file":
            result = files.save_file(context, arguments["name"], stored)
        else:
            result = HANDLERS[name](context, **arguments)
    except (ToolFailed, HelixError) as failure:
        return ToolResult(_shortened(str(failure)), is_error=True)
    return replace(result, text=_shortened(result.text))


def _shortened(text: str) -> str:
    """At most MAX_RESULT_BYTES of the text, which was cleaned, with a note when that is not all."""
    text = clean(text)
    if len(text.encode()) <= MAX_RESULT_BYTES:
        return text
    note = "\n\n[The rest was left out: the result is too long.]"
    return text.encode()[: MAX_RESULT_BYTES - len(note)].decode(errors="ignore") + note
