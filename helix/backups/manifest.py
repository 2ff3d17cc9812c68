"""What a backup says of itself."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from helix.backups.errors import BackupError

PRODUCT = "helix-mission-control"
FORMAT = 1


@dataclass(frozen=True)
class Member:
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """`counts` are rows per table; `missing_files` were named by the database and gone from the store."""

    version: str
    created_at: str
    database: str
    database_version: str
    schema: str
    counts: dict[str, int]
    encryption_keys: list[str]
    members: dict[str, Member] = field(default_factory=dict)
    missing_files: list[str] = field(default_factory=list)
    product: str = PRODUCT
    format: int = FORMAT

    @property
    def files(self) -> list[str]:
        return [name for name in self.members if name.startswith("files/")]

    @property
    def has_secrets(self) -> bool:
        return "secrets.json" in self.members

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Manifest":
        try:
            found = json.loads(content)
            if found["product"] != PRODUCT:
                raise BackupError("This file is a backup of something else.")
            if found["format"] > FORMAT:
                raise BackupError(f"This backup was made by a newer HELIX ({found['version']}). Install that first.")
            found["members"] = {name: Member(**member) for name, member in found["members"].items()}
            return cls(**found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError("The manifest of this backup cannot be read: the file is damaged.") from error


def fingerprints(keys: Iterable[str]) -> list[str]:
    """Enough to recognize an encryption key, and of no use for anything else."""
    return [hashlib.sha256(b"helix-key:" + key.encode()).hexdigest()[:16] for key in keys]
