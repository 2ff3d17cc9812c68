"""Backup and restore of a whole installation in one file: the database, the files and their checksums.

The file is a tar of `database` (written by the database's own tool), `files/<key>`, optionally `secrets.json`, and last
`manifest.json` with a checksum of each. It is written while the installation runs, from one snapshot of the database.
"""

from helix.backups.backup import backup
from helix.backups.manifest import BackupError, Manifest
from helix.backups.restore import restore, warnings

__all__ = ["BackupError", "Manifest", "backup", "restore", "warnings"]
