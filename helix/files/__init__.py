"""Where attachments and avatars lie: a small port, a folder or an S3 bucket behind it."""

from helix.files.addresses import open_store
from helix.files.store import Store, StoredFile

__all__ = ["Store", "StoredFile", "open_store"]
