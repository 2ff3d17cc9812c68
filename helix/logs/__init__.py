"""Logging: JSON or text lines, with context fields and masked secrets.

Code uses the standard library (`logging.getLogger(__name__)`). Context fields are bound per thread and added to every
line: `with bound(run_id=7): ...`.
"""

from helix.logs.configuration import configure
from helix.logs.context import bind, bound, reset

__all__ = ["bind", "bound", "configure", "reset"]
