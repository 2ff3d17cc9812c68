"""Finding tasks by any part of their words: one interface, and one file for each database.

`tasks` ranks hits in titles before those in the names of assigned agents before those in descriptions, newer
first, among the live tasks (neither archived nor deleted) on boards that the actor sees. `matching` is the same
question as a condition for any list.
"""

from helix.services.search.hits import matching, tasks

__all__ = ["matching", "tasks"]
