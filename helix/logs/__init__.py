"""How log lines are written: for machines as JSON, for a person as text; with who and what they are about.

Code logs the ordinary way (`logging.getLogger(__name__)`). What a line belongs to is bound once, and stands in
every line until it is let go: `with bound(run_id=7): ...`.
"""

from helix.logs.configuration import configure
from helix.logs.context import bind, bound, reset

__all__ = ["bind", "bound", "configure", "reset"]
