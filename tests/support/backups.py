"""Modified backups, and API responses of an installation for comparison."""

import hashlib
import io
import json
import tarfile

from helix.backups.archive import MANIFEST


def answers(api, ada, task):
    paths = (
        "/api/tasks/",
        f"/api/tasks/{task.id}",
        f"/api/tasks/{task.id}/attachments/",
        "/api/activity/",
        "/api/models/",
    )
    return [api.as_(ada).get(path).json for path in (*paths, "/api/agents/", "/api/boards/", "/api/auth/me")]


def rewritten(path, change):
    """The same backup with the content of its members changed: `change(name, content)`; None leaves one out."""
    copy = path.with_suffix(".changed")
    with tarfile.open(path) as old, tarfile.open(copy, "w") as new:
        for entry in old:
            content = change(entry.name, old.extractfile(entry).read())
            if content is not None:
                entry.size = len(content)
                new.addfile(entry, io.BytesIO(content))
    return copy


def with_manifest(path, **fields):
    def change(name, content):
        return json.dumps(json.loads(content) | fields).encode() if name == MANIFEST else content

    return rewritten(path, change)


def members_of(path):
    with tarfile.open(path) as tar:
        return json.loads(tar.extractfile(MANIFEST).read())["members"]


def with_database(path, change):
    """The same backup with its database changed, and the checksum that belongs to that."""
    contents = {}

    def changed(name, content):
        if name == "database":
            content = contents["database"] = change(content)
        if name == MANIFEST:
            written = json.loads(content)
            digest = hashlib.sha256(contents["database"]).hexdigest()
            written["members"]["database"] = {"sha256": digest, "size": len(contents["database"])}
            content = json.dumps(written).encode()
        return content

    return rewritten(path, changed)
