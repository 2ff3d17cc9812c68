"""Skill files and archives for upload."""

import io
import zipfile

from helix.services import stored_files

FILE = "---\nname: Brand voice\ndescription: How we write\nversion: 1.2.0\n---\n\n# Voice\n"


def send(api, user, content, name="voice.md", query="", **fields):
    content = content.encode() if isinstance(content, str) else content
    return api.as_(user).post(f"/api/skills/import{query}", data={"file": (io.BytesIO(content), name)} | fields)


def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def stored():
    return set(stored_files.store().keys())
