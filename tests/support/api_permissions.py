"""Access to the JSON API: one line per route. A route that is missing here fails the suite.

stranger  a member without a level on the board          own     a member with `create`, on what he made himself
view      a member who may read the board                manage  a member with `manage`
other     a member with `create`, on what others made    admin   an admin
token     an admin's API token with the scope `write`

Nobody, a browser's cookie and a closed account are 401 everywhere but in OPEN. A token with the scope `read` gets what
`token` gets on a GET, and a 403 on everything else. A member's token gets what its member gets (`other`), but for what
no token may do.

What is closed to a role is a 403 before anything is looked up, so that it tells nothing about what there is; what is
closed to a person on a board is a 404. A 409 in the place of success: this installation has no Telegram bot.
"""

from functools import cache

ACTORS = ("stranger", "view", "other", "own", "manage", "admin", "token")

TABLE = """
                                                       stranger view other own manage admin token
GET    /api/activity/                                       200  200   200 200    200   200   200
GET    /api/agents/                                         200  200   200 200    200   200   200
POST   /api/agents/                                         403  403   403 403    403   201   201
POST   /api/agents/import                                   403  403   403 403    403   200   200
GET    /api/agents/{agent_id}                               200  200   200 200    200   200   200
PATCH  /api/agents/{agent_id}                               403  403   403 403    403   200   200
DELETE /api/agents/{agent_id}                               403  403   403 403    403   204   204
POST   /api/agents/{agent_id}/avatar                        403  403   403 403    403   200   200
DELETE /api/agents/{agent_id}/avatar                        403  403   403 403    403   200   200
POST   /api/agents/{agent_id}/duplicate                     403  403   403 403    403   201   201
POST   /api/agents/{agent_id}/lift-budget                   403  403   403 403    403   200   200
POST   /api/agents/{agent_id}/restore                       403  403   403 403    403   200   200
GET    /api/agents/{agent_id}/skills                        200  200   200 200    200   200   200
PUT    /api/agents/{agent_id}/skills                        403  403   403 403    403   200   200
GET    /api/agents/{agent_id}/stats                         200  200   200 200    200   200   200
GET    /api/agents/{agent_id}/tasks                         200  200   200 200    200   200   200
GET    /api/agents/{agent_id}/tools                         200  200   200 200    200   200   200
PUT    /api/agents/{agent_id}/tools                         403  403   403 403    403   200   200
POST   /api/agents/{agent_id}/try                           202  202   202 202    202   202   202
GET    /api/agents/{agent_id}/try/{trial_id}                404  404   404 200    404   404   404
POST   /api/agents/{agent_id}/try/{trial_id}/stop           404  404   404 202    404   404   404
PUT    /api/agents/{agent_id}/watch                         200  200   200 200    200   200   200

GET    /api/auth/me/                                        200  200   200 200    200   200   200
PATCH  /api/auth/me/                                        200  200   200 200    200   200   200
POST   /api/auth/me/avatar/                                 200  200   200 200    200   200   200
DELETE /api/auth/me/avatar/                                 200  200   200 200    200   200   200
POST   /api/auth/me/change-password                         200  200   200 200    200   200   403
GET    /api/auth/me/sessions                                200  200   200 200    200   200   403
DELETE /api/auth/me/sessions/{session_id}                   404  404   404 204    404   404   403
POST   /api/auth/sign-out-everywhere                        200  200   200 200    200   200   403
POST   /api/auth/me/telegram-link                           409  409   409 409    409   409   403
DELETE /api/auth/me/telegram-link                           204  204   204 204    204   204   204
POST   /api/auth/me/telegram-test                           409  409   409 409    409   409   409
GET    /api/tokens/                                         200  200   200 200    200   200   200
POST   /api/tokens/                                         201  201   201 201    201   201   403
DELETE /api/tokens/{token_id}                               404  404   404 204    404   404   403

GET    /api/users/                                          403  403   403 403    403   200   200
POST   /api/users/                                          403  403   403 403    403   201   403
GET    /api/users/{user_id}                                 403  403   403 403    403   200   200
PATCH  /api/users/{user_id}                                 403  403   403 403    403   200   200
DELETE /api/users/{user_id}                                 403  403   403 403    403   204   204
POST   /api/users/{user_id}/invitation                      403  403   403 403    403   201   403
POST   /api/users/{user_id}/reset-link                      403  403   403 403    403   201   403

GET    /api/departments/                                    200  200   200 200    200   200   200
POST   /api/departments/                                    403  403   403 403    403   201   201
GET    /api/departments/{department_id}                     200  200   200 200    200   200   200
PATCH  /api/departments/{department_id}                     403  403   403 403    403   200   200
DELETE /api/departments/{department_id}                     403  403   403 403    403   204   204
GET    /api/boards/                                         200  200   200 200    200   200   200
POST   /api/boards/                                         403  403   403 403    403   201   201
GET    /api/boards/{board_id}                               404  200   200 200    200   200   200
PATCH  /api/boards/{board_id}                               403  403   403 403    403   200   200
DELETE /api/boards/{board_id}                               403  403   403 403    403   204   204
GET    /api/boards/{board_id}/permissions/                  403  403   403 403    403   200   200
PUT    /api/boards/{board_id}/permissions/                  403  403   403 403    403   200   200
GET    /api/schedules/                                      200  200   200 200    200   200   200
POST   /api/schedules/                                      422  403   403 403    201   201   201
POST   /api/schedules/preview                               200  200   200 200    200   200   200
GET    /api/schedules/{schedule_id}                         404  200   200 200    200   200   200
PATCH  /api/schedules/{schedule_id}                         404  403   403 403    200   200   200
DELETE /api/schedules/{schedule_id}                         404  403   403 403    204   204   204
POST   /api/schedules/{schedule_id}/run-now                 404  403   403 403    201   201   201
GET    /api/schedules/{schedule_id}/firings                 404  200   200 200    200   200   200
GET    /api/task-templates/                                 200  200   200 200    200   200   200
POST   /api/task-templates/                                 422  403   403 403    201   201   201
GET    /api/task-templates/{template_id}                    404  200   200 200    200   200   200
PATCH  /api/task-templates/{template_id}                    404  403   403 403    200   200   200
DELETE /api/task-templates/{template_id}                    404  403   403 403    204   204   204
GET    /api/boards/{board_id}/views                         404  200   200 200    200   200   200
POST   /api/boards/{board_id}/views                         404  201   201 201    201   201   201
PATCH  /api/board-views/{view_id}                           404  403   403 200    403   200   200
DELETE /api/board-views/{view_id}                           404  403   403 204    403   204   204

GET    /api/tasks/                                          200  200   200 200    200   200   200
GET    /api/tasks/search                                    200  200   200 200    200   200   200
POST   /api/tasks/                                          422  403   201 201    201   201   201
GET    /api/tasks/tags                                       200  200   200 200    200   200   200
POST   /api/tasks/tags/rename                                403  403   403 403    200   200   200
POST   /api/tasks/bulk                                      422  403   403 200    200   200   200
GET    /api/tasks/{task_id}                                 404  200   200 200    200   200   200
PATCH  /api/tasks/{task_id}                                 404  403   403 200    200   200   200
DELETE /api/tasks/{task_id}                                 404  403   403 204    204   204   204
POST   /api/tasks/{task_id}/execute                         404  403   403 202    202   202   202
GET    /api/tasks/{task_id}/links                           404  200   200 200    200   200   200
POST   /api/tasks/{task_id}/links                           404  403   403 201    201   201   201
DELETE /api/tasks/{task_id}/links/{needs_task_id}           404  403   403 204    204   204   204
POST   /api/tasks/{task_id}/cancel-run                      404  403   403 200    200   200   200
POST   /api/tasks/{task_id}/approve                         404  403   403 200    200   200   200
POST   /api/tasks/{task_id}/reject                          404  403   403 200    200   200   200
PATCH  /api/tasks/{task_id}/result                          404  403   403 200    200   200   200
POST   /api/tasks/{task_id}/undo-review                     404  403   403 409    409   409   409
POST   /api/tasks/{task_id}/restore                         404  403   403 200    200   200   200
PUT    /api/tasks/{task_id}/watch                           404  200   200 200    200   200   200
GET    /api/tasks/{task_id}/prompt/                         404  200   200 200    200   200   200
GET    /api/tasks/{task_id}/runs/                           404  200   200 200    200   200   200
GET    /api/tasks/{task_id}/attachments/                    404  200   200 200    200   200   200
POST   /api/tasks/{task_id}/attachments/                    404  403   403 201    201   201   201
GET    /api/task-attachments/{attachment_id}/download       404  200   200 200    200   200   200
DELETE /api/task-attachments/{attachment_id}                404  403   403 204    204   204   204
GET    /api/runs/{run_id}                                   404  200   200 200    200   200   200
GET    /api/runs/{run_id}/calls                             404  200   200 200    200   200   200
GET    /api/requests/                                       200  200   200 200    200   200   200
POST   /api/requests/answer                                 200  200   200 200    200   200   200
GET    /api/requests/{request_id}                           404  200   200 200    200   200   200
POST   /api/requests/{request_id}/answer                    404  403   403 200    200   200   200
GET    /api/tasks/{task_id}/comments/                       404  200   200 200    200   200   200
POST   /api/tasks/{task_id}/comments/                       404  201   201 201    201   201   201
PATCH  /api/comments/{comment_id}                           404  403   403 200    200   200   200
DELETE /api/comments/{comment_id}                           404  403   403 204    204   204   204

GET    /api/workflows/                                      200  200   200 200    200   200   200
POST   /api/workflows/                                      403  403   403 403    403   201   201
POST   /api/workflows/import                                403  403   403 403    403   201   201
GET    /api/workflows/{workflow_id}                         404  404   200 200    200   200   200
PATCH  /api/workflows/{workflow_id}                         403  403   403 403    403   200   200
DELETE /api/workflows/{workflow_id}                         403  403   403 403    403   204   204
POST   /api/workflows/{workflow_id}/publish                 403  403   403 403    403   200   200
POST   /api/workflows/{workflow_id}/enable                  403  403   403 403    403   200   200
POST   /api/workflows/{workflow_id}/disable                 403  403   403 403    403   200   200
POST   /api/workflows/{workflow_id}/start                   404  404   201 201    201   201   201
GET    /api/workflows/{workflow_id}/versions                404  404   200 200    200   200   200
GET    /api/workflows/{workflow_id}/export                  404  404   200 200    200   200   200
GET    /api/workflows/{workflow_id}/runs                    404  404   200 200    200   200   200
GET    /api/workflow-runs/{workflow_run_id}                 404  200   200 200    200   200   200
POST   /api/workflow-runs/{workflow_run_id}/cancel          404  403   403 200    200   200   200
POST   /api/workflow-runs/{workflow_run_id}/steps/{step_key}/retry  404  403   403 200    200   200   200
POST   /api/workflow-runs/{workflow_run_id}/steps/{step_key}/skip   404  403   403 200    200   200   200

GET    /api/skills/                                         200  200   200 200    200   200   200
POST   /api/skills/                                         403  403   403 403    403   201   201
POST   /api/skills/import                                   403  403   403 403    403   201   201
GET    /api/skills/{skill_id}                               200  200   200 200    200   200   200
PATCH  /api/skills/{skill_id}                               403  403   403 403    403   200   200
DELETE /api/skills/{skill_id}                               403  403   403 403    403   204   204
GET    /api/skills/{skill_id}/export                        200  200   200 200    200   200   200
GET    /api/skills/{skill_id}/agents                        200  200   200 200    200   200   200
PUT    /api/skills/{skill_id}/agents                        403  403   403 403    403   200   200
GET    /api/skills/{skill_id}/versions                      200  200   200 200    200   200   200
GET    /api/skills/{skill_id}/versions/{number}             200  200   200 200    200   200   200
POST   /api/skills/{skill_id}/versions/{number}/restore     403  403   403 403    403   200   200
GET    /api/skills/{skill_id}/attachments                   200  200   200 200    200   200   200
POST   /api/skills/{skill_id}/attachments                   403  403   403 403    403   201   201
GET    /api/skill-attachments/{attachment_id}/download      200  200   200 200    200   200   200
DELETE /api/skill-attachments/{attachment_id}               403  403   403 403    403   204   204

GET    /api/models/                                         403  403   403 403    403   200   200
POST   /api/models/                                         403  403   403 403    403   201   201
GET    /api/models/{model_id}                               403  403   403 403    403   200   200
PATCH  /api/models/{model_id}                               403  403   403 403    403   200   200
DELETE /api/models/{model_id}                               403  403   403 403    403   204   204
POST   /api/models/{model_id}/set-default                   403  403   403 403    403   200   200
POST   /api/models/{model_id}/test                          403  403   403 403    403   200   200

GET    /api/tools/                                          200  200   200 200    200   200   200
GET    /api/tools/{tool_id}                                 200  200   200 200    200   200   200
POST   /api/tools/{tool_id}/accept                          403  403   403 403    403   200   200
GET    /api/tools/sources/                                  403  403   403 403    403   200   200
POST   /api/tools/sources/                                  403  403   403 403    403   201   403
GET    /api/tools/sources/{source_id}                       403  403   403 403    403   200   200
PATCH  /api/tools/sources/{source_id}                       403  403   403 403    403   200   200
DELETE /api/tools/sources/{source_id}                       403  403   403 403    403   204   204
POST   /api/tools/sources/{source_id}/refresh               403  403   403 403    403   503   503
POST   /api/tools/sources/{source_id}/connect               403  403   403 403    403   409   403
DELETE /api/tools/sources/{source_id}/connect               403  403   403 403    403   200   200
POST   /api/tools/accept                                    403  403   403 403    403   200   200
POST   /api/tools/{tool_id}/off                             403  403   403 403    403   200   200

GET    /api/gateway/status                                  200  200   200 200    200   200   200
POST   /api/gateway/tasks/{task_id}/execute                 404  403   403 202    202   202   202
GET    /api/dashboard/stats                                 200  200   200 200    200   200   200
GET    /api/dashboard/activity                              200  200   200 200    200   200   200
GET    /api/mentions/search                                 200  200   200 200    200   200   200
GET    /api/notifications/                                  200  200   200 200    200   200   200
GET    /api/notifications/settings                           200  200   200 200    200   200   200
PATCH  /api/notifications/settings                           200  200   200 200    200   200   200
GET    /api/notifications/unread-count                      200  200   200 200    200   200   200
PATCH  /api/notifications/{notification_id}/read            404  404   404 200    404   404   404
POST   /api/notifications/read-all                          200  200   200 200    200   200   200
GET    /api/org/budgets/                                    403  403   403 403    403   200   200
POST   /api/org/budgets/lift                                403  403   403 403    403   200   200
GET    /api/org/export                                      403  403   403 403    403   200   200
GET    /api/org/sample-data/                                403  403   403 403    403   200   200
DELETE /api/org/sample-data/                                403  403   403 403    403   200   200
GET    /api/org/settings/                                   200  200   200 200    200   200   200
PATCH  /api/org/settings/                                   403  403   403 403    403   200   200
POST   /api/org/telegram/test                               403  403   403 403    403   409   409
POST   /api/org/web-search/test                             403  403   403 403    403   503   503
PUT    /api/org/telegram/webhook                            403  403   403 403    403   409   409

GET    /api/webhooks/                                       403  403   403 403    403   200   200
POST   /api/webhooks/                                       403  403   403 403    403   201   403
GET    /api/webhooks/{webhook_id}                           403  403   403 403    403   200   200
PATCH  /api/webhooks/{webhook_id}                           403  403   403 403    403   200   200
DELETE /api/webhooks/{webhook_id}                           403  403   403 403    403   204   204
POST   /api/webhooks/{webhook_id}/test                      403  403   403 403    403   200   200
POST   /api/webhooks/{webhook_id}/rotate-secret             403  403   403 403    403   200   403
GET    /api/webhooks/{webhook_id}/deliveries                403  403   403 403    403   200   200
POST   /api/webhooks/{webhook_id}/replay-failed             403  403   403 403    403   200   200
GET    /api/webhook-deliveries/{delivery_id}                403  403   403 403    403   200   200
POST   /api/webhook-deliveries/{delivery_id}/replay         403  403   403 403    403   200   200
"""

# Public routes, with the status of an empty request.
OPEN = {
    "POST /api/auth/login": 422,
    "POST /api/auth/redeem": 422,
    "GET /api/health/": 200,
    "GET /api/openapi.json": 200,
    "GET /api/docs": 200,
}


@cache
def rows() -> dict[str, dict[str, int]]:
    """{"GET /api/tasks/": {"stranger": 200, ...}}"""
    found = {}
    for line in TABLE.strip().splitlines()[1:]:
        if words := line.split():
            method, path, *statuses = words
            assert len(statuses) == len(ACTORS), f"give {method} {path} a status for each of {', '.join(ACTORS)}"
            found[f"{method} {path}"] = dict(zip(ACTORS, map(int, statuses), strict=True))
    return found


def expected(route: str) -> dict[str, int]:
    """The expected status for each kind of caller."""
    row = rows()[route]
    reading = route.startswith("GET ")
    return {
        **row,
        "read token": row["token"] if reading else 403,
        "member-token": 403 if row["token"] == 403 and row["admin"] != 403 else row["other"],
        "anonymous": 401,
        "cookie": 401,
        "closed": 401,
    }


@cache
def sections() -> dict[str, list[str]]:
    """The routes by the first segment of their path; small sections are combined."""
    found: dict[str, list[str]] = {}
    for route in rows():
        found.setdefault(route.split("/")[2], []).append(route)
    small = [name for name, routes in found.items() if len(routes) < 7]
    return {name: routes for name, routes in found.items() if name not in small} | {
        "the rest": [route for name in small for route in found[name]]
    }
