"""Forms with a file in them: their kind and their size, before anything of them is read."""

from collections.abc import Callable, Mapping

from flask import request

from helix.errors import TooLarge, WrongMediaType
from helix.files.store import size_in_words

# The form around a file adds little to it.
AROUND = 64 * 1024


def taking(limits: Mapping[str, Callable[[], int]]) -> Callable[[], None]:
    """A `before_request` for a section. `limits` gives, by view, how many bytes its file may have."""

    def check() -> None:
        limit_of = limits.get((request.endpoint or "").rpartition(".")[2])
        if limit_of is None:
            return
        if request.mimetype != "multipart/form-data":
            raise WrongMediaType("Send the file as multipart/form-data, in the field `file`.")
        limit = limit_of()
        if (request.content_length or 0) > limit + AROUND:
            raise TooLarge(f"This file is too large: at most {size_in_words(limit)}.")
        # What does not say how long it is ends while it is read.
        request.max_content_length = limit + AROUND

    return check
