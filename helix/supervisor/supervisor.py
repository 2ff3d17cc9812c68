"""The parent of an installation: starts the queue, the steps and the parts; restarts what dies; stops all of it."""

import os
import selectors
import signal
import time
from collections.abc import Callable, Mapping, Sequence

from helix.settings import Settings, data_folder
from helix.supervisor import announce, port
from helix.supervisor.console import Console
from helix.supervisor.errors import CannotRun, Stopped
from helix.supervisor.lock import FolderLock
from helix.supervisor.process import Command, Process
from helix.supervisor.redis_server import RedisServer

SECONDS_TO_STOP = 8.0
SECONDS_FOR_REDIS_TO_STOP = 1.5
SECONDS_FOR_REDIS_TO_START = 60.0
SECONDS_UNTIL_WE_WONDER = 30.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """One thread, one loop. `steps` run to their end in turn, then `parts` run for ever, Redis below both."""

    def __init__(
        self,
        settings: Settings,
        *,
        steps: Sequence[Command],
        parts: Sequence[Command],
        environment: Mapping[str, str],
        console: Console,
    ) -> None:
        self._settings = settings
        self._steps = steps
        self._commands = parts
        self._environment = dict(environment)
        self._console = console
        self._selector = selectors.DefaultSelector()
        self._wake, self._wakened_by = os.pipe()
        self._signalled = False
        self._redis: RedisServer | None = None
        self._parts: list[Process] = []
        self._restart_at: dict[str, float] = {}
        self._account: announce.Account | None = None

    def run(self) -> int:
        """Run until somebody stops it (0) or it cannot go on (1). Leaves no process behind."""
        began = time.monotonic()
        self._listen_to_signals()
        try:
            self._claim_folder_and_port()
            self._start_redis()
            for step in self._steps:
                self._run_step(step)
            self._start_parts()
            self._wait_for_the_web(began)
            while True:
                self._tick()
        except Stopped:
            self._console.say("Stopping.")
            return 0
        except CannotRun as reason:
            self._console.say(f"Cannot run: {reason}")
            return 1
        finally:
            self._stop_all()

    def _listen_to_signals(self) -> None:
        # A pipe, so that a signal ends the wait for output at once. The handler itself only takes a note.
        os.set_blocking(self._wake, False)
        os.set_blocking(self._wakened_by, False)
        signal.set_wakeup_fd(self._wakened_by)
        self._selector.register(self._wake, selectors.EVENT_READ)
        for number in STOP_SIGNALS:
            signal.signal(number, self._note_signal)

    def _note_signal(self, _number: int, _frame: object) -> None:
        self._signalled = True

    def _claim_folder_and_port(self) -> None:
        folder = self._settings.data_dir
        data_folder.prepare(folder)
        lock = FolderLock(folder / "helix.lock")
        if not lock.take():
            raise CannotRun(
                f"Another HELIX (process {lock.holder()}) already runs on the data folder {folder}. "
                "Stop it, or give this one a folder and a port of its own: DATA_DIR=./other PORT=8001 make run"
            )
        port.check(self._settings.host, self._settings.port)

    def _start_redis(self) -> None:
        if self._settings.redis_url:
            self._environment["REDIS_URL"] = self._settings.redis_url
            return
        self._redis = RedisServer(self._settings.data_dir, self._settings.embedded_redis, self._environment)
        self._environment["REDIS_URL"] = self._redis.url
        self._redis.start()
        self._watch(self._redis.process)
        self._wait(self._redis.answers, SECONDS_FOR_REDIS_TO_START, "Redis does not answer after a minute.")
        self._console.say(f"The queue is ready ({self._redis.program}).")

    def _run_step(self, command: Command) -> None:
        step = Process(command, environment=self._environment)
        step.start()
        self._watch(step)
        self._parts.append(step)
        while (code := step.ended()) is None:
            self._tick()
        self._parts.remove(step)
        self._clear(step)
        if code != 0:
            raise CannotRun(f"the {command.name} is not usable. {step.last_words()}")
        self._console.say(f"The {command.name} is ready.")

    def _start_parts(self) -> None:
        for command in self._commands:
            part = Process(command, environment=self._environment)
            self._parts.append(part)
            part.start()
            self._watch(part)
        self._console.say(f"Starting {', '.join(part.name for part in self._parts)}.")

    def _wait_for_the_web(self, began: float) -> None:
        wondered = False
        while not announce.web_answers(self._settings):
            self._tick(0.05)
            if not wondered and time.monotonic() - began > SECONDS_UNTIL_WE_WONDER:
                wondered = True
                self._console.say("The web does not answer yet. The lines above may say why; we keep trying.")
        self._console.plain(announce.welcome(self._settings, self._account, time.monotonic() - began))

    def _wait(self, ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
        until = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > until:
                raise CannotRun(otherwise)
            self._tick(0.02)

    def _tick(self, seconds: float = 0.25) -> None:
        """Print what was written, see who died, start who is due. Raises Stopped and CannotRun."""
        self._print_output(seconds)
        if self._signalled:
            raise Stopped
        self._look_after_redis()
        for part in self._parts:
            self._look_after(part)

    def _print_output(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                os.read(self._wake, 512)
                continue
            self._print(key.data, key.data.lines())
            if key.data.silent:
                self._selector.unregister(key.fd)

    def _print(self, process: Process, lines: list[str]) -> None:
        for line in lines:
            account = announce.Account.from_line(line) if process.command in self._steps else None
            if account:
                # Never printed as a line: it may hold the first password.
                self._account = account
            elif not (self._redis and process is self._redis.process and self._redis.is_chatter(line)):
                self._console.child(process.name, line)

    def _look_after_redis(self) -> None:
        if self._redis is None or (code := self._redis.process.ended()) is None:
            return
        self._clear(self._redis.process)
        self._redis.note_end()
        self._console.say(f"Redis {_how(code)}. Starting it again.")
        self._redis.start()
        self._watch(self._redis.process)

    def _look_after(self, part: Process) -> None:
        if part.command in self._steps:
            return
        if (code := part.ended()) is not None:
            pause = part.next_pause()
            self._clear(part)
            self._restart_at[part.name] = time.monotonic() + pause
            self._console.say(f"{part.name} {_how(code)}. Starting it again in {pause:.2g} s.")
        elif not part.started and time.monotonic() >= self._restart_at[part.name]:
            part.start()
            self._watch(part)

    def _watch(self, process: Process) -> None:
        self._selector.register(process.output, selectors.EVENT_READ, process)

    def _clear(self, process: Process) -> None:
        # A part that died may have left children: they would hold its port, or work on unseen.
        if process.output in self._selector.get_map():
            self._selector.unregister(process.output)
        self._print(process, process.clear())

    def _stop_all(self) -> None:
        self._stop([part for part in self._parts if part.started], SECONDS_TO_STOP)
        if self._redis and self._redis.process.started:
            # Last, because the parts still hand work back through it.
            self._stop([self._redis.process], SECONDS_FOR_REDIS_TO_STOP)
        if self._parts or self._redis:
            self._console.say("Everything is stopped.")

    def _stop(self, processes: list[Process], seconds: float) -> None:
        for process in processes:
            process.terminate()
        until = time.monotonic() + seconds
        while any(process.alive() for process in processes) and time.monotonic() < until:
            self._print_output(0.05)
        for process in processes:
            if process.alive():
                self._console.say(f"{process.name} did not stop within {seconds:g} s and is killed.")
            self._clear(process)


def _how(code: int) -> str:
    """How a process ended: "ended with code 1", "was killed by SIGKILL"."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
