"""The comparisons of a step of kind `choice`."""

from typing import Any


class CannotCompare(Exception):
    """The value cannot be compared so; the message ends a sentence that begins with its name."""


def holds(value: Any, comparison: str, with_: Any) -> bool:
    """Whether `value` equals, contains, or is greater or less than `with_`.

    Texts are compared without regard to case and surrounding spaces. A list contains one of its entries, a text a part
    of it. Raises CannotCompare.
    """
    if comparison == "equals":
        return _same(value, with_)
    if comparison == "contains":
        if isinstance(value, list):
            return any(_same(one, with_) for one in value)
        if isinstance(value, str):
            return _plain(str(with_)) in _plain(value)
        raise CannotCompare("is neither a text nor a list, and contains nothing.")
    if not _is_number(value) or not _is_number(with_):
        raise CannotCompare("is not a number.")
    return value > with_ if comparison == "greater" else value < with_


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return _plain(one) == _plain(other)
    # In Python, True == 1.
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _plain(text: str) -> str:
    return text.strip().casefold()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
