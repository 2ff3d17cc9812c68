"""The parent process of an installation: starts Redis, the steps and the services, restarts and stops them."""

import os
import selectors
import signal
import time
from collections.abc import Callable, Mapping, Sequence

from helix.settings import Settings, data_folder
from helix.supervisor import startup_message
from helix.supervisor.console import Console
from helix.supervisor.errors import CannotRun, Stopped
from helix.supervisor.exclusive import FolderLock, check_port
from helix.supervisor.process import Command, Process
from helix.supervisor.redis_server import RedisServer

# More than the parent of the workers takes at most (helix/jobs/parent.py).
SECONDS_TO_STOP = 14.0
SECONDS_FOR_REDIS_TO_STOP = 1.5
SECONDS_FOR_REDIS_TO_START = 60.0
SECONDS_UNTIL_WARNING = 30.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """One thread with one loop. `steps` run to completion in turn, then `services` run until they are stopped."""

    def __init__(
        self,
        settings: Settings,
        *,
        steps: Sequence[Command],
        services: Sequence[Command],
        environment: Mapping[str, str],
        console: Console,
    ) -> None:
        self._settings = settings
        self._steps = steps
        self._commands = services
        self._environment = dict(environment)
        self._console = console
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = os.pipe()
        self._signalled = False
        self._redis: RedisServer | None = None
        self._processes: list[Process] = []
        self._restart_at: dict[str, float] = {}
        self._account: startup_message.Account | None = None

    def run(self) -> int:
        """Run until stopped (exit code 0) or until it cannot continue (1). Leaves no process behind."""
        began = time.monotonic()
        self._install_signal_handlers()
        try:
            self._claim_folder_and_port()
            self._start_redis()
            for step in self._steps:
                self._run_step(step)
            self._start_services()
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

    def _install_signal_handlers(self) -> None:
        # A pipe, so that a signal ends the wait for output at once. The handler itself only sets a flag.
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        signal.set_wakeup_fd(self._wake_writer)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signalled = True

    def _claim_folder_and_port(self) -> None:
        folder = self._settings.data_dir
        data_folder.prepare(folder)
        lock = FolderLock(folder / "helix.lock")
        if not lock.take():
            raise CannotRun(
                f"Another HELIX (process {lock.holder()}) already uses the data folder {folder}. "
                "Stop it, or give this one its own folder and port: DATA_DIR=./other PORT=8001 make run"
            )
        check_port(self._settings.host, self._settings.port)

    def _start_redis(self) -> None:
        if self._settings.redis_url:
            self._environment["REDIS_URL"] = self._settings.redis_url
            return
        self._redis = RedisServer(self._settings.data_dir, self._settings.embedded_redis, self._environment)
        self._environment["REDIS_URL"] = self._redis.url
        self._redis.start()
        self._watch(self._redis.process)
        self._wait(self._redis.answers, SECONDS_FOR_REDIS_TO_START, "Redis did not answer within a minute.")
        self._console.say(f"The queue is ready ({self._redis.program}).")

    def _run_step(self, command: Command) -> None:
        step = Process(command, environment=self._environment)
        step.start()
        self._watch(step)
        self._processes.append(step)
        while (code := step.ended()) is None:
            self._tick()
        self._processes.remove(step)
        self._clean_up(step)
        if code != 0:
            raise CannotRun(f"the {command.name} is not usable. {step.last_output()}")
        self._console.say(f"The {command.name} is ready.")

    def _start_services(self) -> None:
        for command in self._commands:
            process = Process(command, environment=self._environment)
            self._processes.append(process)
            process.start()
            self._watch(process)
        self._console.say(f"Starting {', '.join(process.name for process in self._processes)}.")

    def _wait_for_the_web(self, began: float) -> None:
        warned = False
        while not startup_message.web_answers(self._settings):
            self._tick(0.05)
            if not warned and time.monotonic() - began > SECONDS_UNTIL_WARNING:
                warned = True
                self._console.say("The web server does not answer yet. The lines above may say why. Waiting.")
        self._console.plain(startup_message.welcome(self._settings, self._account, time.monotonic() - began))

    def _wait(self, ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
        until = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > until:
                raise CannotRun(otherwise)
            self._tick(0.02)

    def _tick(self, seconds: float = 0.25) -> None:
        """Print output, notice processes that ended, and start those that are due. Raises Stopped and CannotRun."""
        self._print_output(seconds)
        if self._signalled:
            raise Stopped
        self._restart_redis_if_needed()
        for process in self._processes:
            self._restart_if_needed(process)

    def _print_output(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                os.read(self._wake_reader, 512)
                continue
            self._print(key.data, key.data.lines())
            if key.data.output_closed:
                self._selector.unregister(key.fd)

    def _print(self, process: Process, lines: list[str]) -> None:
        for line in lines:
            account = startup_message.Account.from_line(line) if process.command in self._steps else None
            if account:
                # Not printed, because it may contain the first password.
                self._account = account
            elif not (self._redis and process is self._redis.process and self._redis.is_routine(line)):
                self._console.child(process.name, line)

    def _restart_redis_if_needed(self) -> None:
        if self._redis is None or (code := self._redis.process.ended()) is None:
            return
        self._clean_up(self._redis.process)
        self._redis.record_exit()
        self._console.say(f"Redis {_describe_exit(code)}. Starting it again.")
        self._redis.start()
        self._watch(self._redis.process)

    def _restart_if_needed(self, process: Process) -> None:
        if process.command in self._steps:
            return
        if (code := process.ended()) is not None:
            delay = process.next_restart_delay()
            self._clean_up(process)
            self._restart_at[process.name] = time.monotonic() + delay
            self._console.say(f"{process.name} {_describe_exit(code)}. Starting it again in {delay:.2g} s.")
        elif not process.started and time.monotonic() >= self._restart_at[process.name]:
            process.start()
            self._watch(process)

    def _watch(self, process: Process) -> None:
        self._selector.register(process.output, selectors.EVENT_READ, process)

    def _clean_up(self, process: Process) -> None:
        # A process that ended may have left children, which would occupy its port or keep working.
        if process.output in self._selector.get_map():
            self._selector.unregister(process.output)
        self._print(process, process.clean_up())

    def _stop_all(self) -> None:
        self._stop([process for process in self._processes if process.started], SECONDS_TO_STOP)
        if self._redis and self._redis.process.started:
            # Last, because the services still return unfinished work through it.
            self._stop([self._redis.process], SECONDS_FOR_REDIS_TO_STOP)
        if self._processes or self._redis:
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
            self._clean_up(process)


def _describe_exit(code: int) -> str:
    """How a process ended: "ended with code 1", "was killed by SIGKILL"."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
