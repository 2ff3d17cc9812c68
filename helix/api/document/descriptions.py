"""Descriptions in the OpenAPI document: of the API, and of each section in the order of the API reference."""

ABOUT = """\
Everything that the pages of Mission Control can do is available in this API.

Send an access token from `POST /api/auth/login` (24 hours), or a personal API token (`hx_...`), as
`Authorization: Bearer ...`. Every path answers with and without a slash at its end. Times are ISO 8601 in UTC.
Every failure is JSON with `detail`: a sentence, and at 422 a list of `{loc, msg, type}`. Unknown fields in a body are
refused. Lists answer arrays with `X-Total-Count` and `Link` headers; long ones answer pages.
"""

SECTIONS = {
    "Authentication": "Log in, and manage your own account.",
    "API tokens": "Tokens for integrations: they act as you, with no more than your rights.",
    "Users": "The people of the organization. For admins.",
    "Departments": "Groups of boards and agents.",
    "Boards": "Boards of tasks, and the permissions on them.",
    "Agents": "AI agents: prompt, model, skills and budget.",
    "Tasks": "Tasks: created and moved, executed by agents, approved by people.",
    "Workflows": "Tasks that need one another, started together, and how far each start has come.",
    "Runs": "Attempts of agents at tasks, with their steps and costs.",
    "Comments": "The thread of a task. `@Name` notifies people and asks agents to answer.",
    "Requests": "What agents ask people: questions, and permission for calls of tools. A run waits for the answers.",
    "Skills": "Texts and files that agents get with their tasks.",
    "AI models": "The models that agents use. Keys are stored encrypted and never shown. For admins.",
    "Tools": "What agents can do beyond answering, where tools come from, and what is granted to whom.",
    "Gateway": "Whether runs can be executed right now.",
    "Activity": "The activity log: who did what.",
    "Notifications": "Your notifications.",
    "Dashboard": "The organization at a glance.",
    "Mentions": "Who can be mentioned with @.",
    "Organization Settings": "The settings of the organization.",
    "Telegram": "Notifications, approvals and answers to agents by Telegram.",
    "Schedules": "Tasks that are created again and again, what became of each time, and templates of tasks.",
    "Webhooks": "Signed event deliveries to other systems, retried until they succeed. For admins.",
    "Health": "Whether the installation works.",
    "Documentation": "This document.",
}
