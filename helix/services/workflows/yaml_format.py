"""Workflows as YAML: the definition, with the name and the description at the top."""

import re
from typing import Any

import yaml

from helix.errors import Invalid
from helix.models import Workflow
from helix.policies.actor import Actor
from helix.services.workflows import lookup, names
from helix.services.workflows import write as writing
from helix.text.plain_yaml import NotPlain, PlainDumper, PlainLoader

# Characters of an imported file.
LONGEST = 500_000
_OWN = ("name", "description")


def export(actor: Actor, workflow_id: int, *, number: int | None = None) -> tuple[str, str]:
    """The draft, or the version `number`, as (file name, YAML). Raises NotFound."""
    workflow = lookup.get(actor, workflow_id)
    definition = workflow.draft if number is None else lookup.version_of(workflow.id, number).definition
    slug = re.sub(r"[^a-z0-9]+", "-", workflow.name.lower()).strip("-") or "workflow"
    return f"{slug}.yaml", dump(workflow.name, workflow.description, names.without_ids(definition))


def dump(name: str, description: str, definition: dict[str, Any]) -> str:
    content = {"name": name} | ({"description": description} if description else {}) | definition
    return yaml.dump(content, Dumper=PlainDumper, sort_keys=False, allow_unicode=True, width=100)


def load(text: str) -> dict[str, Any]:
    """As `{"name", "description", "definition"}`. Raises Invalid, naming the line, for what is not plain YAML."""
    if len(text) > LONGEST:
        raise Invalid.field("yaml", f"A file has at most {LONGEST:,} characters.")
    try:
        content = _parse(text)
    except NotPlain as error:
        place = "" if error.line is None else f"Line {error.line + 1}: "
        raise Invalid.field("yaml", f"{place}{error}"[:300]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f"Line {mark.line + 1}: "
        raise Invalid.field("yaml", f"{place}this is not valid YAML: {error.problem}"[:300]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid.field("yaml", "This is not valid YAML.") from error
    if not isinstance(content, dict):
        raise Invalid.field("yaml", "A workflow is a mapping with name and steps.")
    definition = {name: value for name, value in content.items() if name not in _OWN}
    return {"name": content.get("name"), "description": content.get("description") or "", "definition": definition}


def load_into(actor: Actor, text: str, *, name: str | None = None, board_id: int | None = None) -> Workflow:
    """Import a file as a new workflow, disabled and unpublished. `name` replaces the one in the file. For admins."""
    lookup.require_admin(actor)
    loaded = load(text)
    title, description = name or loaded["name"], loaded["description"]
    if not isinstance(title, str) or not title.strip():
        raise Invalid.field("yaml", "Give the workflow a name: begin with `name: ...`.")
    if len(title) > 120 or not title.isprintable():
        raise Invalid.field("yaml", "A name is one line of at most 120 characters.")
    if not isinstance(description, str) or len(description) > 1000 or "\x00" in description:
        raise Invalid.field("yaml", "A description is a text of at most 1,000 characters.")
    return writing.create(
        actor, name=title.strip(), description=description, board_id=board_id, definition=loaded["definition"]
    )


def _parse(text: str) -> Any:
    loader = PlainLoader(text, as_written=_OWN)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
