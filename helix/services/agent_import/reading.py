"""Finding and parsing agent files in uploads, zip archives and folders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from helix.errors import HelixError, Invalid
from helix.text import agent_file, archives
from helix.text.agent_file import AgentFile

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
MARKDOWN_SUFFIXES = (".md", ".markdown")
# How many of the files left out are named in a note.
MAX_NAMED = 5


@dataclass(frozen=True)
class Upload:
    """An uploaded file. Folders in `path` name departments."""

    path: str
    stream: IO[bytes]


@dataclass(frozen=True)
class ParsedFile:
    """A parsed agent file, or the reason why it could not be parsed."""

    source: str
    folder: str
    agent: AgentFile | None
    problem: str = ""


def uploads_from_path(path: Path) -> list[Upload]:
    """The file at a path, or the agent files in a folder and its subfolders, without others such as readmes.

    Raises OSError.
    """
    if not path.is_dir():
        return [Upload(path.name, BytesIO(path.read_bytes()))]
    files = (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    markdown = sorted(file for file in files if file.suffix.casefold() in MARKDOWN_SUFFIXES)
    skills = {file.parent for file in markdown if file.name.casefold() == "skill.md"}
    uploads = []
    for file in markdown:
        if file.stat().st_size > agent_file.LARGEST or any(folder in skills for folder in file.parents):
            continue
        content = file.read_bytes()
        if agent_file.is_agent(content.decode("utf-8", errors="replace")):
            uploads.append(Upload(file.relative_to(path).as_posix(), BytesIO(content)))
    return uploads


def error_sentence(error: HelixError) -> str:
    """The reason why a file was refused, as one sentence."""
    return error.problems[0]["msg"] if isinstance(error, Invalid) and error.problems else error.message


def parse_uploads(uploads: Sequence[Upload], notes: list[str]) -> Iterator[ParsedFile]:
    seen: set[str] = set()
    for upload in uploads:
        path, number = upload.path, 2
        while path in seen:
            path, number = f"{upload.path} ({number})", number + 1
        seen.add(path)
        start = upload.stream.read(4)
        upload.stream.seek(0)
        if start in ZIP_SIGNATURES:
            yield from _parse_archive(path, upload, notes)
        elif len(content := upload.stream.read(agent_file.LARGEST + 1)) > agent_file.LARGEST:
            yield ParsedFile(path, "", None, "The file is too large for an agent: at most 1 MB.")
        else:
            yield _parse(path, PurePosixPath(upload.path), content)


def _parse_archive(source: str, upload: Upload, notes: list[str]) -> Iterator[ParsedFile]:
    left_out = []
    with archives.opened(cast(BinaryIO, upload.stream)) as archive:
        root = _top_folder(archive.files)
        skills = {path.parent for path in archive.files if path.name.casefold() == "skill.md"}
        for path in archive.files:
            if path.suffix.casefold() not in MARKDOWN_SUFFIXES or any(folder in skills for folder in path.parents):
                left_out.append(str(path))
                continue
            try:
                content = archive.read(path, agent_file.LARGEST)
            except HelixError as error:
                yield ParsedFile(f"{source}/{path}", "", None, error_sentence(error))
                continue
            # Readmes and other markdown files are not agents.
            if agent_file.is_agent(content.decode("utf-8", errors="replace")):
                yield _parse(f"{source}/{path}", path.relative_to(root), content)
            else:
                left_out.append(str(path))
    if left_out:
        more = f" and {len(left_out) - MAX_NAMED} more" if left_out[MAX_NAMED:] else ""
        named = ", ".join(left_out[:MAX_NAMED]) + more
        notes.append(f"{source}: files that do not define agents were left out: {named}.")


def _parse(source: str, path: PurePosixPath, content: bytes) -> ParsedFile:
    folder = agent_file.department_of(path)
    try:
        return ParsedFile(source, folder, agent_file.read_bytes(content, file_name=path.name))
    except HelixError as error:
        return ParsedFile(source, folder, None, error_sentence(error))


def _top_folder(paths: Sequence[PurePosixPath]) -> PurePosixPath:
    """The top-level folder that contains everything, as in GitHub's archives; it does not name a department."""
    first = {path.parts[0] for path in paths if len(path.parts) > 1}
    whole = len(first) == 1 and all(len(path.parts) > 1 for path in paths)
    return PurePosixPath(next(iter(first))) if whole else PurePosixPath()
