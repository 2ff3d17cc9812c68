"""Taking fields out of a mapping that a person wrote, so that a slip is a sentence and never a default."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from helix.demo.errors import BadContent

T = TypeVar("T")
NEEDED = object()


class Fields:
    """The mapping of one file or list entry. Every field is taken once; `done` complains about those left over."""

    def __init__(self, where: str, mapping: Any) -> None:
        if not isinstance(mapping, Mapping):
            raise BadContent(f"{where}: fields are expected here, such as `name: ...`.")
        self.where = where
        self._left = dict(mapping)

    def take(self, name: str, read: Callable[[Any], T], default: Any = NEEDED) -> T:
        """The field `name` as `read` makes it. BadContent if it is missing without a default, or cannot be read."""
        if name not in self._left:
            if default is NEEDED:
                raise BadContent(f"{self.where}: the field `{name}` is missing.")
            return default
        raw = self._left.pop(name)
        try:
            return read(raw)
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise BadContent(f"{self.where}: `{name}: {raw}` cannot be read ({error}).") from error

    def done(self) -> None:
        if self._left:
            raise BadContent(f"{self.where}: unknown fields: {', '.join(sorted(map(str, self._left)))}.")


def text(raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("words are expected")
    return raw.strip()


def truth(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("true or false is expected")
    return raw


def whole(raw: Any) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise ValueError("a whole number is expected")
    return raw


def days(raw: Any) -> float:
    number = float(raw)
    if number < 0:
        raise ValueError("a number of days in the past is expected, not a negative one")
    return number


def words(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise ValueError("a list is expected, such as [one, two]")
    return tuple(text(word) for word in raw)
