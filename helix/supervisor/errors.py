"""The exceptions that end the supervisor."""


class CannotRun(Exception):
    """The installation cannot run. Everything is stopped, the message is printed, and the exit code is 1."""


class Stopped(Exception):
    """A stop was requested: Ctrl-C, SIGTERM, or the terminal was closed."""
