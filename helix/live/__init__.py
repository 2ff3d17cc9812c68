"""Live updates: thin events through Redis publish/subscribe to the open pages, and the versions that caches follow.

An event is a name and ids, never content: the page fetches again through the same policy. Streamed text of a run is
the one exception, on a channel of its own, whose right is checked on subscription.
"""

from helix.live import rights, viewing, writes
from helix.live.listen import Event, Subscription, listener
from helix.live.publish import StreamedSoFar, publish, run_text, streamed_so_far, text_so_far

__all__ = [
    "Event",
    "StreamedSoFar",
    "Subscription",
    "listener",
    "publish",
    "rights",
    "run_text",
    "streamed_so_far",
    "text_so_far",
    "viewing",
    "writes",
]
