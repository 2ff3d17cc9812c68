"""Dashboard statistics of what the actor sees, at a cost that does not grow with the number of tasks."""

from helix.services.dashboard.stats import page_stats, stats

__all__ = ["page_stats", "stats"]
