"""A whole installation in one file, and back: the database, the files, and what is needed to trust them.

The file is a tar: `database` (what the database's own tool wrote), `files/<key>`, perhaps `secrets.json`, and last
the `manifest.json` with a checksum of each. It is made while everything runs, and holds one moment of the database.
"""

from helix.backups.backup import backup
from helix.backups.errors import BackupError
from helix.backups.manifest import Manifest
from helix.backups.restore import restore, warnings

__all__ = ["BackupError", "Manifest", "backup", "restore", "warnings"]
