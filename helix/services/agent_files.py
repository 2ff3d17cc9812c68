"""Importing agents from markdown definitions: single files, folders, or a zip of a repository."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, cast

from pydantic import ValidationError
from sqlalchemy import select

from helix.errors import HelixError, Invalid, TooLarge
from helix.extensions import db
from helix.models import AiModel, Department, Name
from helix.policies.actor import Actor
from helix.schemas.agent import AgentIn
from helix.schemas.board import DepartmentIn
from helix.services import agents, boards, names
from helix.services.agents.write import require_admin
from helix.text import agent_file, archives
from helix.text.agent_file import AgentFile


class OnConflict(StrEnum):
    """What to do where the name exists."""

    SKIP = "skip"
    RENAME = "rename"
    UPDATE = "update"


# A request with more agents would take too long.
MAX_AGENTS = 1_000
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
MAX_NAME_LENGTH = 80
_MARKDOWN = (".md", ".markdown")
# The fields that an update takes from a file; others may have been set by an admin here.
_OF_THE_FILE = ("role_title", "system_prompt", "notes")
_MOST_NAMED = 5


@dataclass(frozen=True)
class Upload:
    """`path` may hold folders: they suggest departments."""

    path: str
    stream: IO[bytes]


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


@dataclass(frozen=True)
class _Found:
    """A parsed agent file, or the reason why it could not be parsed."""

    source: str
    folder: str
    agent: AgentFile | None
    problem: str = ""


def import_agents(actor: Actor, uploads: Sequence[Upload], choices: ImportOptions) -> dict[str, Any]:
    """Import the agents in these files. Returns the API's report on each. For admins.

    Each is saved in a transaction of its own, so that one failure does not stop the others. A dry run saves nothing.
    Raises Forbidden, ImportFileError for an unusable archive, TooLarge for more than 1,000 agents.
    """
    require_admin(actor)
    notes: list[str] = []
    found = [one for one in _agents_in(uploads, notes) if choices.only is None or one.source in choices.only]
    if len(found) > MAX_AGENTS:
        raise TooLarge(f"There are {len(found):,} agents: import at most {MAX_AGENTS:,} at once.")
    batch = _Batch(actor, choices)
    return {"dry_run": choices.dry_run, "agents": [batch.line(one) for one in found], "notes": notes}


class _Batch:
    """The state of one import: names and departments created so far."""

    def __init__(self, actor: Actor, choices: ImportOptions) -> None:
        self._actor, self._choices = actor, choices
        active = db.session.scalars(select(AiModel).where(AiModel.is_active).order_by(AiModel.id))
        self._models = [(model.id, model.display_name, model.model_name, str(model.provider)) for model in active]
        there = db.session.execute(select(Department.id, Department.name).order_by(Department.id.desc()))
        self._departments: dict[str, tuple[int, str]] = {_key(name): (id_, name) for id_, name in there}
        self._taken: set[str] = set()

    def line(self, found: _Found) -> dict[str, Any]:
        """Import one agent, unless this is a dry run. Returns its line of the report."""
        line: dict[str, Any] = {
            "source": found.source,
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
            "problem": found.problem,
            "notes": [],
        }
        if found.agent is None:
            return line
        try:
            return line | self._imported(found.agent, found.folder, line)
        except ValidationError as error:
            return line | {"action": "refused", "agent_id": None, "problem": _sentence_of(error)}
        except HelixError as error:
            return line | {"action": "refused", "agent_id": None, "problem": error_sentence(error)}

    def _imported(self, file: AgentFile, folder: str, line: dict[str, Any]) -> dict[str, Any]:
        notes = list(file.problems)
        name = agent_file.readable_name(file.name) if self._choices.readable_names else file.name
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
        said = {
            "name": name,
            "role_title": file.role_title,
            "system_prompt": file.prompt,
            "notes": file.notes,
            "ai_model_id": model_id,
        }
        valid = AgentIn.model_validate(said)
        action, holder = self._action(valid.name)
        if action == "rename":
            valid = valid.model_copy(update={"name": self._free_name(valid.name)})
        line |= {"name": valid.name, "action": action, "existing_agent_id": holder}
        if action == "skip":
            return line | {"problem": f"The name {valid.name} is taken already."}
        self._taken.add(names.key_of(valid.name))
        if self._choices.dry_run:
            return line
        if action == "update" and holder is not None:
            changes = {key: getattr(valid, key) for key in _OF_THE_FILE}
            if model_id is not None:
                changes["ai_model_id"] = model_id
            if self._is_for_all:
                changes["department_id"] = self._made(department) if department_id is None else department_id
            return line | {"agent_id": agents.edit(self._actor, holder, changes).id}
        if department_id is None and department:
            department_id = self._made(department)
        fields: dict[str, Any] = valid.model_dump() | {"department_id": department_id}
        made = agents.create(self._actor, **fields)
        return line | {"agent_id": made.id, "department_id": department_id}

    def _action(self, name: str) -> tuple[str, int | None]:
        """The action to take, and the id of the agent that already has the name."""
        key, wanted = names.key_of(name), self._choices.on_conflict
        taken = db.session.get(Name, key)
        if taken is None and key not in self._taken:
            return "create", None
        holder = taken.agent_id if taken else None
        # Two files with one name are two agents: the second must not overwrite the first.
        if wanted == "update" and (holder is None or key in self._taken):
            return "skip", holder
        return wanted, holder

    def _free_name(self, name: str) -> str:
        number = 2
        while True:
            ending = f" ({number})"
            free = name[: MAX_NAME_LENGTH - len(ending)].rstrip() + ending
            key = names.key_of(free)
            if key not in self._taken and db.session.get(Name, key) is None:
                return free
            number += 1

    def _model(self, wanted: str, notes: list[str]) -> tuple[int | None, str | None]:
        """The id and name of the active model that the file names, exactly or in part; None for the default model."""
        asked = wanted.casefold().strip()
        if asked in ("", "inherit", "default", "auto"):
            return None, None
        for fits in (
            lambda model, provider, shown: asked in (model, f"{provider}/{model}", shown),
            lambda model, provider, shown: asked in model or asked in shown,
            lambda model, provider, shown: asked.rpartition("/")[2] in model,
        ):
            for id_, shown, model, provider in self._models:
                if fits(model.casefold(), provider.casefold(), shown.casefold()):
                    return id_, shown
        notes.append(f"There is no active model here that “{wanted[:80]}” names: it uses the default model.")
        return None, None

    def _department(self, wanted: str, notes: list[str]) -> tuple[int | None, str]:
        """The department for all agents, or the one that the folder names. The id is None when it must be created."""
        if self._choices.department_id is not None:
            chosen = boards.get_department(self._choices.department_id)
            return chosen.id, chosen.name
        for_all = self._choices.department_name
        wanted = for_all or wanted
        if not wanted:
            return None, ""
        if there := self._departments.get(_key(wanted)):
            return there
        if self._choices.create_departments or for_all:
            return None, " ".join(wanted.split())
        notes.append(f"There is no department “{wanted[:80]}” here: it is in none.")
        return None, ""

    @property
    def _is_for_all(self) -> bool:
        return self._choices.department_id is not None or bool(self._choices.department_name)

    def _made(self, name: str) -> int:
        if there := self._departments.get(_key(name)):
            return there[0]
        made = boards.create_department(self._actor, name=DepartmentIn(name=name).name)
        self._departments[_key(name)] = (made.id, made.name)
        return made.id


def uploads_from_path(path: Path) -> list[Upload]:
    """The file at a path, or the agent files in a folder and its subfolders, without others such as readmes.

    Raises OSError.
    """
    if not path.is_dir():
        return [Upload(path.name, BytesIO(path.read_bytes()))]
    files = (found for found in path.rglob("*") if found.is_file() and not found.is_symlink())
    markdown = sorted(found for found in files if found.suffix.casefold() in _MARKDOWN)
    skills = {found.parent for found in markdown if found.name.casefold() == "skill.md"}
    uploads = []
    for found in markdown:
        if found.stat().st_size > agent_file.LARGEST or any(folder in skills for folder in found.parents):
            continue
        content = found.read_bytes()
        if agent_file.is_agent(content.decode("utf-8", errors="replace")):
            uploads.append(Upload(found.relative_to(path).as_posix(), BytesIO(content)))
    return uploads


def error_sentence(error: HelixError) -> str:
    """The reason why a file was refused, as one sentence."""
    return error.problems[0]["msg"] if isinstance(error, Invalid) and error.problems else error.message


def _agents_in(uploads: Sequence[Upload], notes: list[str]) -> Iterator[_Found]:
    seen: set[str] = set()
    for upload in uploads:
        path, number = upload.path, 2
        while path in seen:
            path, number = f"{upload.path} ({number})", number + 1
        seen.add(path)
        start = upload.stream.read(4)
        upload.stream.seek(0)
        if start in ZIP_SIGNATURES:
            yield from _in_archive(path, upload, notes)
        elif len(content := upload.stream.read(agent_file.LARGEST + 1)) > agent_file.LARGEST:
            yield _Found(path, "", None, "The file is too large for an agent: at most 1 MB.")
        else:
            yield _read(path, PurePosixPath(upload.path), content)


def _in_archive(source: str, upload: Upload, notes: list[str]) -> Iterator[_Found]:
    left_out = []
    with archives.opened(cast(BinaryIO, upload.stream)) as archive:
        root = _common(archive.files)
        skills = {path.parent for path in archive.files if path.name.casefold() == "skill.md"}
        for path in archive.files:
            if path.suffix.casefold() not in _MARKDOWN or any(folder in skills for folder in path.parents):
                left_out.append(str(path))
                continue
            try:
                content = archive.read(path, agent_file.LARGEST)
            except HelixError as error:
                yield _Found(f"{source}/{path}", "", None, error_sentence(error))
                continue
            # Readmes and other markdown files are not agents.
            if agent_file.is_agent(content.decode("utf-8", errors="replace")):
                yield _read(f"{source}/{path}", path.relative_to(root), content)
            else:
                left_out.append(str(path))
    if left_out:
        more = f" and {len(left_out) - _MOST_NAMED} more" if left_out[_MOST_NAMED:] else ""
        named = ", ".join(left_out[:_MOST_NAMED]) + more
        notes.append(f"{source}: files that do not define agents were left out: {named}.")


def _read(source: str, path: PurePosixPath, content: bytes) -> _Found:
    folder = agent_file.department_of(path)
    try:
        return _Found(source, folder, agent_file.read_bytes(content, file_name=path.name))
    except HelixError as error:
        return _Found(source, folder, None, error_sentence(error))


def _common(paths: Sequence[PurePosixPath]) -> PurePosixPath:
    """The top-level folder that contains everything, as in GitHub's archives; it does not name a department."""
    first = {path.parts[0] for path in paths if len(path.parts) > 1}
    whole = len(first) == 1 and all(len(path.parts) > 1 for path in paths)
    return PurePosixPath(next(iter(first))) if whole else PurePosixPath()


def _key(name: str) -> str:
    """`project-management` and "Project Management" are the same department."""
    return " ".join(name.replace("-", " ").replace("_", " ").casefold().split())


def _sentence_of(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{problem['loc'][0]} cannot be used: {problem['msg']}."
