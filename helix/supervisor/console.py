"""What the supervisor prints: its own sentences, and the lines of its children under their names."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import TextIO

WIDTH = len("database")


class Console:
    """One line at a time, to a person (`console`) or to a log collector (`json`)."""

    def __init__(self, log_format: str = "console", stream: TextIO | None = None) -> None:
        self._json = log_format == "json"
        self._stream = stream or sys.stdout

    def say(self, sentence: str) -> None:
        """A sentence of the supervisor's own."""
        if self._json:
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            sentence = json.dumps({"timestamp": now, "level": "info", "logger": "helix.supervisor", "event": sentence})
            self._write(sentence)
        else:
            self._write(f"{'helix':<{WIDTH}} | {sentence}")

    def child(self, name: str, line: str) -> None:
        """A line that a child has written. JSON stays as it is: a prefix would make it unreadable to machines."""
        self._write(line if self._json else f"{name:<{WIDTH}} | {line}")

    def plain(self, text: str) -> None:
        """Text for a person, which belongs in no log: the address and the first password."""
        self._write(text)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (BrokenPipeError, OSError):
            # Nobody reads any more (`make run | head`, a closed terminal). The installation goes on, in silence.
            self._stream = open(os.devnull, "w")  # noqa: PTH123, SIM115
