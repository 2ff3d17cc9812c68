"""Definitions of workflows: their check with errors at the field, and what can be read of a checked one.

    {"input": [{"key": "week", "title": "Week", "type": "text" | "number" | "choice", "required": true,
                "options": [...], "default": ...}],
     "max_usd": 2.0 | null,
     "steps": [{"key": "research", "kind": "agent", "title", "description", "agent", "needs": [...],
                "output": {JSON schema of an object} | null, "requires_approval", "max_usd", "rejections"},
               {"key": "check", "kind": "person", "title", "description", "person": name or e-mail | null, "needs",
                "requires_approval"},
               {"key": "good", "kind": "choice", "needs", "of": "steps.research.output.verdict",
                "is": "equals" | "contains" | "greater" | "less", "value", "then": [...], "otherwise": [...]},
               {"key": "sections", "kind": "each", "needs", "of": "steps.outline.output.sections",
                "step": {an agent step without key, kind and needs}},
               {"key": "pause", "kind": "wait", "needs", "hours": 24}]}

`describe_errors` is pure and gives every error. Agents and people are looked up by `names.py`.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from helix.errors import Invalid
from helix.services.workflows import placeholders
from helix.text import json_schema, plain_yaml

Definition = Mapping[str, Any]
Step = Mapping[str, Any]
Problem = dict[str, Any]
Place = list[str | int]

MOST_STEPS = 100
MOST_NEEDS = 20
MOST_INPUTS = 30
MOST_OPTIONS = 100
# Tasks of one step of kind `each`.
MOST_ITEMS = 20
MOST_REJECTIONS = 20
DEFAULT_REJECTIONS = 3
# A quarter of a year.
MOST_HOURS = 24 * 92
LONGEST_TITLE = 500
LONGEST_DESCRIPTION = 50_000
LONGEST_SCHEMA = 20_000
# Characters of a whole definition as JSON.
LONGEST = 400_000
# Levels of lists and objects in one another: as many as YAML is read with.
DEEPEST = plain_yaml.DEEPEST
MOST_USD = 1_000_000
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
# The tasks of a step of kind `each` have keys such as `sections.20`, which are stored in 60 characters.
LONGEST_EACH_KEY = 57
KINDS = ("agent", "person", "choice", "each", "wait")
COMPARISONS = ("equals", "contains", "greater", "less")
INPUT_TYPES = ("text", "number", "choice")

_ITEM_FIELDS = frozenset({"title", "description", "agent", "output", "requires_approval", "max_usd", "rejections"})
_FIELDS: dict[str, frozenset[str]] = {
    "agent": _ITEM_FIELDS | {"key", "kind", "needs"},
    "person": frozenset({"key", "kind", "title", "description", "person", "needs", "requires_approval"}),
    "choice": frozenset({"key", "kind", "title", "needs", "of", "is", "value", "then", "otherwise"}),
    "each": frozenset({"key", "kind", "title", "needs", "of", "step"}),
    "wait": frozenset({"key", "kind", "title", "needs", "hours"}),
}
_INPUT_FIELDS = frozenset({"key", "title", "type", "required", "options", "default"})
_TOP = frozenset(("input", "max_usd", "steps"))


def check(definition: Any) -> Definition:
    """The definition, if it is right. Raises Invalid with every error, each at its field below `definition`."""
    problems = describe_errors(definition)
    if problems:
        raise Invalid([problem | {"loc": ["definition", *problem["loc"]]} for problem in problems])
    return definition


def refuse_unstorable(definition: Any) -> dict[str, Any]:
    """The definition as a draft, whatever its errors. Raises Invalid for what cannot be stored or is too large."""
    if not isinstance(definition, dict):
        raise Invalid.field("definition", "A definition is an object with `input` and `steps`.")
    if wrong := why_unstorable(definition):
        raise Invalid.field("definition", f"A definition {wrong}")
    return definition


def why_unstorable(value: Any) -> str | None:
    """Why a value cannot be stored as JSON, as the end of a sentence; None if it can."""
    stack = [(value, 1)]
    while stack:
        part, depth = stack.pop()
        if depth > DEEPEST:
            return f"has at most {DEEPEST} levels of lists and objects."
        if isinstance(part, str) and "\x00" in part:
            return "must not contain NUL characters."
        if isinstance(part, Mapping):
            stack += [(one, depth + 1) for pair in part.items() for one in pair]
        elif isinstance(part, list):
            stack += [(one, depth + 1) for one in part]
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError):
        return "has only what JSON can express, and Unicode text."
    return f"has at most {LONGEST:,} characters." if len(text) > LONGEST else None


def describe_errors(definition: Any) -> list[Problem]:
    """Every error of a definition as `{"loc": ["steps", 2, "needs", 0], "msg": a sentence, "type": "value_error"}`.

    `loc` is the place below the definition; empty for the definition as a whole. Empty when it can be published, as
    far as that can be told without the agents and people that it names (`names.describe_errors`).
    """
    return _Check(definition).problems


def graph(definition: Definition) -> list[tuple[str, list[str]]]:
    """The steps of a checked definition as (key, keys of the steps that it needs), in the order of the definition."""
    return [(step["key"], list(step.get("needs") or ())) for step in definition["steps"]]


def steps_by_key(definition: Definition) -> dict[str, Step]:
    return {step["key"]: step for step in definition["steps"]}


def in_order(definition: Definition) -> list[Step]:
    """The steps of a checked definition, each after those that it needs, else in the order of the definition."""
    done: set[str] = set()
    rest = list(definition["steps"])
    ordered: list[Step] = []
    while rest:
        ready = [step for step in rest if done.issuperset(step.get("needs") or ())]
        ordered += ready
        done.update(step["key"] for step in ready)
        rest = [step for step in rest if step["key"] not in done]
    return ordered


def ancestors(needs: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """For each key those of all steps before it, of a graph without a cycle. Unknown needs are left out."""
    found: dict[str, set[str]] = {}
    for key in needs:
        # Not recursive: a hundred steps in a row are allowed.
        stack = [key]
        while stack:
            top = stack[-1]
            missing = [need for need in needs[top] if need in needs and need not in found]
            if missing:
                stack += missing
                continue
            stack.pop()
            own = {need for need in needs[top] if need in needs}
            found[top] = own.union(*(found[need] for need in own))
    return found


class _Check:
    """Collects the errors of one definition."""

    def __init__(self, definition: Any) -> None:
        self.problems: list[Problem] = []
        self.inputs: set[str] = set()
        self.steps: dict[str, Step] = {}
        self.before: dict[str, set[str]] = {}
        if not isinstance(definition, Mapping):
            self._say([], "A definition is an object with `input` and `steps`.")
            return
        self._known([], definition, _TOP)
        self._money(["max_usd"], definition.get("max_usd"))
        for place, one in self._list(["input"], definition.get("input"), MOST_INPUTS):
            self._input(place, one)
        steps = list(self._list(["steps"], definition.get("steps"), MOST_STEPS))
        if not steps and not self.problems:
            self._say(["steps"], "A workflow has at least one step.")
        found = [(place, step) for place, step in steps if self._key_and_kind(place, step)]
        for place, step in found:
            self._needs(place, step)
        if not self._cycle(found):
            needs = {key: list(self._keys(step, "needs")) for key, step in self.steps.items()}
            self.before = ancestors(needs)
        for place, step in found:
            self._one(place, step)

    def _say(self, place: Place, message: str) -> None:
        self.problems.append({"loc": place, "msg": message, "type": "value_error"})

    def _known(self, place: Place, one: Mapping[str, Any], known: frozenset[str]) -> None:
        for name in one:
            if name not in known:
                hint = f"Known are {', '.join(sorted(known))}."
                self._say([*place, str(name)[:60]], f"There is no field {str(name)[:60]} here. {hint}")

    def _list(self, place: Place, value: Any, most: int) -> Iterator[tuple[Place, Any]]:
        if value is None:
            return
        if not isinstance(value, list):
            self._say(place, "This is a list.")
            return
        if len(value) > most:
            self._say(place, f"There are at most {most} of these; here are {len(value)}.")
            return
        for number, one in enumerate(value):
            yield [*place, number], one

    def _text(self, place: Place, value: Any, longest: int, *, required: bool = True) -> bool:
        """Whether it is a text that may contain placeholders."""
        if value is None and not required:
            return False
        if not isinstance(value, str) or (required and not value.strip()):
            self._say(place, "Write a text here.")
            return False
        if len(value) > longest:
            self._say(place, f"This has at most {longest:,} characters.")
            return False
        return True

    def _money(self, place: Place, value: Any) -> None:
        if value is not None and not (_is_number(value) and 0 < value <= MOST_USD):
            self._say(place, "This is an amount in USD above 0, or null.")

    def _flag(self, place: Place, value: Any) -> None:
        if value is not None and not isinstance(value, bool):
            self._say(place, "This is true or false.")

    def _input(self, place: Place, one: Any) -> None:
        if not isinstance(one, Mapping):
            self._say(place, "An input is an object with key, title and type.")
            return
        self._known(place, one, _INPUT_FIELDS)
        key: Any = one.get("key")
        if self._key([*place, "key"], key):
            if key in self.inputs:
                self._say([*place, "key"], f"There are two inputs {key}.")
            self.inputs.add(key)
        self._text([*place, "title"], one.get("title"), 120, required=False)
        self._flag([*place, "required"], one.get("required"))
        kind = one.get("type", "text")
        if kind not in INPUT_TYPES:
            self._say([*place, "type"], f"An input is of type {', '.join(INPUT_TYPES)}.")
            return
        options = one.get("options")
        if kind == "choice":
            texts = isinstance(options, list) and all(isinstance(each, str) and each.strip() for each in options)
            if not texts or not options or len(options) > MOST_OPTIONS or len(set(options)) < len(options):
                self._say([*place, "options"], f"A choice has 1 to {MOST_OPTIONS} different texts as its options.")
                return
        elif options:
            self._say([*place, "options"], "Only inputs of type choice have options.")
        if one.get("default") is not None and (wrong := wrong_input(one, one["default"])):
            self._say([*place, "default"], wrong)

    def _key(self, place: Place, key: Any) -> bool:
        if not isinstance(key, str) or not KEY.fullmatch(key):
            message = "A key begins with a letter and has at most 60 lower-case letters, digits and underscores."
            self._say(place, message)
            return False
        return True

    def _key_and_kind(self, place: Place, step: Any) -> bool:
        if not isinstance(step, Mapping):
            self._say(place, "A step is an object with key and kind.")
            return False
        kind: Any = step.get("kind")
        key: Any = step.get("key")
        right = self._key([*place, "key"], key)
        if right and key in self.steps:
            self._say([*place, "key"], f"There are two steps {key}.")
            right = False
        if kind not in KINDS:
            self._say([*place, "kind"], f"A step is of kind {', '.join(KINDS)}.")
            right = False
        elif kind == "each" and isinstance(key, str) and len(key) > LONGEST_EACH_KEY:
            self._say([*place, "key"], f"The key of a step of kind each has at most {LONGEST_EACH_KEY} characters.")
        if right:
            self.steps[key] = step
        return right

    def _keys(self, step: Step, name: str) -> Iterator[str]:
        value = step.get(name)
        for key in value if isinstance(value, list) else ():
            if isinstance(key, str):
                yield key

    def _needs(self, place: Place, step: Step) -> None:
        seen: set[str] = set()
        for where, need in self._list([*place, "needs"], step.get("needs"), MOST_NEEDS):
            if not isinstance(need, str) or need not in self.steps:
                self._say(where, f"There is no step {str(need)[:60]}.")
            elif need in seen:
                self._say(where, f"{need} is named twice.")
            elif need == step["key"]:
                self._say(where, "A step cannot need itself.")
            else:
                seen.add(need)

    def _cycle(self, found: list[tuple[Place, Step]]) -> bool:
        """Tell one cycle, if there is any."""
        rest = {
            key: {need for need in self._keys(step, "needs") if need in self.steps} for key, step in self.steps.items()
        }
        while ready := [key for key, needs in rest.items() if not needs & rest.keys()]:
            for key in ready:
                del rest[key]
        if not rest:
            return False
        # From any step that is left, needs that are left lead round.
        path: list[str] = [next(iter(rest))]
        while path.count(path[-1]) < 2:
            path.append(min(rest[path[-1]] & rest.keys()))
        circle = path[path.index(path[-1]) :]
        place = next(place for place, step in found if step["key"] == circle[0])
        if len(circle) > 2:  # a step that needs itself was told already
            self._say([*place, "needs"], f"These steps need one another in a circle: {' → '.join(circle[:12])}.")
        return True

    def _one(self, place: Place, step: Step) -> None:
        kind: str = step["kind"]
        self._known(place, step, _FIELDS[kind])
        if kind in ("choice", "each", "wait"):
            self._text([*place, "title"], step.get("title"), 120, required=False)
        checks: dict[str, Callable[[Place, Step], None]] = {
            "agent": self._agent,
            "person": self._person,
            "choice": self._choice,
            "each": self._each,
            "wait": self._wait,
        }
        checks[kind](place, step)

    def _agent(self, place: Place, step: Step, *, key: str | None = None, has_item: bool = False) -> None:
        key = key or str(step["key"])
        self._text([*place, "agent"], step.get("agent"), 120)
        self._words(place, step, key, has_item=has_item)
        self._flag([*place, "requires_approval"], step.get("requires_approval"))
        self._money([*place, "max_usd"], step.get("max_usd"))
        rejections = step.get("rejections")
        if rejections is not None and not (_is_integer(rejections) and 0 <= rejections <= MOST_REJECTIONS):
            self._say([*place, "rejections"], f"This is a whole number from 0 to {MOST_REJECTIONS}.")
        if step.get("output") is not None:
            self._schema([*place, "output"], step["output"])

    def _person(self, place: Place, step: Step) -> None:
        self._text([*place, "person"], step.get("person"), 254, required=False)
        self._words(place, step, step["key"])
        self._flag([*place, "requires_approval"], step.get("requires_approval"))

    def _words(self, place: Place, step: Step, key: str, *, has_item: bool = False) -> None:
        """The title and the description of a task, with their placeholders."""
        if self._text([*place, "title"], step.get("title"), LONGEST_TITLE):
            self._placeholders([*place, "title"], step["title"], key, has_item=has_item, is_title=True)
        if self._text([*place, "description"], step.get("description"), LONGEST_DESCRIPTION, required=False):
            self._placeholders([*place, "description"], step["description"], key, has_item=has_item)

    def _placeholders(
        self, place: Place, text: str, key: str, *, has_item: bool = False, is_title: bool = False
    ) -> None:
        for written, path in placeholders.found(text):
            wrong = self._wrong_path(path, key, has_item=has_item)
            if wrong:
                self._say(place, f"{{{{{written[:60]}}}}}: {wrong}")
            elif is_title and path[0] == "steps":
                message = "A title is shown from the start, so that it can only use inputs and items."
                self._say(place, f"{{{{{written[:60]}}}}}: {message}")

    def _wrong_path(self, path: list[str], key: str, *, has_item: bool = False) -> str | None:
        """Why a reference such as `steps.research.output.verdict` does not lead anywhere, as a sentence."""
        if path[0] == "item":
            return None if has_item else "There is an item only in the step of a step of kind each."
        if path[0] == "input" and len(path) == 2:
            return None if path[1] in self.inputs else f"There is no input {path[1][:60]}."
        if path[0] != "steps" or len(path) < 3 or path[2] not in ("result", "output"):
            return "Write input.KEY, steps.KEY.result or steps.KEY.output.FIELD."
        if path[1] not in self.steps:
            return f"There is no step {path[1][:60]}."
        if self.before and path[1] not in self.before.get(key, ()):
            return f"{path[1]} is not before this step. Add it to its needs."
        return self._wrong_part(self.steps[path[1]], path)

    def _wrong_part(self, step: Step, path: list[str]) -> str | None:
        name, kind = path[1], step["kind"]
        if kind in ("choice", "wait"):
            return f"{name} has no result: it is of kind {kind}."
        if path[2] == "result":
            return None if len(path) == 3 else "A result is a text and has no fields."
        if kind == "person":
            return f"{name} has no output: a person does it. Use steps.{name}.result."
        if kind == "each":
            return None if path[3:] == ["items"] else f"The output of {name} is the list steps.{name}.output.items."
        schema = step.get("output")
        if not isinstance(schema, Mapping):
            return f"{name} has no output. Give it a schema first."
        properties = schema.get("properties")
        if len(path) > 3 and isinstance(properties, Mapping) and path[3] not in properties:
            return f"The output of {name} has no field {path[3][:60]}."
        return None

    def _schema(self, place: Place, schema: Any) -> None:
        if not isinstance(schema, Mapping) or schema.get("type") != "object":
            self._say(place, "An output is the JSON schema of an object: type: object, with its properties.")
            return
        if not isinstance(schema.get("properties"), Mapping) or not schema["properties"]:
            self._say([*place, "properties"], "Name at least one property that is handed in.")
            return
        if len(json.dumps(schema, default=str)) > LONGEST_SCHEMA:
            self._say(place, f"A schema has at most {LONGEST_SCHEMA:,} characters.")
            return
        try:
            json_schema.refuse_broken(schema)
            json_schema.errors(schema, {})
        except json_schema.BrokenSchema as error:
            self._say(place, str(error))

    def _of(self, place: Place, step: Step, *, wants_list: bool = False) -> None:
        """The reference to the value that a choice looks at, or that an each goes through."""
        of = step.get("of")
        where: Place = [*place, "of"]
        if not isinstance(of, str) or not of.strip():
            self._say(where, "Name the value, such as steps.research.output.verdict.")
            return
        path = placeholders.path_of(of)
        if path is None:
            self._say(where, "Write it such as steps.research.output.verdict.")
        elif path[0] == "item":
            self._say(where, "There is no item here.")
        elif wrong := self._wrong_path(path, step["key"]):
            self._say(where, wrong)
        elif path[0] == "steps" and path[2] != "output":
            self._say(where, "A result is free text. Name a field of an output.")
        elif path[0] == "steps" and len(path) < 4:
            self._say(where, "Name a field of the output.")
        elif wants_list and not self._may_be_list(path):
            self._say(where, "This is not a list. Name a field whose schema has the type array.")

    def _may_be_list(self, path: list[str]) -> bool:
        if path[0] == "input":
            return False
        step = self.steps[path[1]]
        if step["kind"] == "each":
            return True
        part: Any = step["output"]
        for name in path[3:]:
            part = placeholders.part_of(part, ["properties", name])
        kind = part.get("type") if isinstance(part, Mapping) else None
        return kind is None or kind == "array" or (isinstance(kind, list) and "array" in kind)

    def _choice(self, place: Place, step: Step) -> None:
        self._of(place, step)
        comparison, value = step.get("is"), step.get("value")
        if comparison not in COMPARISONS:
            self._say([*place, "is"], f"A choice compares with {', '.join(COMPARISONS)}.")
        elif comparison in ("greater", "less") and not _is_number(value):
            self._say([*place, "value"], "greater and less compare numbers. Write a number.")
        elif value is None or isinstance(value, list | dict) or (isinstance(value, str) and len(value) > 1000):
            self._say([*place, "value"], "Write the text, number, true or false to compare with.")
        branches = {name: list(self._branch(place, step, name)) for name in ("then", "otherwise")}
        if not any(branches.values()) and not self.problems:
            self._say([*place, "then"], "Name a step that is only taken if this is so.")
        for key in set(branches["then"]) & set(branches["otherwise"]):
            self._say([*place, "otherwise"], f"{key} is in both branches. Let it need the branches instead.")

    def _branch(self, place: Place, step: Step, name: str) -> Iterator[str]:
        for where, key in self._list([*place, name], step.get(name), MOST_STEPS):
            if not isinstance(key, str) or key not in self.steps:
                self._say(where, f"There is no step {str(key)[:60]}.")
            elif step["key"] not in self._keys(self.steps[key], "needs"):
                self._say(where, f"{key} does not need {step['key']}. Add that to its needs.")
            else:
                yield key

    def _each(self, place: Place, step: Step) -> None:
        self._of(place, step, wants_list=True)
        inner = step.get("step")
        where: Place = [*place, "step"]
        if not isinstance(inner, Mapping):
            self._say(where, "Describe the step for one item: title, description and agent.")
            return
        self._known(where, inner, _ITEM_FIELDS)
        self._agent(where, inner, key=step["key"], has_item=True)

    def _wait(self, place: Place, step: Step) -> None:
        hours: Any = step.get("hours")
        if not (_is_number(hours) and 0 < hours <= MOST_HOURS):
            self._say([*place, "hours"], f"Wait more than 0 and at most {MOST_HOURS:,} hours.")


def wrong_input(wanted: Mapping[str, Any], value: Any) -> str | None:
    """Why a value does not fit one entry of `input`, as a sentence; None if it does."""
    kind = wanted.get("type", "text")
    if kind == "number":
        return None if _is_number(value) else "This is a number."
    if not isinstance(value, str):
        return "This is a text."
    if "\x00" in value:
        return "This must not contain NUL characters."
    if kind == "choice" and value not in wanted["options"]:
        return f"Choose one of {', '.join(wanted['options'][:10])}."
    return None if len(value) <= LONGEST_DESCRIPTION else f"This has at most {LONGEST_DESCRIPTION:,} characters."


def _is_number(value: Any) -> bool:
    # Not math.isfinite for whole numbers: those beyond the largest float overflow there.
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
