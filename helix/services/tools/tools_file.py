"""TOOLS_FILE: the MCP servers that are programs of this host, and their rows.

YAML, because operators comment such a file, and because JSON is YAML as well. Only plain data is read.
"""

import logging
import os
import shutil
from pathlib import Path
from typing import Any

import yaml
from flask import current_app
from pydantic import ValidationError
from sqlalchemy import select, update

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolSourceKind, ToolStatus
from helix.schemas.problems import problems
from helix.schemas.tools_file import ServerEntry, ToolsFileContent
from helix.services.tools.definitions import SOURCE
from helix.text.plain_yaml import NotPlain, PlainLoader

log = logging.getLogger(__name__)

LARGEST = 256 * 1024
LEFT = "This server is not in TOOLS_FILE any more."
# What opens the data of this installation is never handed to a program.
OWN_SECRETS = frozenset(
    {
        "ADMIN_PASSWORD",
        "DATABASE_URL",
        "ENCRYPTION_KEYS",
        "JWT_SECRET_KEY",
        "METRICS_TOKEN",
        "OIDC_CLIENT_SECRET",
        "REDIS_URL",
        "SECRET_KEY",
        "SMTP_URL",
    }
)


class ToolsFileError(Exception):
    """The file cannot be used; the message names it and what is wrong."""


def path() -> Path | None:
    return current_app.config["HELIX"].tools_file


def servers() -> dict[str, ServerEntry]:
    """The servers of the file by id; none when TOOLS_FILE is not set. Raises ToolsFileError."""
    file = path()
    if file is None:
        return {}
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise ToolsFileError(f"TOOLS_FILE {file} cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST:
        raise ToolsFileError(f"TOOLS_FILE {file} is larger than {LARGEST // 1024} KB.")
    return _checked(file, content)


def _checked(file: Path, content: bytes) -> dict[str, ServerEntry]:
    try:
        data = _loaded(content.decode("utf-8"))
        found = ToolsFileContent.model_validate(data).servers
    except UnicodeDecodeError as error:
        raise ToolsFileError(f"TOOLS_FILE {file} is no UTF-8 text.") from error
    except NotPlain as error:
        place = f", line {error.line + 1}" if error.line is not None else ""
        raise ToolsFileError(f"TOOLS_FILE {file}{place}: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise ToolsFileError(f"TOOLS_FILE {file}{place} is no YAML: {getattr(error, 'problem', error)}.") from error
    except ValidationError as error:
        first = problems(error)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ToolsFileError(f"TOOLS_FILE {file}: {place or 'the file'}: {first['msg']}.".replace("..", ".")) from error
    _refuse_wrong(file, found)
    return {server.id: server for server in found}


def _loaded(text: str) -> Any:
    loader = PlainLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _refuse_wrong(file: Path, found: list[ServerEntry]) -> None:
    ids = [server.id for server in found]
    for server in found:
        if server.id == SOURCE or ids.count(server.id) > 1:
            why = "belongs to the built-in tools" if server.id == SOURCE else "is there twice"
            raise ToolsFileError(f"TOOLS_FILE {file}: the id {server.id} {why}. Choose another.")
        secret = next((name for name in server.environment if name in OWN_SECRETS), None)
        if secret:
            raise ToolsFileError(
                f"TOOLS_FILE {file}: {server.id} asks for {secret}, which opens HELIX itself and is never handed on."
            )


def program(server: ServerEntry) -> str | None:
    """The absolute path of the command, or None if there is no such program."""
    return shutil.which(server.command)


def handed_on(server: ServerEntry) -> tuple[dict[str, str], list[str]]:
    """The variables that the server gets, with their values, and the names of those that are not set."""
    found = {name: os.environ[name] for name in server.environment if os.environ.get(name)}
    return found, [name for name in server.environment if name not in found]


def taken_ids(found: dict[str, ServerEntry]) -> list[str]:
    """The ids of the file that belong to a server with an address."""
    query = select(ToolSource.slug).where(ToolSource.kind != ToolSourceKind.MCP_STDIO, ToolSource.slug.in_(found))
    return list(db.session.scalars(query))


def sync() -> None:
    """Make the rows equal to the file. Idempotent. Nothing changes without TOOLS_FILE, or when it is broken.

    A server that left the file keeps its row, so that earlier calls and what was decided about its tools stay; its
    tools are gone until it is there again.
    """
    if path() is None:
        return
    try:
        found = servers()
    except ToolsFileError as error:
        log.error("No server was added or removed. %s", error)
        return
    with transaction():
        taken = taken_ids(found)
        for slug in taken:
            log.error("TOOLS_FILE: the id %s belongs to another source already. Choose another.", slug)
        query = select(ToolSource).where(ToolSource.kind == ToolSourceKind.MCP_STDIO).with_for_update()
        stored = {source.slug: source for source in db.session.scalars(query.order_by(ToolSource.id))}
        for slug, server in found.items():
            if slug not in taken:
                _store(stored.get(slug), server)
        for slug, source in stored.items():
            if slug not in found:
                _leave(source)


def _store(source: ToolSource | None, server: ServerEntry) -> None:
    title = server.title or server.id
    if source is None:
        now = clock.now()
        db.session.add(
            ToolSource(
                kind=ToolSourceKind.MCP_STDIO,
                slug=server.id,
                title=title,
                timeout_seconds=server.timeout_seconds,
                created_at=now,
            )
        )
        return
    source.title, source.timeout_seconds = title, server.timeout_seconds
    if source.refresh_error == LEFT:
        # Its tools are known again after the next refresh.
        source.refresh_error = source.refreshed_at = None


def _leave(source: ToolSource) -> None:
    if source.refresh_error != LEFT:
        log.warning("The server %s has left TOOLS_FILE; its tools are gone.", source.slug)
    source.refresh_error = LEFT
    gone = update(Tool).where(Tool.source_id == source.id).values(status=ToolStatus.GONE)
    db.session.execute(gone.execution_options(synchronize_session=False))
