"""Storage for attachments and avatars: one interface for a local folder and for an S3 bucket."""

from helix.files.addresses import open_store
from helix.files.store import Store, StoredFile

__all__ = ["Store", "StoredFile", "open_store"]
