"""Importing several skills at once, from archives with many folders or from several files, each independently."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast

from helix.errors import HelixError
from helix.policies.actor import Actor
from helix.services.skills import importing, lookup, naming, reading
from helix.services.skills.importing import OnConflict
from helix.services.skills.reading import ParsedSkill
from helix.text import skill_folder

# How many files that belong to no skill are named in a note.
MAX_NAMED = 5


@dataclass(frozen=True)
class Upload:
    name: str
    stream: IO[bytes]


def contains_several(actor: Actor, uploads: Sequence[Upload]) -> bool:
    """Whether the uploads contain more than one skill. Raises SkillFileError for an archive without any."""
    lookup.require_admin(actor)
    if len(uploads) != 1:
        return True
    (upload,) = uploads
    if not reading.is_archive(upload.stream):
        return False
    with skill_folder.opened(cast(BinaryIO, upload.stream), file_name=upload.name) as archive:
        count = len(archive.roots)
    upload.stream.seek(0)
    return count > 1


def import_several(
    actor: Actor,
    uploads: Sequence[Upload],
    *,
    only: Collection[str] | None = None,
    on_conflict: OnConflict | None = None,
    activate: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Import all skills, or those whose `source` is in `only`. Returns the API's report on each. For admins.

    Each skill is saved in a transaction of its own, so that one failure does not stop the others. Skills whose name
    exists are skipped unless `on_conflict` says what to do. With `dry_run` nothing is saved.
    """
    lookup.require_admin(actor)
    notes: list[str] = []
    report, names = [], set[str]()
    for source, read in _sources(uploads, notes):
        if only is not None and source not in only:
            continue
        line = _empty_line(source)
        try:
            parcel = read()
            line |= {"name": parcel.name, "notes": list(parcel.notes), "files": len(parcel.files)}
            line |= _preview_line(parcel, on_conflict, names)
            names.add(parcel.name.casefold())
            if not dry_run and line["action"] != "conflict":
                line["skill_id"] = importing.import_parsed(actor, parcel, on_conflict, activate=activate).id
        except naming.NameTaken as error:
            line |= {"action": "conflict", "problem": error.message}
        except HelixError as error:
            line |= {"action": "refused", "problem": error_sentence(error)}
        report.append(line)
    return {"dry_run": dry_run, "skills": report, "notes": notes}


def _empty_line(source: str) -> dict[str, Any]:
    return {
        "source": source,
        "name": "",
        "description": "",
        "action": "create",
        "skill_id": None,
        "existing_skill_id": None,
        "problem": "",
        "files": 0,
        "notes": [],
    }


def _preview_line(parcel: ParsedSkill, on_conflict: OnConflict | None, names: Collection[str]) -> dict[str, Any]:
    described = importing.describe_import(parcel, on_conflict)
    action, problem = described["action"], ""
    if action == "create" and parcel.name.casefold() in names:
        # Two uploads with one name in a dry run; otherwise the first one exists by now.
        action = on_conflict or "conflict"
    if action == "conflict":
        problem = f"There is already a skill named {parcel.name}."
    return {
        "name": described["skill"]["name"],
        "description": described["skill"]["description"],
        "action": action,
        "existing_skill_id": described["existing_skill_id"],
        "problem": problem,
    }


def _sources(uploads: Sequence[Upload], notes: list[str]) -> Iterator[tuple[str, Callable[[], ParsedSkill]]]:
    """Each skill's name in the report, and a function that parses it: lazily, so that only one is in memory."""
    names = set[str]()
    for upload in uploads:
        name, number = upload.name, 2
        while name in names:
            name, number = f"{upload.name} ({number})", number + 1
        names.add(name)
        if not reading.is_archive(upload.stream):
            yield name, lambda upload=upload: reading.parse(upload.stream, file_name=upload.name)
            continue
        try:
            with skill_folder.opened(cast(BinaryIO, upload.stream), file_name=upload.name) as archive:
                for root in archive.roots:
                    source = f"{name}/{root}" if root.parts else name
                    yield source, lambda root=root, archive=archive: reading.parse_folder(archive.read(root))
                if outside := archive.outside:
                    notes.append(_left_out_note(name, outside))
        except HelixError as error:
            # The archive itself is unusable: report it as one refused source.
            yield name, _raising(error)


def _raising(error: HelixError) -> Callable[[], ParsedSkill]:
    def read() -> ParsedSkill:
        raise error

    return read


def _left_out_note(name: str, outside: list[str]) -> str:
    count = len(outside)
    if count <= MAX_NAMED:
        return f"{name}: {', '.join(outside)} belong to no skill and were left out."
    return f"{name}: {count:,} files that belong to no skill were left out."


def error_sentence(error: HelixError) -> str:
    """The reason why a file was refused, as one sentence."""
    problems = getattr(error, "problems", None)
    return problems[0]["msg"] if problems else error.message
