"""Task search by substring: one interface, with an implementation for each database.

`tasks` puts the task whose id was typed (SEO-22, #22, 22) first, then ranks matches in titles before those in the names
of assigned agents before those in descriptions, newer first, among live tasks (neither archived nor deleted) on boards
that the actor sees. `matching` is the same search as an SQL condition for any list.
"""

from helix.services.search.hits import matching, tasks

__all__ = ["matching", "tasks"]
