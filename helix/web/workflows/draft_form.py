"""A draft as the fields of the editor, and back. What cannot be read stays text, and the check says what is wrong.

Fields are named `steps-2-title` and `inputs-0-key`, those of the step of an `each` `steps-2-step-title`. `steps-2-was`
is the key that the step had, so that a new key is carried into the fields of the others that name it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from helix.services.workflows import KINDS, MOST_INPUTS, MOST_STEPS
from helix.web.workflows import output_fields

Definition = dict[str, Any]
Fields = Mapping[str, str]
# Fields of a task that an agent does, also in the step of an `each`.
AGENT = ("title", "description", "agent", "output", "requires_approval", "max_usd", "rejections")
OF_KIND: Mapping[str, tuple[str, ...]] = {
    "agent": AGENT,
    "person": ("title", "description", "person", "requires_approval"),
    "choice": ("title", "of", "is", "value", "then", "otherwise"),
    "each": ("title", "of"),
    "wait": ("title", "hours"),
}
OF_INPUT = ("key", "title", "type", "required", "options", "default")
KEYS = ("needs", "then", "otherwise")
NUMBERS = ("max_usd", "hours", "rejections")
FLAGS = ("requires_approval", "required")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")


def has_form(definition: Any) -> bool:
    """Whether the editor can show all of it. Drafts from YAML or the API may have any shape."""
    if not isinstance(definition, Mapping) or set(definition) - {"input", "max_usd", "steps"}:
        return False
    steps, inputs = definition.get("steps") or [], definition.get("input") or []
    return (
        isinstance(steps, list)
        and isinstance(inputs, list)
        and len(steps) <= MOST_STEPS
        and len(inputs) <= MOST_INPUTS
        and all(isinstance(one, Mapping) and not set(one) - set(OF_INPUT) and _is_flat(one) for one in inputs)
        and all(_has_step_form(one) for one in steps)
    )


def _has_step_form(step: Any, *, inner: bool = False) -> bool:
    if not isinstance(step, Mapping) or (not inner and step.get("kind") not in KINDS):
        return False
    known: set[str] = set(AGENT) if inner else {"key", "kind", "needs", *OF_KIND[step["kind"]]}
    if not inner and step["kind"] == "each":
        known.add("step")
        if not _has_step_form(step.get("step") or {}, inner=True):
            return False
    return not set(step) - known and _is_flat(step)


def _is_flat(one: Mapping[str, Any]) -> bool:
    """Whether lists hold only texts, and nothing but a schema or an inner step is an object."""
    for name, value in one.items():
        if isinstance(value, list) and not all(isinstance(part, str) for part in value):
            return False
        if isinstance(value, dict) and name not in ("output", "step"):
            return False
    return True


def shown(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields: {max_usd, inputs: [{...}], steps: [{...}]}, for a draft that `has_form`."""
    return {
        "max_usd": _typed("max_usd", definition.get("max_usd")),
        "inputs": [{name: _typed(name, one.get(name)) for name in OF_INPUT} for one in definition.get("input") or []],
        "steps": [_shown_step(step) for step in definition.get("steps") or []],
    }


def _shown_step(step: Mapping[str, Any]) -> dict[str, Any]:
    names = ("key", "kind", "needs", *OF_KIND[step["kind"]])
    fields: dict[str, Any] = {name: _typed(name, step.get(name)) for name in names}
    if step["kind"] == "each":
        inner = step.get("step") or {}
        fields["step"] = {name: _typed(name, inner.get(name)) for name in AGENT}
    return fields


def read(form: Fields) -> Definition:
    """The draft of the posted fields. Empty fields are left out."""
    renamed = dict(_renamed(form))
    inputs = [_read_input(form, f"inputs-{number}-") for number in range(_count(form, "inputs", MOST_INPUTS))]
    steps = [_read_step(form, f"steps-{number}-", renamed) for number in range(_count(form, "steps", MOST_STEPS))]
    limit = _value("max_usd", form.get("max_usd", ""))
    return {"input": inputs, **({"max_usd": limit} if limit is not None else {}), "steps": steps}


def kept(before: Mapping[str, Any], now: Definition) -> Mapping[str, Any]:
    """`before` where the form changed nothing: it may say in other words what the fields say."""
    return before if has_form(before) and as_read(before) == now else now


def as_read(definition: Mapping[str, Any]) -> Definition:
    """A draft as it would come back from the form, unchanged."""
    return read(dict(posted(shown(definition))))


def posted(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, value) of what a browser sends of the form with these values of `shown`."""
    yield "max_usd", fields["max_usd"]
    for word in ("inputs", "steps"):
        yield word, str(len(fields[word]))
        for number, one in enumerate(fields[word]):
            for name, value in one.items():
                if name == "step":
                    yield from ((f"{word}-{number}-step-{inner}", text) for inner, text in value.items())
                else:
                    yield f"{word}-{number}-{name}", value


def _count(form: Fields, name: str, most: int) -> int:
    typed = form.get(name, "")
    return min(int(typed), most) if typed.isdecimal() and len(typed) < 6 else 0


def _read_input(form: Fields, prefix: str) -> dict[str, Any]:
    one = {name: _value(name, form.get(prefix + name, "")) for name in OF_INPUT}
    one["default"] = _default(form.get(prefix + "type", ""), form.get(prefix + "default", ""))
    one["options"] = [part.strip() for part in form.get(prefix + "options", "").split(",") if part.strip()] or None
    return {name: value for name, value in one.items() if value is not None}


def _default(kind: str, typed: str) -> Any:
    return _number(typed) if kind == "number" else typed.strip() or None


def _read_step(form: Fields, prefix: str, renamed: Mapping[str, str]) -> dict[str, Any]:
    kind = form.get(prefix + "kind", "")
    step: dict[str, Any] = {"key": form.get(prefix + "key", "").strip(), "kind": kind}
    for name in ("needs", *OF_KIND.get(kind, ())):
        step[name] = _value(name, form.get(prefix + name, ""))
        if name in KEYS and step[name]:
            step[name] = [renamed.get(key, key) for key in step[name]]
    if kind == "each":
        step["step"] = {name: _value(name, form.get(f"{prefix}step-{name}", "")) for name in AGENT}
        step["step"] = {name: value for name, value in step["step"].items() if value is not None}
    return _with_new_keys({name: value for name, value in step.items() if value is not None}, renamed)


def _renamed(form: Fields) -> Iterator[tuple[str, str]]:
    for number in range(_count(form, "steps", MOST_STEPS)):
        was, now = form.get(f"steps-{number}-was", ""), form.get(f"steps-{number}-key", "").strip()
        if was and now and was != now:
            yield was, now


def _with_new_keys(step: dict[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """The step with the new keys in its placeholders and references."""
    if not renamed:
        return step
    old = re.compile(rf"\bsteps\.({'|'.join(map(re.escape, renamed))})\b(?=\.)")

    def changed(value: Any) -> Any:
        if isinstance(value, str):
            return old.sub(lambda found: f"steps.{renamed[found[1]]}", value)
        return {name: changed(part) for name, part in value.items()} if isinstance(value, dict) else value

    return {
        name: changed(value) if name in ("title", "description", "of", "step") else value
        for name, value in step.items()
    }


def _value(name: str, typed: str) -> Any:
    """What a field means; None for nothing. What it cannot mean stays text."""
    if name in FLAGS:
        return True if typed else None
    if name in NUMBERS:
        return _number(typed)
    if name in KEYS:
        return [key for key in re.split(r"[,\s]+", typed) if key] or None
    if name == "output":
        try:
            return output_fields.read(typed)
        except ValueError:
            return typed
    if name == "value":
        return _scalar(typed)
    text = typed.replace("\r\n", "\n")
    return (text if name == "description" else text.strip()) or None


def _number(typed: str) -> Any:
    text = typed.strip()
    if not _NUMBER.fullmatch(text):
        return text or None
    return float(text) if "." in text else int(text)


def _scalar(typed: str) -> Any:
    """A number, true, false, or a text, which may be quoted."""
    text = typed.strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text or None
    return text if isinstance(value, list | dict) or value is None else value


def _typed(name: str, value: Any) -> str:
    """The value of a field as it is typed."""
    if value is None or (value is False and name != "value"):
        return ""
    if name in FLAGS:
        return "1"
    if name == "output":
        return value if isinstance(value, str) else output_fields.written(value)
    if name == "value":
        return value if isinstance(value, str) and _scalar(value) == value else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) and value == round(value, 4) else str(value)
