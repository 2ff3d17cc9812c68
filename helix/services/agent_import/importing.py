"""Importing parsed agent files: names, models and departments, and the report on each file."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from helix.errors import HelixError, TooLarge
from helix.extensions import db
from helix.models import AiModel, Department, Name
from helix.policies.actor import Actor
from helix.schemas.agent import AgentIn
from helix.schemas.board import DepartmentIn
from helix.services import agents, boards, names
from helix.services.agent_import.reading import ParsedFile, Upload, error_sentence, parse_uploads
from helix.services.agents.write import require_admin
from helix.text import agent_file
from helix.text.agent_file import AgentFile


class OnConflict(StrEnum):
    """What to do when the name exists."""

    SKIP = "skip"
    RENAME = "rename"
    UPDATE = "update"


# A request with more agents would take too long.
MAX_AGENTS = 1_000
MAX_NAME_LENGTH = 80
# The fields that an update takes from a file; others may have been set by an admin here.
_FILE_FIELDS = ("role_title", "system_prompt", "notes")


@dataclass(frozen=True)
class ImportOptions:
    """`only`: the sources to import, None for all. `department_id` or `department_name` (created when missing) applies
    to all agents; otherwise each goes to the department that its folder names."""

    only: Collection[str] | None = None
    on_conflict: OnConflict = OnConflict.SKIP
    department_id: int | None = None
    department_name: str = ""
    create_departments: bool = False
    readable_names: bool = False
    dry_run: bool = False


def import_agents(actor: Actor, uploads: Sequence[Upload], options: ImportOptions) -> dict[str, Any]:
    """Import the agents in these files. Returns the API's report on each. For admins.

    Each is saved in a transaction of its own, so that one failure does not stop the others. A dry run saves nothing.
    Raises Forbidden, ImportFileError for an unusable archive, TooLarge for more than 1,000 agents.
    """
    require_admin(actor)
    notes: list[str] = []
    files = [file for file in parse_uploads(uploads, notes) if options.only is None or file.source in options.only]
    if len(files) > MAX_AGENTS:
        raise TooLarge(f"There are {len(files):,} agents: import at most {MAX_AGENTS:,} at once.")
    batch = _Batch(actor, options)
    return {"dry_run": options.dry_run, "agents": [batch.line(file) for file in files], "notes": notes}


class _Batch:
    """The state of one import: names and departments created so far."""

    def __init__(self, actor: Actor, options: ImportOptions) -> None:
        self._actor, self._options = actor, options
        active = db.session.scalars(select(AiModel).where(AiModel.is_active).order_by(AiModel.id))
        self._models = [(model.id, model.display_name, model.model_name, str(model.provider)) for model in active]
        existing = db.session.execute(select(Department.id, Department.name).order_by(Department.id.desc()))
        self._departments: dict[str, tuple[int, str]] = {_department_key(name): (id_, name) for id_, name in existing}
        self._used_names: set[str] = set()

    def line(self, file: ParsedFile) -> dict[str, Any]:
        """Import one agent, unless this is a dry run. Returns its line of the report."""
        line: dict[str, Any] = {
            "source": file.source,
            "name": "",
            "role_title": "",
            "department": "",
            "department_id": None,
            "ai_model_id": None,
            "ai_model": None,
            "prompt_length": 0,
            "action": "refused",
            "agent_id": None,
            "existing_agent_id": None,
            "problem": file.problem,
            "notes": [],
        }
        if file.agent is None:
            return line
        try:
            return line | self._import(file.agent, file.folder, line)
        except ValidationError as error:
            return line | {"action": "refused", "agent_id": None, "problem": _validation_sentence(error)}
        except HelixError as error:
            return line | {"action": "refused", "agent_id": None, "problem": error_sentence(error)}

    def _import(self, file: AgentFile, folder: str, line: dict[str, Any]) -> dict[str, Any]:
        notes = list(file.problems)
        name = agent_file.readable_name(file.name) if self._options.readable_names else file.name
        model_id, model_name = self._model(file.model, notes)
        department_id, department = self._department(file.department or folder, notes)
        line |= {
            "name": name,
            "role_title": file.role_title,
            "department": department,
            "department_id": department_id,
            "ai_model_id": model_id,
            "ai_model": model_name,
            "prompt_length": len(file.prompt),
            "notes": notes,
        }
        fields = {
            "name": name,
            "role_title": file.role_title,
            "system_prompt": file.prompt,
            "notes": file.notes,
            "ai_model_id": model_id,
        }
        valid = AgentIn.model_validate(fields)
        action, holder = self._action(valid.name)
        if action == "rename":
            valid = valid.model_copy(update={"name": self._free_name(valid.name)})
        line |= {"name": valid.name, "action": action, "existing_agent_id": holder}
        if action == "skip":
            return line | {"problem": f"The name {valid.name} is taken already."}
        self._used_names.add(names.key_of(valid.name))
        if self._options.dry_run:
            return line
        if action == "update" and holder is not None:
            changes = {key: getattr(valid, key) for key in _FILE_FIELDS}
            if model_id is not None:
                changes["ai_model_id"] = model_id
            if self._has_common_department:
                changes["department_id"] = self._department_id(department) if department_id is None else department_id
            return line | {"agent_id": agents.edit(self._actor, holder, changes).id}
        if department_id is None and department:
            department_id = self._department_id(department)
        fields: dict[str, Any] = valid.model_dump() | {"department_id": department_id}
        agent = agents.create(self._actor, **fields)
        return line | {"agent_id": agent.id, "department_id": department_id}

    def _action(self, name: str) -> tuple[str, int | None]:
        """The action to take, and the id of the agent that already has the name."""
        key, on_conflict = names.key_of(name), self._options.on_conflict
        taken = db.session.get(Name, key)
        if taken is None and key not in self._used_names:
            return "create", None
        holder = taken.agent_id if taken else None
        # Two files with one name are two agents: the second must not overwrite the first.
        if on_conflict == "update" and (holder is None or key in self._used_names):
            return "skip", holder
        return on_conflict, holder

    def _free_name(self, name: str) -> str:
        number = 2
        while True:
            ending = f" ({number})"
            candidate = name[: MAX_NAME_LENGTH - len(ending)].rstrip() + ending
            key = names.key_of(candidate)
            if key not in self._used_names and db.session.get(Name, key) is None:
                return candidate
            number += 1

    def _model(self, model_name: str, notes: list[str]) -> tuple[int | None, str | None]:
        """The id and name of the active model that the file names, exactly or in part; None for the default model."""
        wanted = model_name.casefold().strip()
        if wanted in ("", "inherit", "default", "auto"):
            return None, None
        for matches in (
            lambda model, provider, label: wanted in (model, f"{provider}/{model}", label),
            lambda model, provider, label: wanted in model or wanted in label,
            lambda model, provider, label: wanted.rpartition("/")[2] in model,
        ):
            for id_, label, model, provider in self._models:
                if matches(model.casefold(), provider.casefold(), label.casefold()):
                    return id_, label
        notes.append(f"There is no active model here that “{model_name[:80]}” names: it uses the default model.")
        return None, None

    def _department(self, name: str, notes: list[str]) -> tuple[int | None, str]:
        """The department for all agents, or the one that the folder names. The id is None when it must be created."""
        if self._options.department_id is not None:
            department = boards.get_department(self._options.department_id)
            return department.id, department.name
        for_all = self._options.department_name
        name = for_all or name
        if not name:
            return None, ""
        if existing := self._departments.get(_department_key(name)):
            return existing
        if self._options.create_departments or for_all:
            return None, " ".join(name.split())
        notes.append(f"There is no department “{name[:80]}” here: it is in none.")
        return None, ""

    @property
    def _has_common_department(self) -> bool:
        return self._options.department_id is not None or bool(self._options.department_name)

    def _department_id(self, name: str) -> int:
        if existing := self._departments.get(_department_key(name)):
            return existing[0]
        department = boards.create_department(self._actor, name=DepartmentIn(name=name).name)
        self._departments[_department_key(name)] = (department.id, department.name)
        return department.id


def _department_key(name: str) -> str:
    """`project-management` and "Project Management" are the same department."""
    return " ".join(name.replace("-", " ").replace("_", " ").casefold().split())


def _validation_sentence(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{problem['loc'][0]} cannot be used: {problem['msg']}."
