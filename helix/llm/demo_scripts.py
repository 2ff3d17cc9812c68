"""What the demo model does when it is offered tools: one short script per task, chosen by words of the task.

- "ask me", "ask us": the question that follows these words, with the list that follows as its options
- "CSV": the table of the description (else the plan) as a CSV file, and the plan as a markdown file
- "a comment": a comment, for which a person is asked first unless an admin has granted it
- for a step of a workflow: values that fit its schema, made of the points of the description

Nothing is remembered: which step comes next follows from the messages. After its calls, and for every other task, the
model answers as without tools.
"""

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from helix.llm import demo_answers
from helix.prompt.blocks import COMMENT_TO_ANSWER, DESCRIPTION, FEEDBACK, TITLE, Block, read_blocks
from helix.prompt.message import Message, ToolCall

RESULT_OF = "result of "
HAND_IN = "hand_in"
Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """`opening` is said with the calls of `tool`, `heading` stands above their results in the answer."""

    tool: str
    words: re.Pattern[str]
    opening: str
    heading: str
    arguments: Callable[[Sequence[Block]], list[Arguments]]


def turn(messages: Sequence[Message], offered: Mapping[str, Mapping[str, Any]]) -> Turn:
    """What the model says next when it is offered these tools, with the schemas of their arguments by name."""
    blocks = read_blocks("\n".join(message.content for message in messages))
    if HAND_IN in offered and not any(block.label == RESULT_OF + HAND_IN for block in blocks):
        values = json.dumps(_value(offered[HAND_IN], demo_answers.points(blocks)), ensure_ascii=False)
        return Turn(
            "I am the offline demo model, and this is a scripted step. The next steps need these values.",
            (ToolCall("demo_hand_in", HAND_IN, values),),
        )
    script = _script(blocks)
    called = any(message.tool_calls for message in messages)
    if script is None or not (called or script.tool in offered):
        return Turn(demo_answers.answer(messages))
    if called:
        results = [block.text for block in blocks if block.label == RESULT_OF + script.tool]
        steps = [f"Go on with: {demo_answers.short(results[0], 140)}"] if script is QUESTION and results else []
        learned = demo_answers.Learned(script.heading, results, steps)
        return Turn(demo_answers.answer(messages, learned=learned))
    calls = tuple(
        ToolCall(f"demo_{number}", script.tool, json.dumps(arguments, ensure_ascii=False))
        for number, arguments in enumerate(script.arguments(blocks), 1)
    )
    return Turn(f"I am the offline demo model, and this is a scripted step. {script.opening}", calls)


def _value(schema: Mapping[str, Any], points: Sequence[str], number: int = 0) -> Any:
    """A value of simple schemas: objects, lists, texts, numbers and choices."""
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        properties: Mapping[str, Any] = schema.get("properties") or {}
        return {name: _value(part, points, place) for place, (name, part) in enumerate(properties.items())}
    if kind == "array":
        count = max(schema.get("minItems", 0), min(schema.get("maxItems", 3), 3))
        return [_value(schema.get("items") or {"type": "string"}, points, place) for place in range(count)]
    if kind in ("number", "integer"):
        return schema.get("minimum", schema.get("maximum", 1))
    if kind == "boolean":
        return True
    return demo_answers.short(points[number % len(points)], schema.get("maxLength", 120))


def _script(blocks: Sequence[Block]) -> Script | None:
    if demo_answers.first(blocks, COMMENT_TO_ANSWER):
        return None
    task = f"{demo_answers.first(blocks, TITLE)}\n{demo_answers.first(blocks, DESCRIPTION)}"
    for script in SCRIPTS:
        if script.words.search(task):
            # The person who sent the result back has said what to do: no question, no second comment, but new files.
            return script if script is FILES or not demo_answers.first(blocks, FEEDBACK) else None
    return None


def _question(blocks: Sequence[Block]) -> list[Arguments]:
    title = demo_answers.short(demo_answers.first(blocks, TITLE), 120)
    description = demo_answers.first(blocks, DESCRIPTION)
    wish = QUESTION.words.search(description)
    description = description[wish.start() :] if wish else description
    asked = re.search(r"[^.!?:\n]*\?", description)
    words = demo_answers.short(asked[0], 300) if asked else ""
    question = words[0].upper() + words[1:] if len(words) > 1 else f"How should I go about “{title}”?"
    listed = list(dict.fromkeys(demo_answers.list_items(description)))[:10]
    options = listed if len(listed) > 1 else ["Short and plain", "Long and thorough"]
    return [{"question": question, "options": options}]


def _files(blocks: Sequence[Block]) -> list[Arguments]:
    title = demo_answers.short(demo_answers.first(blocks, TITLE), 120) or "Untitled task"
    name = re.sub(r"[^a-z0-9]+", "-", title.lower())[:60].strip("-") or "plan"
    points = demo_answers.points(blocks)
    rows = _table(demo_answers.first(blocks, DESCRIPTION)) or [["number", "what"], *enumerate(points, 1)]
    sheet = StringIO()
    csv.writer(sheet, lineterminator="\n").writerows(rows)
    steps = "\n".join(f"{number}. {point}" for number, point in enumerate(points, 1))
    return [
        {"name": f"{name}.csv", "text": sheet.getvalue()},
        {"name": f"{name}.md", "text": f"# {title}\n\n{steps}\n\n{demo_answers.SIGNATURE}\n"},
    ]


def _table(description: str) -> list[list[str]]:
    """The cells of the markdown table in a text, without its line of dashes."""
    lines = re.findall(r"^\s*\|(.+)\|\s*$", description, re.M)
    return [[cell.strip() for cell in line.split("|")] for line in lines if not re.fullmatch(r"[\s|:-]+", line)]


def _comment(blocks: Sequence[Block]) -> list[Arguments]:
    first = demo_answers.points(blocks)[0]
    return [{"text": f"I have begun with this task. My first step: {first}.\n\n{demo_answers.SIGNATURE}"}]


QUESTION = Script(
    "ask_person",
    re.compile(r"\bask (?:me|us|a person)\b", re.I),
    "The task says that I should ask, so I ask before I go on.",
    "What I asked",
    _question,
)
FILES = Script(
    "save_file",
    re.compile(r"\bCSV\b", re.I),
    "I save a table and a text as files of this task.",
    "Files",
    _files,
)
COMMENT = Script(
    "add_comment",
    re.compile(r"\b(?:leave|add|write|post) (?:\w+ ){0,3}comment\b", re.I),
    "I want to comment on this task.",
    "My comment",
    _comment,
)
SCRIPTS = (QUESTION, FILES, COMMENT)
