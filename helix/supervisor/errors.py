"""Why an installation cannot run, as a sentence for whoever started it."""


class CannotRun(Exception):
    """Everything stops, the message is printed, and the exit code is 1."""


class Stopped(Exception):
    """Somebody asked us to stop: Ctrl-C, SIGTERM, or the terminal went away."""
