"""The built-in tools as a model sees them, and the facts about them that decide whether a person is asked."""

import hashlib
import json
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from helix.models.vocabulary import ToolEffect, ToolPolicy

SOURCE = "helix"
SOURCE_TITLE = "Built in"
# Characters of a file or of an earlier result that one call returns.
PAGE = 20_000

READ_ONLY = ToolEffect.READ
# Offered when an admin has entered a search engine.
WEB_SEARCH = "web_search"
# Offered when there are too many tools to offer them all.
FIND_TOOLS = "find_tools"
# Executed by a layer above, see `execute.provide`.
CREATE_SUBTASK = "create_subtask"
# Offered for the tasks that they are meant for, see `of_task`.
HAND_IN = "hand_in"
REPORT_NOTHING = "report_nothing"
_OFFSET = {
    "type": "integer",
    "minimum": 0,
    "description": "Where to start, in characters. Use the number that the previous part named.",
}
_SKILL = {"type": "string", "minLength": 1, "maxLength": 120, "description": "The name of the skill."}


@dataclass(frozen=True)
class Builtin:
    """`transactional`: it writes only to our database, so its effect and the end of its call are one transaction.

    `needs`: a package that is not always installed; without it there is no such tool. `of_task`: it is no matter of
    grants, but offered for the tasks that it is meant for, with parameters of the task.
    """

    name: str
    title: str
    description: str
    parameters: dict[str, Any]
    effect: ToolEffect
    default_policy: ToolPolicy
    transactional: bool = True
    repeatable: bool = True
    reads_private: bool = True
    brings_untrusted: bool = False
    sends_out: bool = False
    needs: str | None = None
    of_task: bool = False

    @property
    def is_installed(self) -> bool:
        return self.needs is None or find_spec(self.needs) is not None


def _object(required: tuple[str, ...] = (), **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


BUILTIN = (
    Builtin(
        "ask_person",
        "Ask a person",
        "Ask the people who are responsible for this task a question, and wait for the answer. It may take days. Use "
        "it when you cannot go on without a decision or a fact that only a person has, never for something that you "
        "can find out yourself. Ask everything that you need in one question.",
        _object(
            ("question",),
            question={
                "type": "string",
                "minLength": 1,
                "maxLength": 2000,
                "description": "The question, complete in itself: the person may not remember the task.",
            },
            options={
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 200},
                "minItems": 2,
                "maxItems": 10,
                "description": "The answers to choose from, if there are only some.",
            },
            default={
                "type": "string",
                "maxLength": 2000,
                "description": "The answer to go on with if nobody answers in time.",
            },
        ),
        READ_ONLY,
        ToolPolicy.ALLOW,
        reads_private=False,
    ),
    Builtin(
        "save_file",
        "Save a file",
        "Save a text as a file of this task, where people find and download it. Saving a name again adds a new version "
        "and keeps the earlier ones. Use it for documents, tables and code; your answer then only has to say what you "
        "saved.",
        _object(
            ("name", "text"),
            name={
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "description": "A file name with its ending, such as report.md or prices.csv. No folders.",
            },
            text={"type": "string", "minLength": 1, "description": "The whole content of the file."},
        ),
        ToolEffect.WRITE,
        ToolPolicy.ALLOW,
        repeatable=False,
        reads_private=False,
    ),
    Builtin(
        "list_files",
        "List the files",
        "List the files of this task, of those that it needed and of its subtasks, with versions, types and sizes.",
        _object(),
        READ_ONLY,
        ToolPolicy.ALLOW,
    ),
    Builtin(
        "read_file",
        "Read a file",
        "Read the text of a file of this task, or of another one that list_files names, in its newest version. "
        f"Long ones come in parts of {PAGE:,} characters.",
        _object(
            ("name",),
            name={
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "The name, as list_files shows it.",
            },
            task_id={
                "type": "integer",
                "minimum": 1,
                "description": "The number of the task, as list_files names it, if several have files of that name.",
            },
            offset=_OFFSET,
        ),
        READ_ONLY,
        ToolPolicy.ALLOW,
        brings_untrusted=True,
    ),
    Builtin(
        "read_task",
        "Read a task",
        "Read a task of this board: title, description, status, dates, tags and the present result.",
        _object(
            id={
                "type": "integer",
                "minimum": 1,
                "description": "The number of the task. Leave it out for your own task.",
            }
        ),
        READ_ONLY,
        ToolPolicy.ALLOW,
        brings_untrusted=True,
    ),
    Builtin(
        "search_tasks",
        "Search tasks",
        "Find tasks of this board by words in their title or description. Returns numbers, titles and states; "
        "read_task shows the rest.",
        _object(("query",), query={"type": "string", "minLength": 1, "maxLength": 200}),
        READ_ONLY,
        ToolPolicy.ALLOW,
    ),
    Builtin(
        "read_comments",
        "Read comments",
        "Read the newest comments of a task of this board, oldest first.",
        _object(
            task_id={
                "type": "integer",
                "minimum": 1,
                "description": "The number of the task. Leave it out for your own task.",
            }
        ),
        READ_ONLY,
        ToolPolicy.ALLOW,
        brings_untrusted=True,
    ),
    Builtin(
        "add_comment",
        "Comment",
        "Write a comment on this task. People who are mentioned with @Name are notified; agents are not started by it. "
        "Your answer is stored by itself: do not repeat it in a comment.",
        _object(("text",), text={"type": "string", "minLength": 1, "maxLength": 20_000, "description": "Markdown."}),
        ToolEffect.WRITE,
        ToolPolicy.ASK,
        repeatable=False,
        reads_private=False,
    ),
    Builtin(
        "web_fetch",
        "Read a web page",
        "Read a page of the public web as text. Use addresses that occur in the task or in a page that you have read; "
        "for any other address a person is asked first. Only text: HTML, plain text, Markdown and JSON.",
        _object(
            ("url",),
            url={
                "type": "string",
                "minLength": 8,
                "maxLength": 2000,
                "description": "Beginning with https:// or http://",
            },
        ),
        READ_ONLY,
        ToolPolicy.ASK,
        transactional=False,
        reads_private=False,
        brings_untrusted=True,
    ),
    Builtin(
        WEB_SEARCH,
        "Search the web",
        "Search the public web. Returns up to ten pages with title, address and a few words of their text; web_fetch "
        "reads one of them. Other people run the search engine: put nothing into a query that must stay private.",
        _object(
            ("query",),
            query={"type": "string", "minLength": 1, "maxLength": 400, "description": "Words to search for."},
        ),
        READ_ONLY,
        ToolPolicy.ASK,
        transactional=False,
        reads_private=False,
        brings_untrusted=True,
        sends_out=True,
    ),
    Builtin(
        "calculate",
        "Calculate",
        "Run Python code and get what it prints and the value of its last expression. Use it for every calculation, "
        "and to count, sort or convert data, instead of doing that in your head. A subset of Python: no files, no "
        "network, no packages; math, json, re, datetime and some other modules can be imported. Nothing is kept from "
        "one call to the next, and a call has 5 seconds.",
        _object(("code",), code={"type": "string", "minLength": 1, "maxLength": 100_000, "description": "Python."}),
        READ_ONLY,
        ToolPolicy.ALLOW,
        transactional=False,
        reads_private=False,
        needs="pydantic_monty",
    ),
    Builtin(
        "read_result",
        "Read an earlier result",
        "Read more of the result of an earlier call that was shortened.",
        _object(
            ("call",),
            call={
                "type": "integer",
                "minimum": 1,
                "description": "The number of the call, as the shortened result names it.",
            },
            offset=_OFFSET,
        ),
        READ_ONLY,
        ToolPolicy.ALLOW,
        brings_untrusted=True,
    ),
    Builtin(
        "read_skill",
        "Read a skill",
        "Read one of your skills: instructions of this organization that did not fit into the prompt.",
        _object(("name",), name=_SKILL, offset=_OFFSET),
        READ_ONLY,
        ToolPolicy.ALLOW,
    ),
    Builtin(
        "read_skill_file",
        "Read a file of a skill",
        "Read the text of a file that belongs to one of your skills, by the path that the skill names. Long ones come "
        f"in parts of {PAGE:,} characters.",
        _object(
            ("name", "path"),
            name=_SKILL,
            path={
                "type": "string",
                "minLength": 1,
                "maxLength": 500,
                "description": "Such as references/rules.md, as it is listed with the skill.",
            },
            offset=_OFFSET,
        ),
        READ_ONLY,
        ToolPolicy.ALLOW,
    ),
    Builtin(
        FIND_TOOLS,
        "Find tools",
        "Find tools that you are not shown: you have more than fit here. Say in a few words what you want to do, such "
        'as "create invoice". Up to eight come back, and you can call them from your next turn on.',
        _object(
            ("query",),
            query={"type": "string", "minLength": 1, "maxLength": 200, "description": "What the tool should do."},
        ),
        READ_ONLY,
        ToolPolicy.ALLOW,
        reads_private=False,
    ),
    Builtin(
        CREATE_SUBTASK,
        "Delegate",
        "Hand a part of your task to another agent, and wait for its result, which may take long. The other agent sees "
        "only what you write here. Several calls in one turn are worked on at the same time. Do yourself what you can.",
        _object(
            ("title", "description", "agent"),
            title={"type": "string", "minLength": 1, "maxLength": 200, "description": "What is to be done, in a line."},
            description={
                "type": "string",
                "minLength": 1,
                "maxLength": 20_000,
                "description": "Everything that the other agent has to know: goal, material, expected result.",
            },
            agent={"type": "string", "minLength": 1, "maxLength": 120, "description": "The name of the agent."},
        ),
        ToolEffect.WRITE,
        ToolPolicy.ASK,
        repeatable=False,
        reads_private=False,
    ),
    Builtin(
        HAND_IN,
        "Hand in values",
        "Hand in the values that this task has to bring, once, before you write your answer: the next steps of the "
        "workflow use them. Without them the task fails, whatever your answer says. Calling it again replaces them.",
        {"type": "object"},
        ToolEffect.WRITE,
        ToolPolicy.ALLOW,
        repeatable=False,
        reads_private=False,
        of_task=True,
    ),
    Builtin(
        REPORT_NOTHING,
        "Report nothing",
        "Say that there is nothing to report: this task looks for something on a schedule, and you have found nothing "
        "that a person should know. The task is stored away and nobody is told. Never call it when something failed.",
        _object(),
        ToolEffect.WRITE,
        ToolPolicy.ALLOW,
        repeatable=False,
        reads_private=False,
        of_task=True,
    ),
)
BY_NAME = {tool.name: tool for tool in BUILTIN}
TASK_TOOLS = frozenset(tool.name for tool in BUILTIN if tool.of_task)


def installed() -> list[Builtin]:
    """Those that exist on this installation."""
    return [tool for tool in BUILTIN if tool.is_installed]


def definition_hash(name: str, description: str, parameters: dict[str, Any]) -> str:
    """64 hex digits that change with everything that a model is told about the tool."""
    told = json.dumps([name, description, parameters], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def estimate_tokens(name: str, description: str, parameters: dict[str, Any]) -> int:
    """About how many tokens the definition takes in every call of a model: a quarter of its characters."""
    return len(json.dumps([name, description, parameters], ensure_ascii=False)) // 4
