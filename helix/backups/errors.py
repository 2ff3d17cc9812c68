class BackupError(Exception):
    """It cannot be done. The message says why, and what to do about it."""
