"""Descriptions in the OpenAPI document: of the API, and of each section in the order of the API reference."""

ABOUT = """\
Everything that the pages of Mission Control do can be done here.

Send an access token from `POST /api/auth/login` (24 hours), or a personal API token (`hx_...`), as
`Authorization: Bearer ...`. Every path answers with and without a slash at its end. Times are ISO 8601 in UTC.
Every failure is JSON with `detail`: a sentence, and at 422 a list of `{loc, msg, type}`. Unknown fields in a body are
refused. Lists answer arrays with `X-Total-Count` and `Link` headers; three long ones answer pages.
"""

SECTIONS = {
    "Authentication": "Logging in, and your own account.",
    "API tokens": "Tokens for integrations: they act as you, with no more than your rights.",
    "Users": "The people of the organization. For admins.",
    "Departments": "What boards and agents belong to.",
    "Boards": "Where tasks lie, and who may do what there.",
    "Agents": "Who works: a prompt, a model, skills, a budget.",
    "Tasks": "The work: made, moved, executed by agents, approved by people.",
    "Runs": "Every attempt of an agent at a task, with its steps and its cost.",
    "Comments": "The thread of a task. `@Name` tells people, and asks agents.",
    "Skills": "Texts and files that agents are given with their tasks.",
    "AI models": "Where agents think. Keys are kept encrypted and never shown. For admins.",
    "Gateway": "Whether agents can work right now.",
    "Activity": "Who did what.",
    "Notifications": "What you were told.",
    "Dashboard": "The organization at a glance.",
    "Mentions": "Who can be named with @.",
    "Organization Settings": "What the organization has decided for everyone.",
    "Telegram": "Approving and hearing of results by Telegram.",
    "Webhooks": "Other systems that are told what happens, signed and until they have heard it. For admins.",
    "Health": "Whether the installation works.",
    "Documentation": "This document.",
}
