import pytest

CREATE = """
POST /api/skills
Content-Type: application/json

{
  "name": "Brand Voice Guide",
  "description": "Tone and vocabulary rules",
  "category": "Marketing",
  "tags": ["brand", "writing"],
  "content": "# Brand Voice Guide\\n\\n## Tone\\n...",
  "activation_mode": "always"
}
"""
UPLOAD = """
POST /api/skills/{id}/attachments
Content-Type: multipart/form-data
file: <file>
description: "Brand guidelines PDF"
"""
IMPORT = """
POST /api/skills/import
Content-Type: multipart/form-data

file: <markdown file>
"""


@pytest.fixture
def skill(admin):
    return admin.send(CREATE).json


@pytest.mark.parametrize(
    ("request_line", "found"),
    [
        ("GET /api/skills", 1),
        ("GET /api/skills?search=brand", 1),
        ("GET /api/skills?search=garden", 0),
        ("GET /api/skills?category=Marketing", 1),
        ("GET /api/skills?category=Sales", 0),
        ("GET /api/skills?tag=writing", 1),
        ("GET /api/skills?tag=reading", 0),
    ],
)
def test_list_skills(member, skill, request_line, found):
    reply = member.send(request_line)

    assert reply.status_code == 200
    assert [one["id"] for one in reply.json] == [skill["id"]] * found


def test_create_skill(admin):
    reply = admin.send(CREATE)

    assert reply.status_code == 201
    expected = {
        "name": "Brand Voice Guide",
        "description": "Tone and vocabulary rules",
        "category": "Marketing",
        "tags": ["brand", "writing"],
        "content": "# Brand Voice Guide\n\n## Tone\n...",
        "activation_mode": "always",
        "slug": "brand-voice-guide",
        "version": "1.0.0",
        "is_active": True,
        "attachments": [],
    }
    assert {key: reply.json[key] for key in expected} == expected


def test_get_skill(member, skill):
    reply = member.send("GET /api/skills/{id}", skill["id"])

    assert (reply.status_code, reply.json) == (200, skill)


def test_update_skill(admin, skill):
    reply = admin.send(
        """
PATCH /api/skills/{id}
Content-Type: application/json

{
  "content": "Updated content...",
  "version": "1.1.0"
}
""",
        skill["id"],
    )

    assert reply.status_code == 200
    assert (reply.json["content"], reply.json["version"]) == ("Updated content...", "1.1.0")


def test_delete_skill(admin, skill):
    reply = admin.send("DELETE /api/skills/{id}", skill["id"])

    assert (reply.status_code, reply.data) == (204, b"")
    assert admin.send("GET /api/skills/{id}", skill["id"]).status_code == 404


def test_export_skill(member, skill):
    reply = member.send("GET /api/skills/{id}/export", skill["id"])

    assert reply.status_code == 200
    assert reply.mimetype == "text/markdown"
    assert "attachment" in reply.headers["Content-Disposition"]
    assert ".md" in reply.headers["Content-Disposition"]
    assert reply.text.startswith("---\n")
    assert reply.text.rstrip().endswith(skill["content"].rstrip())


def test_import_skill(admin, skill):
    exported = admin.send("GET /api/skills/{id}/export", skill["id"]).data
    admin.send("DELETE /api/skills/{id}", skill["id"])

    reply = admin.send(IMPORT, file=("brand-voice-guide.md", exported))

    assert reply.status_code == 201
    same = ("name", "description", "category", "tags", "content", "version", "activation_mode")
    assert {key: reply.json[key] for key in same} == {key: skill[key] for key in same}
    assert reply.json["is_active"] is False


def test_importing_a_name_that_exists_is_a_conflict(admin, skill):
    exported = admin.send("GET /api/skills/{id}/export", skill["id"]).data

    assert admin.send(IMPORT, file=("brand-voice-guide.md", exported)).status_code == 409


def test_skill_attachments(admin, member, skill):
    content = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

    uploaded = admin.send(UPLOAD, skill["id"], file=("guide.pdf", content))
    listed = member.send("GET /api/skills/{id}/attachments", skill["id"])
    downloaded = member.send("GET /api/skill-attachments/{id}/download", uploaded.json["id"])

    assert uploaded.status_code == 201
    assert uploaded.json["description"] == "Brand guidelines PDF"
    assert (uploaded.json["name"], uploaded.json["content_type"]) == ("guide.pdf", "application/pdf")
    assert (listed.status_code, listed.json) == (200, [uploaded.json])
    assert (downloaded.status_code, downloaded.data) == (200, content)
    assert downloaded.headers["X-Content-Type-Options"] == "nosniff"
    assert "guide.pdf" in downloaded.headers["Content-Disposition"]


def test_delete_attachment_via_skill_update(admin, skill):
    uploaded = admin.send(UPLOAD, skill["id"], file=("words.txt", b"words")).json

    reply = admin.send(
        f"""
PATCH /api/skills/{{id}}
Content-Type: application/json

{{"remove_attachment_ids": [{uploaded["id"]}]}}
""",
        skill["id"],
    )

    assert (reply.status_code, reply.json["attachments"]) == (200, [])
    assert admin.send("GET /api/skill-attachments/{id}/download", uploaded["id"]).status_code == 404


def test_skill_agent_assignments(member, skill, demo):
    reply = member.send("GET /api/skills/{id}/agents", skill["id"])

    assert (reply.status_code, reply.json) == (200, [])
