"""A server's program as a transport of the package `mcp`.

Its own transport hands parts of our environment to the program, and limits neither the length of a message nor what the
program writes to stderr.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.abc
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from helix.mcp import processes
from helix.mcp import secrets as secret_values
from helix.mcp.guarded_http import answer_limit
from helix.mcp.incident import Incident
from helix.mcp.interface import McpFailed, ProcessLimits, StdioServer
from helix.mcp.processes import Place

_EXIT_SECONDS = 1.0
_TERMINATE_SECONDS = 2.0
_KILL_SECONDS = 2.0
_POLL_SECONDS = 0.02
_WATCH_SECONDS = 0.2
_WAIT_FOR_PLACE = 0.2
_STDERR_BYTES = 4_000
_STDERR_LINES = 5
_GARBAGE = 200
_READ_BYTES = 65_536


class Program:
    """The process of a server, from its start until nothing of it is left."""

    def __init__(self, server: StdioServer, limits: ProcessLimits, incident: Incident) -> None:
        self._server = server
        self._limits = limits
        self._incident = incident
        self._secrets = secret_values.of(server)
        self._place: Place | None = None
        self._process: anyio.abc.Process | None = None
        self._stderr = bytearray()
        self._garbage = ""
        # By us: how it ends then is no news.
        self._is_stopped = False

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[tuple[Any, Any]]:
        """The streams of messages. Raises McpFailed when the program cannot be started."""
        try:
            process = await self._start()
            to_session, from_program = anyio.create_memory_object_stream[SessionMessage | Exception](0)
            to_program, from_session = anyio.create_memory_object_stream[SessionMessage](0)
            async with anyio.create_task_group() as tasks, to_session, from_program, to_program, from_session:
                tasks.start_soon(self._drain_stderr, process)
                tasks.start_soon(self._read, process, to_session)
                tasks.start_soon(self._write, process, from_session, to_session)
                tasks.start_soon(self._watch, process, to_session)
                try:
                    yield from_program, to_program
                finally:
                    self._is_stopped = True
                    with anyio.CancelScope(shield=True):
                        await self._stop(process)
                    tasks.cancel_scope.cancel()
        finally:
            self.kill()

    def kill(self) -> None:
        """End it at once, from any thread, and free its place. Idempotent."""
        place, self._place = self._place, None
        if place is not None:
            running = self._process is not None and self._process.returncode is None
            processes.kill(self._process.pid if running and self._process else None, place.scratch)
            place.leave()

    async def _start(self) -> anyio.abc.Process:
        self._place = await self._wait_for_place()
        line = processes.command(self._server, self._place, self._limits)
        try:
            # From here on no exception may come between: the process would be lost.
            with anyio.CancelScope(shield=True):
                self._process = await anyio.open_process(
                    line,
                    env=processes.environment(self._server, self._place),
                    cwd=self._place.scratch,
                    start_new_session=True,
                )
        except OSError as error:
            raise McpFailed(f"The program {self._server.command} could not be started: {error.strerror}.") from error
        assert self._process is not None
        return self._process

    async def _wait_for_place(self) -> Place:
        while True:
            place = processes.take_place(self._limits)
            if place is not None:
                return place
            self._incident.say(
                f"All {self._limits.at_once} places for programs of tool servers on this host are taken. Try later."
            )
            await anyio.sleep(_WAIT_FOR_PLACE)
            self._incident.words = None

    async def _read(self, process: anyio.abc.Process, to_session: Any) -> None:
        assert process.stdout is not None
        buffer = bytearray()
        limit = answer_limit(self._server)
        async with to_session:
            with contextlib.suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
                while True:
                    first, *others = (await process.stdout.receive(_READ_BYTES)).split(b"\n")
                    buffer += first
                    for begun in others:
                        if not await self._deliver(bytes(buffer), to_session):
                            return
                        buffer = bytearray(begun)
                    if len(buffer) > limit:
                        self._incident.say(f"The answer is larger than {limit:,} bytes.")
                        return
            await self._say_how_it_ended(process)

    async def _deliver(self, line: bytes, to_session: Any) -> bool:
        """False for a message that cannot be read, whose answer would be waited for in vain.

        What is no message is left out: many programs write to stdout what belongs to stderr.
        """
        if not line.strip():
            return True
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            if line.lstrip().startswith(b"{") and b'"jsonrpc"' in line:
                self._incident.say("The server's answer could not be read.")
                return False
            self._garbage = self._garbage or line[:_GARBAGE].decode(errors="replace")
            return True
        await to_session.send(SessionMessage(message))
        return True

    async def _write(self, process: anyio.abc.Process, from_session: Any, to_session: Any) -> None:
        assert process.stdin is not None
        try:
            async for item in from_session:
                line = item.message.model_dump_json(by_alias=True, exclude_unset=True)
                await process.stdin.send(f"{line}\n".encode())
        except (anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
            # The reader says how it ended, unless the program has closed nothing but its stdin.
            await self._say_how_it_ended(process)
            await to_session.aclose()

    async def _watch(self, process: anyio.abc.Process, to_session: Any) -> None:
        """End the session with the process: its children may have its stdout still."""
        while process.returncode is None:
            await anyio.sleep(_WATCH_SECONDS)
        await anyio.sleep(_WATCH_SECONDS)
        await self._say_how_it_ended(process)
        await to_session.aclose()

    async def _drain_stderr(self, process: anyio.abc.Process) -> None:
        assert process.stderr is not None
        with contextlib.suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
            while True:
                self._stderr += await process.stderr.receive(_READ_BYTES)
                del self._stderr[:-_STDERR_BYTES]

    async def _say_how_it_ended(self, process: anyio.abc.Process) -> None:
        if self._is_stopped:
            return
        ended = await _ended(process, _EXIT_SECONDS)
        # What it wrote last may still be on its way.
        await anyio.sleep(_POLL_SECONDS)
        how = f"ended with {process.returncode}" if ended else "closed its connection"
        self._incident.say(f"The program {self._server.command} {how}.{self.last_words()}")

    def last_words(self) -> str:
        """The end of what it wrote to stderr, or what it wrote to stdout that was no message, or nothing."""
        text = secret_values.cleaned(self._stderr.decode(errors="replace"), self._secrets)
        lines = [line for line in text.splitlines() if line.strip()][-_STDERR_LINES:]
        if lines:
            return " It wrote:\n" + "\n".join(lines)
        if self._garbage:
            return f" It wrote what is no message: {secret_values.cleaned(self._garbage, self._secrets)}"
        return ""

    async def _stop(self, process: anyio.abc.Process) -> None:
        """Close its stdin, ask it to end, and kill what is left of it."""
        assert process.stdin is not None
        with contextlib.suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            await process.stdin.aclose()
        if not await _ended(process, _EXIT_SECONDS):
            processes.terminate(process.pid)
            await _ended(process, _TERMINATE_SECONDS)
        self.kill()
        await _ended(process, _KILL_SECONDS)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                await stream.aclose()


async def _ended(process: anyio.abc.Process, seconds: float) -> bool:
    """Whether it has ended within the time. `Process.wait` waits for those who have inherited its pipes, too."""
    with anyio.move_on_after(seconds):
        while process.returncode is None:
            await anyio.sleep(_POLL_SECONDS)
    return process.returncode is not None
