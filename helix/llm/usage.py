"""What a call used: the provider's numbers as far as they can be true, else our own count."""

from collections.abc import Callable
from typing import NamedTuple

# Tokenizers differ from ours, and templates add some: so much more than we count is still believed.
_FACTOR, _MARGIN = 2, 1_000
# Fewer bytes a token than any language has by and large: below it nothing needs to be counted.
_BYTES_PER_TOKEN = 3


class Usage(NamedTuple):
    """`estimated`: at least one number is ours, since the provider's was missing or cannot be true."""

    input_tokens: int
    output_tokens: int
    estimated: bool


def input_tokens(told: int | None, size: int, count: Callable[[], int]) -> tuple[int, bool]:
    """Of a prompt of `size` bytes: the number, and whether it is an estimate. `count` counts it, and takes a while."""
    if told is not None and told <= size // _BYTES_PER_TOKEN:
        return told, False
    counted = count()
    if told is None or told > counted * _FACTOR + _MARGIN:
        return counted, True
    return told, False


def output_tokens(told: int | None, most: int, count: Callable[[], int]) -> tuple[int, bool]:
    """Likewise of an answer that was allowed `most` tokens."""
    if told is None:
        return count(), True
    return (most, True) if told > most else (told, False)
