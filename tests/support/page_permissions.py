"""Access to pages and their forms. A page route that is missing here fails the suite.

OPEN    anybody            BOARD   who sees the board; a stranger is told that there is nothing (404)
SIGNED  who is signed in   OWN     the person whose it is; for everybody else there is nothing (404)
INBOX   who sees the board, or whose news it is; everybody else gets his inbox again, with the sentence why not
ADMIN   admins; members are refused (403)

Nobody, and whoever's account was closed, is sent to /sign-in from everything but OPEN, and is told 401 where he asks
for a part of a page.

On BOARD a third word says what it takes beyond seeing: `create` the level of that name; `edit` to have made it oneself
with that level, or `manage`; `mine` to have made it oneself, or to be an admin. Who sees and may not is refused (403).
`start` is the level create, below which there is nothing (404).
"""

OPEN = """
GET  /avatars/{key}
GET  /invitation/{token}
GET  /metrics
POST /invitation/{token}
GET  /reset-password/{token}
POST /reset-password/{token}
GET  /setup
POST /setup
GET  /sign-in
POST /sign-in
GET  /sign-in/oidc
GET  /sign-in/oidc/back
POST /sign-out
GET  /static/{filename}
GET  /time-zones
GET  /static/{tag}/{name}
POST /telegram/webhook/{secret}
"""

SIGNED = """
GET  /
POST /hints/demo-model/dismiss
GET  /activity
GET  /activity.csv
GET  /activity/more
GET  /agents
GET  /agents/{agent_id}
GET  /agents/{agent_id}/card
GET  /agents/{agent_id}/head
POST /agents/{agent_id}/preview
POST /agents/{agent_id}/try
POST /agents/{agent_id}/watch
GET  /boards
GET  /costs
GET  /events
GET  /inbox
GET  /inbox/count
GET  /inbox/items/{key}
GET  /inbox/list
POST /inbox/read-all
POST /inbox/several/approve
POST /inbox/several/reject
POST /tasks/undo-review
GET  /mentions
GET  /my-tasks
GET  /notifications/count
GET  /palette
GET  /profile
POST /profile
POST /profile/avatar
POST /profile/avatar/remove
POST /profile/notifications
POST /profile/password
POST /profile/sessions/end-all
POST /profile/snooze
POST /profile/telegram/link
POST /profile/telegram/news
POST /profile/telegram/test
POST /profile/telegram/unlink
POST /profile/theme
GET  /search
GET  /settings
GET  /settings/tokens
POST /settings/tokens
GET  /sidebar
POST /sidebar/fold
POST /sidebar/order
POST /sidebar/star
POST /sidebar/width
GET  /skill-attachments/{attachment_id}
GET  /skills
GET  /skills/{skill_id}
GET  /skills/{skill_id}/export
GET  /skills/{skill_id}/versions
GET  /tags
POST /tags/rename
GET  /tags/suggestions
GET  /task-templates
GET  /workflows
GET  /schedules
GET  /schedules/new
POST /schedules/new
GET  /schedules/when
GET  /tasks/new
POST /tasks/new
"""

BOARD = """
GET  /attachments/{attachment_id}
GET  /attachments/{attachment_id}/preview
POST /attachments/{attachment_id}/delete  edit
GET  /boards/{board_id}
GET  /boards/{board_id}/columns/{status}
POST /boards/{board_id}/bulk  edit
GET  /boards/{board_id}/cards
GET  /boards/{board_id}/filter
GET  /boards/{board_id}/lanes/{lane}
GET  /boards/{board_id}/other-boards
GET  /tasks/{task_id}/board  edit
POST /tasks/{task_id}/board  edit
GET  /boards/{board_id}/limits  manage
POST /boards/{board_id}/limits  manage
POST /boards/{board_id}/quick-add  create
POST /boards/{board_id}/undo  edit
GET  /boards/{board_id}/list
GET  /boards/{board_id}/display
POST /boards/{board_id}/display
GET  /boards/{board_id}/tags
GET  /boards/{board_id}/views
POST /boards/{board_id}/views
GET  /boards/{board_id}/views/new
POST /board-views/{view_id}/delete  mine
GET  /board-views/{view_id}/edit  mine
POST /board-views/{view_id}/edit  mine
GET  /comments/{comment_id}
POST /comments/{comment_id}/delete  edit
GET  /comments/{comment_id}/edit
POST /comments/{comment_id}/edit  edit
GET  /runs/{run_id}
GET  /runs/{run_id}/calls/{call_id}/arguments
GET  /runs/{run_id}/calls/{call_id}/result
GET  /runs/{run_id}/conversation
GET  /runs/{run_id}/prompt
POST /runs/{run_id}/requests/{request_id}/answer  edit
GET  /schedules/{schedule_id}
POST /schedules/{schedule_id}  manage
POST /schedules/{schedule_id}/enabled  manage
POST /schedules/{schedule_id}/run  manage
POST /schedules/{schedule_id}/delete  manage
POST /task-templates/{template_id}/delete  manage
GET  /workflows/{workflow_id}  start
GET  /workflows/{workflow_id}/export  start
GET  /workflows/{workflow_id}/start  start
POST /workflows/{workflow_id}/start  start
GET  /workflows/{workflow_id}/versions/{number}  start
GET  /workflow-runs/{workflow_run_id}
POST /workflow-runs/{workflow_run_id}/cancel  edit
POST /workflow-runs/{workflow_run_id}/steps/{step_key}/retry  edit
POST /workflow-runs/{workflow_run_id}/steps/{step_key}/skip  edit
GET  /tasks/{task_id}/template
POST /tasks/{task_id}/template  manage
GET  /t/{reference}
GET  /tasks/{task_id}
GET  /tasks/{task_id}/answering
POST /tasks/{task_id}/approve  edit
POST /tasks/{task_id}/archive  edit
POST /tasks/{task_id}/attachments  edit
POST /tasks/{task_id}/cancel-run  edit
POST /tasks/{task_id}/comments
POST /tasks/{task_id}/delete  edit
GET  /tasks/{task_id}/description  edit
POST /tasks/{task_id}/edit  edit
GET  /tasks/{task_id}/edit  edit
POST /tasks/{task_id}/execute  edit
POST /tasks/{task_id}/move  edit
GET  /tasks/{task_id}/needs  edit
POST /tasks/{task_id}/needs  edit
POST /tasks/{task_id}/needs/{needs_task_id}/remove  edit
GET  /tasks/{task_id}/people  edit
GET  /tasks/{task_id}/panel
GET  /tasks/{task_id}/prompt
GET  /tasks/{task_id}/reject
POST /tasks/{task_id}/reject  edit
GET  /tasks/{task_id}/result
POST /tasks/{task_id}/result  edit
GET  /tasks/{task_id}/result/edit  edit
POST /tasks/{task_id}/result/preview  edit
GET  /tasks/{task_id}/result.md
GET  /tasks/{task_id}/results
GET  /tasks/{task_id}/team  edit
POST /tasks/{task_id}/watch
"""

INBOX = """
POST /inbox/news/{notification_id}/read
POST /inbox/requests/{request_id}/answer
POST /inbox/tasks/{task_id}/cancel
POST /inbox/tasks/{task_id}/go-on
POST /inbox/tasks/{task_id}/approve
POST /inbox/tasks/{task_id}/reject
POST /inbox/tasks/{task_id}/reply
POST /inbox/tasks/{task_id}/run
"""

OWN = """
GET  /agents/{agent_id}/try/{trial_id}
POST /agents/{agent_id}/try/{trial_id}/stop
POST /agents/{agent_id}/try/{trial_id}/keep
POST /profile/identities/{identity_id}/unlink
POST /profile/sessions/{session_id}/end
POST /settings/tokens/{token_id}/delete
"""

ADMIN = """
GET  /workflows/new
POST /workflows/new
POST /workflows/import
POST /workflows/{workflow_id}
POST /workflows/{workflow_id}/enabled
POST /workflows/{workflow_id}/delete
POST /workflows/{workflow_id}/versions/{number}/restore
POST /boards
GET  /boards/{board_id}/delete
POST /boards/{board_id}/delete
GET  /boards/{board_id}/edit
GET  /boards/{board_id}/people
POST /boards/{board_id}/people
POST /boards/{board_id}/edit
POST /boards/{board_id}/step
GET  /boards/new
POST /departments
GET  /departments/{department_id}/delete
POST /departments/{department_id}/delete
GET  /departments/{department_id}/edit
POST /departments/{department_id}/edit
POST /departments/{department_id}/step
GET  /departments/new
POST /agents
GET  /agents/{agent_id}/delete
POST /agents/{agent_id}/delete
POST /agents/{agent_id}/duplicate
POST /agents/{agent_id}/restore
GET  /agents/{agent_id}/picture
POST /agents/{agent_id}/picture
POST /agents/{agent_id}/picture/remove
GET  /agents/{agent_id}/edit
POST /agents/{agent_id}/edit
POST /agents/{agent_id}/enabled
POST /agents/{agent_id}/lift-budget
POST /agents/{agent_id}/mode
POST /agents/{agent_id}/prompt
POST /agents/{agent_id}/skills
POST /agents/{agent_id}/tools
POST /agents/{agent_id}/tools/limits
POST /agents/{agent_id}/tools/test-model
GET  /agents/{agent_id}/skills/size
GET  /agents/import
POST /agents/import
POST /agents/import/preview
GET  /agents/new
GET  /models
POST /models
POST /models/{model_id}/active
POST /models/{model_id}/default
GET  /models/{model_id}/delete
POST /models/{model_id}/delete
GET  /models/{model_id}/edit
POST /models/{model_id}/edit
POST /models/{model_id}/test
POST /models/fields
GET  /models/new
POST /settings
GET  /settings/budgets
GET  /agents/templates
POST /agents/templates
GET  /settings/data
GET  /settings/export.zip
POST /settings/sample-data/keep
POST /settings/sample-data/remove
POST /settings/budgets/{agent_id}
POST /settings/budgets/{agent_id}/lift
POST /settings/budgets/organization
POST /settings/budgets/organization/lift
GET  /settings/telegram
GET  /settings/tool/{tool_id}
POST /settings/tool/{tool_id}/accept
POST /settings/tool/{tool_id}/off
GET  /settings/tools
POST /settings/tools
GET  /settings/tools/{source_id}
POST /settings/tools/{source_id}/accept
POST /settings/tools/{source_id}/connect
POST /settings/tools/{source_id}/delete
POST /settings/tools/{source_id}/disconnect
GET  /settings/tools/{source_id}/edit
POST /settings/tools/{source_id}/edit
POST /settings/tools/{source_id}/enabled
POST /settings/tools/{source_id}/refresh
GET  /settings/tools/new
GET  /settings/tools/oauth
GET  /settings/web-search
GET  /settings/webhook-deliveries/{delivery_id}
POST /settings/webhook-deliveries/{delivery_id}/replay
GET  /settings/webhooks
POST /settings/webhooks
GET  /settings/webhooks/{webhook_id}
POST /settings/webhooks/{webhook_id}/active
POST /settings/webhooks/{webhook_id}/delete
GET  /settings/webhooks/{webhook_id}/edit
POST /settings/webhooks/{webhook_id}/edit
GET  /settings/webhooks/{webhook_id}/log
POST /settings/webhooks/{webhook_id}/replay-failed
POST /settings/webhooks/{webhook_id}/rotate-secret
POST /settings/webhooks/{webhook_id}/test
GET  /settings/webhooks/new
POST /settings/telegram
POST /settings/telegram/test
POST /settings/telegram/webhook
POST /settings/web-search
POST /settings/web-search/fields
POST /settings/web-search/test
GET  /setup/organization
GET  /setup/{step}
POST /setup/organization
POST /setup/agents
POST /setup/departments
POST /setup/done
POST /setup/model
POST /setup/model/{model_id}/test
POST /setup/team
POST /skills
POST /skills/{skill_id}
POST /skills/{skill_id}/active
POST /skills/{skill_id}/attachments
POST /skills/{skill_id}/attachments/{attachment_id}/delete
GET  /skills/{skill_id}/delete
GET  /skills/{skill_id}/edit
POST /skills/{skill_id}/delete
POST /skills/{skill_id}/versions/{number}/restore
GET  /skills/import
POST /skills/import
POST /skills/import/preview
GET  /skills/new
POST /skills/preview
GET  /team
POST /team/{user_id}/active
GET  /team/{user_id}/close
POST /team/{user_id}/close
GET  /team/{user_id}/edit
POST /team/{user_id}/edit
POST /team/{user_id}/link
POST /team/{user_id}/role
GET  /team/invite
POST /team/invite
GET  /team/levels
POST /team/levels
POST /team/levels/all
"""

# What a form carries, where an empty one would be refused for being empty. A name in braces is such a thing's id.
FORMS: dict[str, dict[str, str]] = {
    "POST /boards/{board_id}/bulk": {"ids": "{task_id}", "priority": "high"},
    "POST /boards/{board_id}/undo": {"deleted": "[{task_id}]"},
    "POST /boards/{board_id}/limits": {"status": "review", "limit": "3"},
    "POST /boards/{board_id}/views": {"name": "Late", "query": "due=overdue"},
    "POST /board-views/{view_id}/edit": {"name": "Soon"},
    "POST /boards/{board_id}/quick-add": {"text": "Write a post"},
    "POST /comments/{comment_id}/edit": {"content": "Goodbye"},
    "POST /schedules/{schedule_id}": {"title": "Report", "board_id": "{board_id}", "repeat": "day", "enabled": "1"},
    "POST /schedules/{schedule_id}/enabled": {"enabled": "1"},
    "POST /workflows/{workflow_id}/enabled": {"enabled": "1"},
    "POST /tasks/{task_id}/template": {"name": "Report"},
    "POST /tasks/{task_id}/edit": {"title": "Read a post"},
    "POST /tasks/{task_id}/move": {"status": "done"},
    "POST /tasks/{task_id}/needs": {"needs_task_id": "{task_id}"},
    "POST /inbox/tasks/{task_id}/go-on": {"needs_task_id": "1"},
    "POST /tasks/{task_id}/result": {"result": "Shorter."},
    "POST /tasks/{task_id}/result/preview": {"result": "Shorter."},
    "POST /tasks/{task_id}/reject": {"feedback": "Shorter, please."},
    "POST /agents/{agent_id}/preview": {"task_id": "{task_id}"},
    "POST /boards/{board_id}/display": {"layout": "list"},
    "POST /tasks/{task_id}/board": {"board_id": "{board_id}"},
    "POST /boards/{board_id}/people": {"who": "some", "level-{user_id}": "view"},
    "POST /team/levels/all": {"user_id": "{user_id}", "level": "view"},
    "POST /team/levels": {"user_id": "{user_id}", "board_id": "{board_id}", "level": "view"},
    "POST /agents/{agent_id}/tools": {"tool": "save_file", "policy": "off"},
    "POST /agents/{agent_id}/tools/limits": {"tool": "save_file", "per_run": "3"},
    "POST /agents/{agent_id}/try": {"message": "Hello"},
    "POST /agents/{agent_id}/mode": {"execution_mode": "auto"},
    "POST /tasks/{task_id}/comments": {"content": "Hello"},
    "POST /runs/{run_id}/requests/{request_id}/answer": {"decision": "once"},
    "POST /skills": {"name": "Voice", "content": "Be kind.", "version": "1.0.0", "activation_mode": "always"},
    "POST /skills/{skill_id}": {"name": "Voice", "content": "Rude.", "version": "1.0.1", "activation_mode": "always"},
}
WITH_FILES = {
    "POST /tasks/{task_id}/attachments",
    "POST /skills/{skill_id}/attachments",
    "POST /agents/import",
    "POST /agents/import/preview",
    "POST /skills/import",
    "POST /skills/import/preview",
}


def routes(table: str) -> list[str]:
    """["GET /boards", ...]"""
    return [" ".join(line.split()[:2]) for line in table.strip().splitlines()]


def takes(table: str) -> dict[str, str]:
    """What a route takes, by route: `see`, `create` or `edit`."""
    return {
        route: (line.split()[2:] or ["see"])[0]
        for route, line in zip(routes(table), table.strip().splitlines(), strict=True)
    }
