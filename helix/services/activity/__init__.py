"""What happened, recorded in the transaction of the change, and read back as a feed."""

from helix.services.activity.record import record, record_agent, record_task

__all__ = ["record", "record_agent", "record_task"]
