"""The manifest of a backup: versions, row counts and checksums."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

PRODUCT = "helix-mission-control"
FORMAT = 1


class BackupError(Exception):
    """A backup or a restore is not possible. The message says why and what to do."""


@dataclass(frozen=True)
class Member:
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """`counts` are rows per table; `missing_files` are keys in the database without a file in the store."""

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
            fields = json.loads(content)
            if fields["product"] != PRODUCT:
                raise BackupError("This file is a backup of something else.")
            if fields["format"] > FORMAT:
                raise BackupError(f"This backup was made by a newer HELIX ({fields['version']}). Install that first.")
            fields["members"] = {name: Member(**member) for name, member in fields["members"].items()}
            return cls(**fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError("The manifest of this backup cannot be read: the file is damaged.") from error


def fingerprints(keys: Iterable[str]) -> list[str]:
    """Hashes by which encryption keys can be recognized, but not recovered."""
    return [hashlib.sha256(b"helix-key:" + key.encode()).hexdigest()[:16] for key in keys]
