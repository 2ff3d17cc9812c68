"""The numbers of the house at a glance, of what the actor sees, at a cost that does not grow with the tasks."""

from helix.services.dashboard.stats import page_stats, stats

__all__ = ["page_stats", "stats"]
