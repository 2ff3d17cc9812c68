"""Opens the store that FILES_URL names."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from helix.errors import Unavailable
from helix.files.local import LocalStore
from helix.files.remote import RemoteStore
from helix.files.store import Store

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# Seconds. A user is waiting, so an error soon is better than a minute without an answer.
S3_TIMEOUTS = {"connect_timeout": 4, "read_timeout": 20, "retries": {"max_attempts": 1}}


def open_store(url: str) -> Store:
    """The store at `file:///path`, or at `s3://bucket/prefix` with the usual AWS_* variables.

    Raises ValueError for an invalid URL, Unavailable if the `s3` extra is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.strip("/"):
        return LocalStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return RemoteStore(_bucket_filesystem(), parts.netloc + unquote(parts.path))
    raise ValueError("FILES_URL must look like file:///path or s3://bucket/prefix.")


def _bucket_filesystem() -> "AbstractFileSystem":
    import fsspec  # only needed for a bucket

    try:
        # No cache of listings, because several processes write to the bucket.
        return fsspec.filesystem("s3", use_listings_cache=False, config_kwargs=S3_TIMEOUTS)
    except ImportError as error:
        raise Unavailable("FILES_URL names a bucket, but s3fs is missing. Install it: pip install s3fs") from error
