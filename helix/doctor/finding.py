from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helix.settings import Settings


@dataclass(frozen=True)
class Finding:
    """A result of a check: `what` was found and what to `do` about it. `level`: ok, warning or error."""

    level: str
    what: str
    do: str = ""


Check = Callable[["Settings"], Iterator[Finding]]


def ok(what: str) -> Finding:
    return Finding("ok", what)


def warning(what: str, do: str) -> Finding:
    return Finding("warning", what, do)


def error(what: str, do: str) -> Finding:
    return Finding("error", what, do)
