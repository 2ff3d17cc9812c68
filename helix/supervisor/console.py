"""The output of the supervisor: its own messages, and the lines of its children, prefixed with their names."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import TextIO

WIDTH = len("database")


class Console:
    """Prints lines for people (`console`) or for a log collector (`json`)."""

    def __init__(self, log_format: str = "console", stream: TextIO | None = None) -> None:
        self._json = log_format == "json"
        self._stream = stream or sys.stdout

    def say(self, sentence: str) -> None:
        """Print a message of the supervisor."""
        if self._json:
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            sentence = json.dumps({"timestamp": now, "level": "info", "logger": "helix.supervisor", "event": sentence})
            self._write(sentence)
        else:
            self._write(f"{'helix':<{WIDTH}} | {sentence}")

    def child(self, name: str, line: str) -> None:
        """Print a line of a child. JSON gets no prefix, which would make it invalid."""
        self._write(line if self._json else f"{name:<{WIDTH}} | {line}")

    def plain(self, text: str) -> None:
        """Print text for people that does not belong in a log: the address and the first password."""
        self._write(text)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (BrokenPipeError, OSError):
            # The reader is gone (`make run | head`, a closed terminal). The installation keeps running without output.
            self._stream = open(os.devnull, "w")  # noqa: PTH123, SIM115
