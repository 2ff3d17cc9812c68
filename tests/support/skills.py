"""Test data for skills."""

GUIDE = {
    "name": "Brand Voice Guide",
    "description": "Tone and vocabulary rules",
    "category": "Marketing",
    "tags": ["brand", "writing"],
    "content": "# Brand Voice Guide\n\n## Tone\n...",
    "activation_mode": "always",
}


def new(api, user, **fields):
    reply = api.as_(user).post("/api/skills", json=GUIDE | fields)
    assert reply.status_code == 201, reply.json
    return reply.json
