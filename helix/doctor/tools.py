"""Checks of MCP servers: TOOLS_FILE, its programs, their sandbox, and sources that need an admin."""

from collections.abc import Iterator

from sqlalchemy import func, select

from helix import mcp
from helix.doctor.finding import Finding, error, ok, warning
from helix.extensions import db
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolSourceKind, ToolStatus
from helix.services.tools import oauth, tools_file
from helix.services.tools.tools_file import ToolsFileError
from helix.settings import Settings


def programs_of_the_tools_file(settings: Settings) -> Iterator[Finding]:
    if settings.tools_file is None:
        stored = select(func.count()).select_from(ToolSource).where(ToolSource.kind == ToolSourceKind.MCP_STDIO)
        if db.session.scalar(stored):
            yield warning(
                "There are MCP servers that are programs of a host, and TOOLS_FILE is not set here.",
                "Set it for every worker that executes runs or quick jobs, or leave those to another host.",
            )
        return
    try:
        found = tools_file.servers()
    except ToolsFileError as problem:
        yield error(str(problem), "Correct the file, then restart the workers. Until then nothing is added or removed.")
        return
    wrong = False
    for slug in tools_file.taken_ids(found):
        wrong = True
        yield error(
            f"TOOLS_FILE: the id {slug} belongs to a server with an address.", "Choose another id, or delete that one."
        )
    for server in found.values():
        if tools_file.program(server) is None:
            wrong = True
            yield error(
                f"TOOLS_FILE: the program of {server.id} was not found: {server.command}.",
                "Install it for the user that runs the workers, or correct its path.",
            )
        _environment, missing = tools_file.handed_on(server)
        if missing:
            wrong = True
            yield error(
                f"TOOLS_FILE: {server.id} needs variables that are not set: {', '.join(missing)}.",
                "Set them for the workers, as in their environment file.",
            )
    if not wrong:
        yield ok(f"TOOLS_FILE: {len(found)} {'server' if len(found) == 1 else 'servers'}")
    if found:
        yield from _sandbox()


def _sandbox() -> Iterator[Finding]:
    why = mcp.why_no_sandbox()
    if why is None:
        yield ok("Programs of TOOLS_FILE run in bubblewrap: without network, and with the files of the host read-only")
    else:
        yield warning(
            f"Programs of TOOLS_FILE run with the network and the files of their user: {why}.",
            "Install bubblewrap, or list only programs there that you trust as much as HELIX itself.",
        )


def sources_that_need_an_admin(_settings: Settings) -> Iterator[Finding]:
    """Sources whose last refresh failed, and tools that are switched off because they have changed."""
    sources = list(
        db.session.scalars(select(ToolSource).where(ToolSource.enabled, ToolSource.kind != ToolSourceKind.BUILTIN))
    )
    for source in sources:
        if oauth.state_of(source) in ("none", "ended"):
            yield warning(f"The tool source {source.slug} is not connected.", "Connect it in Settings, Tools.")
        elif source.refresh_error:
            yield warning(
                f"The tool source {source.slug}: {source.refresh_error}",
                "Look at it in Settings, Tools, and refresh it.",
            )
    changed = db.session.scalar(select(func.count(Tool.id)).where(Tool.status == ToolStatus.CHANGED)) or 0
    if changed:
        yield warning(
            f"{changed} {'tool is' if changed == 1 else 'tools are'} switched off because the definition has changed.",
            "Look at what has changed in Settings, Tools.",
        )
    if sources and not changed:
        yield ok(f"Tool sources: {len(sources)}")


CHECKS = (programs_of_the_tools_file, sources_that_need_an_admin)
