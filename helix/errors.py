"""Exceptions with messages for people. Raised by services, shown by the API and the web pages.

Every message says what happened and what to do about it. `status` is the HTTP status of the response.
"""

from collections.abc import Sequence
from typing import Any


class HelixError(Exception):
    """Any failure that can be shown to a person. `extra` is added to the JSON response."""

    status = 500
    default = "Something went wrong on our side. Try again in a moment."

    def __init__(self, message: str | None = None, **extra: Any) -> None:
        self.message = message or self.default
        self.extra = extra
        super().__init__(self.message)


class BadRequest(HelixError):
    """The request cannot be read, or a precondition such as the current password is wrong."""

    status = 400
    default = "The request could not be read."


class NotSignedIn(HelixError):
    status = 401
    default = "Sign in first: the token is missing, wrong or no longer valid."


class Forbidden(HelixError):
    """The caller may see the thing, but not do this to it."""

    status = 403
    default = "You do not have the right to do this."


class NotFound(HelixError):
    """The thing does not exist, or the caller may not know that it does."""

    status = 404
    default = "Not found"


class Conflict(HelixError):
    """The present state does not allow it, or a unique name is taken."""

    status = 409
    default = "The present state does not allow this."


class TooLarge(HelixError):
    status = 413
    default = "That is too large."


class WrongMediaType(HelixError):
    status = 415
    default = "This kind of content is not accepted here."


class TooManyRequests(HelixError):
    """Throttled. `retry_after` is in whole seconds and becomes the Retry-After header."""

    status = 429
    default = "Too many tries. Wait a moment and try again."

    def __init__(self, message: str | None = None, *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(HelixError):
    """A dependency (the queue, the file store) is unavailable, and the request cannot be processed later."""

    status = 503
    default = "A part of the system cannot be reached right now. Try again in a moment."


class Invalid(HelixError):
    """A value fails a check that only the services can make, such as an unknown id in a body.

    `problems` is the `detail` of the 422 response: `[{"loc": ["board_id"], "msg": "...", "type": "..."}]`.
    """

    status = 422
    default = "A value is not valid."

    def __init__(self, problems: Sequence[dict[str, Any]]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem["msg"] for problem in self.problems))

    @classmethod
    def field(cls, name: str, message: str, kind: str = "value_error") -> "Invalid":
        """An error in one field: `Invalid.field("board_id", "There is no board 7.")`."""
        return cls([{"loc": [name], "msg": message, "type": kind}])
