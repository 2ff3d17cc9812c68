"""Runs Python code of agents in pydantic-monty, an interpreter without files, network or packages.

The interpreter is a process of its own, which keeps limits of time, memory, output and recursion. It is the child of a
process with limits of ours (helix/limited_process.py), in which its answer is read: whatever the code or the
interpreter does, this process waits for an answer of limited size, and neither of the two sees our environment.
"""

import io
import json
import sys
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from helix.limited_process import LimitExceeded, Limits, WorkFailed, run

SECONDS = 5
# For what the code has in memory, and for what it prints. Bytes.
MEMORY = 64 * 1024 * 1024
OUTPUT = 40_000
# Function calls in one another.
DEPTH = 300
# Characters of a value or an error that are shown.
_LONGEST = 20_000
_LONGEST_ERROR = 3_000
# More than the interpreter's own limits, so that those come first.
_PROCESS = Limits(seconds=SECONDS + 5, megabytes=512, output=1024 * 1024)
_KILLED_AFTER = SECONDS + 3


@dataclass(frozen=True)
class Outcome:
    """`value` of the last expression as Python writes it, empty for None; `error` with the lines that led to it."""

    value: str = ""
    printed: str = ""
    error: str = ""


def evaluate(code: str) -> Outcome:
    """Run the code. What is wrong with it is part of the outcome. Raises Unavailable if no process can be started."""
    try:
        with run("helix.calculation:work", io.BytesIO(code.encode()), limits=_PROCESS) as answer:
            return Outcome(**json.load(answer))
    except LimitExceeded as error:
        error.so_far.close()
        return Outcome(error="The code took too much time or memory and was stopped.")
    except WorkFailed:
        return Outcome(error="The code could not be run: the interpreter broke.")


def work(source: BinaryIO, target: BinaryIO) -> None:
    """What that process does."""
    target.write(json.dumps(asdict(_outcome(source.read().decode()))).encode())


def _outcome(code: str) -> Outcome:
    from pydantic_monty import CollectString, Monty, MontyCrashedError, MontyError

    printed = CollectString(max_bytes=OUTPUT)
    limits: Any = {
        "max_feed_duration_secs": float(SECONDS),
        "max_memory": MEMORY,
        "max_recursion_depth": DEPTH,
        "max_total_sleep_secs": 0.0,
    }
    # With large numbers, only their conversion takes long.
    sys.set_int_max_str_digits(_LONGEST)
    try:
        with Monty(max_processes=1, request_timeout=_KILLED_AFTER) as pool, pool.checkout(limits=limits) as session:
            value = session.feed_run(code, print_callback=printed)
            return Outcome(_shown(value), printed.output)
    except MontyCrashedError:
        return Outcome(printed=printed.output, error="The code took too much time or memory and was stopped.")
    except MontyError as error:
        return Outcome(printed=printed.output, error=_error(error))
    except (ValueError, RecursionError) as error:
        return Outcome(printed=printed.output, error=f"The value of the last line cannot be shown: {error}")


def _shown(value: Any) -> str:
    text = "" if value is None else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… [the first {_LONGEST:,} of {len(text):,} characters]"


def _error(error: Any) -> str:
    if isinstance(error.exception(), MemoryError) and not _frames(error):
        return f"MemoryError: the code printed more than {OUTPUT:,} bytes and was stopped."
    text = error.display().replace('"<python-input-0>"', "your code")
    if len(text) <= _LONGEST_ERROR:
        return text
    half = _LONGEST_ERROR // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


def _frames(error: Any) -> list[Any]:
    return error.traceback() if hasattr(error, "traceback") else []
