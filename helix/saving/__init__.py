"""What a session holds, written and read by statements that are worked out once.

SQLAlchemy's unit of work finds out at each flush which rows depend on which, and what their statements are. For new and
changed rows that is known beforehand: parents come first, and columns are columns. Whatever is more than that (a
deletion, a relationship that was set, an expression among the values) is left to it.
"""

from helix.saving.flush import flush
from helix.saving.known import taken_in

__all__ = ["flush", "taken_in"]
